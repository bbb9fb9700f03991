"""Where exp overflows, and what the largest logit subtracted does about it."""

from __future__ import annotations

import numpy as np

from snippets.activations._softmax_examples import LARGE, LOGITS, as_text
from snippets.activations.softmax import logsumexp, naive_softmax, softmax
from snippets.kit import Col, Table, Tr


def table_overflow(tr: Tr) -> Table:
    rows = []
    cases = [
        ("float64", LOGITS),
        ("float64", LARGE),
        ("float64", [1000, 0, 0]),
        ("float64", [-1000, -999, -998]),
        ("float16", [11, 11, 11]),
    ]
    for dtype, logits in cases:
        z = np.array(logits, dtype=dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            naive = naive_softmax(z)
        shown = "(" + ", ".join(f"{v:g}".replace("-", "−") for v in z) + ")"
        rows.append([f"`{dtype}`", shown, as_text(naive), as_text(softmax(z))])
    return Table(
        [
            tr.name("dtype"),
            tr.name("z"),
            tr("直接按定义", "as defined"),
            tr("先减最大值", "largest subtracted"),
        ],
        rows,
        caption=tr("同一组 logits，两种算法", "The same logits, computed in two ways"),
    )


def table_dtypes(tr: Tr) -> Table:
    import torch

    rows = []
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        info = torch.finfo(dtype)
        least = np.log(info.smallest_normal) + np.log(info.eps)  # the smallest subnormal
        rows.append([f"`{info.dtype}`", info.max, np.log(info.max), least - np.log(2)])
    return Table(
        [
            tr.name("dtype"),
            Col(tr("最大有限数", "largest finite number"), format=".4g"),
            Col(tr("超过此数，指数上溢为 ∞", "above this, exp overflows to ∞"), format=".2f"),
            Col(tr("低于此数，指数下溢为 0", "below this, exp underflows to 0"), format=".2f"),
        ],
        rows,
        caption=tr(
            "各种浮点类型里，指数函数能用的范围", "Where exp works, in each floating-point type"
        ),
    )


def value_lse() -> dict[str, object]:
    z = LARGE[:2]
    with np.errstate(over="ignore"):
        naive = np.log(np.exp(z).sum())
    return {"naive": f"{naive}".replace("inf", "∞"), "stable": float(logsumexp(z))}
