"""Parameters, multiply-adds and FLOPs of a layer and of a network: formulas equal to counts."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def conv_parameters(C, K, O, groups=1, bias=True, norm=False):  # noqa: E741
    """Parameters of a K×K convolution, C channels in and O out, with batch normalisation or not.

    Weights are (O, C / groups, K, K), a bias (O,), scale and shift of the normalisation (O,) each.
    ValueError: groups that do not divide C and O.
    """
    if C % groups or O % groups:
        raise ValueError(f"{groups} groups do not divide {C} and {O} channels")
    return C // groups * K**2 * O + bias * O + norm * 2 * O


def linear_parameters(n, m, bias=True):
    """Parameters of a dense layer with n inputs and m outputs."""
    return n * m + bias * m


def conv_macs(C, K, O, H, W, B=1, groups=1):  # noqa: E741
    """Multiply-adds of a convolution with outputs (B, O, H, W).

    ValueError: groups that do not divide C and O.
    """
    if C % groups or O % groups:
        raise ValueError(f"{groups} groups do not divide {C} and {O} channels")
    return B * O * H * W * (C // groups) * K**2


def conv_flops(C, K, O, H, W, B=1, groups=1, bias=False):  # noqa: E741
    """Multiplications and additions, counted one by one: n products need n - 1 additions."""
    return 2 * conv_macs(C, K, O, H, W, B, groups) + B * O * H * W * (bias - 1)


def conv_by_loops(x, w):
    """A convolution with its operations counted: (output, multiplications, additions).

    x (C, H, W), w (O, C, K, K); stride 1, no padding, no bias.
    """
    O, C, K, _ = w.shape  # noqa: E741
    rows, cols = x.shape[1] - K + 1, x.shape[2] - K + 1
    y, products, sums = np.zeros((O, rows, cols)), 0, 0
    for o, i, j in np.ndindex(*y.shape):
        terms = [
            w[o, c, a, b] * x[c, i + a, j + b] for c in range(C) for a in range(K) for b in range(K)
        ]
        products += len(terms)
        total = terms[0]
        for term in terms[1:]:
            total += term
            sums += 1
        y[o, i, j] = total
    return y, products, sums


def torch_parameters(model):
    """(parameters, buffers): numbers that are learned, and numbers that are kept beside them."""
    return sum(p.numel() for p in model.parameters()), sum(b.numel() for b in model.buffers())


def torch_costs(model, x):
    """Of each layer with weights: {name: (output shape, parameters, multiply-adds)}, by hooks.

    A layer that is called several times counts each time.  Model and x may be on the "meta"
    device: shapes are then computed, and nothing else is.
    """
    from torch import nn

    found, hooks = {}, []
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):

            def count(layer, inputs, output, name=name):
                # each weight meets each position: of the output, or of the input if transposed
                positions = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
                channels = -1 if isinstance(layer, nn.Linear) else 1
                uses = positions.numel() // positions.shape[channels]
                parameters = sum(p.numel() for p in layer.parameters())
                macs = uses * layer.weight.numel() + found.get(name, (0, 0, 0))[2]
                found[name] = tuple(output.shape), parameters, macs

            hooks.append(module.register_forward_hook(count))
    try:
        model(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def torch_flops(model, x):
    """The count of PyTorch's own counter: two for each multiply-add, none for anything else."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(x)
    return counter.get_total_flops()


# --------------------------------------------------------------------------- formulas


def _count(zh: str, en: str, high: int, low: int = 1) -> kit.Symbol:
    return kit.integer((zh, en), low, high)


_C = _count("每组的输入通道数（C 除以组数）", "input channels a group (C over the groups)", 64)
_K = _count("卷积核边长", "side of the kernel", 7)
_O = _count("输出通道数", "output channels", 64)
_PLACES = {
    "B": _count("批大小", "batch size", 8),
    "H": _count("输出的高", "height of the output", 32),
    "W": _count("输出的宽", "width of the output", 32),
}

formula_parameters = Formula(
    r"P = c\,K^2\,O + O",
    {"c": _C, "K": _K, "O": _O},
    equals=lambda c, K, O: conv_parameters(c, K, O),  # noqa: E741
)

formula_normed = Formula(
    r"P_{\text{BN}} = c\,K^2\,O + 2\,O",
    {"c": _C, "K": _K, "O": _O},
    equals=lambda c, K, O: conv_parameters(c, K, O, bias=False, norm=True),  # noqa: E741
)

formula_macs = Formula(
    r"\text{MACs} = B\,O\,H\,W \cdot c\,K^2",
    {"c": _C, "K": _K, "O": _O, **_PLACES},
    equals=lambda c, K, O, H, W, B: conv_macs(c, K, O, H, W, B),  # noqa: E741
)

formula_flops = Formula(
    r"\text{FLOPs} = B\,O\,H\,W \left(2\,c\,K^2 - 1\right)",
    {"c": _C, "K": _K, "O": _O, **_PLACES},
    equals=lambda c, K, O, H, W, B: conv_flops(c, K, O, H, W, B),  # noqa: E741
)

formula_linear = Formula(
    r"P = n\,m + m",
    {"n": _count("输入维数", "inputs", 512), "m": _count("输出维数", "outputs", 512)},
    equals=linear_parameters,
)

# --------------------------------------------------------------------------- evidence

SETTINGS = [
    # input channels, kernel, output channels, groups, stride, padding, height, width
    (3, 3, 64, 1, 1, 1, 32, 32),
    (3, 11, 64, 1, 4, 2, 64, 48),
    (8, 1, 16, 1, 1, 0, 9, 7),
    (8, 3, 8, 8, 1, 1, 12, 12),
    (12, 5, 6, 3, 2, 1, 15, 20),
    (4, 2, 10, 2, 2, 0, 10, 10),
]


def check_parameters() -> Check:
    from torch import nn

    pairs = []
    for C, K, O, groups, *_ in SETTINGS:  # noqa: E741
        for bias in (True, False):
            for norm in (True, False):
                layers = [nn.Conv2d(C, O, K, groups=groups, bias=bias, device="meta")]
                layers += [nn.BatchNorm2d(O, device="meta")] if norm else []
                theirs = torch_parameters(nn.Sequential(*layers))[0]
                pairs.append((conv_parameters(C, K, O, groups, bias, norm), theirs))
    for n, m in ((10, 7), (25088, 4096)):
        pairs.append((linear_parameters(n, m), torch_parameters(nn.Linear(n, m, device="meta"))[0]))
    return kit.compare(
        ("`named_parameters()` 数出的个数", "the numbers in `named_parameters()`"),
        pairs,
        tolerance=0.0,
    )


def check_flops() -> Check:
    """Twice the multiply-adds, and the exact count with a bias, against PyTorch's counter."""
    import torch
    from torch import nn

    pairs = []
    for C, K, O, groups, stride, padding, height, width in SETTINGS:  # noqa: E741
        layer = nn.Conv2d(C, O, K, stride, padding, groups=groups, device="meta")
        x = torch.empty(2, C, height, width, device="meta")
        _, _, H, W = layer(x).shape
        theirs = torch_flops(layer, x)
        pairs.append((2 * conv_macs(C, K, O, H, W, 2, groups), theirs))
        pairs.append((conv_flops(C, K, O, H, W, 2, groups, bias=True), theirs))
    return kit.compare("`torch.utils.flop_counter`", pairs, tolerance=0.0)
