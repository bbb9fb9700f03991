"""The family in pictures and numbers: its curves, its floors, the slopes left of 0."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.relu import relu
from snippets.activations.relu_variants import (
    celu,
    celu_grad,
    elu,
    elu_grad,
    leaky_relu,
    leaky_relu_grad,
    prelu,
    prelu_grad,
    rrelu,
    rrelu_grad,
    selu,
    selu_grad,
    softplus,
    softplus_grad,
)
from snippets.kit import Col, Figure, Table, Tr

POINTS = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])


def figure_family(tr: Tr) -> Figure:
    x = np.linspace(-4, 1.5, 551)
    left = x[x <= 0]
    curves = {
        "relu": relu(x),
        "leaky": leaky_relu(x),
        "prelu": prelu(x),
        "elu": elu(x),
        "elu2": elu(x, 2.0),
        "celu2": celu(x, 2.0),
        "selu": selu(x),
        "softplus": softplus(x),
    }
    canvas, (straight, curved) = kit.canvas(1, 2, height=3.1, sharey=True)
    for axes in (straight, curved):
        kit.zero_lines(axes)
        axes.set_xlabel("x")
    straight.fill_between(left, left / 8, left / 3, color=kit.GREEN, alpha=0.25, linewidth=0)
    straight.plot([], [], color=kit.GREEN, alpha=0.4, linewidth=6, label=tr.name("RReLU"))
    straight.plot(x, curves["prelu"], color=kit.ORANGE, label=tr.name("PReLU, a = 0.25"))
    straight.plot(x, curves["leaky"], "-.", color=kit.BLUE, label=tr.name("Leaky, a = 0.01"))
    straight.plot(x, curves["relu"], "--", color=kit.INK, linewidth=1, label=tr.name("ReLU"))
    straight.set_title(tr("负侧是直线", "Straight on the left"))
    for key, colour, style, label in (
        ("softplus", kit.TEAL, "-", "softplus"),
        ("elu", kit.BLUE, "-.", "ELU, α = 1"),
        ("selu", kit.PURPLE, ":", "SELU"),
        ("elu2", kit.ORANGE, "-", "ELU, α = 2"),
        ("celu2", kit.GREEN, "--", "CELU, α = 2"),
    ):
        curved.plot(x, curves[key], style, color=colour, label=tr.name(label))
    curved.set_title(tr("负侧是曲线", "Curved on the left"))
    for axes in (straight, curved):
        axes.set_ylim(-2.15, 2.9)
        axes.legend(loc="upper left", fontsize=7.5)
    return Figure(
        canvas,
        caption=tr(
            "正侧都接近 ReLU，差别在负侧：左图给一个小斜率，右图弯向一个下限。"
            "α = 2 时 ELU 在 0 处有折角，CELU 没有。",
            "All are close to ReLU on the positive side and differ on the negative one: a small "
            "slope (left) or a bend towards a floor (right). With α = 2 ELU has a kink at 0, "
            "CELU has none.",
        ),
        alt=tr(
            "左图：ReLU 的负侧为零，Leaky ReLU 几乎贴着它，PReLU 是斜线，RReLU 是一条楔形的带。"
            "右图：ELU 趋于 −1，SELU 更低，α = 2 的 ELU 与 CELU 趋于 −2，softplus 处处为正。",
            "Left: ReLU is zero on the negative side, Leaky ReLU hardly differs, PReLU is an "
            "oblique line and RReLU a wedge. Right: ELU tends to −1, SELU lower, ELU and CELU with "
            "α = 2 to −2, softplus is positive everywhere.",
        ),
        data={"x": x, **curves},
    )


def _members():
    """(name, function, slope just left of 0, PyTorch with its defaults)."""
    return [
        ("ReLU", relu, 0.0, "nn.ReLU()"),
        ("Leaky ReLU", leaky_relu, leaky_relu_grad(0.0), "nn.LeakyReLU(0.01)"),
        ("PReLU", prelu, prelu_grad(0.0), "nn.PReLU(1, init=0.25)"),
        ("RReLU", rrelu, rrelu_grad(0.0), "nn.RReLU(1/8, 1/3)"),
        ("ELU", elu, elu_grad(0.0), "nn.ELU(1.0)"),
        ("CELU", celu, celu_grad(0.0), "nn.CELU(1.0)"),
        ("SELU", selu, selu_grad(0.0), "nn.SELU()"),
        ("softplus", softplus, softplus_grad(0.0), "nn.Softplus(1.0, 20.0)"),
    ]


def table_family(tr: Tr) -> Table:
    kinds = {
        "ReLU": tr("无", "none"),
        "Leaky ReLU": tr("固定", "fixed"),
        "PReLU": tr("学习", "learned"),
        "RReLU": tr("随机", "random"),
        "ELU": tr("固定", "fixed"),
        "CELU": tr("固定", "fixed"),
        "SELU": tr("常数", "constants"),
        "softplus": tr("固定", "fixed"),
    }
    with np.errstate(invalid="ignore"):
        rows = [
            [
                f"**{tr.name(name)}**",
                kinds[name],
                float(f(-2.0)),
                _limit(f),
                float(slope),
                f"`{spelling}`",
            ]
            for name, f, slope, spelling in _members()
        ]
    return Table(
        [
            tr("函数", "function"),
            tr("参数", "parameter"),
            Col("f(−2)", format=".4g"),
            tr("下限", "floor"),
            Col(tr("0 左侧的斜率", "slope left of 0"), format=".4g"),
            tr("PyTorch 的默认值", "defaults in PyTorch"),
        ],
        rows,
        caption=tr(
            "ReLU 家族，取 PyTorch 的默认参数（RReLU 为推理时）",
            "The ReLU family with PyTorch's default parameters (RReLU in evaluation)",
        ),
    )


def _limit(f) -> str:
    """The value at minus infinity as text: −∞, or the floor."""
    low = float(f(np.array(-np.inf)))
    return "−∞" if np.isinf(low) else f"{low + 0.0:.4g}".replace("-", "−")


def table_points(tr: Tr) -> Table:
    functions = (
        ("Leaky ReLU", leaky_relu),
        ("PReLU", prelu),
        ("ELU", elu),
        ("SELU", selu),
        ("softplus", softplus),
    )
    return Table(
        ["x", *(Col(f"{x:g}".replace("-", "−"), format=".4f") for x in POINTS)],
        [[tr.name(name), *f(POINTS)] for name, f in functions],
        caption=tr(
            "逐点代入（PyTorch 的默认参数）", "Point by point (PyTorch's default parameters)"
        ),
    )
