"""The family: who came from whom, what each of them stores, and the general form as evidence."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Table, Tr
from snippets.optimization.optimizer_theory import generic_step, mean_and_scale, torch_state

_G = kit.array(("各步的梯度（一个参数）", "gradients of the steps (one parameter)"), ("t",), -3, 3)
_T = kit.integer(("步", "step"), 1, 12)
_S = kit.index(("以前的步", "steps so far"), "t")
_BETA = kit.scalar(("衰减率", "decay"), 0.1, 0.99)


def _running(g: np.ndarray, keep: float, add: float, correct: bool = False) -> float:
    """The running mean m ← keep · m + add · g, corrected for its start if asked."""
    total = 0.0
    for value in g:
        total = keep * total + add * value
    return total / (1 - keep ** len(g)) if correct else total


_MOMENTUM = Formula(
    r"m_t = \sum_{s=1}^{t} \mu^{t-s} g_s",
    {"g": _G, "t": _T, "s": _S, r"\mu": _BETA},
    equals=lambda g, mu: _running(g, mu, 1.0),
)

_ADAGRAD = Formula(
    r"D_t = \sqrt{\sum_{s=1}^{t} g_s^2}",
    {"g": _G, "t": _T, "s": _S},
    equals=lambda g: _running(g**2, 1.0, 1.0) ** 0.5,
)

_RMSPROP = Formula(
    r"D_t = \sqrt{(1 - \alpha) \sum_{s=1}^{t} \alpha^{t-s} g_s^2}",
    {"g": _G, "t": _T, "s": _S, r"\alpha": _BETA},
    equals=lambda g, alpha: _running(g**2, alpha, 1 - alpha) ** 0.5,
)

_ADAM_MEAN = Formula(
    r"m_t = \frac{1 - \beta_1}{1 - \beta_1^t} \sum_{s=1}^{t} \beta_1^{t-s} g_s",
    {"g": _G, "t": _T, "s": _S, r"\beta_1": _BETA},
    equals=lambda g, beta_1: _running(g, beta_1, 1 - beta_1, correct=True),
)

_ADAM_SCALE = Formula(
    r"D_t = \sqrt{\frac{1 - \beta_2}{1 - \beta_2^t} \sum_{s=1}^{t} \beta_2^{t-s} g_s^2}",
    {"g": _G, "t": _T, "s": _S, r"\beta_2": _BETA},
    equals=lambda g, beta_2: _running(g**2, beta_2, 1 - beta_2, correct=True) ** 0.5,
)

_TORCH = {
    "SGD": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "Adagrad": ("Adagrad", {"eps": 1e-8}),
    "RMSprop": ("RMSprop", {}),
    "Adam": ("Adam", {}),
}


def check_general() -> Check:
    import torch

    rng = np.random.default_rng(0)
    g = rng.normal(size=(30, 5)) * 10.0 ** rng.uniform(-2, 1, 5)
    pairs = []
    for name, (kind, settings) in _TORCH.items():
        theta = torch.nn.Parameter(torch.zeros(5, dtype=torch.float64))
        optimizer = getattr(torch.optim, kind)([theta], lr=0.1, **settings)
        ours = np.zeros(5)
        for t in range(len(g)):
            theta.grad = torch.tensor(g[t])
            optimizer.step()
            ours = generic_step(ours, *mean_and_scale(name, g[: t + 1]), 0.1)
            pairs.append((ours.copy(), theta.detach().clone()))
    return kit.compare(
        (
            "`torch.optim` 的 SGD、动量、Adagrad、RMSprop、Adam，各 30 步",
            "SGD, momentum, Adagrad, RMSprop and Adam of `torch.optim`, 30 steps each",
        ),
        pairs,
        tolerance=1e-11,
    )


def _state(kind: str, **settings) -> int:
    """Numbers that an optimiser of PyTorch keeps for each parameter."""
    import torch

    weight = torch.nn.Parameter(torch.zeros(100))
    made = getattr(torch.optim, kind)
    kept = torch_state(lambda p: made(p, lr=0.1, **settings), [weight])
    return round(kept / weight.numel() / weight.element_size())


def table_members(tr: Tr) -> Table:
    one, gradient = "1", "$g_t$"
    rows: list[list[str | int | Formula]] = [
        [tr.name("SGD"), gradient, one, _state("SGD")],
        [tr("动量", "momentum"), _MOMENTUM, one, _state("SGD", momentum=0.9)],
        [tr.name("Adagrad"), gradient, _ADAGRAD, _state("Adagrad")],
        [tr.name("RMSprop"), gradient, _RMSPROP, _state("RMSprop")],
        [tr.name("Adam"), _ADAM_MEAN, _ADAM_SCALE, _state("Adam")],
    ]
    return Table(
        [
            tr("优化器", "optimiser"),
            tr("方向 $m_t$", "direction $m_t$"),
            tr("尺度 $D_t$（不含 ε）", "scale $D_t$ (without ε)"),
            Col(tr("每个参数存几个数", "numbers kept per parameter"), format="d"),
        ],
        rows,
        caption=tr(
            "方向与尺度各怎么取；最后一列从 `torch.optim` 的状态数出",
            "How direction and scale are chosen; the last column counts the state in `torch.optim`",
        ),
    )


PARAMETERS = 7e9
BYTES = {
    ("fp16 的权重", "weights in fp16"): 2,
    ("fp16 的梯度", "gradients in fp16"): 2,
    ("fp32 的权重副本", "copy of the weights in fp32"): 4,
    ("一阶矩 m，fp32", "first moment m, fp32"): 4,
    ("二阶矩 v，fp32", "second moment v, fp32"): 4,
}


def table_memory(tr: Tr) -> Table:
    rows = [[tr.pair(name), size, size * PARAMETERS / 1e9] for name, size in BYTES.items()]
    total = sum(BYTES.values())
    rows.append([tr("**合计**", "**total**"), total, total * PARAMETERS / 1e9])
    return Table(
        [
            "",
            Col(tr("每个参数", "per parameter"), unit="B", format="d"),
            Col(tr("七十亿参数", "seven billion"), unit="GB", format=".0f"),
        ],
        rows,
        caption=tr(
            "混合精度训练用 Adam 时，激活值之外的内存",
            "Memory of mixed-precision training with Adam, before activations",
        ),
    )


def value_memory() -> dict[str, float]:
    total = sum(BYTES.values())
    return {
        "bytes": total,
        "gigabytes": total * PARAMETERS / 1e9,
        "adam": 8 * PARAMETERS / 1e9,
        "momentum": 4 * PARAMETERS / 1e9,
    }


TREE = {
    # name: (year, column, parents)
    "SGD": (1951, 0, ()),
    "momentum": (1964, 0, ("SGD",)),
    "Nesterov": (1983, 0, ("momentum",)),
    "Adagrad": (2011, 2, ("SGD",)),
    "RMSprop": (2012, 2, ("Adagrad",)),
    "Adam": (2014, 1, ("momentum", "RMSprop")),
    "AMSGrad": (2018, 2, ("Adam",)),
    "AdamW": (2019, 1, ("Adam",)),
    "Lion": (2023, 1, ("AdamW",)),
    "Muon": (2024, 0, ("Nesterov",)),
}


def figure_tree(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=4.6)
    axes.axis("off")
    order = sorted(TREE, key=lambda name: TREE[name][0])
    place = {name: (TREE[name][1], -row) for row, name in enumerate(order)}
    boxes = {}
    colours = (kit.BLUE, kit.PURPLE, kit.ORANGE)
    for name, (year, column, _) in TREE.items():
        x, y = place[name]
        label = tr("动量", "momentum") if name == "momentum" else tr.name(name)
        box = axes.text(
            x, y, f"{label}  {year}", ha="center", va="center", color=kit.INK,
            bbox={"boxstyle": "round,pad=0.35", "facecolor": kit.PAPER,
                  "edgecolor": colours[column], "linewidth": 1.3},
        )  # fmt: skip
        boxes[name] = box.get_bbox_patch()
        tr.name(f"{label}  {year}")
    for name, (_, _, parents) in TREE.items():
        for parent in parents:
            bend = -0.28 if (parent, name) == ("momentum", "Adam") else 0  # around Nesterov
            axes.annotate(
                "",
                place[name],
                place[parent],
                arrowprops={
                    "arrowstyle": "-|>", "color": kit.MUTED, "shrinkA": 1, "shrinkB": 2,
                    "patchA": boxes[parent], "patchB": boxes[name],
                    "linewidth": 1.1,
                    "connectionstyle": f"arc3,rad={bend}",
                },
            )  # fmt: skip
    heads = (tr("选方向 m", "direction m"), tr("两者都选", "both"), tr("选尺度 D", "scale D"))
    for column, head in enumerate(heads):
        axes.text(column, 0.9, head, ha="center", color=colours[column], fontweight="bold")
    axes.set_xlim(-0.5, 2.5)
    axes.set_ylim(-9.6, 1.2)
    return Figure(
        canvas,
        caption=tr(
            "从 SGD 到 Adam 再往后；箭头由一个方法指向用了它的想法的方法。"
            "左列改的是方向，右列改的是尺度，"
            "中间两者都有。",
            "From SGD to Adam and beyond; an arrow leads to a method that uses the idea. The left "
            "column changes the direction, the right one the scale, the middle one both.",
        ),
        alt=tr(
            "从上到下按年代：SGD 1951，"
            "左边动量 1964、Nesterov 1983，右边 Adagrad 2011、RMSprop "
            "2012；"
            "动量与 RMSprop 的箭头在 Adam 2014 汇合；"
            "其下是 AMSGrad 2018、AdamW 2019、Lion 2023，左下是 Muon 2024。",
            "Top to bottom by year: SGD 1951; on the left momentum 1964 and Nesterov 1983; on the "
            "right Adagrad 2011 and RMSprop 2012; arrows from momentum and RMSprop meet at Adam "
            "2014; below AMSGrad 2018, AdamW 2019 and Lion 2023, and at the left Muon 2024.",
        ),
        data={"place": place, "years": {name: year for name, (year, *_) in TREE.items()}},
    )
