"""Gated units and the feed-forward block made of them: the family, its weights, Llama's widths."""

from __future__ import annotations

import math

import numpy as np

from snippets import kit
from snippets.activations.modern_activations import (
    gelu,
    glu,
    llama_hidden,
    silu,
    swiglu_ffn,
    torch_feed_forward,
)
from snippets.activations.relu import relu
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Col, Formula, Table, Tr

_D = kit.integer(("模型宽度", "width of the model"), 8, 9000)

formula_glu = Formula(
    r"\operatorname{GLU}(a, b) = a \odot \sigma(b)",
    {
        "a": kit.array(("值", "values"), ("n",), -4, 4),
        "b": kit.array(("门", "gates"), ("n",), -6, 6),
        "n": kit.integer(("单元数", "number of units"), 1, 6),
        r"\sigma": kit.function(("sigmoid", "sigmoid"), sigmoid),
    },
    equals=lambda a, b: glu(np.concatenate([a, b])),
)

formula_swiglu_ffn = Formula(
    r"\operatorname{FFN}(x) = W_d \left(\operatorname{SiLU}(W_g\, x) \odot (W_u\, x)\right)",
    {
        "x": kit.array(("一个位置的输入", "the input at one position"), ("d",), -2, 2),
        "W_g": kit.array(("门的权重", "weights of the gate"), ("h", "d"), -1, 1),
        "W_u": kit.array(("升维的权重", "weights of the up projection"), ("h", "d"), -1, 1),
        "W_d": kit.array(("降维的权重", "weights of the down projection"), ("d", "h"), -1, 1),
        "d": kit.integer(("模型宽度", "width of the model"), 1, 4),
        "h": kit.integer(("隐藏宽度", "hidden width"), 1, 6),
        r"\operatorname{SiLU}": kit.function(("", ""), silu),
    },
    equals=lambda x, W_g, W_u, W_d: swiglu_ffn(x, W_g, W_u, W_d),
)

formula_same_size = Formula(
    r"2 \cdot d \cdot 4d = 8 d^2 = 3 \cdot d \cdot \frac{8}{3} d",
    {"d": _D},
)

formula_llama = Formula(
    r"h = m \left\lceil \frac{1}{m} \left\lfloor \frac{2}{3} \cdot 4d \right\rfloor"
    r" \right\rceil",
    {
        "d": _D,
        "m": kit.integer(("取整到它的倍数", "round up to a multiple of it"), 1, 4096),
    },
    equals=lambda d, m: llama_hidden(int(d), int(m)),
)


def check_ffn() -> Check:
    import torch

    def pairs():
        for rng in kit.seeds(5):
            d, hidden = 12, llama_hidden(12, multiple_of=8)
            block = torch_feed_forward(d, hidden).double()
            weights = [rng.normal(size=shape) for shape in ((hidden, d), (hidden, d), (d, hidden))]
            with torch.no_grad():
                for parameter, weight in zip(block.parameters(), weights, strict=True):
                    parameter.copy_(torch.tensor(weight))
                x = rng.normal(size=(7, d))
                yield swiglu_ffn(x, *weights), block(torch.tensor(x))

    return kit.compare(
        (
            "同样权重的 PyTorch 模块",
            "the PyTorch module with the same weights",
        ),
        pairs(),
        tolerance=1e-12,
    )


GATE, VALUE = np.array([-2.0, 0.0, 2.0]), np.array([3.0, 3.0, 3.0])


def _family():
    """(name, gate function): the gated units of the paper; the value is multiplied by it."""
    return (
        ("GLU", "σ", sigmoid),
        ("Bilinear", "x", lambda g: g),
        ("ReGLU", "ReLU", relu),
        ("GEGLU", "GELU", gelu),
        ("SwiGLU", "SiLU", silu),
    )


def table_family(tr: Tr) -> Table:
    return Table(
        [
            tr("名称", "name"),
            tr("门函数 f", "gate function f"),
            *(Col(tr.name(f"g = {g:g}".replace("-", "−")), format=".4f") for g in GATE),
        ],
        [[tr.name(name), tr.name(gate), *(f(GATE) * VALUE)] for name, gate, f in _family()],
        caption=tr(
            "GLU 家族：f(g) · v，其中 v = 3，g 取三个值",
            "The GLU family: f(g) · v, with v = 3 and three values of g",
        ),
    )


WIDTH = 4096


def _blocks() -> list[tuple[tuple[str, str], int, int]]:
    """(label, matrices, hidden width) of feed-forward blocks at WIDTH."""
    return [
        (("两个矩阵，4d", "two matrices, 4d"), 2, 4 * WIDTH),
        (("SwiGLU，同样 4d", "SwiGLU, 4d as well"), 3, 4 * WIDTH),
        (("SwiGLU，8d/3 取整", "SwiGLU, 8d/3 cut off"), 3, 8 * WIDTH // 3),
        (("SwiGLU，Llama 的规则", "SwiGLU, Llama's rule"), 3, llama_hidden(WIDTH)),
    ]


def table_ffn(tr: Tr) -> Table:
    classic = 2 * WIDTH * 4 * WIDTH
    return Table(
        [
            tr("前馈块", "feed-forward block"),
            Col(tr("矩阵", "matrices"), format="d"),
            Col(tr("隐藏宽度", "hidden width"), format=",d"),
            Col(tr("权重个数", "weights"), format=",d"),
            Col(tr("相对第一行", "against the first"), format="+.3%"),
        ],
        [
            [tr.pair(label), matrices, hidden, count, count / classic - 1]
            for label, matrices, hidden in _blocks()
            for count in (matrices * WIDTH * hidden,)
        ],
        caption=tr(
            f"d = {WIDTH} 时前馈块的权重个数（没有偏置）",
            f"Weights of feed-forward blocks at d = {WIDTH} (no biases)",
        ),
    )


def value_ffn() -> dict[str, int]:
    """The steps of Llama's rule at WIDTH, and the parameters PyTorch counts in that block."""
    import torch

    with torch.device("meta"):
        block = torch_feed_forward(WIDTH, llama_hidden(WIDTH))
    return {
        "d": WIDTH,
        "four": 4 * WIDTH,
        "cut": int(2 * 4 * WIDTH / 3),
        "blocks": math.ceil(int(2 * 4 * WIDTH / 3) / 256),
        "hidden": llama_hidden(WIDTH),
        "classic": 2 * WIDTH * 4 * WIDTH,
        "counted": sum(p.numel() for p in block.parameters()),
    }


_LLAMAS = (
    # name, d, multiple_of, multiplier, as released
    ("Llama 2 7B", 4096, 256, 1.0),
    ("Llama 2 13B", 5120, 256, 1.0),
    ("Llama 2 70B", 8192, 4096, 1.3),
    ("Llama 3 8B", 4096, 1024, 1.3),
)


def table_llama(tr: Tr) -> Table:
    return Table(
        [
            tr("模型", "model"),
            Col("d", format=",d"),
            Col(tr.name("multiple_of"), format=",d"),
            Col(tr.name("ffn_dim_multiplier"), format=".1f"),
            Col(tr("隐藏宽度", "hidden width"), format=",d"),
            Col(tr("宽度 / d", "width / d"), format=".3f"),
        ],
        [
            [
                tr.name(name),
                d,
                multiple,
                multiplier,
                llama_hidden(d, multiple, multiplier),
                llama_hidden(d, multiple, multiplier) / d,
            ]
            for name, d, multiple, multiplier in _LLAMAS
        ],
        caption=tr(
            "由发布的配置按同一规则算出的隐藏宽度（配置里没有系数的记作 1.0）",
            "Hidden widths by the one rule, from the released configurations (no multiplier: 1.0)",
        ),
    )
