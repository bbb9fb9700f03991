"""Cross-entropy and KL apart by the entropy of the label: hard, soft and smoothed labels."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Table, Tr
from snippets.losses._cross_entropy_examples import shown
from snippets.losses.kl_divergence import entropy

CLASSES, EPSILON = 10, 0.1
SOFT = np.array([0.5, 0.3, 0.2])


def _smoothed(classes: int, epsilon: float) -> np.ndarray:
    """One-hot of the first class, mixed with a share epsilon of the uniform distribution."""
    return (1 - epsilon) * np.eye(classes)[0] + epsilon / classes


formula_label_entropy = Formula(
    r"H(y) = -\left(1 - \varepsilon + \frac{\varepsilon}{K}\right)"
    r" \ln \left(1 - \varepsilon + \frac{\varepsilon}{K}\right)"
    r" - (K - 1) \frac{\varepsilon}{K} \ln \frac{\varepsilon}{K}",
    {
        r"\varepsilon": kit.scalar(("平滑系数", "how much is smoothed"), 0.01, 0.9),
        "K": kit.integer(("类别数", "number of classes"), 2, 20),
    },
    equals=lambda epsilon, K: entropy(_smoothed(int(K), epsilon)),
)


@cache
def _smallest(label: tuple[float, ...]) -> float:
    """The smallest cross-entropy that PyTorch finds for a label, over all logits."""
    import torch
    import torch.nn.functional as F

    y = torch.tensor([label], dtype=torch.float64)
    z = torch.zeros_like(y, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [z], max_iter=500, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(z, y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return F.cross_entropy(z, y).item()


def _labels() -> dict[str, np.ndarray]:
    return {
        "hard": _smoothed(CLASSES, 0.0),
        "smoothed": _smoothed(CLASSES, EPSILON),
        "soft": SOFT,
        "uniform": _smoothed(CLASSES, 1.0),
    }


def table_labels(tr: Tr) -> Table:
    names = {
        "hard": tr("one-hot，十类", "one-hot, ten classes"),
        "smoothed": tr(
            f"标签平滑 ε = {EPSILON:g}，十类", f"smoothed, ε = {EPSILON:g}, ten classes"
        ),
        "soft": tr(f"软标签 {shown(SOFT)}", f"soft label {shown(SOFT)}"),
        "uniform": tr("均匀，十类", "uniform, ten classes"),
    }
    rows = []
    for name, y in _labels().items():
        least = _smallest(tuple(y))
        rows.append([names[name], float(entropy(y)), least, abs(least - float(entropy(y)))])
    return Table(
        [
            tr("标签", "label"),
            Col(tr("标签的熵", "entropy of the label"), format=".6f"),
            Col(tr("能达到的最小交叉熵", "smallest cross-entropy"), format=".6f"),
            Col(tr("此时的 KL", "KL there"), format=".6f"),
        ],
        rows,
        caption=tr(
            "从全 0 的 logits 出发，用 PyTorch 的 L-BFGS 把 `F.cross_entropy` 降到底（奈特）",
            "`F.cross_entropy` brought down as far as it goes by PyTorch's L-BFGS, from logits "
            "of 0 (nats)",
        ),
    )


def value_labels() -> dict[str, float]:
    """The label of ten classes, smoothed by 0.1: its entropy and how PyTorch comes to it."""
    import torch
    import torch.nn.functional as F

    y = _smoothed(CLASSES, EPSILON)
    z = torch.tensor(np.log(y)[None])  # the logits at which softmax is the label
    return {
        "epsilon": EPSILON,
        "classes": CLASSES,
        "entropy": float(entropy(y)),
        "hard": float(entropy(_smoothed(CLASSES, 0.0))),
        "torch": F.cross_entropy(z, torch.tensor([0]), label_smoothing=EPSILON).item(),
        "top": y[0],
        "rest": y[1],
    }


def value_same_gradient() -> float:
    """Largest difference between the gradients of cross-entropy and KL, over random soft labels."""
    import torch
    import torch.nn.functional as F

    gaps = []
    for rng in kit.seeds(20):
        y = torch.tensor(rng.dirichlet(np.ones(CLASSES), 4))
        z = torch.tensor(rng.normal(0, 2, (4, CLASSES)), requires_grad=True)
        (first,) = torch.autograd.grad(F.cross_entropy(z, y), z)
        log_q = F.log_softmax(z, dim=-1)
        (second,) = torch.autograd.grad(F.kl_div(log_q, y, reduction="batchmean"), z)
        gaps.append((first - second).abs().max().item())
    return max(gaps)
