"""Sharpness-aware minimisation: the gradient at a worse point nearby, and what it minimises."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Table, Tr
from snippets.optimization._surfaces import RAVINE, ROSENBROCK
from snippets.optimization.modern_optimizers import sam, torch_sam_step

formula_sam = Formula(
    r"\theta_t = \theta_{t-1} - \eta\,"
    r"g\left(\theta_{t-1} + \rho\,\frac{g(\theta_{t-1})}{\|g(\theta_{t-1})\|}\right)",
    {
        "g": kit.function(("", ""), np.tanh),
        r"\theta_{t-1}": kit.array(("当前的参数", "parameters now"), ("n",), 0.1, 3),
        r"\eta": kit.scalar(("学习率", "learning rate"), 0, 1),
        r"\rho": kit.scalar(("往上走多远", "how far uphill"), 0, 1),
        "n": kit.integer(("参数的个数", "number of parameters"), 1, 6),
    },
    equals=lambda theta_prev, eta, rho: sam(theta_prev, np.tanh, lr=eta, rho=rho),
)


def check_sam() -> Check:
    import torch

    def ravine(theta):
        return (theta[0] ** 2 + 40 * theta[1] ** 2) / 2

    def rosenbrock(theta):
        return (1 - theta[0]) ** 2 + 100 * (theta[1] - theta[0] ** 2) ** 2

    pairs = []
    for surface, loss, lr in ((RAVINE, ravine, 0.02), (ROSENBROCK, rosenbrock, 5e-4)):
        for rho in (0.01, 0.1):
            ours = np.array(surface.start, dtype=float)
            theirs = torch.tensor(ours, requires_grad=True)
            optimizer = torch.optim.SGD([theirs], lr=lr)
            for _ in range(100):
                ours = sam(ours, surface.gradient, lr=lr, rho=rho)
                torch_sam_step(theirs, loss, optimizer, rho=rho)
                pairs.append((ours, theirs.detach().numpy().copy()))
    return kit.compare(
        (
            "PyTorch 里两次反向传播的 SAM（两个曲面、两个 ρ，各 100 步）",
            "SAM with two backward passes in PyTorch (two surfaces, two values of ρ, 100 steps)",
        ),
        pairs,
        tolerance=1e-9,
    )


# --------------------------------------------------------------------------- two valleys

SHARP, FLAT = (-1.0, 1.0, 0.12), (1.0, 0.9, 0.7)
"""Where a valley lies, how deep, how wide."""
START, RATE, STEPS = -1.25, 0.01, 3000
SHORT, LONG = 0.2, 0.5
"""Two radii to run SAM with: one of the table, and one that reaches across the ridge."""
RHOS = (0.0, 0.05, 0.1, 0.2, 0.3)
DRAWN = 0.2


def valleys(x: ArrayLike) -> np.ndarray:
    """Two valleys: a sharp one, and one that is nearly as deep and flat."""
    x = np.asarray(x, dtype=float)
    wells = (h * np.exp(-(((x - c) / w) ** 2) / 2) for c, h, w in (SHARP, FLAT))
    return 1 + 0.05 * x**2 - sum(wells)


def valleys_grad(x: ArrayLike) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    wells = (h * np.exp(-(((x - c) / w) ** 2) / 2) * (x - c) / w**2 for c, h, w in (SHARP, FLAT))
    return 0.1 * x + sum(wells)


def worst(x: np.ndarray, rho: float) -> np.ndarray:
    """The largest loss within rho of each x: what SAM minimises."""
    return valleys(x[:, None] + np.linspace(-rho, rho, 201)).max(axis=1)


def best_of(rho: float) -> tuple[float, float]:
    """Where the largest loss within rho is smallest, and that loss; to 0.001."""
    x = np.linspace(-2, 2.5, 4501)
    losses = worst(x, rho)
    return float(x[losses.argmin()]), float(losses.min())


def figure_worst(tr: Tr) -> Figure:
    x = np.linspace(-2, 2.6, 921)
    canvas, axes = kit.canvas(height=2.8)
    curves = {
        0.0: (tr("损失", "loss"), kit.INK, kit.LINES[0], "o"),
        DRAWN: (
            tr(f"{DRAWN:g} 以内最差的损失", f"worst loss within {DRAWN:g}"),
            kit.ORANGE,
            kit.LINES[1],
            "D",
        ),
    }
    data = {}
    for rho, (label, colour, line, marker) in curves.items():
        axes.plot(x, worst(x, rho), color=colour, linestyle=line, label=label)
        axes.plot(*best_of(rho), marker, color=colour, markersize=7)
        data[f"{rho:g}"] = worst(x, rho)
    axes.set_xlabel("θ")
    axes.set_ylim(-0.1, 1.65)
    axes.legend(loc="upper center", ncols=2)
    return Figure(
        canvas,
        caption=tr(
            "损失（实线）在左边的尖谷里最低（圆点）；"
            "每一点附近最差的损失（虚线）却在右边的平谷里最低（菱形）。"
            "SAM 想降的是后者。",
            "The loss (solid) is lowest in the sharp valley on the left (circle); the worst loss "
            "near each point (dashed) is lowest in the flat one on the right (diamond). SAM "
            "aims at the latter.",
        ),
        alt=tr(
            "实线有一个窄而深的左谷和一个宽而稍浅的右谷。虚线在左谷处几乎被填平，"
            "在右谷处只略高于实线。",
            "The solid curve has a narrow deep valley on the left and a wide, slightly shallower "
            "one on the right. The dashed curve nearly fills the left one and lies only a little "
            "above the right one.",
        ),
        data={"x": x, **data},
    )


def table_rho(tr: Tr) -> Table:
    rows = []
    for rho in RHOS:
        sharp, flat = worst(np.array([SHARP[0], FLAT[0]]), rho)
        place, _ = best_of(rho)
        rows.append(
            [
                rho,
                float(sharp),
                float(flat),
                place,
                tr("尖谷", "the sharp one") if place < 0 else tr("平谷", "the flat one"),
            ]
        )
    return Table(
        [
            Col("ρ", format="g"),
            Col(tr("尖谷谷底附近最差", "worst near the sharp bottom"), format=".3f"),
            Col(tr("平谷谷底附近最差", "worst near the flat bottom"), format=".3f"),
            Col(tr("最低处 θ", "lowest at θ"), format=".2f"),
            tr("在哪个谷", "valley"),
        ],
        rows,
        caption=tr(
            "ρ 以内最差的损失；ρ = 0 就是损失本身", "The worst loss within ρ; with ρ = 0, the loss"
        ),
    )


def last_places(rho: float) -> np.ndarray:
    """The last hundred places of SAM's run from START, which is on the rim of the sharp valley."""
    x, tail = np.array([START]), []
    for _ in range(STEPS):
        x = sam(x, valleys_grad, lr=RATE, rho=rho)
        tail.append(float(x[0]))
    return np.array(tail[-100:])


def value_stall() -> dict[str, float]:
    """Where SAM itself ends: within the last hundred steps with SHORT, and the last with LONG."""
    short, long = last_places(SHORT), last_places(LONG)
    return {
        "start": START,
        "rate": RATE,
        "steps": STEPS,
        "short": SHORT,
        "from": float(short.min()),
        "to": float(short.max()),
        "long": LONG,
        "end": float(long[-1]),
    }
