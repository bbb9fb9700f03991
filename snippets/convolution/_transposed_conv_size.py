"""The size of the output: its formula, counted over many settings, and a generator's sizes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

from snippets import kit
from snippets.convolution.transposed_conv import conv_transpose2d, transposed_size
from snippets.kit import Formula, Table, Tr


def _side(n, k, s, p, d, p_out) -> int:
    """The side of an output that was computed, not the formula's."""
    import numpy as np

    x, w = np.zeros((1, 1, int(n), 1)), np.zeros((1, 1, int(k), 1))
    full = conv_transpose2d(x, w, 0.0, int(s), 0, int(p_out), int(d))
    return full.shape[2] - 2 * int(p)


def _conv_side(n, k, s, p, d) -> int:
    return (int(n) + 2 * int(p) - int(d) * (int(k) - 1) - 1) // int(s) + 1


_N = kit.integer(("输入的边长", "side of the input"), 3, 8)
_K = kit.integer(("核的边长", "side of the kernel"), 1, 5)
_S = kit.integer(("步幅", "stride"), 2, 4)
_P = kit.integer(("填充：四周裁掉的圈数", "padding: rings cropped from the result"), 0, 2)
_D = kit.integer(("空洞率", "dilation"), 1, 3)

formula_size = Formula(
    r"n_\text{out} = (n - 1)\,s - 2p + d\,(k - 1) + p_\text{out} + 1",
    {
        "n": _N,
        "s": _S,
        "p": _P,
        "d": _D,
        "k": _K,
        r"p_\text{out}": kit.integer(
            ("output_padding：末端少裁的格数", "output_padding: cells cropped less at the end"),
            0,
            1,
        ),
    },
    equals=lambda n, k, s, p, d, p_out: _side(n, k, s, p, d, p_out),
)

formula_restore = Formula(
    r"\begin{aligned} m &= \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1 \\"
    r" p_\text{out} &= n + 2p - d\,(k - 1) - 1 - s\,(m - 1) \end{aligned}",
    {
        "n": kit.integer(("卷积输入的边长", "side of the convolution's input"), 13, 20),
        "s": _S,
        "p": _P,
        "d": _D,
        "k": _K,
    },
    equals={
        "m": lambda n, k, s, p, d: _conv_side(n, k, s, p, d),
        r"p_\text{out}": lambda n, k, s, p, d: (
            n - transposed_size(_conv_side(n, k, s, p, d), int(k), int(s), int(p), 0, int(d))
        ),
    },
)


def _settings() -> Iterator[tuple[int, int, int, int, int, int]]:
    """(n, k, s, p, d, p_out) of every setting that PyTorch accepts in these ranges."""
    for n, k, s, p, d in product(range(1, 8), range(1, 6), range(1, 4), range(3), range(1, 4)):
        for p_out in range(max(s, d)):
            if transposed_size(n, k, s, p, p_out, d) > 0:
                yield n, k, s, p, d, p_out


@cache
def _misses() -> dict[str, int]:
    """How often each formula gives another size than PyTorch."""
    import torch
    import torch.nn.functional as F

    found = {"settings": 0, "full": 0, "no_output_padding": 0, "no_dilation": 0, "short": 0}
    for n, k, s, p, d, p_out in _settings():
        y = F.conv_transpose1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), None, s, p, p_out, 1, d)
        size = y.shape[-1]
        found["settings"] += 1
        found["full"] += size != transposed_size(n, k, s, p, p_out, d)
        found["no_output_padding"] += size != (n - 1) * s - 2 * p + d * (k - 1) + 1
        found["no_dilation"] += size != (n - 1) * s - 2 * p + k + p_out
        found["short"] += size != (n - 1) * s + k
    return found


def table_formulas(tr: Tr) -> Table:
    found = _misses()
    rows = [
        (r"$(n-1)s - 2p + d(k-1) + p_\text{out} + 1$", "full"),
        ("$(n-1)s - 2p + d(k-1) + 1$", "no_output_padding"),
        (r"$(n-1)s - 2p + k + p_\text{out}$", "no_dilation"),
        ("$(n-1)s + k$", "short"),
    ]
    return Table(
        [tr("公式", "formula"), tr("与 PyTorch 不符", "wrong against PyTorch")],
        [[text, f"{found[name]:,d}"] for text, name in rows],
        caption=tr(
            f"{found['settings']:,d} 种设置：$n$ 1–7、$k$ 1–5、$s$ 1–3、$p$ 0–2、$d$ 1–3，"
            "以及 PyTorch 允许的全部 output_padding",
            f"{found['settings']:,d} settings: $n$ 1–7, $k$ 1–5, $s$ 1–3, $p$ 0–2, $d$ 1–3 and "
            "every output_padding that PyTorch allows",
        ),
    )


def value_formulas() -> dict[str, int]:
    return _misses()


LAYERS = [(4, 1, 0), (4, 2, 1), (4, 2, 1), (4, 2, 1), (4, 2, 1)]  # kernel, stride, padding


def _sizes() -> list[int]:
    sizes = [1]
    for k, s, p in LAYERS:
        sizes.append(transposed_size(sizes[-1], k, s, p))
    return sizes


def table_dcgan(tr: Tr) -> Table:
    sizes = _sizes()
    return Table(
        [
            tr("层", "layer"),
            "$k$",
            "$s$",
            "$p$",
            tr("输入边长", "side in"),
            tr("算式", "working"),
            tr("输出边长", "side out"),
        ],
        [
            [
                str(i + 1),
                str(k),
                str(s),
                str(p),
                str(sizes[i]),
                f"({sizes[i]} − 1)·{s} − 2·{p} + {k}",
                str(sizes[i + 1]),
            ]
            for i, (k, s, p) in enumerate(LAYERS)
        ],
        caption=tr(
            "PyTorch 教程里的 DCGAN 生成器：五层 `ConvTranspose2d`",
            "The DCGAN generator of PyTorch's tutorial: five layers of `ConvTranspose2d`",
        ),
    )


def value_dcgan() -> dict[str, int]:
    return {"side": _sizes()[-1]}


def value_restore() -> dict[str, int]:
    """Sides that a 3×3 convolution of stride 2 and padding 1 maps to the same output."""
    return {
        "odd": 7,
        "even": 8,
        "both": _conv_side(7, 3, 2, 1, 1),
        "same": int(_conv_side(7, 3, 2, 1, 1) == _conv_side(8, 3, 2, 1, 1)),
        "without": transposed_size(4, 3, 2, 1, 0),
        "with": transposed_size(4, 3, 2, 1, 1),
    }
