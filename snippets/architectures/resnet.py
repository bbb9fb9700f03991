"""ResNet: blocks that add what they compute to their input, and the five networks of the paper."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.architectures._layers import on_meta, totals, trace
from snippets.backprop.cnn_backprop import conv2d
from snippets.kit import Check, Formula

DEPTHS = {  # bottleneck blocks or basic ones, and how many in each of the four stages
    18: (False, (2, 2, 2, 2)),
    34: (False, (3, 4, 6, 3)),
    50: (True, (3, 4, 6, 3)),
    101: (True, (3, 4, 23, 3)),
    152: (True, (3, 8, 36, 3)),
}


def batch_norm(x, mean, var, gamma, beta, eps=1e-5):
    """Batch normalisation at inference, (N, C, H, W); the four statistics are (C,)."""
    mean, scale, beta = (v.reshape(-1, 1, 1) for v in (mean, gamma / np.sqrt(var + eps), beta))
    return (x - mean) * scale + beta


def basic_block(x, branch, shortcut=None, stride=1):
    """ReLU(F(x) + x), where F is two 3×3 convolutions with batch normalisation.  [he2016]

    x is (N, C, H, W).  branch: two pairs (kernels, statistics); shortcut: such a pair with 1×1
    kernels where the shape changes, None for the identity.  ValueError: the two shapes differ.
    """
    (w1, norm1), (w2, norm2) = branch
    h = relu(batch_norm(conv2d(x, w1, stride=stride, padding=1), *norm1))
    h = batch_norm(conv2d(h, w2, padding=1), *norm2)
    if shortcut is not None:
        ws, norm = shortcut
        x = batch_norm(conv2d(x, ws, stride=stride), *norm)
    if h.shape != x.shape:
        raise ValueError(f"the branch is {h.shape}, the shortcut {x.shape}; project it")
    return relu(h + x)


def torch_block(inputs, width, stride=1, bottleneck=False, v1=False):
    """A residual block in PyTorch, its parameters named as in torchvision.  [he2016; torchvision]

    (N, inputs, H, W) gives width channels, or 4 · width from a bottleneck.  v1: the stride of a
    bottleneck is in its first convolution, as in the paper, not in the 3×3.
    """
    from torch import nn

    outputs = 4 * width if bottleneck else width
    if bottleneck:
        early, late = (stride, 1) if v1 else (1, stride)
        plan = [(1, inputs, width, early), (3, width, width, late), (1, width, outputs, 1)]
    else:
        plan = [(3, inputs, width, stride), (3, width, outputs, 1)]

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            for n, (k, given, made, step) in enumerate(plan, 1):
                conv = nn.Conv2d(given, made, k, step, padding=k // 2, bias=False)
                self.add_module(f"conv{n}", conv)
                self.add_module(f"bn{n}", nn.BatchNorm2d(made))
            self.downsample = None
            if stride != 1 or inputs != outputs:
                projection = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
                self.downsample = nn.Sequential(projection, nn.BatchNorm2d(outputs))

        def forward(self, x):
            h = x
            for n in range(1, len(plan) + 1):
                h = self.get_submodule(f"bn{n}")(self.get_submodule(f"conv{n}")(h))
                if n < len(plan):
                    h = h.relu()
            if self.downsample is not None:
                x = self.downsample(x)
            return (h + x).relu()

    return Block()


def torch_resnet(depth=18, classes=1000, v1=False):
    """ResNet-18, 34, 50, 101 or 152: images (N, 3, H, W) to logits (N, classes).  [he2016]

    ValueError: another depth.
    """
    from collections import OrderedDict

    from torch import nn

    if depth not in DEPTHS:
        raise ValueError(f"depth {depth}; give one of {', '.join(map(str, DEPTHS))}")
    bottleneck, blocks = DEPTHS[depth]
    layers = OrderedDict(
        conv1=nn.Conv2d(3, 64, 7, 2, padding=3, bias=False),
        bn1=nn.BatchNorm2d(64),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, 2, padding=1),
    )
    channels = 64
    for stage, count in enumerate(blocks):
        width, row = 64 * 2**stage, []
        for number in range(count):
            stride = 2 if stage and not number else 1
            row.append(torch_block(channels, width, stride, bottleneck, v1))
            channels = 4 * width if bottleneck else width
        layers[f"layer{stage + 1}"] = nn.Sequential(*row)
    layers["avgpool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["fc"] = nn.Linear(channels, classes)
    return nn.Sequential(layers)


# --------------------------------------------------------------------------- formulas


def block(x, W_1, W_2):
    """ReLU(W2 ReLU(W1 x) + x): a block of two linear layers, without normalisation."""
    return relu(W_2 @ relu(W_1 @ x) + x)


def projected(x, W_1, W_2, W_s):
    """The same where the branch has another number of outputs: W_s brings x to that shape."""
    return relu(W_2 @ relu(W_1 @ x) + W_s @ x)


_RELU = {r"\operatorname{ReLU}": kit.function(("", ""), relu)}
_X = kit.array(("块的输入", "input of the block"), ("n",), -2, 2)
_N = kit.integer(("输入的维数", "dimensions of the input"), 1, 6)
_H = kit.integer(("支路内部的宽度", "width inside the branch"), 1, 6)

formula_block = Formula(
    r"y = \operatorname{ReLU}\bigl(W_2 \operatorname{ReLU}(W_1 x) + x\bigr)",
    {
        "y": kit.array(("块的输出", "output of the block"), ("n",), -1, 1),
        "x": _X,
        "W_1": kit.array(("支路的权重", "weights of the branch"), ("h", "n"), -1, 1),
        "W_2": kit.array(("支路的权重", "weights of the branch"), ("n", "h"), -1, 1),
        "n": _N,
        "h": _H,
        **_RELU,
    },
    equals=block,
)

formula_projection = Formula(
    r"y = \operatorname{ReLU}\bigl(W_2 \operatorname{ReLU}(W_1 x) + W_s x\bigr)",
    {
        "y": kit.array(("块的输出", "output of the block"), ("m",), -1, 1),
        "x": _X,
        "W_1": kit.array(("支路的权重", "weights of the branch"), ("h", "n"), -1, 1),
        "W_2": kit.array(("支路的权重", "weights of the branch"), ("m", "h"), -1, 1),
        "W_s": kit.array(("捷径上的投影", "projection on the shortcut"), ("m", "n"), -1, 1),
        "n": _N,
        "m": kit.integer(("输出的维数", "dimensions of the output"), 1, 6),
        "h": _H,
        **_RELU,
    },
    equals=projected,
)


def basic_weights(C):
    """Weights of a basic block with C channels: two 3×3 convolutions."""
    return 2 * 3 * 3 * C * C


def bottleneck_weights(C):
    """Of a bottleneck of width C, with 4C channels outside: 1×1, 3×3, 1×1."""
    return 4 * C * C + 3 * 3 * C * C + C * 4 * C


formula_weights = Formula(
    r"\begin{aligned} P_{\text{basic}} &= 2 \cdot 3^2 C^2 = 18\,C^2 \\"
    r" P_{\text{bottleneck}} &= (4 + 3^2 + 4)\,C^2 = 17\,C^2 \end{aligned}",
    {
        r"P_{\text{basic}}": kit.integer(
            ("普通块的权重，输入输出 $C$ 个通道", "weights of a basic block, $C$ channels"), 1, 10
        ),
        r"P_{\text{bottleneck}}": kit.integer(
            ("瓶颈块的权重，输入输出 $4C$ 个通道", "of a bottleneck, $4C$ channels outside"), 1, 10
        ),
        "C": kit.integer(("支路里的通道数", "channels inside the branch"), 1, 512),
    },
    equals={r"P_{\text{basic}}": basic_weights, r"P_{\text{bottleneck}}": bottleneck_weights},
)


def depth_of(k, n):
    """Layers with weights on the main path: k in each block, the first convolution, the last fc."""
    return k * np.sum(n) + 2


formula_depth = Formula(
    r"L = k \sum_{i=1}^{4} n_i + 2",
    {
        "L": kit.integer(("层数，网络名字里的数字", "layers, the number in the name"), 1, 200),
        "k": kit.integer(("每块的卷积层数", "convolutions in a block"), 2, 3),
        "n": kit.array(("各段的块数", "blocks in each stage"), (4,), 1, 40),
    },
    equals=depth_of,
)


# --------------------------------------------------------------------------- evidence

PUBLISHED = {  # parameters and GMACs ("GFLOPS") in torchvision's documentation
    18: (11_689_512, 1.814),
    34: (21_797_672, 3.664),
    50: (25_557_032, 4.089),
    101: (44_549_160, 7.801),
    152: (60_192_808, 11.514),
}


def check_published() -> Check:
    """Parameters of the five networks against those that torchvision documents."""
    found = [totals(trace(on_meta(torch_resnet, depth), (3, 224, 224)))[0] for depth in DEPTHS]
    return kit.compare(
        (
            "torchvision 文档公布的参数个数（ResNet-18、34、50、101、152）",
            "the parameters that torchvision documents (ResNet-18, 34, 50, 101, 152)",
        ),
        [(found, [PUBLISHED[depth][0] for depth in DEPTHS])],
        tolerance=0.0,
    )


def _drawn(rng, *sizes):
    """(kernels, statistics) of a convolution with these sizes (O, C, k, k)."""
    O = sizes[0]  # noqa: E741
    norm = [rng.normal(size=O), rng.uniform(0.5, 2, O), rng.normal(size=O), rng.normal(size=O)]
    return rng.normal(size=sizes) / np.sqrt(np.prod(sizes[1:])), norm


def check_block() -> Check:
    """The NumPy block against the PyTorch one, with the identity and with a projection."""
    import torch

    pairs = []
    for rng, (channels, width, stride) in zip(
        kit.seeds(4), ((4, 4, 1), (4, 8, 2), (3, 5, 1), (6, 6, 2)), strict=True
    ):
        x = rng.normal(size=(2, channels, 7, 8))
        parts = [_drawn(rng, width, channels, 3, 3), _drawn(rng, width, width, 3, 3)]
        names = ["1", "2"]
        theirs = torch_block(channels, width, stride).double().eval()
        projected = theirs.downsample is not None
        if projected:
            parts.append(_drawn(rng, width, channels, 1, 1))
        state = {}
        for name, (weights, (mean, var, gamma, beta)) in zip(
            [*((f"conv{n}", f"bn{n}") for n in names), ("downsample.0", "downsample.1")],
            parts,
            strict=False,
        ):
            state[f"{name[0]}.weight"] = weights
            keys = ("running_mean", "running_var", "weight", "bias")
            state |= {
                f"{name[1]}.{key}": v for key, v in zip(keys, (mean, var, gamma, beta), strict=True)
            }
        theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()}, strict=False)
        ours = basic_block(x, parts[:2], parts[2] if projected else None, stride)
        with torch.no_grad():
            pairs.append((ours, theirs(torch.tensor(x))))
    return kit.compare(
        ("PyTorch 的残差块（推理模式）", "the block in PyTorch (inference)"),
        pairs,
        tolerance=1e-11,
    )
