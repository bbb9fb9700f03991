"""The rules of the kinds in one line each; PyTorch's modules give the left sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from snippets import kit
from snippets.convolution.convolution_overview import KINDS, SIDE, C, reaches, torch_reads
from snippets.kit import Cell, Col, Formula, Table, Tr

SAMPLES = 12

_N = kit.integer(("输入的边长", "side of the input"), 12, 20)
_K = kit.integer(("核的边长", "side of the kernel"), 1, 4)
_S = kit.integer(("步幅", "stride"), 1, 3)
_P = kit.integer(("填充，每边", "padding, each side"), 0, 2)
_D = kit.integer(("空洞率", "dilation"), 1, 3)
_C = kit.integer(("输入通道数", "input channels"), 1, 8)
_O = kit.integer(("输出通道数", "output channels"), 1, 8)
_CHANNELS = {"k": _K, "C": _C, "O": _O}


def _conv(c: float, o: float, k: float, **how: float) -> Any:
    from torch import nn

    settings: dict[str, Any] = {key: int(value) for key, value in how.items()}
    return nn.Conv2d(int(c), int(o), int(k), bias=False, **settings)


def _transposed(c: float, o: float, k: float, **how: float) -> Any:
    from torch import nn

    settings: dict[str, Any] = {key: int(value) for key, value in how.items()}
    return nn.ConvTranspose2d(int(c), int(o), int(k), bias=False, **settings)


def _pool(k: float) -> Any:
    from torch import nn

    return nn.AvgPool2d(int(k))


def _size(*layers: Any) -> int:
    return sum(p.numel() for layer in layers for p in layer.parameters())


def _side(layer: Any, n: float) -> int:
    import torch

    with torch.no_grad():
        return int(layer(torch.zeros(1, 1, int(n), int(n))).shape[2])


def _span(layer: Any) -> int:
    """The most rows that an output in the middle reaches, from first to last, of three outputs."""
    import torch

    x = torch.ones(1, 1, 30, 30)
    at = layer(x).shape[-1] // 2
    spans = []
    for row in range(at, at + 3):
        for column in range(at, at + 3):
            rows = torch_reads(layer, x, row, column).any(0).any(1).nonzero()
            spans.append(int(rows.max() - rows.min()) + 1 if len(rows) else 0)
    return max(spans)


def _formula(latex: str, where: dict[str, kit.Symbol], equals: Callable[..., Any]) -> Formula:
    return Formula(latex, where, equals=equals, samples=SAMPLES)


_SIDE = _formula(
    r"n' = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1",
    {"n": _N, "k": _K, "s": _S, "p": _P},
    lambda n, k, s, p: _side(_conv(1, 1, k, stride=s, padding=p), n),
)
_SPAN = _formula(r"r = k", {"k": _K}, lambda k: _span(_conv(1, 1, k)))
_WEIGHTS = _formula(r"W = k^2\,C\,O", _CHANNELS, lambda k, C, O: _size(_conv(C, O, k)))  # noqa: E741

RULES: dict[str, tuple[str, Formula, Formula | str, Formula | str]] = {
    # arguments, side of the output, span, weights
    "standard": ("`Conv2d(C, O, k, s, p)`", _SIDE, _SPAN, _WEIGHTS),
    "pointwise": (
        "`kernel_size=1`",
        _formula(
            r"n' = \left\lceil \frac{n}{s} \right\rceil",
            {"n": _N, "s": _S},
            lambda n, s: _side(_conv(1, 1, 1, stride=s), n),
        ),
        "1",
        _formula(r"W = C\,O", {"C": _C, "O": _O}, lambda C, O: _size(_conv(C, O, 1))),  # noqa: E741
    ),
    "dilated": (
        "`dilation=d`",
        _formula(
            r"n' = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1",
            {"n": _N, "p": _P, "d": _D, "k": _K, "s": _S},
            lambda n, p, d, k, s: _side(_conv(1, 1, k, stride=s, padding=p, dilation=d), n),
        ),
        _formula(
            r"r = d\,(k - 1) + 1",
            {"d": _D, "k": _K},
            lambda d, k: _span(_conv(1, 1, k, dilation=d)),
        ),
        _WEIGHTS,
    ),
    "grouped": (
        "`groups=g`",
        _SIDE,
        _SPAN,
        _formula(
            r"W = \frac{k^2\,C\,O}{g}",
            {
                "k": _K,
                "g": kit.constant(("组数", "groups"), 4),
                "C": kit.constant(("输入通道数", "input channels"), 8),
                "O": kit.constant(("输出通道数", "output channels"), 12),
            },
            lambda k, g, C, O: _size(_conv(C, O, k, groups=g)),  # noqa: E741
        ),
    ),
    "depthwise": (
        "`groups=C`",
        _SIDE,
        _SPAN,
        _formula(r"W = k^2\,C", {"k": _K, "C": _C}, lambda k, C: _size(_conv(C, C, k, groups=C))),
    ),
    "separable": (
        "`groups=C`, `Conv2d(C, O, 1)`",
        _SIDE,
        _SPAN,
        _formula(
            r"W = k^2\,C + C\,O",
            _CHANNELS,
            lambda k, C, O: _size(_conv(C, C, k, groups=C), _conv(C, O, 1)),  # noqa: E741
        ),
    ),
    "transposed": (
        "`ConvTranspose2d`",
        _formula(
            r"n' = (n - 1)\,s - 2p + d\,(k - 1) + q + 1",
            {
                "n": _N,
                "s": kit.integer(("步幅", "stride"), 2, 3),
                "p": _P,
                "d": _D,
                "k": _K,
                "q": kit.integer(("output_padding", "output_padding"), 0, 1),
            },
            lambda n, s, p, d, k, q: _side(
                _transposed(1, 1, k, stride=s, padding=p, dilation=d, output_padding=q), n
            ),
        ),
        _formula(
            r"r = \left\lceil \frac{k}{s} \right\rceil",
            {"k": _K, "s": _S},
            lambda k, s: _span(_transposed(1, 1, k, stride=s)),
        ),
        _formula(r"W = k^2\,C\,O", _CHANNELS, lambda k, C, O: _size(_transposed(C, O, k))),  # noqa: E741
    ),
    "pooling": (
        "`AvgPool2d(k)`",
        _formula(
            r"n' = \left\lfloor \frac{n}{k} \right\rfloor",
            {"n": _N, "k": _K},
            lambda n, k: _side(_pool(k), n),
        ),
        _formula(r"r = k", {"k": _K}, lambda k: _span(_pool(k))),
        "0",
    ),
}

NAMES: dict[str, kit.Pair] = {
    "standard": ("普通", "ordinary"),
    "pointwise": ("1×1", "1×1"),
    "dilated": ("空洞", "dilated"),
    "grouped": ("分组", "grouped"),
    "depthwise": ("逐通道", "depthwise"),
    "separable": ("深度可分离", "depthwise separable"),
    "transposed": ("转置", "transposed"),
    "pooling": ("平均池化", "average pooling"),
}


def table_rules(tr: Tr) -> Table:
    rows: list[list[Cell]] = [
        [tr.pair(NAMES[name]), call, side, span, weights]
        for name, (call, side, span, weights) in RULES.items()
    ]
    return Table(
        [
            tr("种类", "kind"),
            tr("`torch.nn` 里的写法", "in `torch.nn`"),
            tr("输出边长", "side of the output"),
            tr("跨度", "span"),
            tr("权重数", "weights"),
        ],
        rows,
        caption=tr(
            "$C$ 个输入通道、$O$ 个输出通道，核 $k$×$k$，不计偏置；"
            "没有写出的参数与第一行相同。每条公式都与 PyTorch 的模块核对过",
            "$C$ channels in, $O$ out, a $k$×$k$ kernel, biases left out; arguments not given are "
            "those of the first row. Every formula was held against PyTorch's modules",
        ),
    )


def table_measured(tr: Tr) -> Table:
    rows: list[list[Cell]] = []
    for name, kind in KINDS.items():
        found = reaches(name)

        def one(field: str, found: list[Any] = found) -> str:
            values = sorted({getattr(reach, field) for reach in found})
            return "–".join(f"{value:,d}" for value in (values[0], values[-1])[: len(values)])

        rows.append(
            [
                tr.pair(kind.name),
                f"{C}×{kind.side}×{kind.side}",
                f"{one('cells')} × {one('channels')}",
                one("numbers"),
                kind.weights,
                kind.weights * kind.uses / 1e6,
            ]
        )
    return Table(
        [
            tr("种类", "kind"),
            tr("输出", "output"),
            tr("格子 × 通道", "cells × channels"),
            tr("读到的数", "numbers read"),
            Col(tr("权重数", "weights"), format=",d"),
            Col(tr("MACs，百万", "million MACs"), format=".1f"),
        ],
        rows,
        caption=tr(
            f"输入 {C}×{SIDE}×{SIDE}，{C} 个输出通道，核 3×3，填充保持大小，无偏置。"
            "中间两列是一个输出依赖的输入，由梯度量出（转置卷积：四种相位里最少与最多）",
            f"Input {C}×{SIDE}×{SIDE}, {C} channels out, kernels of 3×3 with padding that keeps "
            "the size, no biases. The two columns in the middle are the inputs on which one "
            "output depends, measured by gradients (transposed: fewest and most of four phases)",
        ),
    )
