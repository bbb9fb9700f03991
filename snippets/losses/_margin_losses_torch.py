"""PyTorch's classes with margin or hinge in their name, and an overflow."""

from __future__ import annotations

from snippets.kit import Table, Tr
from snippets.losses.margin_losses import multi_hinge

SCORES = (1.0, 2.0, -1.0)


def table_torch(tr: Tr) -> Table:
    import torch
    from torch import nn

    s = torch.tensor(SCORES, dtype=torch.float64)
    up, first = torch.ones(3, dtype=torch.float64), torch.tensor([0])
    each = {"reduction": "none"}

    def shown(values) -> str:
        return ", ".join(f"{v:.4g}" for v in torch.atleast_1d(values).tolist()).replace("-", "−")

    return Table(
        [
            tr.name("PyTorch"),
            tr("取什么", "takes"),
            tr("算什么", "computes"),
            tr("例子的损失", "loss of the example"),
        ],
        [
            [
                "`nn.MultiMarginLoss`",
                tr("(N, C) 得分与类别号", "(N, C) scores, class numbers"),
                tr("多类合页，再除以 C", "multi-class hinge, divided by C"),
                shown(nn.MultiMarginLoss(**each)(s[None], first)),
            ],
            [
                "`nn.SoftMarginLoss`",
                tr("得分与 ±1", "scores and ±1"),
                tr.name("$\\ln(1 + e^{-ts})$"),
                shown(nn.SoftMarginLoss(**each)(s, up)),
            ],
            [
                "`nn.HingeEmbeddingLoss`",
                tr("距离与 ±1", "distances and ±1"),
                tr(
                    "标签 1：距离本身；−1：max(0, 1 − 距离)",
                    "label 1: the distance; −1: max(0, 1 − it)",
                ),
                shown(nn.HingeEmbeddingLoss(**each)(s, up)),
            ],
            [
                "`nn.MarginRankingLoss`",
                tr("两组得分与 ±1", "two sets of scores, ±1"),
                tr(
                    "max(0, −t(s₁ − s₂) + margin)，margin 默认 0",
                    "max(0, −t(s₁ − s₂) + margin), margin 0",
                ),
                shown(nn.MarginRankingLoss(**each)(s, torch.zeros_like(s), up)),
            ],
        ],
        caption=tr(
            "例子：得分 (1, 2, −1)；多类合页以第一类为正确类别，其余三行标签都取 1（排序的第二组"
            "取 0）",
            "Example: scores (1, 2, −1); the multi-class hinge takes the first class as right, the "
            "other rows label 1 (the ranking: second scores 0)",
        ),
    )


def value_torch() -> dict[str, object]:
    """The logistic loss at a score of -100 in float32, in two of PyTorch's ways."""
    import torch
    import torch.nn.functional as F

    found: dict[str, object] = {"score": -100.0}
    ways = {
        "soft": lambda s: F.soft_margin_loss(s, torch.ones(1)),
        "bce": lambda s: F.binary_cross_entropy_with_logits(s, torch.ones(1)),
    }
    for name, loss in ways.items():
        s = torch.tensor([-100.0], requires_grad=True)
        value = loss(s)
        value.backward()
        found[name] = f"{value.item():g}".replace("inf", "∞")
        found[f"{name}_slope"] = f"{s.grad.item():g}".replace("-", "−")
    found["multi"] = float(multi_hinge([SCORES], [0]))
    found["scores"] = list(SCORES)
    return found


def value_kink() -> dict[str, float]:
    """The slope that three spellings of the hinge have at margin 1, by autograd."""
    import torch

    ways = {
        "relu": lambda m: torch.relu(1 - m),
        "clamp": lambda m: (1 - m).clamp(min=0),
        "multi": lambda m: torch.nn.functional.multi_margin_loss(
            torch.stack([m, torch.zeros_like(m)], dim=1), torch.tensor([0])
        ),
    }
    found = {}
    for name, loss in ways.items():
        m = torch.ones(1, dtype=torch.float64, requires_grad=True)
        loss(m).sum().backward()
        found[name] = m.grad.item()
    return found
