"""The 2-2-1 network drawn with its numbers: forward, and the derivatives coming back."""

from __future__ import annotations

from snippets.backprop._graph import BACKWARD, FORWARD, Graph
from snippets.backprop.backprop_by_hand import START, X, Y, forward, gradients, loss
from snippets.kit import Figure, Tr

_PLACES = {"x1": (0.45, 2.15), "x2": (0.45, 0.75), "h1": (2.3, 2.15), "h2": (2.3, 0.75)}
_OUT, _LOSS = (4.15, 1.45), (5.2, 1.45)
_EDGES = (
    ("x1", "h1", "w1", 0.5),
    ("x2", "h1", "w2", 0.2),
    ("x1", "h2", "w3", 0.2),
    ("x2", "h2", "w4", 0.5),
    ("h1", "out", "w5", 0.5),
    ("h2", "out", "w6", 0.5),
)
_BIASES = (("h1", "b1", 0.36), ("h2", "b2", -0.36), ("out", "b3", -0.36))
_DIGITS = str.maketrans("123456", "₁₂₃₄₅₆")


def _name(parameter: str) -> str:
    return parameter.translate(_DIGITS)


def _nodes(graph: Graph, texts: dict[str, str]) -> None:
    for name, (x, y) in {**_PLACES, "out": _OUT, "loss": _LOSS}.items():
        graph.value(name, x, y, texts[name], width=0.66 if name in "x1x2" else 0.72, height=0.42)


def figure_forward(tr: Tr) -> Figure:
    h1, h2, out = forward(START, X)
    error = loss(START, X, Y)
    graph = Graph(5.6, 2.9)
    _nodes(
        graph,
        {
            "x1": f"x₁\n{X[0]:.2f}",
            "x2": f"x₂\n{X[1]:.2f}",
            "h1": f"h₁\n{h1:.4f}",
            "h2": f"h₂\n{h2:.4f}",
            "out": f"ŷ\n{out:.4f}",
            "loss": f"L\n{error:.4f}",
        },
    )
    for start, end, weight, at in _EDGES:
        graph.edge(start, end, tr.name(f"{_name(weight)} = {START[weight]:.2f}"), at=at)
    graph.edge("out", "loss")
    for node, bias, aside in _BIASES:
        x, y = {**_PLACES, "out": _OUT}[node]
        graph.text(x, y + aside, f"{_name(bias)} = {START[bias]:.2f}", color=FORWARD)
    graph.text(_LOSS[0], _LOSS[1] - 0.36, f"y = {Y:.2f}")
    graph.text(2.3, 2.76, tr("前向：从左到右", "Forward: left to right"))
    return Figure(
        graph.canvas,
        caption=tr(
            "2-2-1 网络与它的九个参数。方框里是前向传播算出的值，边上是权重，单元旁是偏置。",
            "The 2-2-1 network and its nine parameters. In the boxes: the values of the forward "
            "pass; on the edges the weights, beside the units the biases.",
        ),
        alt=tr(
            f"两个输入经四个权重到两个隐藏单元 {h1:.4f} 与 {h2:.4f}，再经两个权重到输出 {out:.4f}，"
            f"损失为 {error:.4f}。",
            f"Two inputs lead by four weights to the hidden units {h1:.4f} and {h2:.4f}, these by "
            f"two weights to the output {out:.4f}; the loss is {error:.4f}.",
        ),
        data={"h": (h1, h2), "out": out, "loss": error},
    )


def figure_backward(tr: Tr) -> Figure:
    g = gradients(START, X, Y)
    slope = 2 * (forward(START, X)[2] - Y)
    graph = Graph(5.6, 2.9)
    _nodes(
        graph,
        {
            "x1": "x₁",
            "x2": "x₂",
            "h1": f"δ₁\n{g['b1']:.4f}",
            "h2": f"δ₂\n{g['b2']:.4f}",
            "out": f"δ₃\n{g['b3']:.4f}",
            "loss": "L\n1",
        },
    )
    for start, end, weight, at in _EDGES:
        digits = 5 if end != "out" else 4
        at = {"w2": 0.74, "w5": 0.72}.get(weight, at)  # clear of the crossing edge, of each other
        graph.edge(start, end, None, f"∂{_name(weight)}: {g[weight]:.{digits}f}", at=at)
    graph.edge("out", "loss", None, "")
    for node, bias, aside in _BIASES:
        x, y = {**_PLACES, "out": _OUT}[node]
        aside = abs(aside) if node == "out" else aside  # below it stands the text of w6
        graph.text(x, y + aside, f"∂{_name(bias)} = δ{_name(bias)[1]}", color=BACKWARD)
    graph.text(_LOSS[0] - 0.3, _LOSS[1] - 0.36, f"∂ŷ: {slope:.4f}", color=BACKWARD)
    graph.text(2.3, 2.76, tr("反向：从右到左", "Backward: right to left"))
    return Figure(
        graph.canvas,
        caption=tr(
            "同一张图反着走。方框里是 δ，即损失对该单元预激活值的导数；"
            "边上是对该权重的导数，等于右端的 δ 乘左端的前向值（上图）；∂w₁ 是 ∂L/∂w₁ 的简写。",
            "The same graph walked backwards. In the boxes: δ, the derivative of the loss with "
            "respect to the pre-activation of the unit; on the edges the derivative for the "
            "weight, δ at the right end times the forward value at the left end (drawn above); "
            "∂w₁ is short for ∂L/∂w₁.",
        ),
        alt=tr(
            f"从损失出发的虚线箭头：输出单元的 δ 为 {g['b3']:.4f}，两个隐藏单元为 {g['b1']:.4f} 与 "
            f"{g['b2']:.4f}；输出层权重的导数约 0.165，输入层的都小于 0.004。",
            f"Dashed arrows from the loss: δ is {g['b3']:.4f} at the output and {g['b1']:.4f} and "
            f"{g['b2']:.4f} at the hidden units; the derivatives of the output weights are about "
            "0.165, those of the first layer all below 0.004.",
        ),
        data={"gradients": [g[name] for name in START], "slope": slope},
    )
