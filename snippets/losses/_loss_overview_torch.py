"""PyTorch's classes: what each takes, what its mean divides by; and the code held against them."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Check, Pair, Table, Tr
from snippets.losses._loss_overview_formulas import NAMES
from snippets.losses.cross_entropy import bce_with_logits, cross_entropy, nll, soft_cross_entropy
from snippets.losses.kl_divergence import kl_divergence
from snippets.losses.label_smoothing_focal_contrastive import focal_loss, smoothed_cross_entropy
from snippets.losses.loss_overview import (
    losses_by_the_book,
    slope_gradient,
    torch_adam_slope,
    torch_losses,
    torch_slope_gradient,
)
from snippets.losses.margin_losses import margin_losses
from snippets.losses.regression_losses import regression_losses

BATCH, WIDTH = 4, 3
_VALUES, _LOGITS = ("预测值", "values"), ("logits", "logits")
_LOG_P, _P = ("对数概率", "log-probabilities"), ("概率", "probabilities")
_SAME, _NUMBER = ("同形状的数", "numbers of its shape"), ("类别编号 (N,)", "class numbers (N,)")
_SPREAD = ("分布 (N, K)", "distributions (N, K)")

CLASSES: dict[str, tuple[str, str, Pair, Pair]] = {
    "mse": ("MSELoss", "values", _VALUES, _SAME),
    "mae": ("L1Loss", "values", _VALUES, _SAME),
    "smooth_l1": ("SmoothL1Loss", "values", _VALUES, _SAME),
    "huber": ("HuberLoss", "values", _VALUES, _SAME),
    "cross_entropy": ("CrossEntropyLoss", "soft", _LOGITS, _SPREAD),
    "softmax_loss": ("CrossEntropyLoss", "classes", _LOGITS, _NUMBER),
    "nll": ("NLLLoss", "log", _LOG_P, _NUMBER),
    "bce": ("BCELoss", "probabilities", _P, ("0 到 1 的浮点数", "floats 0 to 1")),
    "bce_with_logits": (
        "BCEWithLogitsLoss",
        "values",
        _LOGITS,
        ("0 到 1 的浮点数", "floats 0 to 1"),
    ),
    "kl": ("KLDivLoss", "kl", _LOG_P, _SPREAD),
    "label_smoothing": ("CrossEntropyLoss", "smoothed", _LOGITS, _NUMBER),
    "hinge": ("MultiMarginLoss", "classes", ("得分 (N, K)", "scores (N, K)"), _NUMBER),
    "logistic": ("SoftMarginLoss", "signs", ("得分", "scores"), ("±1", "±1")),
    "info_nce": (
        "CrossEntropyLoss",
        "pairs",
        ("相似度 (N, N) ÷ τ", "similarities (N, N) ÷ τ"),
        ("0, …, N − 1", "0, …, N − 1"),
    ),
    "triplet": (
        "TripletMarginLoss",
        "triples",
        ("三组嵌入 (N, D)", "three sets (N, D)"),
        ("没有", "none"),
    ),
}
"""The class, the kind of its arguments, what it takes, and the target."""


def _arguments(kind: str):
    """A batch of (BATCH, WIDTH) for each kind of loss, as tensors."""
    import torch

    rng = np.random.default_rng(0)
    x, other, third = (torch.tensor(rng.normal(size=(BATCH, WIDTH))) for _ in range(3))
    classes, p = torch.tensor(rng.integers(WIDTH, size=BATCH)), other.softmax(1)
    square = torch.tensor(rng.normal(size=(BATCH, BATCH)))
    return {
        "values": (x, p),
        "soft": (x, p),
        "classes": (x, classes),
        "smoothed": (x, classes),
        "log": (x.log_softmax(1), classes),
        "probabilities": (x.sigmoid(), p),
        "kl": (x.log_softmax(1), p),
        "signs": (x, other.sign()),
        "pairs": (square, torch.arange(BATCH)),
        "triples": (x, other, third),
    }[kind]


@cache
def divisors() -> dict[str, float]:
    """What ``reduction="mean"`` divides the sum by, on a batch of BATCH examples of WIDTH."""
    import warnings

    from torch import nn

    found = {}
    for name, (spelling, kind, *_) in CLASSES.items():
        options = {"label_smoothing": 0.1} if kind == "smoothed" else {}
        total, mean = (getattr(nn, spelling)(reduction=how, **options) for how in ("sum", "mean"))
        arguments = _arguments(kind)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # KLDivLoss warns of its mean, rightly
            found[name] = (total(*arguments) / mean(*arguments)).item()
    return found


def table_torch(tr: Tr) -> Table:
    by = divisors()
    meaning = {
        BATCH * WIDTH: tr("元素", "elements"),
        BATCH: tr("样本", "examples"),
    }
    rows = []
    for key, name in NAMES.items():
        if key in CLASSES:
            spelling, _, takes, target = CLASSES[key]
            shown = [f"`{spelling}`", tr.pair(takes), tr.pair(target), meaning[round(by[key])]]
        else:
            shown = [tr("没有", "none"), "–", "–", "–"]
        rows.append([tr.pair(name), *shown])
    return Table(
        [
            tr("损失", "loss"),
            tr.name("PyTorch"),
            tr("输入", "takes"),
            tr("目标", "target"),
            tr("mean 除以", "mean divides by"),
        ],
        rows,
        caption=tr(
            "torch.nn 里的类。最后一列由 4 × 3 的一批数据算出：sum 的结果是 mean 的 12 倍（元素）"
            "还是"
            " 4 倍（样本）。KLDivLoss 应取 batchmean，它除以样本数；有类别权重时，交叉熵与 NLL "
            "除以权重之和；标签平滑写 label_smoothing=0.1",
            "Classes of torch.nn. The last column is computed from a batch of 4 × 3: the result "
            "under "
            "sum is 12 times (elements) or 4 times (examples) that under mean. KLDivLoss wants "
            "batchmean, which divides by examples; with class weights cross-entropy and NLL "
            "divide by their sum; smoothing is the option label_smoothing=0.1",
        ),
    )


# --------------------------------------------------------------------------- three ways agree


def _batch(rng: np.random.Generator, n: int = 12, k: int = 5) -> dict[str, np.ndarray]:
    return {
        "e": rng.normal(0, 2, n),
        "t": rng.choice([-1.0, 1.0], n),
        "s": rng.normal(0, 2, n),
        "z": rng.normal(0, 2, (n, k)),
        "y": rng.integers(k, size=n),
        "p": rng.dirichlet(np.ones(k), n),
        "q": rng.dirichlet(np.ones(k), n),
        "b": rng.integers(2, size=n).astype(float),
    }


def of_the_topic(e, t, s, z, y, p, q, b) -> dict[str, float]:
    """The means by the functions of the topic's pages."""
    regression, margin = regression_losses(e, np.zeros_like(e)), margin_losses(s, t)
    return {
        "zero_one": float(margin["zero_one"]),
        **{name: float(value) for name, value in regression.items()},
        "cross_entropy": soft_cross_entropy(np.log(q), p),
        "softmax_loss": cross_entropy(z, y),
        "nll": nll(np.log(q), y),
        "bce": bce_with_logits(s, b),
        "kl": float(kl_divergence(p, q).mean()),
        **{name: float(margin[name]) for name in ("hinge", "logistic", "exponential")},
        "label_smoothing": smoothed_cross_entropy(z, y),
        "focal": float(focal_loss(s, b).mean()),
    }


def check_all() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(20):
        batch = _batch(rng)
        ours = of_the_topic(**batch)
        book = losses_by_the_book(**batch)
        theirs = torch_losses(**{name: torch.tensor(v) for name, v in batch.items()})
        pairs += [(book[name].mean(), ours[name]) for name in ours]
        pairs += [(ours[name], value.mean()) for name, value in theirs.items()]
    return kit.compare(
        (
            "各页的函数，以及 PyTorch",
            "the functions of the topic's pages, and PyTorch",
        ),
        pairs,
        tolerance=1e-12,
    )


# --------------------------------------------------------------------------- reductions

X, TARGETS, SLOPE = np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4), 1.0


def value_reduction() -> dict[str, float | str]:
    import torch

    mean, total = (slope_gradient(X, TARGETS, SLOPE, how) for how in ("mean", "sum"))
    theirs = torch_slope_gradient(torch.tensor(X), torch.tensor(TARGETS), SLOPE)
    return {
        "mean": mean,
        "sum": total,
        "torch": theirs,
        "ratio": total / mean,
        "x": ", ".join(f"{v:g}" for v in X),
    }


def value_adam() -> dict[str, float]:
    """The slope after ten steps of Adam under either reduction."""
    import torch

    x, y, settings = torch.tensor(X), torch.tensor(TARGETS), {"steps": 10, "rate": 0.1}
    found = {how: torch_adam_slope(x, y, SLOPE, how, **settings) for how in ("mean", "sum")}
    return {**found, **settings}


def check_slope() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(20):
        x, y, w = rng.normal(size=9), rng.normal(size=9), float(rng.normal())
        for how in ("mean", "sum"):
            theirs = torch_slope_gradient(torch.tensor(x), torch.tensor(y), w, how)
            pairs.append((slope_gradient(x, y, w, how), theirs))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs, tolerance=1e-13)
