"""How long the steps are: by hand, over time, for rare features, and with epsilon in two places."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Formula, Table, Tr
from snippets.optimization._surfaces import Step, replay, trajectory
from snippets.optimization.adagrad_rmsprop import adadelta, adagrad, rmsprop
from snippets.optimization.gradient_descent import sgd

RATE = 0.1
LONG = 10_000
LONG_RATE = 1e-3
TINY, TINY_RATE, EPS = 1e-6, 0.01, 1e-8
OFTEN, EVERY = 1000, 100
RUN, SEEDS, WIDTH = 100, 5, 50


def _constant_steps(step: Step, steps: int, g: float, **settings: Any) -> np.ndarray:
    """Lengths of the steps under a gradient that is always g."""
    return np.abs(np.diff(trajectory(step, lambda theta: g, 0.0, steps, **settings)))


formula_shrink = Formula(
    r"\theta_t - \theta_{t-1} = -\frac{\eta}{\sqrt{t}} \operatorname{sgn}(g)",
    {
        r"\eta": kit.scalar(("学习率", "learning rate"), 0.01, 1),
        "t": kit.integer(("步数", "number of steps"), 1, 12),
        "g": kit.scalar(("不变的梯度", "gradient, always the same"), -3, 3, without=(0,)),
    },
    equals=lambda eta, t, g: (
        -np.sign(g) * _constant_steps(adagrad, int(t), float(g), lr=eta, eps=0.0)[-1]
    ),
)

formula_first = Formula(
    r"\theta_t - \theta_{t-1} = -\frac{\eta}{\sqrt{1 - \alpha^t}} \operatorname{sgn}(g)",
    {
        r"\eta": kit.scalar(("学习率", "learning rate"), 0.01, 1),
        r"\alpha": kit.scalar(("衰减系数", "decay"), 0, 0.99),
        "t": kit.integer(("步数", "number of steps"), 1, 12),
        "g": kit.scalar(("不变的梯度", "gradient, always the same"), -3, 3, without=(0,)),
    },
    equals=lambda eta, alpha, t, g: (
        -np.sign(g) * _constant_steps(rmsprop, int(t), float(g), lr=eta, alpha=alpha, eps=0.0)[-1]
    ),
)


def table_hand(tr: Tr) -> Table:
    rows = []
    for name, step, settings in (
        ("Adagrad", adagrad, {"lr": RATE}),
        ("RMSprop, α = 0.9", rmsprop, {"lr": RATE, "alpha": 0.9}),
        ("RMSprop, α = 0.99", rmsprop, {"lr": RATE, "alpha": 0.99}),
        ("Adadelta, ρ = 0.9", adadelta, {"lr": 1.0}),
    ):
        path = trajectory(step, lambda x: 2 * x, 1.0, 4, **settings)
        # ten digits after the point, and 0 instead of -0
        rows.append([tr.name(name), *(round(float(x), 10) + 0.0 for x in path)])
    return Table(
        [tr("步", "step"), *(Col(f"{t}", format=".4g") for t in range(5))],
        rows,
        caption=tr(
            f"x² 上从 1 出发；学习率 {RATE:g}，Adadelta 为 1；ε 为 PyTorch 的默认值",
            f"Down x² from 1; learning rate {RATE:g}, for Adadelta 1; ε as PyTorch has it",
        ),
    )


@cache
def _long(name: str) -> np.ndarray:
    step, settings = {
        "sgd": (sgd, {}),
        "adagrad": (adagrad, {}),
        "rmsprop": (rmsprop, {"alpha": 0.99}),
    }[name]
    return _constant_steps(step, LONG, 1.0, lr=LONG_RATE, **settings)


def figure_decay(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.9)
    t = np.arange(1, LONG + 1)
    labels = {"sgd": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSprop, α = 0.99"}
    data = {}
    for (name, label), colour, line in zip(labels.items(), kit.SERIES, kit.LINES, strict=False):
        axes.plot(t, _long(name), color=colour, linestyle=line, label=tr.name(label))
        data[name] = _long(name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(tr("步（对数轴）", "step (log axis)"))
    axes.set_ylabel(tr("步长（对数轴）", "step length (log axis)"))
    axes.legend(loc="lower left")
    return Figure(
        canvas,
        caption=tr(
            f"梯度恒为 1、学习率 {LONG_RATE:g} 时每一步的长度。Adagrad 按 1/√t 一直缩短；"
            "RMSprop 起初太长，几百步之后等于学习率。",
            f"The length of each step under a gradient of 1 at a learning rate of {LONG_RATE:g}. "
            "Adagrad's shrinks as 1/√t without end; RMSprop's is too long at first and equals the "
            "learning rate after some hundred steps.",
        ),
        alt=tr(
            "双对数图：SGD 水平；Adagrad 从 10⁻³ 直线下降到 10⁻⁵；"
            "RMSprop 从 10⁻² 降到 10⁻³ 后水平。",
            "Log-log plot: SGD is level; Adagrad falls in a straight line from 10⁻³ to 10⁻⁵; "
            "RMSprop falls from 10⁻² to 10⁻³ and stays there.",
        ),
        data=data,
    )


def value_decay() -> dict[str, float]:
    return {
        "steps": LONG,
        "first": float(_long("adagrad")[0]),
        "last": float(_long("adagrad")[-1]),
        "rms_first": float(_long("rmsprop")[0]),
        "rms_last": float(_long("rmsprop")[-1]),
        "jump": float(trajectory(rmsprop, lambda x: 2 * x, 1.0, 1, lr=RATE, alpha=0.99)[-1]),
        "jump_rate": RATE,
        "jump_alpha": 0.99,
        "adadelta_first": float(_constant_steps(adadelta, 1, 1.0, lr=1.0)[0]),
    }


# --------------------------------------------------------------------------- rare features


@cache
def _moved(name: str) -> np.ndarray:
    """How far two parameters move in OFTEN steps: gradient 1 always, and 1 every EVERY steps."""
    step, settings = {
        "sgd": (sgd, {}),
        "adagrad": (adagrad, {}),
        "rmsprop": (rmsprop, {"alpha": 0.99}),
    }[name]
    rare = (np.arange(1, OFTEN + 1) % EVERY == 0).astype(float)
    gradients = np.stack([np.ones(OFTEN), rare], axis=1)
    path = trajectory(step, replay(gradients), np.zeros(2), OFTEN, lr=LONG_RATE, **settings)
    return np.abs(path[-1]) / LONG_RATE


def table_rare(tr: Tr) -> Table:
    rows = []
    for name, label in (("sgd", "SGD"), ("adagrad", "Adagrad"), ("rmsprop", "RMSprop, α = 0.99")):
        often, rare = (float(v) for v in _moved(name))
        rows.append([tr.name(label), often / OFTEN, rare / (OFTEN / EVERY), rare / often])
    return Table(
        [
            "",
            Col(tr("常见：每次走几个 η", "frequent: η per gradient"), format=".3g"),
            Col(tr("罕见：每次走几个 η", "rare: η per gradient"), format=".3g"),
            Col(tr("总路程，罕见 / 常见", "total way, rare / frequent"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"{OFTEN} 步里，一个参数每步都有梯度 1，另一个每 {EVERY} 步才有一次",
            f"{OFTEN} steps in which one parameter always has gradient 1, and another once in "
            f"{EVERY} steps",
        ),
    )


# --------------------------------------------------------------------------- epsilon


def _settled(eps_inside: bool) -> float:
    """The step under a constant gradient TINY, once the average has settled."""
    state = (TINY**2, TINY, 0.0)
    after, _ = rmsprop(
        np.zeros(()), TINY, state, lr=TINY_RATE, alpha=0.99, eps=EPS, eps_inside=eps_inside
    )
    return abs(float(after))


@cache
def _inside_differs(size: float) -> np.ndarray:
    """Largest gap of the two variants over RUN steps, for each of SEEDS · WIDTH parameters.

    The gradients are normal and of this size.
    """
    draws = [rng.normal(size=(RUN, WIDTH)) for rng in kit.seeds(SEEDS)]
    gradients = size * np.concatenate(draws, axis=1)
    start = np.zeros(SEEDS * WIDTH)
    paths = [
        trajectory(rmsprop, replay(gradients), start, RUN, lr=TINY_RATE, eps=EPS, eps_inside=inside)
        for inside in (False, True)
    ]
    return np.abs(paths[0] - paths[1]).max(axis=0)


def value_eps() -> dict[str, float]:
    return {
        "g": TINY,
        "rate": TINY_RATE,
        "eps": EPS,
        "outside": _settled(False),
        "inside": _settled(True),
        "root": EPS**0.5,
        "adagrad": (adagrad.__kwdefaults__ or {})["eps"],
        "ratio": _settled(False) / _settled(True),
        "differs": float(np.median(_inside_differs(1.0))),
        "differs_most": float(_inside_differs(1.0).max()),
        "differs_small": float(np.median(_inside_differs(1e-4))),
        "small": 1e-4,
        "steps": RUN,
        "seeds": SEEDS,
        "width": WIDTH,
    }


def table_eps(tr: Tr) -> Table:
    rows = []
    for g in (1.0, 1e-2, 1e-4, 1e-6, 1e-8):
        state = (g**2, g, 0.0)
        sizes = [
            abs(float(rmsprop(np.zeros(()), g, state, lr=TINY_RATE, eps=EPS, eps_inside=inside)[0]))
            for inside in (False, True)
        ]
        rows.append([g, *sizes, sizes[0] / sizes[1]])
    return Table(
        [
            Col(tr("梯度", "gradient"), format="g"),
            Col(tr("ε 在根号外", "ε outside"), format=".3g"),
            Col(tr("ε 在根号内", "ε inside"), format=".3g"),
            Col(tr("相差倍数", "ratio"), format=".3g"),
        ],
        rows,
        caption=tr(
            f"梯度不变、滑动平均已稳定时的步长；学习率 {TINY_RATE:g}，ε = 10⁻⁸",
            f"The step under a constant gradient once the average has settled; learning rate "
            f"{TINY_RATE:g}, ε = 10⁻⁸",
        ),
    )
