"""Two diagrams and the table of the order: the loop, and the shapes on the way forward."""

from __future__ import annotations

from snippets import kit
from snippets.foundations import _flow
from snippets.kit import Figure, Table, Tr


def figure_loop(tr: Tr) -> Figure:
    canvas, axes = _flow.blank(3.5, 5.0)
    left, right, width, height = 1.25, 3.75, 2.05, 0.62
    first, second = 2.2, 1.1
    back = tr("③ 反向：∂L/∂θ", "③ backward: ∂L/∂θ")
    boxes = (
        (left, 3.25, 0.4, tr("初始化 θ", "initialise θ"), "", kit.MUTED),
        (left, first, height, tr("① 前向：预测 ŷ", "① forward: ŷ"), "model(x)", kit.BLUE),
        (right, first, height, tr("② 损失 L", "② loss L"), "loss_fn(ŷ, y)", kit.ORANGE),
        (
            right,
            second,
            height,
            back,
            "loss.backward()",
            kit.RED,
        ),
        (left, second, height, tr("④ 更新 θ", "④ step: new θ"), "optimizer.step()", kit.GREEN),
        (left, 0.24, 0.4, tr("停止", "stop"), "", kit.MUTED),
    )
    for x, y, tall, text, code, colour in boxes:
        _flow.box(axes, x, y, width, tall, "", colour)
        axes.text(x, y + (0.13 if code else 0), text, ha="center", va="center")
        if code:
            axes.text(
                x, y - 0.14, tr.name(code), ha="center", va="center", family="monospace", size=9
            )
    half = height / 2
    _flow.arrow(axes, (left, 3.05), (left, first + half))
    _flow.arrow(axes, (left + width / 2, first), (right - width / 2, first))
    _flow.arrow(axes, (right, first - half), (right, second + half), kit.RED, "--")
    _flow.arrow(axes, (right - width / 2, second), (left + width / 2, second))
    _flow.arrow(axes, (left, second + half), (left, first - half))
    _flow.arrow(axes, (left, second - half), (left, 0.45), kit.MUTED)
    middle = (first + second) / 2
    axes.text(left + 0.12, middle, tr("下一个小批量", "next mini-batch"), va="center")
    axes.text(left + 0.12, 0.63, tr("满足停止条件", "stopping rule met"), va="center")
    return Figure(
        canvas,
        caption=tr(
            "训练循环：前向、损失、反向、更新，一个小批量走一圈，直到满足停止条件。",
            "The training loop: forward, loss, backward, step, one round for each mini-batch, "
            "until the stopping rule is met.",
        ),
        alt=tr(
            "先初始化，再进入由前向、损失、反向、更新四个方框围成的环；从更新一步可以停止。",
            "After the initialisation comes a ring of four boxes, forward, loss, backward and "
            "step; from the step an arrow leads out to the stop.",
        ),
        data={"order": [text for _, _, _, text, _, _ in boxes]},
    )


SIZES = (784, 50, 10)
_COLUMNS = (0.75, 2.0, 2.95, 3.9, 5.0)  # centres: inputs, W, b, Z, outputs
_TALL = {784: 1.15, 50: 0.6, 10: 0.34}


def figure_shapes(tr: Tr) -> Figure:
    canvas, axes = _flow.blank(3.7)
    data = []
    for layer, (m, k, y) in enumerate(zip(SIZES[:-1], SIZES[1:], (2.75, 0.95), strict=True), 1):
        lower = "₀₁₂"[layer]
        result = f"A{lower}" if layer == 1 else "Ŷ"
        parts = (
            (f"A{'₀₁'[layer - 1]}", ("n", m), kit.BLUE),
            (f"W{lower}", (m, k), kit.ORANGE),
            (f"b{lower}", (k,), kit.ORANGE),
            (f"Z{lower}", ("n", k), kit.MUTED),
            (result, ("n", k), kit.GREEN),
        )
        for x, (name, shape, colour) in zip(_COLUMNS, parts, strict=True):
            wide = _TALL[int(shape[-1])]
            tall = 0.24 if len(shape) == 1 else 0.5 if shape[0] == "n" else _TALL[int(shape[0])]
            _flow.box(axes, x, y, wide, tall, tr.name(name), colour)
            text = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
            low = y - max(tall, 0.5) / 2 - 0.14
            axes.text(x, low, tr.name(text), ha="center", va="center", size=9)
            data.append((name, shape))
        signs = ("·", "+", "=", "φ" if layer == 1 else "softmax")
        for sign, x in zip(signs, (1.52, 2.48, 3.42, 4.44), strict=True):
            if sign in ("φ", "softmax"):
                _flow.arrow(axes, (x - 0.17, y), (x + 0.19, y))
                axes.text(x, y + 0.16, tr.name(sign), ha="center", va="center", size=9)
            else:
                axes.text(x, y, tr.name(sign), ha="center", va="center", size=13)
    axes.text(0.15, 3.6, tr("隐藏层", "hidden layer"), weight="bold", va="center")
    axes.text(0.15, 1.62, tr("输出层", "output layer"), weight="bold", va="center")
    return Figure(
        canvas,
        caption=tr(
            "784-50-10 的前向传播与每个张量的形状，n 是批里的样本数。"
            "两层的步骤相同：乘权重、加偏置、过激活。",
            "The forward pass of 784-50-10 and the shape of every tensor; n is the number of "
            "examples in the batch. Both layers do the same: times weights, plus bias, activation.",
        ),
        alt=tr(
            "两行矩形：第一行 n×784 乘 784×50，加偏置，过激活，得 n×50；"
            "第二行 n×50 乘 50×10，加偏置，过激活，得 n×10。",
            "Two rows of rectangles. First n×784 times 784×50, plus bias, activation, gives n×50; "
            "then n×50 times 50×10, plus bias, activation, gives n×10.",
        ),
        data={name: str(shape) for name, shape in data},
    )


def table_order(tr: Tr) -> Table:
    rows = (
        (
            tr("初始化参数", "initialise the parameters"),
            tr("随机、尺度合适", "random, of a suitable scale"),
            "`model = nn.Sequential(...)`",
        ),
        (
            tr("前向传播", "forward pass"),
            tr("小批量 → 预测", "mini-batch → prediction"),
            "`y_hat = model(x)`",
        ),
        (
            tr("计算损失", "loss"),
            tr("预测与目标 → 一个数", "prediction and target → one number"),
            "`loss = loss_fn(y_hat, y)`",
        ),
        (
            tr("反向传播求梯度", "gradients, by backpropagation"),
            tr("参数不变，只得到梯度", "no parameter changes yet"),
            "`optimizer.zero_grad(); loss.backward()`",
        ),
        (
            tr("更新参数", "update"),
            tr("沿负梯度走一步", "a step against the gradient"),
            "`optimizer.step()`",
        ),
        (
            tr("回到第二步", "back to the second step"),
            tr("直到满足停止条件", "until a stopping rule is met"),
            "`for x, y in loader:`",
        ),
    )
    return Table(
        [
            tr("顺序", "order"),
            tr("做什么", "what"),
            tr("说明", "meaning"),
            tr.name("PyTorch"),
        ],
        [[number, *row] for number, row in enumerate(rows, 1)],
        caption=tr("梯度下降训练的六步", "The six steps of training by gradient descent"),
    )
