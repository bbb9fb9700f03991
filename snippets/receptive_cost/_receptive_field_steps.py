"""Small chains step by step: mistakes, dilation and padding."""

from __future__ import annotations

from functools import cache

from snippets.kit import Col, Table, Tr
from snippets.receptive_cost._chains import measured, random_chains, torch_chain
from snippets.receptive_cost.receptive_field import Layer, bottom_up, top_down

STRIDED = [Layer(3, 2), Layer(3, 2), Layer(3, 1)]
DILATED = [Layer(3), Layer(3, 2), Layer(3, 1, 0, 2), Layer(3, 2)]
PLAIN = [Layer(3), Layer(3, 2), Layer(3)]


def _last_stride(layers) -> int:
    """The usual mistake: the stride of the layer before instead of the product of all."""
    r, before = 1, 1
    for k, s, _, d in layers:
        r, before = r + d * (k - 1) * before, s
    return r


def _no_dilation(layers) -> int:
    r = 1
    for k, s, _, _ in reversed(layers):
        r = (r - 1) * s + k
    return r


def table_steps(tr: Tr) -> Table:
    rows, before = [], (1, 1, 0)
    for number, layer in enumerate(STRIDED, 1):
        after = bottom_up(STRIDED[:number])
        r, j, _ = before
        rows.append(
            [
                number,
                layer.k,
                layer.s,
                j,
                f"{r} + {layer.k - 1} × {j} = {after[0]}",
                after[1],
                _last_stride(STRIDED[:number]),
            ]
        )
        before = after
    return Table(
        [
            Col(tr("层", "layer"), format="d"),
            Col("$k$", format="d"),
            Col("$s$", format="d"),
            Col(tr("之前的间隔", "jump before"), format="d"),
            tr("感受野", "receptive field"),
            Col(tr("之后的间隔", "jump after"), format="d"),
            Col(tr("误用前一层步幅", "with the last stride only"), format="d"),
        ],
        rows,
        caption=tr(
            "三层 3×3，步幅 2、2、1，没有填充；沿一个轴看",
            "Three 3×3 layers with strides 2, 2, 1 and no padding, along one axis",
        ),
    )


def value_strided() -> dict[str, int]:
    return {
        "r": bottom_up(STRIDED)[0],
        "jump": bottom_up(STRIDED)[1],
        "wrong": _last_stride(STRIDED),
        "measured": measured(STRIDED)[0],
    }


def value_dilated() -> dict[str, int]:
    return {
        "up": bottom_up(DILATED)[0],
        "down": top_down(DILATED),
        "measured": measured(DILATED)[0],
        "without": _no_dilation(DILATED),
    }


def table_down(tr: Tr) -> Table:
    rows, r = [], 1
    for number, layer in reversed(list(enumerate(DILATED, 1))):
        after = top_down(DILATED[number - 1 :])
        span = layer.d * (layer.k - 1) + 1
        rows.append(
            [number, layer.k, layer.s, layer.d, f"({r} − 1) × {layer.s} + {span} = {after}"]
        )
        r = after
    return Table(
        [
            Col(tr("层（从后往前）", "layer (last first)"), format="d"),
            Col("$k$", format="d"),
            Col("$s$", format="d"),
            Col("$d$", format="d"),
            tr("在它的输入上占几格", "cells covered in its input"),
        ],
        rows,
        caption=tr(
            "自顶向下：从一个输出出发，往输入推", "Top-down: from one output towards the input"
        ),
    )


def value_padding() -> dict[str, int]:
    """The same chain without and with padding 1: size, start, and what output 0 still sees."""
    import torch

    padded = [Layer(k, s, 1, d) for k, s, _, d in PLAIN]
    x = torch.ones(1, 1, 64, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(torch_chain(padded)(x)[0, 0, 0], x)
    return {
        "r0": measured(PLAIN)[0],
        "r1": measured(padded)[0],
        "start0": measured(PLAIN)[2],
        "start1": -measured(padded)[2],
        "border": int((grad != 0).sum()),
    }


def value_holes() -> dict[str, int]:
    """One dilated layer: how many inputs count, and how far apart the outer two are."""
    import torch

    layers = [Layer(3, 1, 0, 2)]
    x = torch.ones(1, 1, 40, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(torch_chain(layers)(x)[0, 0, 3], x)
    return {"inputs": int((grad != 0).sum()), "span": bottom_up(layers)[0]}


def value_map_size() -> dict[str, float]:
    """What code for map sizes computes, and what it is mistaken for."""
    import torch

    layers, size, small = [Layer(7, 2, 3), Layer(3, 2, 1)], 224, 32
    slashed: float = size
    for k, s, p, _ in layers:
        slashed = (slashed + 2 * p - k) / s + 1
    dilated = [Layer(3, 1, 0, 2)]
    return {
        "input": size,
        "small": small,
        "size": torch_chain(layers)(torch.ones(1, 1, size, dtype=torch.float64)).shape[-1],
        "slashed": slashed,
        "field": bottom_up(layers)[0],
        "dilated": torch_chain(dilated)(torch.ones(1, 1, small, dtype=torch.float64)).shape[-1],
        "undilated": small - dilated[0].k + 1,
        "dilated_field": bottom_up(dilated)[0],
    }


def value_triples() -> str:
    """What happens to code for (k, s, p, d) that is given (k, s, p)."""
    try:
        bottom_up([(3, 1, 1)])
    except ValueError as error:
        return str(error)
    raise AssertionError("three numbers were taken for four")


@cache
def _tried() -> dict[str, tuple[int, int]]:
    """Of the random chains: how many each way gets right, and its largest error."""
    chains = list(random_chains())
    truth = [measured(layers)[0] for layers in chains]
    ways = {
        "up": lambda layers: bottom_up(layers)[0],
        "down": top_down,
        "stride": _last_stride,
        "dilation": _no_dilation,
    }
    found = {}
    for name, way in ways.items():
        gaps = [abs(way(layers) - r) for layers, r in zip(chains, truth, strict=True)]
        found[name] = (gaps.count(0), max(gaps))
    return found


def value_chains() -> dict[str, int]:
    found = _tried()
    return {
        "count": len(list(random_chains())),
        "stride": found["stride"][0],
        "stride_gap": found["stride"][1],
        "dilation": found["dilation"][0],
    }


def table_random(tr: Tr) -> Table:
    names = {
        "up": tr("自底向上", "bottom-up"),
        "down": tr("自顶向下", "top-down"),
        "stride": tr("自底向上，误用前一层步幅", "bottom-up with the last stride only"),
        "dilation": tr("自顶向下，忽略空洞", "top-down without dilation"),
    }
    count = value_chains()["count"]
    return Table(
        [
            tr("算法", "method"),
            Col(tr("与自动求导一致", "equal to autograd"), format="d"),
            Col(tr("最大差距", "largest gap"), tr("格", "cells"), format="d"),
        ],
        [[names[key], *found] for key, found in _tried().items()],
        caption=tr(
            f"{count} 个随机网络：一到五层，核 1–5，步幅 1–3，填充 0–2，空洞率 1–3",
            f"{count} random networks: one to five layers, kernels 1–5, strides 1–3, "
            "padding 0–2, dilation 1–3",
        ),
    )
