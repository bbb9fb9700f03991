"""The tables of formulas and traits of all losses, and the risk that they make up."""

from __future__ import annotations

from functools import cache

from snippets import kit
from snippets.kit import Col, Formula, Pair, Table, Tr
from snippets.losses import _loss_overview_margins, _loss_overview_values
from snippets.losses._loss_overview_symbols import BIT, LOGIT, S, T
from snippets.losses.cross_entropy import bce_with_logits
from snippets.losses.margin_losses import logistic
from snippets.losses.regression_losses import mse

FORMULAS = {**_loss_overview_values.FORMULAS, **_loss_overview_margins.FORMULAS}

formula_risk = Formula(
    r"R(w) = \frac{1}{N} \sum_{i=1}^{N} \ell(f(x_i, w), y_i)",
    {
        r"\ell": kit.function(
            ("一个样本的损失，这里取平方", "the loss of one example, here the square"),
            lambda a, b: (a - b) ** 2,
        ),
        "f": kit.function(("模型，这里取 wx", "the model, here wx"), lambda x, w: w * x),
        "w": kit.scalar(("参数", "the parameters"), -2, 2),
        "x": kit.array(("输入", "the inputs"), ("N",), -2, 2),
        "y": kit.array(("目标", "the targets"), ("N",), -2, 2),
        "N": kit.integer(("样本数", "number of examples"), 1, 5),
    },
    equals=lambda w, x, y: mse(w * x, y),
)

NAMES: dict[str, Pair] = {
    "mse": ("MSE", "MSE"),
    "mae": ("MAE（L1）", "MAE (L1)"),
    "smooth_l1": ("Smooth L1", "Smooth L1"),
    "huber": ("Huber", "Huber"),
    "cross_entropy": ("交叉熵", "cross-entropy"),
    "softmax_loss": ("softmax 损失", "softmax loss"),
    "nll": ("NLL", "NLL"),
    "bce": ("BCE", "BCE"),
    "bce_with_logits": ("BCE（由 logits）", "BCE with logits"),
    "kl": ("KL 散度", "KL divergence"),
    "label_smoothing": ("标签平滑", "label smoothing"),
    "focal": ("focal loss", "focal loss"),
    "zero_one": ("0-1", "0-1"),
    "hinge": ("合页", "hinge"),
    "logistic": ("logistic", "logistic"),
    "exponential": ("指数", "exponential"),
    "info_nce": ("InfoNCE", "InfoNCE"),
    "triplet": ("三元组", "triplet"),
}

_REGRESSION, _CLASSES = ("回归", "regression"), ("多分类", "classes")
_TWO, _PAIRS = ("二分类", "two classes"), ("相似度", "similarity")
_PROBABILITY = ("先求对数概率", "take log-probabilities")
_NONE = ("不必", "not needed")

TRAITS: dict[str, tuple[Pair, bool, Pair | Formula]] = {
    "mse": (_REGRESSION, True, _NONE),
    "mae": (("稳健回归", "robust regression"), True, _NONE),
    "smooth_l1": (("边框回归", "box regression"), True, _NONE),
    "huber": (("稳健回归", "robust regression"), True, _NONE),
    "cross_entropy": (("软标签", "soft labels"), True, _PROBABILITY),
    "softmax_loss": (_CLASSES, True, ("LSE 里先减最大值", "LSE minus its maximum")),
    "nll": (_CLASSES, True, ("配 log-softmax", "after log-softmax")),
    "bce": (_TWO, True, ("改用 logits", "use logits")),
    "bce_with_logits": (
        ("二分类、多标签", "two classes, labels"),
        True,
        Formula(
            r"\ell = \max(z, 0) - z y + \ln(1 + e^{-|z|})",
            {"y": BIT, "z": LOGIT},
            equals=lambda y, z: bce_with_logits(z, y),
        ),
    ),
    "kl": (("蒸馏、VAE", "distillation, VAE"), True, _PROBABILITY),
    "label_smoothing": (_CLASSES, True, ("同 softmax 损失", "as softmax loss")),
    "focal": (
        ("类别不平衡", "class imbalance"),
        False,
        ("$\\ln \\sigma(s)$ 用 log-sigmoid", "log-sigmoid for $\\ln \\sigma(s)$"),
    ),
    "zero_one": (("评价指标", "metric"), False, _NONE),
    "hinge": (("支持向量机", "SVM"), True, _NONE),
    "logistic": (
        _TWO,
        True,
        Formula(
            r"\ell = \max(-t s, 0) + \ln(1 + e^{-|t s|})",
            {"t": T, "s": S},
            equals=lambda t, s: logistic(t * s, 1),
        ),
    ),
    "exponential": (("AdaBoost", "AdaBoost"), True, ("没有：会溢出", "none: it overflows")),
    "info_nce": (
        ("对比学习", "contrastive learning"),
        True,
        ("同 softmax 损失", "as softmax loss"),
    ),
    "triplet": (_PAIRS, True, ("距离里加小常数", "a small constant in the distance")),
}
"""Task; whether it is convex in what it takes; the stable form."""


def table_formulas(tr: Tr) -> Table:
    return Table(
        [tr("损失", "loss"), tr("一个样本的值", "value of one example"), tr("梯度", "gradient")],
        [[tr.pair(name), *FORMULAS[key]] for key, name in NAMES.items()],
        caption=tr(
            "所有损失的公式与梯度；每一格都在构建时代入数值核对过。0-1 损失的梯度在跳变处不存在",
            "All losses with their gradients; every cell was evaluated in the build. At its jump "
            "the 0-1 loss has no gradient",
        ),
        sortable=True,
    )


FAR, RARE, TAU, GAMMA = 100.0, 1e-4, 0.1, 2.0


@cache
def far_gradients() -> dict[str, float]:
    """Size of the gradient by what the loss takes, by autograd, at a mistake that is far out.

    Residual FAR, score or logit -FAR for a label of 1, probability RARE of what came true, a
    positive pair at cosine -1 beside a negative one at 1.
    """
    import torch
    import torch.nn.functional as F

    double = {"dtype": torch.float64}
    e, s, p = (torch.tensor([v], **double) for v in (FAR, -FAR, RARE))
    z, q = torch.tensor([-FAR, 0.0, 0.0], **double), torch.tensor([RARE, 0.5, 0.4999], **double)
    c, zero, one = torch.tensor([-1.0, 1.0], **double), e * 0, e * 0 + 1
    first, label = torch.tensor([0]), torch.tensor([1.0, 0, 0], **double)
    losses = {
        "mse": (e, lambda x: F.mse_loss(x, zero)),
        "mae": (e, lambda x: F.l1_loss(x, zero)),
        "smooth_l1": (e, lambda x: F.smooth_l1_loss(x, zero)),
        "huber": (e, lambda x: F.huber_loss(x, zero)),
        "cross_entropy": (q, lambda x: -(label * x.log()).sum()),
        "softmax_loss": (z, lambda x: F.cross_entropy(x[None], first)),
        "nll": (q.log(), lambda x: F.nll_loss(x[None], first)),
        "bce": (p, lambda x: F.binary_cross_entropy(x, one)),
        "bce_with_logits": (s, lambda x: F.binary_cross_entropy_with_logits(x, one)),
        "kl": (q, lambda x: F.kl_div(x.log()[None], label[None], reduction="batchmean")),
        "label_smoothing": (z, lambda x: F.cross_entropy(x[None], first, label_smoothing=0.1)),
        "focal": (s, lambda x: ((-x).sigmoid() ** GAMMA * -F.logsigmoid(x)).sum()),
        "zero_one": (s, lambda x: (x <= 0).double().sum() + 0 * x.sum()),
        "hinge": (s, lambda x: F.relu(1 - x).sum()),
        "logistic": (s, lambda x: F.binary_cross_entropy_with_logits(x, one)),
        "exponential": (s, lambda x: (-x).exp().sum()),
        "info_nce": (c, lambda x: F.cross_entropy(x[None] / TAU, first)),
        "triplet": (one, lambda x: F.relu(x - zero + 1).sum()),
    }
    found = {}
    for name, (at, loss) in losses.items():
        leaf = at.clone().requires_grad_()
        loss(leaf).backward()
        found[name] = float(leaf.grad[0].abs())
    return found


def _stable(tr: Tr, key: str) -> str | Formula:
    form = TRAITS[key][2]
    return form if isinstance(form, Formula) else tr.pair(form)


def table_traits(tr: Tr) -> Table:
    slopes = far_gradients()
    return Table(
        [
            tr("损失", "loss"),
            tr("用途", "use"),
            tr("凸？", "convex?"),
            Col(tr("离谱时的梯度", "gradient when far off"), format=".3g"),
            tr("稳定的写法", "stable form"),
        ],
        [
            [tr.pair(name), tr.pair(TRAITS[k][0]), TRAITS[k][1], slopes[k], _stable(tr, k)]
            for k, name in NAMES.items()
        ],
        caption=tr(
            f"凸：对公式里的自变量而言。离谱：残差 {FAR:g}，得分或 logit 为 −{FAR:g} 而标签为 1，"
            f"或正确结果的概率只有 {RARE:g}；focal 取 γ = {GAMMA:g}，InfoNCE 取 τ = {TAU:g}",
            "Convex: in the variables of the formula. Far off: residual "
            f"{FAR:g}, score or logit −{FAR:g} with label 1, or probability {RARE:g} of what came "
            f"true; focal with γ = {GAMMA:g}, InfoNCE with τ = {TAU:g}",
        ),
        sortable=True,
    )


def value_focal_peak() -> dict[str, float]:
    """Where the focal loss of label 1 is steepest, and how steep; by autograd on a grid."""
    import torch
    import torch.nn.functional as F

    s = torch.linspace(-10, 10, 20001, dtype=torch.float64, requires_grad=True)
    ((-s).sigmoid() ** GAMMA * -F.logsigmoid(s)).sum().backward()
    at = s.grad.abs().argmax()
    return {"size": float(s.grad[at].abs()), "at": float(s.detach()[at]), "gamma": GAMMA}


def value_counts() -> dict[str, int]:
    return {"losses": len(NAMES), "formulas": 2 * len(FORMULAS)}


def value_settings() -> dict[str, float]:
    """How far out the mistakes of ``far_gradients`` are."""
    return {"far": FAR, "rare": RARE}
