"""What momentum does: by hand on a parabola, when the rate is cut, and in a ravine."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Formula, Table, Tr
from snippets.optimization._surfaces import (
    RAVINE,
    Step,
    contours,
    quadratic,
    steps_until,
    trajectory,
)
from snippets.optimization.gradient_descent import sgd
from snippets.optimization.momentum import sgd_momentum, sutskever

RATE, MU = 0.1, 0.9
CUT, FACTOR = 20, 10
RAVINE_RATE, RAVINE_STEPS = 0.02, 40
RATES = 10.0 ** np.linspace(-5, 0, 201)
TOLERANCE, MOST = 1e-6, 5000
MUS = (0.0, 0.5, 0.9, 0.99)
KAPPAS = (10.0, 100.0, 1000.0)


def _slope(x: np.ndarray) -> np.ndarray:
    return 2 * x


def table_hand(tr: Tr) -> Table:
    rows = []
    for name, step, settings in (
        (tr("不带动量", "no momentum"), sgd, {}),
        (tr("动量", "momentum"), sgd_momentum, {"momentum": MU}),
        (tr.name("Nesterov"), sgd_momentum, {"momentum": MU, "nesterov": True}),
    ):
        path = trajectory(step, _slope, 1.0, 6, lr=RATE, **settings)
        rows.append([name, *(float(x) for x in path)])
    return Table(
        [tr("步", "step"), *(Col(f"{t}", format=".4g") for t in range(7))],
        rows,
        caption=tr(
            f"x² 上从 1 出发，学习率 {RATE:g}，动量系数 {MU:g}；Nesterov 为 PyTorch 的写法",
            f"Down x² from 1, learning rate {RATE:g}, momentum {MU:g}; Nesterov as PyTorch has it",
        ),
    )


@cache
def _cut_steps(step: Step) -> np.ndarray:
    """The changes of theta under a constant gradient of 1; the rate falls at step CUT."""
    path = trajectory(
        step,
        lambda theta: 1.0,
        0.0,
        CUT + 40,
        lr=lambda t: RATE if t < CUT else RATE / FACTOR,
        momentum=MU,
    )
    return np.diff(path)


def value_cut() -> dict[str, float]:
    return {
        "before": float(_cut_steps(sutskever)[CUT - 1]),
        "sutskever": float(_cut_steps(sutskever)[CUT]),
        "pytorch": float(_cut_steps(sgd_momentum)[CUT]),
        "step": CUT,
        "factor": FACTOR,
        "rate": RATE,
        "mu": MU,
    }


def figure_cut(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.6)
    numbers = np.arange(1, CUT + 41)
    labels = {
        tr("Sutskever 式：慢慢降下来", "Sutskever's form: slows gradually"): sutskever,
        tr("PyTorch 式：立刻降下来", "PyTorch's form: slows at once"): sgd_momentum,
    }
    data = {}
    for (label, step), colour, line in zip(labels.items(), kit.SERIES, kit.LINES, strict=False):
        sizes = -_cut_steps(step)
        axes.plot(numbers, sizes, color=colour, linestyle=line, label=label)
        data[step.__name__] = sizes
    axes.axvline(CUT + 0.5, color=kit.MUTED, linewidth=0.8)
    axes.text(CUT + 0.1, 0.05, tr("学习率降低 ", "rate is cut "), ha="right", color=kit.MUTED)
    axes.set_xlabel(tr("步", "step"))
    axes.set_ylabel(tr("这一步的长度", "length of the step"))
    axes.set_ylim(0, 1)
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            f"梯度恒为 1，μ = {MU:g}，η = {RATE:g}；第 {CUT} 步之后 η 降到 1/{FACTOR}。",
            f"The gradient is always 1, μ = {MU:g}, η = {RATE:g}; after step {CUT}, η is cut to "
            f"1/{FACTOR}.",
        ),
        alt=tr(
            "两条曲线起初重合，从 0.1 升到约 0.88。学习率降低后，PyTorch 式垂直落到约 0.09，"
            "Sutskever 式在约 40 步里逐渐降到同一水平。",
            "Two curves rise together from 0.1 to about 0.88. When the rate is cut, PyTorch's form "
            "falls at once to about 0.09, Sutskever's takes some 40 steps to come down to the same "
            "level.",
        ),
        data=data,
    )


def figure_ravine(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(3, 1, height=4.6, sharex=True)
    shown = [
        ("plain", tr("不带动量", "no momentum"), sgd, {}, kit.BLUE),
        (
            "momentum",
            tr(f"动量，μ = {MU:g}", f"momentum, μ = {MU:g}"),
            sgd_momentum,
            {},
            kit.ORANGE,
        ),
        (
            "nesterov",
            tr(f"Nesterov，μ = {MU:g}", f"Nesterov, μ = {MU:g}"),
            sgd_momentum,
            {"nesterov": True},
            kit.GREEN,
        ),
    ]
    data = {}
    for axes, (key, title, step, settings, colour) in zip(panels, shown, strict=True):
        path = trajectory(
            step, RAVINE.gradient, RAVINE.start, RAVINE_STEPS, lr=RAVINE_RATE, **settings
        )
        contours(axes, RAVINE, (-4.5, 11), (-1.3, 1.3), [0.5, 3, 10, 20, 35, 60])
        axes.plot(*path.T, "o-", color=colour, linewidth=1.2, markersize=2.8)
        axes.plot(*path[0], "s", color=kit.INK, markersize=5)
        axes.set_title(title)
        axes.set_ylabel("θ₂")
        axes.set_yticks([-1, 0, 1])
        data[key] = path
    panels[-1].set_xlabel("θ₁")
    return Figure(
        canvas,
        caption=tr(
            f"½(θ₁² + 40θ₂²) 上走 {RAVINE_STEPS} 步，学习率都是 {RAVINE_RATE:g}，从方块出发；"
            "星号是最低点；Nesterov 为 PyTorch 的写法。不带动量，走了一半多一点；"
            "动量沿谷底加速，会冲过头；Nesterov 横向的摆动小得多。",
            f"{RAVINE_STEPS} steps on ½(θ₁² + 40θ₂²), the learning rate {RAVINE_RATE:g} for all, "
            "from the square; star: the minimum; Nesterov as PyTorch has it. Without momentum, "
            "little more than half of the way is done. Momentum gathers speed along the valley "
            "and overshoots. Nesterov's swings across the valley are far smaller.",
        ),
        alt=tr(
            "三幅图。上：路径很快落到谷底，之后小步向左，停在约 4.5。中：路径上下摆动几次，"
            "沿谷底冲过最低点到约 −3，再折回。下：几乎不上下摆动，冲过最低点后折回。",
            "Three panels. Top: the path drops to the valley floor, then creeps left and stops "
            "near 4.5. Middle: it swings up and down a few times, runs past the minimum to about "
            "−3 and turns back. Bottom: hardly any swings, past the minimum and back.",
        ),
        data=data,
    )


@cache
def _best(kappa: float, mu: float) -> tuple[float, int]:
    """The rate of RATES with the fewest steps to TOLERANCE on ½(x² + κy²), and that number."""
    surface = quadratic(("", ""), (1.0, kappa), (1.0, 1.0))
    path = trajectory(
        sgd_momentum,
        surface.gradient,
        np.tile(surface.start, (len(RATES), 1)),
        MOST,
        lr=RATES[:, None],
        momentum=mu,
    )
    steps = steps_until(path, surface, TOLERANCE)
    return float(RATES[steps.argmin()]), int(steps.min())


def best_mu(kappa: float) -> float:
    """The momentum with the fastest convergence on a quadratic of this condition number."""
    return ((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)) ** 2


def spectral_radius(kappa: float, mu: float, rate: float) -> float:
    """By what factor a step shrinks the error in the end, at worst, with curvatures 1 and κ.

    The error and the one before it go through the matrix [[1 + μ - ηa, -μ], [1, 0]] at each step.
    """
    steps = [np.array([[1 + mu - rate * a, -mu], [1.0, 0.0]]) for a in (1.0, kappa)]
    return max(float(np.abs(np.linalg.eigvals(step)).max()) for step in steps)


formula_factors = Formula(
    r"\begin{aligned} \rho_0 &= \frac{\kappa - 1}{\kappa + 1} \\"
    r" \rho_\mu &= \frac{\sqrt{\kappa} - 1}{\sqrt{\kappa} + 1} \\ \mu &= \rho_\mu^2 \end{aligned}",
    {r"\kappa": kit.scalar(("条件数", "condition number"), 1.5, 1000)},
    equals={
        r"\mu": best_mu,
        r"\rho_0": lambda kappa: spectral_radius(kappa, 0.0, 2 / (1 + kappa)),
        r"\rho_\mu": lambda kappa: spectral_radius(
            kappa, best_mu(kappa), (2 / (1 + np.sqrt(kappa))) ** 2
        ),
    },
    tolerance=1e-6,
)


def table_steps(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("条件数 κ", "condition number κ"), format="g"),
            *(Col(f"μ = {mu:g}", format="d") for mu in MUS),
            Col(tr("理论最佳的 μ", "best μ in theory"), format=".3f"),
            Col(tr("用它的步数", "steps with it"), format="d"),
        ],
        [
            [
                kappa,
                *(_best(kappa, mu)[1] for mu in MUS),
                best_mu(kappa),
                _best(kappa, best_mu(kappa))[1],
            ]
            for kappa in KAPPAS
        ],
        caption=tr(
            f"½(θ₁² + κθ₂²) 从 (1, 1) 降到 10⁻⁶ 以下、不再回升所需的步数；"
            f"每格各自从 {len(RATES)} 个学习率里选最好的，就在这张曲面上选",
            f"Steps until ½(θ₁² + κθ₂²) stays below 10⁻⁶, from (1, 1); each cell with the best of "
            f"{len(RATES)} learning rates, chosen on the same surface",
        ),
    )


def value_steps() -> dict[str, float]:
    """Numbers of table_steps that the sentences compare."""
    return {
        "kappa": KAPPAS[-1],
        "plain": _best(KAPPAS[-1], 0.0)[1],
        "best": _best(KAPPAS[-1], best_mu(KAPPAS[-1]))[1],
        "small_kappa": KAPPAS[0],
        "small_plain": _best(KAPPAS[0], 0.0)[1],
        "small_high": _best(KAPPAS[0], 0.99)[1],
    }
