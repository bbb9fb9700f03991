"""Foundations at a glance: one task for six networks, and how the words of training nest."""

from __future__ import annotations

from functools import cache

from snippets import kit
from snippets.foundations.epochs_and_batches import steps_per_epoch
from snippets.kit import Check, Col, Figure, Table, Tr

SIDE, CLASSES, HIDDEN, DEEP = 28, 10, 50, 8
IMAGES, BATCH, EPOCHS = 60_000, 64, 10


def torch_networks(side=28, classes=10, hidden=50, deep=8):
    """Six networks from images (batch, 1, side, side) to logits (batch, classes), by name."""
    from itertools import pairwise

    from torch import nn

    class Rows(nn.Module):
        """The rows of the image as the steps of a sequence: (batch, side, side)."""

        def forward(self, x):
            return x.squeeze(1)

    class Last(nn.Module):
        """The last output of a recurrent layer: (batch, hidden)."""

        def forward(self, outputs):
            return outputs[0][:, -1]

    def dense(*sizes):
        layers = [nn.Flatten()]
        for n, m in pairwise(sizes):
            layers += [nn.Linear(n, m), nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    def recurrent(layer):
        head = nn.Linear(hidden, classes)
        return nn.Sequential(Rows(), layer(side, hidden, batch_first=True), Last(), head)

    pixels = side * side
    return {
        "linear": dense(pixels, classes),
        "mlp": dense(pixels, hidden, classes),
        "deep": dense(pixels, *[hidden] * deep, classes),
        "cnn": nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * (side // 4) ** 2, classes),
        ),
        "rnn": recurrent(nn.RNN),
        "lstm": recurrent(nn.LSTM),
    }


def torch_costs(network, image):
    """Parameters, weights, multiplications and layers one after another, for image (1, 1, h, w).

    Multiplications of weights only; a recurrent layer counts once for each step.
    """
    from torch import nn

    found = {"parameters": 0, "weights": 0, "multiplications": 0, "in_a_row": 0}
    x = image
    for module in network:
        out = module(x)
        own = list(module.parameters())
        weights = sum(p.numel() for p in own if p.dim() > 1)
        uses = 0
        if isinstance(module, nn.Linear):
            uses = 1
        elif isinstance(module, nn.Conv2d):
            uses = out.shape[-2] * out.shape[-1]  # each kernel at each place
        elif isinstance(module, nn.RNNBase):
            uses = x.shape[1]  # each matrix at each step
        found["parameters"] += sum(p.numel() for p in own)
        found["weights"] += weights
        found["multiplications"] += uses * weights
        found["in_a_row"] += uses if isinstance(module, nn.RNNBase) else int(uses > 0)
        x = out
    return found


@cache
def _costs() -> dict[str, dict[str, int]]:
    import torch

    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        networks = torch_networks(SIDE, CLASSES, HIDDEN, DEEP)
        image = torch.zeros(1, 1, SIDE, SIDE)
        return {name: torch_costs(network, image) for name, network in networks.items()}


def table_networks(tr: Tr) -> Table:
    labels = {
        "linear": tr("线性（没有隐藏层）", "linear, no hidden layer"),
        "mlp": tr(f"MLP，{HIDDEN} 个隐藏单元", f"MLP, {HIDDEN} hidden units"),
        "deep": tr(f"深的 MLP，{DEEP} 个隐藏层", f"deep MLP, {DEEP} hidden layers"),
        "cnn": tr("CNN，两个卷积层", "CNN, two convolutions"),
        "rnn": tr("RNN，一行一步", "RNN, a row a step"),
        "lstm": tr("LSTM，一行一步", "LSTM, a row a step"),
    }
    return Table(
        [
            tr("网络", "network"),
            Col(tr("参数", "parameters"), format=",d"),
            Col(tr("每张图的乘法", "multiplications"), format=",d"),
            Col(tr("每个权重用几次", "uses of a weight"), format=".1f"),
            Col(tr("前后相接的层或步", "layers or steps in a row"), format="d"),
        ],
        [
            [
                labels[name],
                costs["parameters"],
                costs["multiplications"],
                costs["multiplications"] / costs["weights"],
                costs["in_a_row"],
            ]
            for name, costs in _costs().items()
        ],
        caption=tr(
            f"同一个任务（{SIDE}×{SIDE} 的图像，{CLASSES} 类）交给六个网络：参数、"
            "一张图要做的乘法、每个权重平均用几次、信号从头到尾依次经过多少层或步",
            f"One task ({SIDE}×{SIDE} images, {CLASSES} classes) for six networks: parameters, "
            "multiplications for an image, how often a weight is used on average, and how many "
            "layers or steps the signal passes one after another",
        ),
    )


def value_run() -> dict[str, object]:
    steps = steps_per_epoch(IMAGES, BATCH)
    costs = _costs()
    return {
        "pixels": SIDE * SIDE,
        "hidden": HIDDEN,
        "classes": CLASSES,
        "images": IMAGES,
        "batch": BATCH,
        "epochs": EPOCHS,
        "steps": steps,
        "total": EPOCHS * steps,
        "parameters": costs["mlp"]["parameters"],
        "cnn_parameters": costs["cnn"]["parameters"],
        "cnn_times": costs["cnn"]["multiplications"] / costs["mlp"]["multiplications"],
        "cnn_uses": costs["cnn"]["multiplications"] / costs["cnn"]["weights"],
        "rows": SIDE,
        "rnn_in_a_row": costs["rnn"]["in_a_row"],
    }


def check_costs() -> Check:
    """Against PyTorch's own counter of operations, two for each multiplication (and addition)."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    pairs = []
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        networks = torch_networks(SIDE, CLASSES, HIDDEN, DEEP)
        for name in ("linear", "mlp", "deep", "cnn"):
            with FlopCounterMode(display=False) as counter:
                networks[name](torch.zeros(1, 1, SIDE, SIDE))
            pairs.append((_costs()[name]["multiplications"], counter.get_total_flops() / 2))
    return kit.compare(
        (
            "PyTorch 的 `FlopCounterMode`（没有循环层的四个网络）",
            "PyTorch's `FlopCounterMode` (the four networks without recurrence)",
        ),
        pairs,
        tolerance=0.0,
    )


def figure_nesting(tr: Tr) -> Figure:
    from matplotlib.patches import FancyBboxPatch

    steps = steps_per_epoch(IMAGES, BATCH)
    boxes = [
        (kit.MUTED, tr("训练", "training"), tr(f"{EPOCHS} 轮", f"{EPOCHS} epochs")),
        (kit.PURPLE, tr("轮", "epoch"), tr(f"{steps} 次迭代", f"{steps} iterations")),
        (
            kit.GREEN,
            tr("迭代（一步）", "iteration (step)"),
            tr(f"{BATCH} 个样本，一次更新", f"{BATCH} examples, one update"),
        ),
        (
            kit.ORANGE,
            tr("网络", "network"),
            tr("2 个仿射层，1 个激活层", "2 affine layers, 1 activation"),
        ),
        (kit.BLUE, tr("层", "layer"), tr(f"{HIDDEN} 个神经元", f"{HIDDEN} neurons")),
        (
            kit.INK,
            tr("神经元", "neuron"),
            tr(f"{SIDE**2} 个权重，1 个偏置", f"{SIDE**2} weights, 1 bias"),
        ),
    ]
    canvas, axes = kit.canvas(height=3.6)
    axes.axis("off")
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 7.4)
    step = 0.45
    for number, (colour, name, content) in enumerate(boxes):
        left, top = step * number, 7.3 - 1.05 * number
        bottom = 0.05 + 0.19 * number
        axes.add_patch(
            FancyBboxPatch(
                (left + 0.15, bottom + 0.1),
                10 - 2 * left * 0.62 - left * 0.38 - 0.3,
                top - bottom - 0.2,
                boxstyle="round,pad=0,rounding_size=0.18",
                facecolor="none",
                edgecolor=colour,
                linewidth=1.5,
            )
        )
        axes.text(left + 0.4, top - 0.6, name, color=colour, fontweight="bold", va="center")
        axes.text(5.0, top - 0.6, content, va="center")
    return Figure(
        canvas,
        caption=tr(
            f"这些词一层套一层。数字取自一次训练：{IMAGES:,} 张 {SIDE}×{SIDE} 的图像，"
            f"批大小 {BATCH}，{EPOCHS} 轮，网络是 {SIDE**2}-{HIDDEN}-{CLASSES} 的 MLP"
            "（层与神经元指隐藏层）。",
            f"The words nest. The numbers are those of one training: {IMAGES:,} images of "
            f"{SIDE}×{SIDE}, batch size {BATCH}, {EPOCHS} epochs, an MLP of {SIDE**2}-{HIDDEN}-"
            f"{CLASSES} (layer and neuron: the hidden ones).",
        ),
        alt=tr(
            "六个嵌套的方框，从外到内：训练、轮、迭代、网络、层、神经元，每个都写着它由什么组成。",
            "Six nested boxes, from the outside in: training, epoch, iteration, network, layer, "
            "neuron; each says what it is made of.",
        ),
        data={"names": [name for _, name, _ in boxes], "contents": [text for *_, text in boxes]},
    )
