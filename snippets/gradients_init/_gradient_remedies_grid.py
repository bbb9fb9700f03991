"""One net of fifty layers, broken in three ways, and what each remedy makes of its gradient."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr

DEPTH, WIDTH, BATCH, RUNS, GATE = 50, 64, 64, 5, -2.0
NETS = {
    # activation, gain: the weights have standard deviation gain / √WIDTH
    "sigmoid": ("sigmoid", 1.0),
    "small": ("relu", 0.5 * 2**0.5),
    "large": ("relu", 2 * 2**0.5),
}
NET_NAMES = {
    "sigmoid": ("sigmoid，1/√n", "sigmoid, 1/√n"),
    "small": ("ReLU，½ He", "ReLU, ½ He"),
    "large": ("ReLU，2 He", "ReLU, 2 He"),
}
STEPS, FEWER, RATE = 15, 7, 0.02  # of the greedy pre-training of each layer


def gradient_norms(net: str, remedy: str, rng: np.random.Generator) -> np.ndarray:
    """‖∂L/∂z‖ of each layer, first layer first, by autograd in float64; L is random linear."""
    import torch
    import torch.nn.functional as F

    name, gain = NETS[net]
    if remedy == "relu":
        name = "relu"
    if remedy == "init":
        gain = 4.0 if name == "sigmoid" else 2**0.5
    phi = getattr(torch, name)
    h, kept = torch.tensor(rng.normal(size=(BATCH, WIDTH))), []
    for _ in range(DEPTH):
        weight = torch.tensor(rng.normal(0.0, gain / WIDTH**0.5, (WIDTH, WIDTH)))
        if remedy in ("pretrain", "pretrain_fewer"):
            steps = STEPS if remedy == "pretrain" else FEWER
            weight = _autoencoder(weight, h.detach(), phi, steps)
        z = h @ weight.T
        if remedy == "batch":
            z = F.batch_norm(z, None, None, training=True)
        elif remedy in ("layer", "both"):
            z = F.layer_norm(z, (WIDTH,))
        kept.append(z.requires_grad_())
        if remedy in ("skip", "both"):
            h = h + phi(z)
        elif remedy == "gate":
            gate = torch.tensor(rng.normal(0.0, WIDTH**-0.5, (WIDTH, WIDTH)))
            share = torch.sigmoid(h @ gate.T + GATE)
            h = share * phi(z) + (1 - share) * h
        else:
            h = phi(z)
    loss = (h * torch.tensor(rng.normal(size=(BATCH, WIDTH)))).sum()
    return np.array([g.norm().item() for g in torch.autograd.grad(loss, kept)])


def _autoencoder(weight, x, phi, steps: int):
    """Greedy pre-training of a layer: W so that φ(x Wᵀ) W is close to x, by steps of Adam."""
    import torch

    weight = weight.clone().requires_grad_()
    optimiser = torch.optim.Adam([weight], RATE, eps=1e-30)
    size = x.square().mean().sqrt()
    for _ in range(steps):
        optimiser.zero_grad()
        (((phi(x @ weight.T) @ weight - x) / size) ** 2).mean().backward()
        optimiser.step()
    return weight.detach()


@cache
def norms(net: str, remedy: str) -> np.ndarray:
    return np.array([gradient_norms(net, remedy, rng) for rng in kit.seeds(RUNS)])


def _ratio(net: str, remedy: str = "none") -> Spread:
    found = norms(net, remedy)
    return Spread(found[:, 0] / found[:, -1])


REMEDIES = {
    "none": (("无", "none"), ("", "")),
    "init": (
        ("合适的初始化", "weights that fit"),
        ("只在开始时有效；各激活不同", "only the start; differs by activation"),
    ),
    "relu": (
        ("换成 ReLU", "ReLU instead"),
        ("可能死亡；仍要 He", "may die; still needs He"),
    ),
    "skip": (
        ("残差连接", "residual connections"),
        ("各块相加，不缩放会爆炸", "branches add up; may explode unscaled"),
    ),
    "batch": (
        ("批归一化", "batch normalisation"),
        ("自身每层约放大 1.2；依赖批", "itself adds some 1.2 a layer; needs batches"),
    ),
    "layer": (
        ("层归一化", "layer normalisation"),
        ("多一次归约；不补导数", "a reduction more; no help for slopes"),
    ),
    "both": (
        ("残差 + 层归一化", "residual + layer norm"),
        ("多占内存与计算", "more memory and work"),
    ),
    "gate": (
        ("门控（偏置 −2）", "gating (bias −2)"),
        ("参数加倍；门会饱和", "twice the parameters; gates saturate"),
    ),
    "pretrain": (
        ("逐层预训练", "layer-wise pre-training"),
        ("另一轮训练；结果看步数", "a training of its own; hangs on its steps"),
    ),
    "clip": (
        ("梯度裁剪", "gradient clipping"),
        ("比例不变，只限步长", "ratio as before, only the step is bounded"),
    ),
    "rate": (
        ("降低学习率", "lower learning rate"),
        ("比例不变；学得慢", "ratio as before; slower"),
    ),
}


def table_remedies(tr: Tr) -> Table:
    def cells(remedy: str) -> list[float | None]:
        if remedy in ("clip", "rate"):  # one factor for all layers: the ratio of none
            return [_ratio(net).mean for net in NETS]
        # the ReLU nets have ReLU already
        return [
            None if remedy == "relu" and net != "sigmoid" else _ratio(net, remedy).mean
            for net in NETS
        ]

    return Table(
        [
            tr("对策", "remedy"),
            *(Col(tr.pair(NET_NAMES[net]), format=".1e") for net in NETS),
            tr("代价", "side effect"),
        ],
        [
            [tr.pair(name), *cells(remedy), tr.pair(cost) if cost[0] else ""]
            for remedy, (name, cost) in REMEDIES.items()
        ],
        caption=tr(
            f"{DEPTH} 层、每层 {WIDTH} 个单元，∂L/∂z 的范数，首层 / 末层，"
            f"{RUNS} 次初始化的均值（批大小 {BATCH}）。前两列的网络本来消失，第三列的本来爆炸；"
            "合适的初始化指 He，sigmoid 取 4/√n；归一化放在激活之前；空白：本来就是 ReLU。",
            f"{DEPTH} layers of {WIDTH} units, norm of ∂L/∂z, first / last layer, mean of {RUNS} "
            f"initialisations (batch size {BATCH}). The first two nets vanish by themselves, the "
            "third explodes. Weights that fit: He, and 4/√n for sigmoid; normalisation before the "
            "activation; blank: is ReLU already.",
        ),
    )


def value_remedies() -> dict[str, object]:
    found: dict[str, object] = {
        "layers": DEPTH,
        "steps": STEPS,
        "fewer": FEWER,
        "rate": RATE,
        "relu": _ratio("sigmoid", "relu"),
        "large_pretrain_fewer": _ratio("large", "pretrain_fewer"),
    }
    for net in NETS:
        for remedy in ("none", "init", "skip", "batch", "layer", "both", "gate", "pretrain"):
            found[f"{net}_{remedy}"] = _ratio(net, remedy)
    return found


LINES = (
    ("none", kit.RED, "-"),
    ("init", kit.ORANGE, (0, (6, 2))),
    ("skip", kit.GREEN, "-."),
    ("batch", kit.PURPLE, ":"),
    ("both", kit.BLUE, (0, (8, 2, 1, 2, 1, 2))),
)


def figure_layers(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=3.4, sharey=True)
    layers, data = np.arange(1, DEPTH + 1), {}
    for axes, net in zip(panels, ("sigmoid", "large"), strict=True):
        for remedy, colour, line in LINES:
            share = norms(net, remedy) / norms(net, remedy)[:, -1:]
            axes.plot(
                layers, np.exp(np.log(share).mean(axis=0)), color=colour, linestyle=line,
                label=tr.pair(REMEDIES[remedy][0]),
            )  # fmt: skip
            data[f"{net} {remedy}"] = share
        axes.set_yscale("log")
        axes.set_ylim(1e-33, 1e20)
        axes.set_xlim(51, 0)
        axes.set_xticks([50, 40, 30, 20, 10, 1])
        axes.set_title(tr.pair(NET_NAMES[net]), fontsize=9.5)
        axes.set_xlabel(tr("层（反向从左到右）", "layer (backward, left to right)"))
    panels[0].set_ylabel(tr("∂L/∂z 的范数（末层 = 1）", "norm of ∂L/∂z (last layer = 1)"))
    handles, names = panels[0].get_legend_handles_labels()
    canvas.legend(
        handles,
        names,
        loc="outside upper center",
        ncols=3,
        fontsize=8.5,
        handlelength=2,
        columnspacing=1,
    )
    return Figure(
        canvas,
        caption=tr(
            "同一个五十层的网络，用对策之前（红）与之后，逐层的梯度范数"
            f"（对数轴，{RUNS} 次初始化的几何均值）。左边本来消失，右边本来爆炸；"
            "只有残差加归一化在两边都贴近 1。",
            "The same net of fifty layers before (red) and after a remedy: gradient norm by layer "
            f"(log axis, geometric mean of {RUNS} initialisations). The left net vanishes, the "
            "right one explodes; only residual with normalisation stays near 1 in both.",
        ),
        alt=tr(
            "左图：无对策的红线直线下降三十个数量级，放大权重的下降十个，"
            "残差与批归一化贴近 1。右图：红线上升十五个数量级，残差的升得更高，"
            "He 与残差加层归一化贴近 1，批归一化略升。",
            "Left: without a remedy the red line falls thirty decades, larger weights fall "
            "ten; batch norm and both residual lines stay near 1. Right: red climbs fifteen "
            "decades, residual even higher; He and residual with layer norm stay near 1, batch "
            "norm rises a little.",
        ),
        data=data,
    )
