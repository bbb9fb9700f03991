"""Two graphs: one unit with values and gradients, and a value that is used twice."""

from __future__ import annotations

from snippets.activations.sigmoid_tanh import sigmoid
from snippets.backprop._graph import BACKWARD, Graph
from snippets.backprop.backprop_by_hand import START, X, Y, forward, gradients
from snippets.kit import Figure, Tr

UNIT = {"x": 1.5, "w": 2.0, "b": -1.0, "y": 0.0}


def _number(value: float) -> str:
    text = f"{value:g}" if float(2 * value).is_integer() else f"{value:.4f}"
    return text.replace("-", "−")


def _unit_values() -> dict[str, float]:
    """Values and gradients of L = (sigmoid(w x + b) - y)^2 at UNIT."""
    product = UNIT["w"] * UNIT["x"]
    z = product + UNIT["b"]
    a = float(sigmoid(z))
    da = 2 * (a - UNIT["y"])
    dz = da * a * (1 - a)
    return {
        "product": product,
        "z": z,
        "a": a,
        "loss": (a - UNIT["y"]) ** 2,
        "da": da,
        "dz": dz,
        "dw": dz * UNIT["x"],
        "dx": dz * UNIT["w"],
    }


def figure_unit(tr: Tr) -> Figure:
    v = _unit_values()
    graph = Graph(5.6, 2.45)
    graph.value("x", 0.28, 2.0, "x", width=0.36)
    graph.value("w", 0.28, 0.8, "w", width=0.36)
    graph.value("b", 2.35, 0.55, "b", width=0.36)
    graph.operation("times", 1.3, 1.4, "×")
    graph.operation("plus", 2.35, 1.4, "+")
    graph.operation("sigma", 3.35, 1.4, "σ")
    graph.operation("square", 4.4, 1.4, "( · )²", radius=0.25)
    graph.value("L", 5.32, 1.4, "L", width=0.34)
    graph.edge("x", "times", _number(UNIT["x"]), _number(v["dx"]), at=0.45, back_at=0.35)
    graph.edge("w", "times", _number(UNIT["w"]), _number(v["dw"]), at=0.45, back_at=0.6)
    graph.edge("times", "plus", _number(v["product"]), _number(v["dz"]))
    graph.edge("b", "plus", _number(UNIT["b"]), _number(v["dz"]))
    graph.edge("plus", "sigma", _number(v["z"]), _number(v["dz"]))
    graph.edge("sigma", "square", _number(v["a"]), _number(v["da"]))
    graph.edge("square", "L", _number(v["loss"]), "1")
    graph.key(2.0, 2.2, tr("前向", "forward"), tr("反向：梯度", "backward: gradients"))
    return Figure(
        graph.canvas,
        caption=tr(
            "一个 sigmoid 单元，目标为 0。上方是前向的值，下方是损失对这条边上的量的导数。",
            "One sigmoid unit with target 0. Above the lines the values of the forward pass, below "
            "them the derivative of the loss with respect to the value on that edge.",
        ),
        alt=tr(
            f"x 与 w 相乘，加 b，过 sigmoid 得 {_number(v['a'])}，平方得损失 {_number(v['loss'])}。"
            f"返回的梯度：1、{_number(v['da'])}、{_number(v['dz'])}，到 w 处 {_number(v['dw'])}，"
            f"到 x 处 {_number(v['dx'])}。",
            f"x times w plus b, through the sigmoid {_number(v['a'])}, squared the loss "
            f"{_number(v['loss'])}. Gradients coming back: 1, {_number(v['da'])}, "
            f"{_number(v['dz'])}, at w {_number(v['dw'])}, at x {_number(v['dx'])}.",
        ),
        data=v,
    )


def value_unit() -> dict[str, float]:
    return {**UNIT, **_unit_values()}


def value_paths() -> dict[str, float]:
    """The shared bias of the 2-2-1 network: the product along each path, and their sum."""
    g = gradients(START, X, Y)
    return {"first": g["b1"], "second": g["b2"], "sum": g["b1"] + g["b2"], "delta": g["b3"]}


def value_shared_autograd() -> float:
    """The same sum, by autograd with one tensor that is used twice."""
    import torch

    bias = torch.tensor(START["b1"], dtype=torch.float64, requires_grad=True)
    p = {k: torch.tensor(v, dtype=torch.float64) for k, v in START.items()}
    h1 = torch.sigmoid(p["w1"] * X[0] + p["w2"] * X[1] + bias)
    h2 = torch.sigmoid(p["w3"] * X[0] + p["w4"] * X[1] + bias)
    ((torch.sigmoid(p["w5"] * h1 + p["w6"] * h2 + p["b3"]) - Y) ** 2).backward()
    return bias.grad.item()


def figure_fan_out(tr: Tr) -> Figure:
    h1, h2, _ = forward(START, X)
    v = value_paths()
    at_h = (v["delta"] * START["w5"], v["delta"] * START["w6"])
    graph = Graph(5.6, 2.6)
    graph.value("b", 0.5, 1.45, f"b\n{START['b1']:.2f}", width=0.56, height=0.44)
    graph.value("loss", 5.25, 1.45, "L", width=0.36)
    graph.operation("z3", 4.1, 1.45, "z₃", radius=0.22)
    for k, (y, h) in enumerate(((2.1, h1), (0.8, h2))):
        graph.operation(f"z{k}", 1.65, y, f"z{'₁₂'[k]}", radius=0.22)
        graph.value(f"h{k}", 2.85, y, f"h{'₁₂'[k]}\n{h:.4f}", width=0.66, height=0.44)
        path = v["first"] if k == 0 else v["second"]
        graph.edge("b", f"z{k}", "", f"{path:.6f}", back_at=0.62 if k == 0 else 0.75)
        graph.edge(f"z{k}", f"h{k}", "", f"{path:.4f}")
        graph.edge(f"h{k}", "z3", "", f"{at_h[k]:.4f}", back_at=0.3 if k == 0 else 0.55)
    graph.edge("z3", "loss", "", f"{v['delta']:.4f}")
    graph.text(0.6, 2.22, tr("相加：", "added up:"), color=BACKWARD)
    graph.text(0.6, 2.0, f"{v['sum']:.6f}", color=BACKWARD)
    graph.key(1.6, 0.2, tr("前向", "forward"), tr("反向：梯度", "backward: gradients"))
    return Figure(
        graph.canvas,
        caption=tr(
            "一个偏置 b 被两个单元使用。每条路各带回一份梯度，在分叉处相加。",
            "One bias b, used by two units. Each path brings back a gradient of its own; where the "
            "paths part, they are added.",
        ),
        alt=tr(
            f"b 分成两路，经 z₁、h₁ 与 z₂、h₂ 在 z₃ 汇合到损失。"
            f"返回的两份梯度是 {v['first']:.6f} 与 {v['second']:.6f}，相加为 {v['sum']:.6f}。",
            f"b parts into two paths, by z₁ and h₁ and by z₂ and h₂, that join at z₃. The two "
            f"gradients coming back are {v['first']:.6f} and {v['second']:.6f}, {v['sum']:.6f} "
            "in all.",
        ),
        data=v,
    )
