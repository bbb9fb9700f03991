"""Learning rates and weight scales that a network with batch norm bears, and effective rates."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.normalization import _bn_nets as nets
from snippets.normalization._batch_norm_why_landscape import BLOCKS
from snippets.normalization.batch_norm_why import effective_rate

RATES = (0.03, 0.1, 0.3, 1.0, 3.0)
SCALES = (0.1, 1.0, 10.0)
LAYERS, STEPS, BATCH, RATE = 4, 200, 32, 0.3


@cache
def swept(name: str) -> np.ndarray:
    """Test accuracy (rates, runs); nan logits count as the class they happen to give."""
    net = nets.Nets(nets.stack(BLOCKS[name], LAYERS), copies=len(RATES))
    nets.fit(net, RATES, batch=BATCH, steps=STEPS)
    return nets.measured(net)[1]


@cache
def _scaled(name: str, scale: float) -> Spread:
    """Test accuracy at RATE when the initial hidden weights are multiplied by scale."""
    if scale == 1:
        return Spread(swept(name)[RATES.index(RATE)])
    net = nets.Nets(nets.stack(BLOCKS[name], LAYERS), scale=scale)
    nets.fit(net, [RATE], batch=BATCH, steps=STEPS)
    return Spread(nets.measured(net)[1][0])


def figure_rates(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.9)
    data: dict[str, np.ndarray] = {"rates": np.array(RATES)}
    for name, colour, line, label in (
        ("none", kit.ORANGE, "--", tr("无 BN", "without BN")),
        ("bn", kit.BLUE, "-", tr("有 BN", "with BN")),
    ):
        accuracy = swept(name)
        axes.fill_between(
            RATES, accuracy.min(1), accuracy.max(1), color=colour, alpha=0.2, linewidth=0
        )
        axes.plot(RATES, accuracy.mean(1), marker="o", color=colour, linestyle=line, label=label)
        data[name] = accuracy
    axes.set_xscale("log")
    axes.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    axes.minorticks_off()
    axes.set_xlabel(tr("学习率", "learning rate"))
    axes.set_ylabel(tr("测试准确率", "test accuracy"))
    axes.set_ylim(0, 1)
    axes.legend(loc="lower center")
    return Figure(
        canvas,
        caption=tr(
            f"点阵数字，{LAYERS} 个隐藏层、每层 {nets.WIDTH} 个单元，SGD {STEPS} 步，"
            f"批大小 {BATCH}；{nets.RUNS} 次初始化的均值与范围。",
            f"Dot-matrix digits, {LAYERS} hidden layers of {nets.WIDTH} units, {STEPS} steps of "
            f"SGD, batch size {BATCH}; mean and range of {nets.RUNS} initialisations.",
        ),
        alt=tr(
            "两条曲线都先升后降，蓝线（有 BN）处处更高；"
            "到学习率 1 时橙线已明显下降，蓝线仍接近最高。",
            "Both curves rise and fall; the blue one (with BN) is higher throughout. At rate 1 the "
            "orange one has clearly fallen, the blue one is still near its top.",
        ),
        data=data,
    )


def table_scales(tr: Tr) -> Table:
    return Table(
        [
            tr("隐藏层的初始权重", "initial hidden weights"),
            Col(tr("无 BN", "without BN"), format=".3f"),
            Col(tr("有 BN", "with BN"), format=".3f"),
            Col(tr("开始时的有效学习率", "effective rate at first"), format=".2g"),
        ],
        [
            [
                tr.name(f"He × {scale:g}"),
                _scaled("none", scale),
                _scaled("bn", scale),
                float(effective(scale)[0]),
            ]
            for scale in SCALES
        ],
        caption=tr(
            f"学习率 {RATE:g} 时的测试准确率，其余设置同上图；末列见下一节",
            f"Test accuracy at rate {RATE:g}, other settings as in the figure; for the last column "
            "see the next section",
        ),
    )


def value_rates() -> dict[str, object]:
    at = RATES.index(1.0)
    return {
        "none_one": Spread(swept("none")[at]),
        "bn_one": Spread(swept("bn")[at]),
        "none_best": Spread(swept("none")[int(swept("none").mean(1).argmax())]),
        "bn_best": Spread(swept("bn")[int(swept("bn").mean(1).argmax())]),
        "small_none": _scaled("none", 0.1),
        "small_bn": _scaled("bn", 0.1),
        "large_none": _scaled("none", 10.0),
        "large_bn": _scaled("bn", 10.0),
    }


START = (0.1, 0.3, 1.0, 3.0)


@cache
def effective(scale: float) -> np.ndarray:
    """Effective rate of the second layer's units (steps + 1,), geometric mean over units, runs."""
    net = nets.Nets(nets.stack(BLOCKS["bn"], LAYERS), scale=scale)
    weight = net.parameters[4]  # after weight, bias, gamma and beta of the first block
    kept: list[float] = []

    def look(step: int) -> None:
        del step
        units = weight.detach().transpose(1, 2).flatten(0, 1).numpy()
        kept.append(float(np.exp(np.mean([np.log(effective_rate(RATE, w)) for w in units]))))

    look(-1)
    nets.fit(net, [RATE], batch=BATCH, steps=STEPS, after=look)
    return np.array(kept)


def figure_effective(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.9)
    data: dict[str, np.ndarray] = {}
    for scale, colour, line in zip(
        START, (kit.RED, kit.ORANGE, kit.GREEN, kit.BLUE), kit.LINES, strict=True
    ):
        values = effective(scale)
        axes.plot(values, color=colour, linestyle=line, label=f"He × {scale:g}")
        data[f"{scale:g}"] = values
    axes.set_yscale("log")
    axes.set_xlabel(tr("训练步数", "training step"))
    axes.set_ylabel(tr("有效学习率", "effective learning rate"))
    axes.legend(loc="upper right", ncols=2)
    for label in axes.get_legend().get_texts():
        tr.name(label.get_text())
    return Figure(
        canvas,
        caption=tr(
            f"学习率固定为 {RATE:g}，第二层各单元的有效学习率（几何平均，"
            f"{nets.RUNS} 次初始化），初始权重缩放四种。"
            "权重越小，起初有效学习率越大，但很快降下来。",
            f"At a constant rate of {RATE:g}: effective rate of the second layer's units "
            f"(geometric mean, {nets.RUNS} initialisations) for four scales of the initial "
            "weights. Smaller weights start with larger effective rates, which fall quickly.",
        ),
        alt=tr(
            "对数纵轴，四条曲线的起点相差近千倍。最上面一条几步之内陡降，"
            "与下面两条靠近；最下面一条几乎水平。",
            "Logarithmic axis; four curves start nearly a thousandfold apart. The top one drops "
            "within a few steps towards the two below it, the bottom one is almost level.",
        ),
        data=data,
    )


def value_effective() -> dict[str, float]:
    first = [effective(scale)[0] for scale in START]
    last = [effective(scale)[-1] for scale in START]
    return {
        "start_ratio": float(first[0] / first[2]),
        "end_ratio": float(last[0] / last[2]),
        "top_start": float(first[0]),
        "top_end": float(last[0]),
        "large_start": float(first[3]),
        "large_end": float(last[3]),
    }
