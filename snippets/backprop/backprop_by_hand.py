"""Backpropagation by hand: a 2-2-1 sigmoid network, its nine derivatives and one update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.kit import Check, Formula

X, Y, RATE = (0.05, 0.10), 0.01, 0.5
START = {
    "w1": 0.15,
    "w2": 0.20,
    "w3": 0.25,
    "w4": 0.30,
    "w5": 0.40,
    "w6": 0.45,
    "b1": 0.35,
    "b2": 0.35,
    "b3": 0.60,
}
"""The numbers of a widely copied example, its first output.  [mazur2015]"""


def forward(p: Mapping[str, float], x: Sequence[float]) -> tuple[float, float, float]:
    """The outputs h1, h2 of the hidden units and the output of the network, each in (0, 1)."""
    h1 = sigmoid(p["w1"] * x[0] + p["w2"] * x[1] + p["b1"])
    h2 = sigmoid(p["w3"] * x[0] + p["w4"] * x[1] + p["b2"])
    return float(h1), float(h2), float(sigmoid(p["w5"] * h1 + p["w6"] * h2 + p["b3"]))


def loss(p: Mapping[str, float], x: Sequence[float], y: float) -> float:
    """Squared error of the output, without a factor of one half."""
    return (forward(p, x)[2] - y) ** 2


def gradients(p: Mapping[str, float], x: Sequence[float], y: float) -> dict[str, float]:
    """The derivative of the loss with respect to each of the nine parameters."""
    h1, h2, out = forward(p, x)
    d3 = 2 * (out - y) * out * (1 - out)  # dL/dz of the output unit
    d1 = d3 * p["w5"] * h1 * (1 - h1)  # of the first hidden unit
    d2 = d3 * p["w6"] * h2 * (1 - h2)  # of the second
    return {
        **{"w1": d1 * x[0], "w2": d1 * x[1], "b1": d1},
        **{"w3": d2 * x[0], "w4": d2 * x[1], "b2": d2},
        **{"w5": d3 * h1, "w6": d3 * h2, "b3": d3},
    }


def update(p: Mapping[str, float], g: Mapping[str, float], rate: float) -> dict[str, float]:
    """One step of gradient descent: every parameter moves by -rate times its derivative."""
    return {name: value - rate * g[name] for name, value in p.items()}


def central_differences(
    p: Mapping[str, float], x: Sequence[float], y: float, h: float = 1e-5
) -> dict[str, float]:
    """The derivatives from the loss alone: two evaluations per parameter, error of order h²."""
    return {
        name: (loss({**p, name: p[name] + h}, x, y) - loss({**p, name: p[name] - h}, x, y))
        / (2 * h)
        for name in p
    }


def torch_gradients(p: Mapping[str, float], x: Sequence[float], y: float) -> dict[str, float]:
    """The same derivatives by autograd: PyTorch records the forward pass and runs it backwards."""
    import torch

    t = {name: torch.tensor(v, dtype=torch.float64, requires_grad=True) for name, v in p.items()}
    h1 = torch.sigmoid(t["w1"] * x[0] + t["w2"] * x[1] + t["b1"])
    h2 = torch.sigmoid(t["w3"] * x[0] + t["w4"] * x[1] + t["b2"])
    out = torch.sigmoid(t["w5"] * h1 + t["w6"] * h2 + t["b3"])
    ((out - y) ** 2).backward()
    return {name: tensor.grad.item() for name, tensor in t.items()}


# --------------------------------------------------------------------------- formulas

_SIGMA = kit.function(("sigmoid", "the sigmoid"), sigmoid)


def _weight(zh: str, en: str) -> kit.Symbol:
    return kit.scalar((zh, en), -2, 2)


_IN = {
    "w_1": _weight("从 x₁ 到第一个隐藏单元", "from x₁ to the first hidden unit"),
    "w_2": _weight("从 x₂ 到第一个隐藏单元", "from x₂ to the first hidden unit"),
    "w_3": _weight("从 x₁ 到第二个隐藏单元", "from x₁ to the second hidden unit"),
    "w_4": _weight("从 x₂ 到第二个隐藏单元", "from x₂ to the second hidden unit"),
    "b_1": _weight("第一个隐藏单元的偏置", "bias of the first hidden unit"),
    "b_2": _weight("第二个隐藏单元的偏置", "bias of the second hidden unit"),
    "x_1": _weight("第一个输入", "the first input"),
    "x_2": _weight("第二个输入", "the second input"),
}
_OUT = {
    "w_5": _weight("从第一个隐藏单元到输出", "from the first hidden unit to the output"),
    "w_6": _weight("从第二个隐藏单元到输出", "from the second hidden unit to the output"),
    "b_3": _weight("输出单元的偏置", "bias of the output unit"),
}
_Y = kit.scalar(("目标", "target"), 0, 1)
_H = {
    "h_1": kit.scalar(("第一个隐藏单元的输出", "output of the first hidden unit"), 0, 1),
    "h_2": kit.scalar(("第二个隐藏单元的输出", "output of the second hidden unit"), 0, 1),
}


def _network(w_1, w_2, w_3, w_4, w_5, w_6, b_1, b_2, b_3, x_1, x_2):
    """``forward`` with one argument a parameter, as a formula calls it."""
    values = (w_1, w_2, w_3, w_4, w_5, w_6, b_1, b_2, b_3)
    return forward(dict(zip(START, values, strict=True)), (x_1, x_2))


formula_forward = Formula(
    r"\begin{aligned} h_1 &= \sigma(w_1 x_1 + w_2 x_2 + b_1) \\"
    r" h_2 &= \sigma(w_3 x_1 + w_4 x_2 + b_2) \\"
    r" \hat{y} &= \sigma(w_5 h_1 + w_6 h_2 + b_3) \\ L &= (\hat{y} - y)^2 \end{aligned}",
    {**_IN, **_OUT, "y": _Y, r"\sigma": _SIGMA},
    equals={
        "h_1": lambda w_1, w_2, b_1, x_1, x_2: forward(
            {**START, "w1": w_1, "w2": w_2, "b1": b_1}, (x_1, x_2)
        )[0],
        "h_2": lambda w_3, w_4, b_2, x_1, x_2: forward(
            {**START, "w3": w_3, "w4": w_4, "b2": b_2}, (x_1, x_2)
        )[1],
        r"\hat{y}": lambda w_1, w_2, w_3, w_4, w_5, w_6, b_1, b_2, b_3, x_1, x_2: _network(
            w_1, w_2, w_3, w_4, w_5, w_6, b_1, b_2, b_3, x_1, x_2
        )[2],
        "L": lambda w_1, w_2, w_3, w_4, w_5, w_6, b_1, b_2, b_3, x_1, x_2, y: (
            (_network(w_1, w_2, w_3, w_4, w_5, w_6, b_1, b_2, b_3, x_1, x_2)[2] - y) ** 2
        ),
    },
)


def _output_slope(wrt: str):
    """The derivative of the loss by one quantity of the output unit, by autograd."""

    def slope(w_5, w_6, b_3, h_1, h_2, y):
        import torch

        values = {"w5": w_5, "w6": w_6, "b3": b_3, "h1": h_1, "h2": h_2}
        t = {k: torch.tensor(float(v), dtype=torch.float64) for k, v in values.items()}
        t[wrt].requires_grad_()
        out = torch.sigmoid(t["w5"] * t["h1"] + t["w6"] * t["h2"] + t["b3"])
        ((out - float(y)) ** 2).backward()
        return t[wrt].grad.item()

    return slope


formula_output = Formula(
    r"\begin{aligned} \hat{y} &= \sigma(w_5 h_1 + w_6 h_2 + b_3) \\"
    r" \delta_3 &= 2(\hat{y} - y)\,\hat{y}\,(1 - \hat{y}) \\"
    r" \frac{\partial L}{\partial w_5} &= \delta_3\,h_1 \\"
    r" \frac{\partial L}{\partial w_6} &= \delta_3\,h_2 \\"
    r" \frac{\partial L}{\partial b_3} &= \delta_3 \end{aligned}",
    {**_OUT, **_H, "y": _Y, r"\sigma": _SIGMA},
    equals={
        r"\hat{y}": lambda w_5, w_6, b_3, h_1, h_2: sigmoid(w_5 * h_1 + w_6 * h_2 + b_3),
        r"\delta_3": _output_slope("b3"),  # z_3 is a sum in which b_3 is one term
        r"\frac{\partial L}{\partial w_5}": _output_slope("w5"),
        r"\frac{\partial L}{\partial w_6}": _output_slope("w6"),
        r"\frac{\partial L}{\partial b_3}": _output_slope("b3"),
    },
    samples=60,
)


def _hidden_slope(unit: int, wrt: str):
    """The derivative of delta_3 times the part of z_3 that passes a hidden unit, by autograd."""

    def slope(v, b, a, c, x_1, x_2, delta_3):
        import torch

        t = {
            k: torch.tensor(float(value), dtype=torch.float64)
            for k, value in {"a": a, "c": c, "b": b}.items()
        }
        t[wrt].requires_grad_()
        h = torch.sigmoid(t["a"] * float(x_1) + t["c"] * float(x_2) + t["b"])
        (float(delta_3) * float(v) * h).backward()
        return t[wrt].grad.item()

    if unit == 1:
        return lambda w_1, w_2, b_1, w_5, x_1, x_2, delta_3: slope(
            w_5, b_1, w_1, w_2, x_1, x_2, delta_3
        )
    return lambda w_3, w_4, b_2, w_6, x_1, x_2, delta_3: slope(
        w_6, b_2, w_3, w_4, x_1, x_2, delta_3
    )


formula_hidden = Formula(
    r"\begin{aligned} h_1 &= \sigma(w_1 x_1 + w_2 x_2 + b_1) \\"
    r" h_2 &= \sigma(w_3 x_1 + w_4 x_2 + b_2) \\"
    r" \delta_1 &= \delta_3\,w_5\,h_1(1 - h_1) \\ \delta_2 &= \delta_3\,w_6\,h_2(1 - h_2) \\"
    r" \frac{\partial L}{\partial w_1} &= \delta_1\,x_1, \quad"
    r" \frac{\partial L}{\partial w_2} = \delta_1\,x_2, \quad"
    r" \frac{\partial L}{\partial b_1} = \delta_1 \\"
    r" \frac{\partial L}{\partial w_3} &= \delta_2\,x_1, \quad"
    r" \frac{\partial L}{\partial w_4} = \delta_2\,x_2, \quad"
    r" \frac{\partial L}{\partial b_2} = \delta_2 \end{aligned}",
    {
        **_IN,
        "w_5": _OUT["w_5"],
        "w_6": _OUT["w_6"],
        r"\delta_3": kit.scalar(
            ("从输出层传来，上一式", "from the output layer, above"), -0.5, 0.5
        ),
        r"\sigma": _SIGMA,
    },
    equals={
        "h_1": lambda w_1, w_2, b_1, x_1, x_2: sigmoid(w_1 * x_1 + w_2 * x_2 + b_1),
        "h_2": lambda w_3, w_4, b_2, x_1, x_2: sigmoid(w_3 * x_1 + w_4 * x_2 + b_2),
        r"\delta_1": _hidden_slope(1, "b"),
        r"\delta_2": _hidden_slope(2, "b"),
        r"\frac{\partial L}{\partial w_1}": _hidden_slope(1, "a"),
        r"\frac{\partial L}{\partial w_2}": _hidden_slope(1, "c"),
        r"\frac{\partial L}{\partial b_1}": _hidden_slope(1, "b"),
        r"\frac{\partial L}{\partial w_3}": _hidden_slope(2, "a"),
        r"\frac{\partial L}{\partial w_4}": _hidden_slope(2, "c"),
        r"\frac{\partial L}{\partial b_2}": _hidden_slope(2, "b"),
    },
    samples=60,
)


# --------------------------------------------------------------------------- evidence


RANDOM = 50


def _networks():
    """The network of the page and RANDOM others: (parameters, x, y)."""
    yield START, X, Y
    for rng in kit.seeds(RANDOM):
        yield dict(zip(START, rng.normal(0, 1, 9), strict=True)), rng.normal(0, 1, 2), rng.random()


def _nine(g: Mapping[str, float]) -> np.ndarray:
    return np.array([g[name] for name in START])


def check_autograd() -> Check:
    return kit.compare(
        (
            f"PyTorch 自动求导给出的九个偏导数，本页的网络与 {RANDOM} 个随机网络",
            f"the nine derivatives by PyTorch's autograd, for this network and {RANDOM} "
            "random ones",
        ),
        [(_nine(gradients(*n)), _nine(torch_gradients(*n))) for n in _networks()],
        tolerance=1e-15,
    )


def check_differences() -> Check:
    return kit.compare(
        (
            "中心差分，同样这些网络，步长 1e-5",
            "central differences of step 1e-5, the same networks",
        ),
        [(_nine(gradients(*n)), _nine(central_differences(*n))) for n in _networks()],
        tolerance=1e-9,
    )
