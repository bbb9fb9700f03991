"""Focal loss: its values and slopes, and how it shifts the loss from the easy to the hard."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Col, Figure, Formula, Table, Tr
from snippets.losses.label_smoothing_focal_contrastive import focal_loss

GAMMAS = (0.0, 1.0, 2.0, 5.0)
POINTS = (0.9, 0.5, 0.1)
EASY, HARD = 1000, 10  # examples at p_t = 0.9 and at p_t = 0.1
PRIOR = 0.01

_GAMMA = kit.scalar(("聚焦参数", "the focusing parameter"), 0, 5)
_SIGMOID = kit.function(("sigmoid", "the sigmoid"), sigmoid)

formula_focal = Formula(
    r"\mathrm{FL}(p_t) = -(1 - p_t)^{\gamma} \ln p_t",
    {
        "p_t": kit.scalar(
            ("模型给真实标签的概率", "the probability of the true label"), 0.01, 0.99
        ),
        r"\gamma": _GAMMA,
    },
    equals=lambda p_t, gamma: focal_loss(np.log(p_t) - np.log1p(-p_t), 1.0, float(gamma)),
)

formula_slope = Formula(
    r"\frac{\partial L}{\partial s}"
    r" = (1 - \sigma(s))^{\gamma} \left(\gamma\, \sigma(s) \ln \sigma(s) + \sigma(s) - 1\right)",
    {
        "s": kit.scalar(
            ("真实标签一侧的 logit", "the logit, counted towards the true label"), -6, 6
        ),
        r"\gamma": kit.scalar(("聚焦参数", "the focusing parameter"), 0.5, 5),
        r"\sigma": _SIGMOID,
    },
    derivative_of=lambda s, gamma: focal_loss(s, 1.0, float(gamma)),
    autograd=lambda s, gamma: _torch_focal(s, float(gamma)),
    wrt="s",
)

formula_prior = Formula(
    r"b = -\ln \frac{1 - \pi}{\pi}, \quad \sigma(b) = \pi",
    {
        r"\pi": kit.scalar(("希望一开始给出的概率", "the probability to begin with"), 0.001, 0.5),
        r"\sigma": _SIGMOID,
    },
    equals={"b": lambda pi: np.log(pi) - np.log1p(-pi), r"\sigma(b)": lambda pi: pi},
)


def _torch_focal(s, gamma: float):
    import torch.nn.functional as F

    return (-s).sigmoid() ** gamma * F.softplus(-s)


def _at(p: float, gamma: float) -> float:
    return float(focal_loss(np.log(p) - np.log1p(-p), 1.0, gamma))


def table_focal(tr: Tr) -> Table:
    rows = []
    for p in POINTS:
        plain, focal = _at(p, 0.0), _at(p, 2.0)
        rows.append([p, plain, focal, focal / plain])
    return Table(
        [
            Col("$p_t$", format="g"),
            Col(tr("交叉熵", "cross-entropy"), format=".5f"),
            Col(tr("focal，γ = 2", "focal, γ = 2"), format=".5f"),
            Col(tr("倍数", "factor"), format=".2f"),
        ],
        rows,
        caption=tr(
            "倍数就是 (1 − p) 的平方：有把握的样本几乎不计，难样本保留大半",
            "The factor is (1 − p) squared: sure examples hardly count, hard ones keep most of "
            "their loss",
        ),
    )


def value_shares() -> dict[str, float]:
    """The share of EASY examples at 0.9 in the summed loss, against HARD ones at 0.1."""
    shares = {}
    for name, gamma in (("plain", 0.0), ("focal", 2.0)):
        easy, hard = EASY * _at(0.9, gamma), HARD * _at(0.1, gamma)
        shares[name] = easy / (easy + hard)
    return {**shares, "easy": EASY, "hard": HARD, "p_easy": 0.9, "p_hard": 0.1}


def value_prior() -> dict[str, float]:
    bias = float(np.log(PRIOR) - np.log1p(-PRIOR))
    return {"pi": PRIOR, "bias": bias, "start": _at(0.5, 0.0), "after": _at(1 - PRIOR, 0.0)}


def value_optimum() -> dict[str, float]:
    """Which probability makes the expected focal loss (γ = 2) least, for a true one of 0.05."""
    true, low, high = 0.05, 1e-6, 1 - 1e-6
    for _ in range(60):  # the slope of the expected loss rises through 0 once
        p = (low + high) / 2
        if true * _slope(p, 2.0) - (1 - true) * _slope(1 - p, 2.0) < 0:
            low = p
        else:
            high = p
    return {"true": true, "focal": p}


def _slope(p: float, gamma: float) -> float:
    """Gradient of the focal loss by the logit s, where p = σ(s)."""
    return float((1 - p) ** gamma * (gamma * p * np.log(p) + p - 1))


def figure_focal(tr: Tr) -> Figure:
    p = np.linspace(0.01, 1 - 1e-9, 400)
    s = np.linspace(-6, 6, 401)
    canvas, (left, right) = kit.canvas(1, 2, height=3.0)
    data = {"p": p, "s": s}
    for gamma, colour, line in zip(GAMMAS, kit.SERIES, kit.LINES, strict=False):
        loss = focal_loss(np.log(p) - np.log1p(-p), 1.0, gamma)
        q = sigmoid(s)
        slope = (1 - q) ** gamma * (gamma * q * np.log(q) + q - 1)
        left.plot(p, loss, color=colour, linestyle=line, label=f"γ = {gamma:g}")
        right.plot(s, slope, color=colour, linestyle=line)
        data[f"loss_{gamma:g}"], data[f"slope_{gamma:g}"] = loss, slope
    left.set_ylim(0, 3)
    left.set_title(tr("损失", "loss"))
    left.set_xlabel(tr("真实标签的概率", "probability of the true label"))
    left.legend(loc="upper right")
    right.set_title(tr("对 logit 的梯度", "gradient by the logit"))
    right.set_xlabel(tr("真实标签一侧的 logit", "logit towards the true label"))
    return Figure(
        canvas,
        caption=tr(
            "γ = 0 就是交叉熵。γ 越大，有把握的样本（右侧）损失和梯度越接近 0；"
            "在预测错的一侧（左侧），梯度反而可能比交叉熵还大。",
            "γ = 0 is cross-entropy. The larger γ, the closer to 0 are loss and gradient of "
            "sure examples (to the right); on wrong ones (to the left) the gradient may even "
            "exceed that of cross-entropy.",
        ),
        alt=tr(
            "左图：四条下降的损失曲线，γ 越大越贴近横轴。右图：四条从约 −1 升到 0 的梯度曲线，"
            "γ 大的更早到达 0，途中先向下多弯一截。",
            "Left: four falling loss curves, nearer to the axis for larger γ. Right: four gradient "
            "curves from about −1 to 0; for larger γ they dip first and reach 0 earlier.",
        ),
        data=data,
    )
