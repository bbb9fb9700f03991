"""Linear layers collapse into one: the formulas, and random stacks of them."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.why_nonlinearity import collapse, layer, torch_collapse
from snippets.kit import Check, Formula

formula_layer = Formula(
    r"a_i = \varphi\left(\sum_{j=1}^{m} W_{ij}\,x_j + b_i\right)",
    {
        "W": kit.array(("权重", "weights"), ("k", "m"), -2, 2),
        "x": kit.array(("输入", "inputs"), ("m",), -2, 2),
        "b": kit.array(("偏置", "biases"), ("k",), -2, 2),
        r"\varphi": kit.function(("激活函数（此处为 ReLU）", "the activation (here ReLU)"), relu),
        "m": kit.integer(("输入数", "number of inputs"), 2, 4),
        "k": kit.integer(("单元数", "number of units"), 2, 4),
        "i": kit.index(("", ""), "k"),
        "j": kit.index(("", ""), "m"),
    },
    equals=lambda x, W, b: layer(x, W, b),
)


formula_collapse = Formula(
    r"W_2\,(W_1\,x + b_1) + b_2 = (W_2\,W_1)\,x + (W_2\,b_1 + b_2)",
    {
        "W_1": kit.array(("第一层的权重", "weights of the first layer"), ("h", "m"), -2, 2),
        "W_2": kit.array(("第二层的权重", "weights of the second layer"), ("k", "h"), -2, 2),
        "b_1": kit.array(("第一层的偏置", "biases of the first layer"), ("h",), -2, 2),
        "b_2": kit.array(("第二层的偏置", "biases of the second layer"), ("k",), -2, 2),
        "x": kit.array(("输入", "input"), ("m",), -2, 2),
        "m": kit.integer(("输入数", "inputs"), 2, 4),
        "h": kit.integer(("隐藏单元数", "hidden units"), 2, 4),
        "k": kit.integer(("输出数", "outputs"), 2, 4),
    },
)


formula_example = Formula(
    r"-3\,(2\,x + 1) + 4 = -6\,x + 1", {"x": kit.scalar(("输入", "input"), -3, 3)}
)


formula_example_relu = Formula(
    r"-3\,\operatorname{ReLU}(2 \cdot (-1) + 1) + 4 = 4 \ne 7 = -6 \cdot (-1) + 1",
    {r"\operatorname{ReLU}": kit.function(("", ""), relu)},
)


formula_vanishing = Formula(r"0.25^{20} \approx 9.1 \times 10^{-13}", {})


DEPTH = 10


def _stack(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """DEPTH random linear layers of 32 units, scaled so that the signal keeps its size."""
    return [(rng.normal(0, 32**-0.5, (32, 32)), rng.normal(0, 0.1, 32)) for _ in range(DEPTH)]


def check_collapse() -> Check:
    """Layer after layer against the one layer, for 200 inputs."""
    rng = np.random.default_rng(0)
    layers, x = _stack(rng), rng.normal(size=(200, 32))
    hidden = x
    for W, b in layers:
        hidden = layer(hidden, W, b, phi=lambda z: z)
    return kit.compare(
        (
            f"逐层计算的 {DEPTH} 层线性网络（合并成一层之后）",
            f"{DEPTH} linear layers computed one by one (against the one they collapse into)",
        ),
        [(layer(x, *collapse(layers), phi=lambda z: z), hidden)],
        tolerance=1e-13,
    )


def check_torch_collapse() -> Check:
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(*(nn.Linear(16, 16, dtype=torch.float64) for _ in range(DEPTH)))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 4)
        x = torch.randn((200, 16), generator=generator, dtype=torch.float64)
        single = torch_collapse(model)
        assert torch.allclose(single(x), model(x))
        return kit.compare(
            (
                f"PyTorch 的 {DEPTH} 层 `nn.Linear`（合并成一层之后）",
                f"{DEPTH} layers of PyTorch's `nn.Linear` (against the one they collapse into)",
            ),
            [(single(x), model(x))],
            tolerance=1e-12,
        )
