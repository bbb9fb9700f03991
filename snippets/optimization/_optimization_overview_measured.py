"""The rates by default, the steps under a constant gradient, and the ravine at a tuned rate."""

from __future__ import annotations

import inspect
from functools import cache, partial

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Spread, Table, Tr
from snippets.optimization._surfaces import RAVINE, quadratic, steps_until, trajectory
from snippets.optimization.optimization_overview import (
    OPTIMISERS,
    step_lengths,
    torch_step_lengths,
)

GRADIENT, TIMES, SHOWN = 0.05, 100.0, (1, 10, 1000)
STEPS, RUNS, SMALL = 1500, 10, 1e-3
RATES = 10 ** (np.arange(-16, 13) / 4)
SURFACES = {"aligned": RAVINE, "turned": quadratic(RAVINE.name, (1.0, 40.0), (1, 0), np.pi / 4)}


def default(name: str) -> float | None:
    """The rate that PyTorch's class takes unless told; None where it has no such class."""
    import torch

    kind = OPTIMISERS[name].kind
    if not kind:
        return None
    return float(inspect.signature(getattr(torch.optim, kind)).parameters["lr"].default)


@cache
def lengths(name: str, times: float = 1.0) -> np.ndarray:
    """Steps over the learning rate, under a gradient of GRADIENT, or ``times`` as large a one."""
    one = OPTIMISERS[name]
    rate = default(name) or 1e-4
    return step_lengths(one.step, times * GRADIENT, SHOWN[-1], lr=rate, **one.settings)


def table_steps(tr: Tr) -> Table:
    rows = []
    for name, one in OPTIMISERS.items():
        rate, found = default(name), lengths(name)
        rows.append(
            [
                tr.pair(one.name),
                f"`{one.kind}`" if one.kind else tr("没有", "none"),
                "–" if rate is None else f"{rate:g}",
                *(float(found[t - 1]) for t in SHOWN),
                float(lengths(name, TIMES)[-1] / found[-1]),
            ]
        )
    return Table(
        [
            tr("优化器", "optimiser"),
            tr("`torch.optim`", "`torch.optim`"),
            tr("默认学习率", "default rate"),
            *(Col(tr(f"第 {t} 步", f"step {t}"), format=".3g") for t in SHOWN),
            Col(tr(f"梯度 ×{TIMES:g}", f"gradient ×{TIMES:g}"), format=".3g"),
        ],
        rows,
        caption=tr(
            f"梯度恒为 {GRADIENT:g} 时，步长是学习率的几倍；动量系数 0.9，Muon 的 0.95，"
            "其余为默认值，不加权重衰减。"
            f"最后一列：梯度大 {TIMES:g} 倍，第 {SHOWN[-1]} 步大几倍",
            f"Length of a step over the learning rate while the gradient stays {GRADIENT:g}; "
            "momentum 0.9, for Muon 0.95, defaults otherwise, without weight decay. Last column: "
            f"by how much step {SHOWN[-1]} grows when the gradient is {TIMES:g} times as large",
        ),
    )


def figure_steps(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.7)
    t = np.arange(1, SHOWN[-1] + 1)
    style = {
        "rmsprop": (tr.name("RMSprop"), kit.ORANGE, kit.LINES[0], (2.6, 7.6)),
        "adam": (tr.name("Adam, AdamW, Lion"), kit.BLUE, kit.LINES[0], (1.05, 1.2)),
        "muon": (tr.name("Muon"), kit.TEAL, kit.LINES[1], (1.05, 0.46)),
        "nesterov": (tr.name("Nesterov"), kit.PURPLE, kit.LINES[1], (1.05, 0.17)),
        "momentum": (tr("动量", "momentum"), kit.PURPLE, kit.LINES[0], (4.6, 0.105)),
        "sgd": (tr.name("SGD"), kit.INK, kit.LINES[3], (60, 0.056)),
        "adagrad": (tr.name("Adagrad"), kit.GREEN, kit.LINES[2], (130, 0.1)),
        "adadelta": (tr.name("Adadelta"), kit.RED, kit.LINES[1], (40, 0.0054)),
    }
    data = {"t": t}
    for name, (label, colour, line, place) in style.items():
        axes.plot(t, lengths(name), color=colour, linestyle=line, linewidth=1.5)
        axes.text(*place, label, color=colour, fontsize=9)
        data[name] = lengths(name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(0.95, SHOWN[-1])
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    axes.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes.minorticks_off()
    axes.set_xlabel(tr("步（对数轴）", "step (log axis)"))
    axes.set_ylabel(tr("步长 / 学习率（对数轴）", "step / learning rate (log axis)"))
    return Figure(
        canvas,
        caption=tr(
            f"梯度恒为 {GRADIENT:g}，步长是学习率的几倍。"
            "SGD、动量、Nesterov 的步子跟着梯度的大小走；"
            "其余的与它几乎无关：RMSprop 起步太长，Adagrad 越走越短，Adadelta 从很小长起。",
            f"Step over learning rate while the gradient stays {GRADIENT:g}. SGD, momentum and "
            "Nesterov step by the size of the gradient; the others hardly depend on it: RMSprop "
            "starts too long, Adagrad keeps shrinking, Adadelta grows from next to nothing.",
        ),
        alt=tr(
            "双对数轴。Adam、AdamW、Lion 是 1 处的水平线，Muon 略低；RMSprop 从 10 降到 1；"
            "动量与 Nesterov 从下方升到 0.5；SGD 在 0.05 处水平；Adagrad 从 1 一直下降；"
            "Adadelta 在最下方，从 0.003 升到 0.01。",
            "Both axes logarithmic. Adam, AdamW and Lion are level at 1, Muon somewhat lower; "
            "RMSprop falls from 10 to 1; momentum and Nesterov rise to 0.5; SGD is level at 0.05; "
            "Adagrad falls from 1 all the way; Adadelta, lowest, rises from 0.003 to 0.01.",
        ),
        data=data,
    )


def check_steps() -> Check:
    """All that PyTorch has but Muon, whose Newton-Schulz iteration works in bfloat16 there."""
    import torch

    pairs = []
    for name, one in OPTIMISERS.items():
        rate = default(name)
        if rate is None or name == "muon":
            continue
        make = partial(getattr(torch.optim, one.kind), **one.settings)
        for gradient in (GRADIENT, TIMES * GRADIENT):
            ours = step_lengths(one.step, gradient, 100, lr=rate, **one.settings)
            pairs.append((ours, torch_step_lengths(make, gradient, 100, rate)))
    return kit.compare(
        (
            "`torch.optim` 在同样梯度下的步长（除 Lion 与 Muon 外的八种，两个梯度，各 100 步）",
            "the steps of `torch.optim` under the same gradients (all but Lion and Muon; two "
            "gradients, 100 steps each)",
        ),
        pairs,
        tolerance=1e-9,
    )


# --------------------------------------------------------------------------- the ravine


def starts(turned: str) -> np.ndarray:
    """Random points (RUNS, 2) at distance 1 from the minimum, turned with the ravine."""
    turn = np.pi / 4 if turned == "turned" else 0.0
    angles = np.array([rng.uniform(0, 2 * np.pi) for rng in kit.seeds(RUNS)]) + turn
    return np.column_stack([np.cos(angles), np.sin(angles)])


@cache
def ravine(name: str, turned: str) -> tuple[int, np.ndarray]:
    """The number of the best rate, and the steps (RUNS,) after which it stays below SMALL.

    inf where it does not stay there for the last hundred steps at least.  The best rate is the one
    at which most runs stay, and among those the one that needs the fewest steps.
    """
    one, surface = OPTIMISERS[name], SURFACES[turned]
    start = np.broadcast_to(starts(turned), (len(RATES), RUNS, 2))
    path = trajectory(
        one.step, surface.gradient, start, STEPS, lr=RATES[:, None, None], **one.settings
    )
    found = steps_until(path, surface, SMALL).astype(float)
    there = found <= STEPS - 100
    found[~there] = np.inf
    means = found.mean(axis=1, where=there | ~there.any(axis=1, keepdims=True))
    best = int(np.lexsort((means, -there.sum(axis=1)))[0])
    return best, found[best]


RACERS = tuple(name for name in OPTIMISERS if name not in ("adamw", "muon"))
"""Without weight decay AdamW is Adam; Muon is for matrices."""


def table_ravine(tr: Tr) -> Table:
    rows = []
    for name in RACERS:
        cells: list[str | Spread] = []
        for turned in SURFACES:
            best, found = ravine(name, turned)
            there = np.isfinite(found)
            only = tr(f"{RUNS} 次里 {there.sum()} 次", f"in {there.sum()} of {RUNS}")
            cells += [f"{float(f'{RATES[best]:.2g}'):g}", Spread(found) if there.all() else only]
        rows.append([tr.pair(OPTIMISERS[name].name), *cells])
    return Table(
        [
            tr("优化器", "optimiser"),
            tr("沿坐标轴：学习率", "along the axes: rate"),
            Col(tr("步数", "steps"), format=".0f"),
            tr("转 45°：学习率", "turned by 45°: rate"),
            Col(tr("步数", "steps"), format=".0f"),
        ],
        rows,
        caption=tr(
            f"在峡谷 ½(x² + 40y²) 上，走几步之后一直低于 {SMALL:g}：从到极小点距离为 1 的 {RUNS} "
            f"个随机点出发，均值 [最小, 最大]；{len(RATES)} 个学习率"
            f"（从 {RATES[0]:g} 到 {RATES[-1]:g}）里最快的，每次至多 {STEPS} 步",
            f"Steps until the ravine ½(x² + 40y²) stays below {SMALL:g}, from {RUNS} random points "
            "at distance 1 from the minimum: mean [smallest, largest], at the fastest of "
            f"{len(RATES)} rates from {RATES[0]:g} to {RATES[-1]:g}, within {STEPS} steps",
        ),
    )


def value_ravine() -> dict[str, float]:
    """What the sentences say of the ravine: its condition number, the turn, and some results."""
    found = {f"adagrad_{turned}": float(ravine("adagrad", turned)[1].mean()) for turned in SURFACES}
    there = np.isfinite(ravine("rmsprop", "turned")[1]).sum()
    return {"condition": 40, "angle": 45, "starts": RUNS, "rmsprop_there": int(there), **found}


def value_return() -> dict[str, float]:
    """The slowest of Adam's runs on the turned ravine: when it is first below SMALL, and for good.

    ``typical``: the steps that the slowest of its other runs needs.
    """
    best, found = ravine("adam", "turned")
    run = int(found.argmax())
    path = trajectory(
        OPTIMISERS["adam"].step, SURFACES["turned"].gradient, starts("turned")[run], STEPS,
        lr=RATES[best],
    )  # fmt: skip
    below = SURFACES["turned"].value(path) < SMALL
    return {
        "first": int(below.argmax()),
        "good": int(found[run]),
        "typical": int(np.sort(found)[-2]),
    }


def value_steps() -> dict[str, float]:
    """What the sentences say of the steps."""
    return {
        "momentum": float(lengths("momentum")[-1] / lengths("sgd")[-1]),
        "rmsprop": float(lengths("rmsprop")[0]),
        "adadelta": float(lengths("adadelta")[0]),
        "muon": float(lengths("muon")[0]),
    }
