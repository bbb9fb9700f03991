"""The computation graphs of five layers, with what goes forward and what comes back."""

from __future__ import annotations

import numpy as np

from snippets.backprop._graph import BACKWARD, FORWARD, Graph
from snippets.backprop.computation_graphs import ReLU, Sigmoid, SoftmaxWithLoss
from snippets.kit import Figure, Tr

AT = 1.0  # the input of the sigmoid that is drawn
LOGITS, TARGET = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 0.0])


def _number(value: float) -> str:
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.4f}"
    return text.replace("-", "−") if value else "0"


def figure_affine(tr: Tr) -> Figure:
    graph = Graph(5.6, 2.35)
    graph.value("X", 0.45, 1.95, "X\n(N, D)", width=0.7, height=0.44)
    graph.value("W", 0.45, 0.85, "W\n(D, H)", width=0.7, height=0.44)
    graph.value("b", 3.3, 0.35, "b\n(H,)", width=0.7, height=0.44)
    graph.value("Y", 5.1, 1.4, "Y\n(N, H)", width=0.7, height=0.44)
    graph.operation("dot", 1.75, 1.4, "@")
    graph.operation("plus", 3.3, 1.4, "+")
    graph.edge("X", "dot", "", "G Wᵀ", back_at=0.4)
    graph.edge("W", "dot", "", "Xᵀ G", back_at=0.5)
    graph.edge("dot", "plus", "XW  (N, H)", "G  (N, H)")
    graph.edge("b", "plus", "", tr("G 的各行相加", "sum of the rows of G"), back_at=0.4)
    graph.edge("plus", "Y", "XW + b", "G = ∂L/∂Y")
    graph.key(1.9, 2.15, tr("前向", "forward"), tr("反向：梯度", "backward: gradients"))
    return Figure(
        graph.canvas,
        caption=tr(
            "仿射层。实线是前向，虚线是反向；每个梯度的形状与它对应的量相同。",
            "The affine layer. Solid lines go forward, dashed ones come back; every gradient has "
            "the shape of what it belongs to.",
        ),
        alt=tr(
            "X 与 W 进入矩阵乘法节点，得到 XW，再与 b 相加成为 Y。梯度 G 从 Y 返回："
            "经过加法不变，到 b 处按行相加，到 X 处是 G 乘 W 的转置，到 W 处是 X 的转置乘 G。",
            "X and W enter a matrix product, XW and b enter an addition, Y comes out. The gradient "
            "G returns from Y: unchanged through the addition, summed over rows at b, G times W "
            "transposed at X, X transposed times G at W.",
        ),
        data={"nodes": len(graph.nodes)},
    )


def _sigmoid_values(x: float) -> tuple[list[float], list[float]]:
    """Values after each of the four operations, and the gradients before each of them."""
    a, b = -x, np.exp(-x)
    c = b + 1
    y = 1 / c
    at_c = -y * y  # of 1/c; g is 1
    at_b = at_c  # of c = b + 1
    at_a = at_b * b  # of b = exp(a)
    return [x, a, b, c, y], [-at_a, at_a, at_b, at_c, 1.0]


def figure_sigmoid(tr: Tr) -> Figure:
    forward, backward = _sigmoid_values(AT)
    graph = Graph(5.6, 1.45)
    places = (1.2, 2.28, 3.36, 4.44)
    graph.value("x", 0.28, 0.85, "x", width=0.34)
    graph.value("y", 5.32, 0.85, "y", width=0.34)
    for place, (name, sign) in zip(
        places, (("neg", "× −1"), ("exp", "exp"), ("add", "+ 1"), ("inv", "1 / ·")), strict=True
    ):
        graph.operation(name, place, 0.85, tr.name(sign), radius=0.23)
    chain = ("x", "neg", "exp", "add", "inv", "y")
    for start, end, value, gradient in zip(chain[:-1], chain[1:], forward, backward, strict=True):
        graph.edge(start, end, _number(value), _number(gradient))
    graph.key(0.2, 0.16, tr("前向", "forward"), tr("反向：梯度", "backward: gradients"))
    layer = Sigmoid()
    layer.forward(np.array([AT]))
    together = float(layer.backward(np.array([1.0]))[0])
    return Figure(
        graph.canvas,
        caption=tr(
            f"把 sigmoid 拆成四个节点，x = {AT:g}，上游梯度为 1。"
            f"一路乘下来得到 {_number(together)}，正好是 y(1 − y)，所以四个节点可以合成一个。",
            f"The sigmoid taken apart, at x = {AT:g} with a gradient of 1 from upstream. All the "
            f"factors give {_number(together)}, which is y(1 − y): the four nodes may be one.",
        ),
        alt=tr(
            "四个圆圈依次是乘负一、指数、加一、取倒数。上方的数字从左到右是各步的值，"
            "下方的数字从右到左是各步的梯度。",
            "Four circles: times minus one, exponential, plus one, reciprocal. The numbers above "
            "are the values from left to right, those below the gradients from right to left.",
        ),
        data={"forward": forward, "backward": backward, "together": together},
    )


def figure_relu(tr: Tr) -> Figure:
    graph = Graph(5.6, 1.75)
    inputs, upstream = np.array([2.0, -1.0]), np.array([0.7, 0.7])
    layer = ReLU()
    outputs = layer.forward(inputs)
    gradients = layer.backward(upstream)
    for k, y in enumerate((1.4, 0.7)):
        x = inputs[k]
        graph.value(f"x{k}", 0.9, y, f"x = {x:g}".replace("-", "−"), width=0.85)
        graph.operation(f"relu{k}", 2.6, y, tr.name("ReLU"), radius=0.26)
        graph.value(f"y{k}", 4.3, y, f"y = {outputs[k]:g}", width=0.85)
        graph.edge(f"x{k}", f"relu{k}", "", f"{gradients[k]:g}")
        graph.edge(f"relu{k}", f"y{k}", "", f"{upstream[k]:g}")
        graph.text(
            4.85,
            y,
            tr("通过", "open") if x > 0 else tr("挡住", "shut"),
            color=FORWARD,
            align="left",
        )
    graph.key(0.2, 0.16, tr("前向", "forward"), tr("反向：梯度", "backward: gradients"))
    return Figure(
        graph.canvas,
        caption=tr(
            "ReLU 是一道门：输入为正，值与梯度都原样通过；输入为负，两个方向都是 0。",
            "ReLU is a gate: for a positive input, value and gradient pass unchanged; for a "
            "negative one, nothing passes in either direction.",
        ),
        alt=tr(
            "上下两条通路。上面输入 2，输出 2，梯度 0.7 原样返回；"
            "下面输入 −1，输出 0，返回的梯度是 0。",
            "Two lanes. Above, input 2, output 2, and the gradient 0.7 returns unchanged; below, "
            "input −1, output 0, and the gradient that returns is 0.",
        ),
        data={"outputs": outputs, "gradients": gradients},
    )


def _softmax_loss_values() -> tuple[np.ndarray, float, np.ndarray, np.ndarray]:
    """Of the drawn example: p, the loss, the gradient at p, the gradient at z."""
    node = SoftmaxWithLoss()
    loss = node.forward(LOGITS[None], TARGET[None])
    return node.p[0], loss, -TARGET / node.p[0], node.backward()[0]


def figure_softmax_loss(tr: Tr) -> Figure:
    p, loss, at_p, at_z = _softmax_loss_values()
    graph = Graph(5.6, 2.75)
    lanes = (2.3, 1.6, 0.9)
    graph.value("softmax", 1.95, 1.6, tr.name("softmax"), width=0.72, height=1.9)
    graph.value("entropy", 3.75, 1.6, tr("交叉熵", "cross-\nentropy"), width=0.66, height=1.9)
    graph.value("L", 5.3, 1.6, "L", width=0.34)
    graph.value("t", 4.9, 2.42, "t = (1, 0, 0)", width=0.98)
    for k, y in enumerate(lanes):
        graph.value(f"z{k}", 0.45, y, f"z{'₁₂₃'[k]} = {LOGITS[k]:g}", width=0.66)
        for name, x in (("a", 1.59), ("b", 2.31), ("c", 3.42)):
            graph.anchor(f"{name}{k}", x, y)
        graph.edge(f"z{k}", f"a{k}", "", _number(at_z[k]))
        graph.edge(f"b{k}", f"c{k}", _number(p[k]), _number(at_p[k]))
    graph.anchor("d", 4.08, 2.42)
    graph.edge("t", "d")
    graph.edge("entropy", "L", _number(loss), "1")
    graph.key(0.2, 0.2, tr("前向", "forward"), tr("反向：梯度", "backward: gradients"))
    return Figure(
        graph.canvas,
        caption=tr(
            "softmax 与交叉熵，一个样本，正确的是第一类。中间的梯度 −t/p 很大，经过 softmax 之后"
            "恰好变成 p − t。",
            "Softmax and cross-entropy for one example whose class is the first. The gradient −t/p "
            "in the middle is large; having passed softmax it is p − t.",
        ),
        alt=tr(
            f"三条通路从 logits 1、2、3 经 softmax 到概率 {_number(p[0])}、{_number(p[1])}、"
            f"{_number(p[2])}，再到损失 {_number(loss)}；返回 logits 的梯度是 {_number(at_z[0])}、"
            f"{_number(at_z[1])}、{_number(at_z[2])}。",
            f"Three lanes lead from the logits 1, 2, 3 through softmax to the probabilities "
            f"{_number(p[0])}, {_number(p[1])}, {_number(p[2])} and on to the loss "
            f"{_number(loss)}; the gradients that return to the logits are {_number(at_z[0])}, "
            f"{_number(at_z[1])}, {_number(at_z[2])}.",
        ),
        data={"p": p, "loss": loss, "at_p": at_p, "at_z": at_z},
    )


def figure_mse(tr: Tr) -> Figure:
    graph = Graph(5.6, 1.95)
    graph.value("y", 0.35, 1.6, "y", width=0.36)
    graph.value("t", 0.35, 0.7, "t", width=0.36)
    graph.operation("minus", 1.45, 1.15, "−", radius=0.2)
    graph.operation("square", 2.75, 1.15, "( · )²", radius=0.27)
    graph.operation("mean", 4.0, 1.15, tr("均值", "mean"), radius=0.27)
    graph.value("L", 5.25, 1.15, "L", width=0.36)
    graph.edge("y", "minus", "", "2d / m", back_at=0.35)
    graph.edge("t", "minus", "", "−2d / m", back_at=0.6)
    graph.edge("minus", "square", "d = y − t", "2d / m")
    graph.edge("square", "mean", "d²", "1 / m")
    graph.edge("mean", "L", "", "1")
    graph.key(0.2, 0.16, tr("前向", "forward"), tr("反向：梯度", "backward: gradients"))
    graph.text(3.4, 0.5, tr("m：元素总数", "m: number of elements"), color=BACKWARD)
    return Figure(
        graph.canvas,
        caption=tr(
            "均方误差层：求均值把 1 分成 m 份，平方乘上 2d，减法原样传给 y、变号传给 t。",
            "The mean-squared-error layer: the mean splits 1 into m parts, the square multiplies "
            "by 2d, the subtraction passes it on to y and, with the sign changed, to t.",
        ),
        alt=tr(
            "y 与 t 相减得 d，平方，求均值得到 L。返回的梯度依次是 1、1/m、2d/m，到 t 处变号。",
            "y minus t is d, squared, averaged to L. The gradients that return are 1, 1/m and "
            "2d/m, with the sign changed at t.",
        ),
        data={"nodes": len(graph.nodes)},
    )


def value_softmax_loss() -> dict[str, object]:
    """The drawn example: probabilities, loss, the gradient in the middle and the one at z."""
    p, loss, at_p, at_z = _softmax_loss_values()
    return {
        "p": p.tolist(),
        "loss": loss,
        "middle": float(at_p[0]),
        "z": LOGITS.tolist(),
        "gradient": at_z.tolist(),
    }
