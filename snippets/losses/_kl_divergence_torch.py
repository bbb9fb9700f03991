"""F.kl_div: the order of its arguments, which of them are logarithms, and what it divides by."""

from __future__ import annotations

import warnings

from snippets.kit import Col, Table, Tr
from snippets.losses._kl_divergence_examples import P, Q


def _calls() -> dict[str, float]:
    """Spellings of F.kl_div for p and q of shape (1, 3), and what each gives."""
    import torch
    import torch.nn.functional as F

    p, q = torch.tensor(P[None]), torch.tensor(Q[None])
    mean = "batchmean"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # F.kl_div warns of reduction="mean"
        found = {
            "right": F.kl_div(q.log(), p, reduction=mean),
            "log_target": F.kl_div(q.log(), p.log(), reduction=mean, log_target=True),
            "swapped": F.kl_div(p.log(), q, reduction=mean),
            "no_log": F.kl_div(q, p, reduction=mean),
            "mean": F.kl_div(q.log(), p),
            "no_batch": F.kl_div(q[0].log(), p[0], reduction=mean),
        }
    return {name: value.item() for name, value in found.items()}


def table_calls(tr: Tr) -> Table:
    mean = "`batchmean`"
    texts = {
        "right": ("`q.log()`", "`p`", mean, tr("**正确**", "**right**")),
        "log_target": (
            "`q.log()`",
            "`p.log()`",
            tr(f"{mean}，`log_target=True`", f"{mean}, `log_target=True`"),
            tr("**正确**", "**right**"),
        ),
        "swapped": ("`p.log()`", "`q`", mean, tr("对调了：另一个方向", "swapped: other direction")),
        "no_log": ("`q`", "`p`", mean, tr("忘了取对数：负数", "no logarithm: negative")),
        "mean": (
            "`q.log()`",
            "`p`",
            tr("`mean`（默认）", "`mean` (the default)"),
            tr("又除以了类别数", "over the classes too"),
        ),
        "no_batch": (
            "`q[0].log()`",
            "`p[0]`",
            mean,
            tr("没有批：除以了类别数", "no batch: over the classes"),
        ),
    }
    calls = _calls()
    return Table(
        [
            tr.name("input"),
            tr.name("target"),
            tr.name("reduction"),
            Col(tr("结果", "result"), format=".6f"),
            tr("说明", "what happened"),
        ],
        [[*text[:3], calls[name], text[3]] for name, text in texts.items()],
        caption=tr(
            "`F.kl_div(input, target, reduction=…)`，"
            "p = (0.5, 0.3, 0.2)、q = (0.4, 0.4, 0.2)，形状 (1, 3)",
            "`F.kl_div(input, target, reduction=…)` of p = (0.5, 0.3, 0.2) and "
            "q = (0.4, 0.4, 0.2), of shape (1, 3)",
        ),
    )


def value_calls() -> dict[str, float]:
    calls = _calls()
    return {name: calls[name] for name in ("right", "swapped", "no_log", "mean")}
