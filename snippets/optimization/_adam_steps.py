"""What Adam's steps look like: by hand, without the correction, and over a drop of the gradient."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.optimization._surfaces import Step, replay, side_by_side, trajectory
from snippets.optimization.adagrad_rmsprop import adadelta, adagrad, rmsprop
from snippets.optimization.adam import adam, adamw
from snippets.optimization.gradient_descent import sgd
from snippets.optimization.momentum import sgd_momentum

RATE = 1e-3
BEFORE, AFTER, DROP = 1000, 15_000, 100


def table_hand(tr: Tr) -> Table:
    """Down x² from 1 at a rate of 0.1: every quantity of the first steps."""
    theta, state, rows = np.float64(1.0), None, []
    for t in range(1, 4):
        grad = 2 * theta
        theta, state = adam(theta, grad, state, lr=0.1)
        _, m, v, _ = state
        rows.append(
            [
                str(t),
                float(grad),
                float(m),
                float(v),
                float(m / (1 - 0.9**t)),
                float(v / (1 - 0.999**t)),
                float(theta),
            ]
        )
    return Table(
        [
            "$t$",
            Col("$g_t$", format=".6g"),
            Col("$m_t$", format=".4g"),
            Col("$v_t$", format=".4g"),
            Col("$\\hat{m}_t$", format=".6g"),
            Col("$\\hat{v}_t$", format=".6g"),
            Col("$\\theta_t$", format=".6f"),
        ],
        rows,
        caption=tr(
            "x² 上从 1 出发，α = 0.1，其余为默认值",
            "Down x² from 1, α = 0.1, defaults otherwise",
        ),
    )


def value_first() -> dict[str, float]:
    """Steps under a constant gradient, with the correction and without; the gap at 100 g."""
    return {
        "corrected": RATE,
        "uncorrected": float(_without()[0]),
        "ratio": float(_without()[0] / RATE),
        "peak": float(_without()[:2000].max() / RATE),
        "peak_at": int(_without()[:2000].argmax() + 1),
        "same_path": _scale_gap(),
        "scale": 100,
    }


@cache
def _without() -> np.ndarray:
    """Lengths of the first steps without the correction, under a constant gradient."""
    t = np.arange(1, 10_001)
    return RATE * (1 - 0.9**t) / np.sqrt(1 - 0.999**t)


@cache
def _with() -> np.ndarray:
    """Lengths of the same steps with the correction: those of adam itself."""
    return np.abs(np.diff(trajectory(adam, lambda theta: 1.0, 0.0, _without().size, lr=RATE)))


def _scale_gap() -> float:
    """Largest distance of Adam's paths for gradients g and 100 g, over 100 steps, ε = 0."""
    gradients = np.random.default_rng(0).normal(size=(100, 20))
    paths = [
        trajectory(adam, replay(k * gradients), np.zeros(20), 100, lr=0.1, eps=0.0)
        for k in (1, 100)
    ]
    return float(np.abs(paths[0] - paths[1]).max())


def figure_correction(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.6)
    t = np.arange(1, 10_001)
    axes.plot(t, _without(), color=kit.ORANGE, label=tr("不修正", "without correction"))
    axes.plot(
        t,
        _with(),
        color=kit.BLUE,
        linestyle=kit.LINES[1],
        label=tr("修正后", "with correction"),
    )
    axes.set_xscale("log")
    axes.set_ylim(0, 8e-3)
    axes.set_yticks([0, 2e-3, 4e-3, 6e-3, 8e-3], ["0", "0.002", "0.004", "0.006", "0.008"])
    axes.set_xlabel(tr("步（对数轴）", "step (log axis)"))
    axes.set_ylabel(tr("步长", "step length"))
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            f"梯度不变、α = {RATE:g} 时的步长，β 取默认值。不修正，头几百步都长了好几倍。",
            f"The step under a constant gradient, α = {RATE:g}, default betas. Without the "
            "correction, the first hundreds of steps are several times too long.",
        ),
        alt=tr(
            "不修正的曲线从 0.0032 升到约 0.0066，再慢慢落到 0.001；修正后的是 0.001 处的水平线。",
            "Without the correction the curve rises from 0.0032 to about 0.0066 and then falls "
            "slowly to 0.001; with it, it is level at 0.001.",
        ),
        data={"without": _without(), "with": _with()},
    )


# --------------------------------------------------------------------------- effective rate

_NAMES = {"adam": "Adam", "rmsprop": "RMSprop, α = 0.99", "adagrad": "Adagrad"}


@cache
def rates(name: str) -> np.ndarray:
    """α / (√v + ε) at each step: a gradient of 1 for BEFORE steps, then 1/DROP for AFTER steps."""
    gradients = np.concatenate([np.ones(BEFORE), np.full(AFTER, 1 / DROP)])
    state: Any = None
    found = np.empty(gradients.size)
    for t, g in enumerate(gradients, 1):
        if name == "adam":
            _, state = adam(np.float64(0), g, state)
            second = state[2] / (1 - 0.999**t)
        elif name == "rmsprop":
            _, state = rmsprop(np.float64(0), g, state)
            second = state[0]
        else:
            _, state = adagrad(np.float64(0), g, state)
            second = state[1]
        found[t - 1] = RATE / np.sqrt(second)
    return found


def figure_rates(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.9)
    t = np.arange(1, BEFORE + AFTER + 1)
    for (name, label), colour, line in zip(_NAMES.items(), kit.SERIES, kit.LINES, strict=False):
        axes.plot(t, rates(name), color=colour, linestyle=line, label=tr.name(label))
    axes.axvline(BEFORE, color=kit.MUTED, linewidth=0.8)
    axes.text(
        BEFORE + 150, 6e-6, tr("梯度缩小到 1/100", "gradient falls to 1/100"), color=kit.MUTED
    )
    axes.set_yscale("log")
    axes.set_ylim(4e-6, 0.3)
    axes.set_xlabel(tr("步", "step"))
    axes.set_ylabel(tr("有效学习率 α/√v（对数轴）", "effective rate α/√v (log axis)"))
    axes.legend(loc="center right", bbox_to_anchor=(1.0, 0.42))
    return Figure(
        canvas,
        caption=tr(
            f"学习率都是 {RATE:g}。梯度先恒为 1，第 {BEFORE} 步之后恒为 1/{DROP}。"
            "Adam 与 RMSprop 的有效学习率升到一百倍，Adagrad 的只降不升。",
            f"The learning rate is {RATE:g} for all. The gradient is 1, after step {BEFORE} it is "
            f"1/{DROP}. The effective rates of Adam and RMSprop rise a hundredfold; Adagrad's only "
            "falls.",
        ),
        alt=tr(
            "对数轴上三条曲线：前一千步 Adam 水平，RMSprop 从 0.01 降到 0.001，Adagrad 下降。"
            "梯度缩小后，RMSprop 很快、Adam 用约一万步升到 0.1，Adagrad 停在约 3×10⁻⁵。",
            "Three curves on a log axis: for a thousand steps Adam is level, RMSprop falls from "
            "0.01 to 0.001, Adagrad falls. Once the gradient has shrunk, RMSprop rises to 0.1 soon "
            "and Adam in some ten thousand steps; Adagrad stays near 3×10⁻⁵.",
        ),
        data={name: rates(name) for name in _NAMES},
    )


def table_rates(tr: Tr) -> Table:
    rows = []
    for name, label in _NAMES.items():
        found = rates(name)
        rows.append([tr.name(label), *(float(found[t]) for t in (0, BEFORE - 1, -1))])
    return Table(
        [
            tr("有效学习率 α/√v", "effective rate α/√v"),
            Col(tr("第 1 步", "step 1"), format=".3e"),
            Col(tr(f"第 {BEFORE} 步", f"step {BEFORE}"), format=".3e"),
            Col(tr(f"再走 {AFTER} 步", f"{AFTER} steps later"), format=".3e"),
        ],
        rows,
        caption=tr(
            "上图的数值；前两列梯度为 1，有效学习率就等于步长",
            "Numbers of the figure above; in the first two columns the gradient is 1, so the "
            "effective rate is the step",
        ),
    )


def value_lr() -> dict[str, float]:
    """What torch.optim.Adam holds as its learning rate after 100 steps; and with a scheduler."""
    import torch

    found = {}
    for name in ("plain", "scheduled"):
        theta = torch.ones(1, requires_grad=True)
        optimizer = torch.optim.Adam([theta], lr=RATE)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=100)
        for _ in range(100):
            optimizer.zero_grad()
            (theta**2).sum().backward()
            optimizer.step()
            if name == "scheduled":
                scheduler.step()
        found[name] = optimizer.param_groups[0]["lr"]
    return {
        **found,
        "steps": 100,
        "before": BEFORE,
        "after": AFTER,
        "rise": float(rates("adam")[-1] / rates("adam")[BEFORE - 1]),
    }


# --------------------------------------------------------------------------- from scratch


def _scratch() -> list[tuple[str, Step, Any, dict[str, Any]]]:
    import torch.optim as optim

    return [
        ("SGD", sgd, optim.SGD, {"lr": 0.01, "weight_decay": 0.1}),
        ("SGD, momentum", sgd_momentum, optim.SGD, {"lr": 0.01, "momentum": 0.9}),
        (
            "SGD, nesterov",
            sgd_momentum,
            optim.SGD,
            {"lr": 0.01, "momentum": 0.9, "nesterov": True},
        ),
        ("Adagrad", adagrad, optim.Adagrad, {"lr": 0.1, "lr_decay": 0.01}),
        ("RMSprop", rmsprop, optim.RMSprop, {"lr": 0.01, "alpha": 0.9, "momentum": 0.5}),
        ("Adadelta", adadelta, optim.Adadelta, {"lr": 1.0, "rho": 0.95, "eps": 1e-4}),
        ("Adam", adam, optim.Adam, {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}),
        ("AdamW", adamw, optim.AdamW, {"lr": 0.01, "betas": (0.8, 0.99), "weight_decay": 0.1}),
    ]


def table_scratch(tr: Tr) -> Table:
    rows = []
    for name, step, optimizer, settings in _scratch():
        pairs = side_by_side(step, optimizer, [settings])
        gaps = [float((np.abs(a - b) / np.maximum(1, np.abs(b))).max()) for a, b in pairs]
        said = ", ".join(f"{key}={value}" for key, value in settings.items())
        rows.append([tr.name(name), f"`{said}`", max(gaps)])
    return Table(
        [
            tr("优化器", "optimiser"),
            tr("设置", "settings"),
            Col(tr("最大相差", "largest difference"), format=".1e"),
        ],
        rows,
        caption=tr(
            "手写的与 `torch.optim` 的逐步相差（三处各 100 步：随机梯度、峡谷、Rosenbrock；"
            "参数大于 1 时取相对误差）",
            "Ours against `torch.optim` at every step (100 steps in three places: random "
            "gradients, the ravine, Rosenbrock; relative where parameters exceed 1)",
        ),
    )
