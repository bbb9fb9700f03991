"""Which inputs an output depends on, by how much, and over how many steps."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.foundations.network_families import causal_conv
from snippets.kit import Figure, Table, Tr

TIME, WIDTH = 12, 16


@cache
def jacobians() -> dict[str, np.ndarray]:
    """|dy_t / dx_s| of four untrained networks (TIME, TIME), from sequences to sequences."""
    import torch
    from torch import nn

    def convolution(x):
        for layer in convs:
            x = torch.tanh(layer(nn.functional.pad(x, (2, 0))))
        return x

    def recurrent(layer):
        return lambda x: layer(x.T[:, None])[0][:, 0].T

    with torch.random.fork_rng():
        torch.manual_seed(0)
        dense = nn.Sequential(nn.Linear(TIME, WIDTH), nn.Tanh(), nn.Linear(WIDTH, TIME))
        convs = [nn.Conv1d(1, WIDTH, 3), nn.Conv1d(WIDTH, 1, 3)]
        networks = {
            "MLP": lambda x: dense(x),
            "CNN": convolution,
            "RNN": recurrent(nn.RNN(1, WIDTH)),
            "LSTM": recurrent(nn.LSTM(1, WIDTH)),
        }
        x = torch.randn(1, TIME)
        return {
            name: torch.autograd.functional.jacobian(lambda x, f=f: f(x).sum(0), x)
            .reshape(TIME, TIME)
            .abs()
            .numpy()
            for name, f in networks.items()
        }


def figure_reach(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 4, height=1.95, sharex=True, sharey=True)
    data = jacobians()
    for axes, (name, size) in zip(panels, data.items(), strict=True):
        shown = size / size.max()
        t, s = np.nonzero(size)
        area = np.clip(4 + np.log10(shown[t, s]), 0.25, None) ** 2
        axes.scatter(s + 1, t + 1, s=1.15 * area, color=kit.BLUE, linewidths=0)
        axes.set_title(tr.name(name))
        axes.set_xlim(0, TIME + 1)
        axes.set_ylim(TIME + 1, 0)
        axes.set_aspect("equal")
        axes.set_xticks([1, 6, 12])
        axes.set_yticks([1, 6, 12])
        axes.grid(visible=False)
        axes.set_xlabel(tr("输入位置", "input at"))
    panels[0].set_ylabel(tr("输出位置", "output at"))
    return Figure(
        canvas,
        caption=tr(
            "输出（行）对输入（列）的偏导数，未训练的网络；点越大越大（对数），空白恰为 0。"
            "MLP 全连；两层因果卷积只看最近五个；RNN 与 LSTM 看得到全部过去，但越远越弱。",
            "Partial derivatives of the outputs (rows) by the inputs (columns), untrained "
            "networks; the larger the dot the larger (log), blank is exactly 0. The MLP sees "
            "everything; two causal convolutions see the last five; RNN and LSTM see the whole "
            "past, ever more weakly.",
        ),
        alt=tr(
            "四个点阵：MLP 填满；CNN 是沿对角线的一条带；"
            "RNN 与 LSTM 是下三角，离对角线越远点越小。",
            "Four grids of dots: MLP full; CNN a band along the diagonal; RNN and LSTM a lower "
            "triangle whose dots shrink away from the diagonal.",
        ),
        data=data,
    )


LENGTH = 64


def steps_between(kind: str, length: int = LENGTH) -> int:
    """Layers (or time steps) until the last position depends on the first, by following edges."""
    reached, steps = np.zeros(length, dtype=bool), 0
    reached[0] = True
    while not reached[-1]:
        if kind == "dense":
            reached = np.full(length, reached.any())
        elif kind == "recurrent":
            reached = reached | np.roll(reached, 1)
            reached[0] = True
        else:
            dilation = 2**steps if kind == "dilated" else 1
            reached = causal_conv(reached.astype(float), np.ones(3), dilation) > 0
        steps += 1
    return steps


def value_steps() -> dict[str, int]:
    kinds = ("dense", "recurrent", "conv", "dilated")
    return {kind: steps_between(kind) for kind in kinds} | {"length": LENGTH}


def table_families(tr: Tr) -> Table:
    steps = value_steps()
    passes = tr(f"{steps['recurrent']} 步", f"{steps['recurrent']} steps")
    return Table(
        [
            tr("性质", "property"),
            tr.name("MLP"),
            tr.name("CNN"),
            tr.name("RNN"),
            tr.name("LSTM"),
        ],
        [
            [
                tr("连接", "connectivity"),
                tr("全部到全部", "all to all"),
                tr("局部窗口", "a local window"),
                tr("本步输入与上步状态", "this input, the last state"),
                tr("同左，另有带门的记忆", "the same and a gated memory"),
            ],
            [
                tr("权重共享", "weights shared"),
                tr("不共享", "no"),
                tr("沿空间或时间", "along space or time"),
                tr("沿时间", "along time"),
                tr("沿时间", "along time"),
            ],
            [
                tr("一层的参数", "parameters of a layer"),
                "$n m + m$",
                "$C K^2 O + O$",
                "$h(d + h) + h$",
                "$4(h(d + h) + h)$",
            ],
            [
                tr(f"从第 1 个到第 {LENGTH} 个位置", f"from position 1 to {LENGTH}"),
                tr(f"{steps['dense']} 层", f"{steps['dense']} layer"),
                tr(
                    f"{steps['conv']} 层；空洞率翻倍 {steps['dilated']} 层",
                    f"{steps['conv']} layers; {steps['dilated']} with doubling dilations",
                ),
                passes,
                passes,
            ],
            [
                tr("各时刻并行", "parallel over time"),
                tr("没有时间轴", "no time axis"),
                tr("可以", "yes"),
                tr("不行", "no"),
                tr("不行", "no"),
            ],
            [
                tr("典型数据", "typical data"),
                tr("定长特征、表格", "fixed features, tables"),
                tr("图像、音频", "images, audio"),
                tr("短序列、数据流", "short sequences, streams"),
                tr("较长的序列", "longer sequences"),
            ],
        ],
        caption=tr(
            f"四类网络的比较。路径长度（从第 1 个到第 {LENGTH} 个位置要经过几层或几步；"
            "卷积每层三个抽头）沿连接数出",
            "The four families compared. The path from the first position to the last is counted "
            "along the connections (convolutions with three taps)",
        ),
    )


# --------------------------------------------------------------------------- claims


def value_delay() -> dict[str, object]:
    """Learn y_t = x_(t-3) by least squares with causal convolutions of four taps and of three."""
    x = np.random.default_rng(0).normal(size=500)
    y = np.concatenate([np.zeros(3), x[:-3]])
    found = {}
    for taps in (3, 4):
        columns = np.stack([causal_conv(x, unit) for unit in np.eye(taps)], axis=1)
        w = np.linalg.lstsq(columns, y, rcond=None)[0]
        found[taps] = (w, float(np.mean((causal_conv(x, w) - y) ** 2) / y.var()))
    weights = np.abs(found[4][0].round(12))
    return {
        "taps": {str(i): float(w) for i, w in enumerate(weights)},
        "four": found[4][1],
        "three": found[3][1],
        "length": len(x),
    }


def value_convolutional() -> dict[str, object]:
    """A dense head on a 7x7 map of 3 channels, as a convolution: the same numbers, then a map."""
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(0)
    weight, bias = torch.tensor(rng.normal(size=(5, 3 * 7 * 7))), torch.tensor(rng.normal(size=5))
    small = torch.tensor(rng.normal(size=(1, 3, 7, 7)))
    dense = F.linear(small.flatten(1), weight, bias)
    kernel = weight.view(5, 3, 7, 7)
    large = F.conv2d(torch.tensor(rng.normal(size=(1, 3, 12, 12))), kernel, bias)
    return {
        "apart": (F.conv2d(small, kernel, bias).flatten(1) - dense).abs().max().item(),
        "side": large.shape[-1],
    }
