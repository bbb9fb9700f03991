"""How the loss and the gradient change along the step, with and without batch norm."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.normalization import _bn_nets as nets

RATE, STEPS, BATCH, LAYERS, EVERY = 0.3, 200, 64, 4, 20
FACTORS = (0.5, 1.0, 2.0, 4.0)
PROBE = 256
BLOCKS = {"none": ("affine", "relu"), "bn": ("affine", "bn", "relu")}


def _probe(net: nets.Nets, layer: int) -> dict[str, np.ndarray]:
    """Along the step from here: changes of the loss (factors, runs), cosines of the gradients at
    both ends (factors, runs), and the cosine of one layer's gradient when only the layers before
    it take the step (runs,).
    """
    import torch

    from snippets.optimization._b_digits import data

    part = data()[0]
    x = part.x[:PROBE].expand(net.count, -1, -1)
    y = part.y[:PROBE].expand(net.count, -1)
    tensors, kept = net.parameters, net.running

    def here() -> tuple[torch.Tensor, list[torch.Tensor]]:
        net.running = [[s.clone() for s in pair] for pair in kept]
        loss = nets.loss_of(net(x, train=True), y)
        return loss.detach(), list(torch.autograd.grad(loss.sum(), tensors))

    def flat(slopes: list[torch.Tensor]) -> torch.Tensor:
        return torch.cat([s.reshape(net.count, -1) for s in slopes], 1)

    start = [t.detach().clone() for t in tensors]
    loss, slopes = here()

    def go(factor: float, upto: int | None = None) -> None:
        with torch.no_grad():
            for place, (tensor, at, slope) in enumerate(zip(tensors, start, slopes, strict=True)):
                moved = upto is None or place < upto
                tensor.copy_(at - factor * RATE * slope if moved else at)

    changes, cosines = [], []
    for factor in FACTORS:
        go(factor)
        there, new = here()
        changes.append((there - loss).numpy())
        cosines.append(torch.cosine_similarity(flat(new), flat(slopes), dim=1).numpy())
    go(1.0, upto=layer)
    before = here()[1][layer].reshape(net.count, -1)
    shift = torch.cosine_similarity(before, slopes[layer].reshape(net.count, -1), dim=1)
    go(0.0)
    net.running = kept
    return {"change": np.array(changes), "cosine": np.array(cosines), "shift": shift.numpy()}


@cache
def probed(name: str) -> tuple[list[int], list[dict[str, np.ndarray]]]:
    """Probes of five networks at every EVERY-th step of training."""
    net = nets.Nets(nets.stack(BLOCKS[name], LAYERS))
    per_block = 2 if name == "none" else 4  # tensors of a block
    steps, found = [], []

    def look(step: int) -> None:
        if step % EVERY == 0:
            steps.append(step + 1)
            found.append(_probe(net, per_block * (LAYERS - 1)))

    nets.fit(net, [RATE], batch=BATCH, steps=STEPS, after=look)
    return steps, found


def _mean(name: str, key: str, factor: float | None = None) -> Spread:
    """Of each run, the mean over the probes."""
    row = 0 if factor is None else FACTORS.index(factor)
    values = [p[key] if factor is None else p[key][row] for p in probed(name)[1]]
    return Spread(np.mean(values, axis=0))


def figure_landscape(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    data: dict[str, np.ndarray] = {}
    for name, colour, line, label in (
        ("none", kit.ORANGE, "--", tr("无 BN", "without BN")),
        ("bn", kit.BLUE, "-", tr("有 BN", "with BN")),
    ):
        steps, found = probed(name)
        change = np.array([p["change"].mean(axis=1) for p in found])
        low, high = change.min(axis=1), change.max(axis=1)
        axes.fill_between(steps, low, high, color=colour, alpha=0.22, linewidth=0)
        for edge, shown in ((low, None), (high, label)):
            axes.plot(steps, edge, color=colour, linestyle=line, label=shown)
        data |= {f"{name}_low": low, f"{name}_high": high}
    axes.axhline(0, color=kit.INK, linewidth=0.8)
    axes.set_xlabel(tr("训练步数", "training step"))
    axes.set_ylabel(tr("损失的变化", "change of the loss"))
    axes.legend(loc="upper left")
    return Figure(
        canvas,
        caption=tr(
            f"沿梯度方向走 ½ 到 4 倍的步长（学习率 {RATE:g}），损失变化的最小值与最大值；"
            f"{LAYERS} 个隐藏层、每层 {nets.WIDTH} 个单元，点阵数字，{nets.RUNS} 次初始化的均值。",
            f"Smallest and largest change of the loss along the gradient for ½ to 4 times the step "
            f"(rate {RATE:g}); {LAYERS} hidden layers of {nets.WIDTH} units, dot-matrix digits, "
            f"mean of {nets.RUNS} initialisations.",
        ),
        alt=tr(
            "蓝色带（有 BN）始终在 0 以下，很窄；橙色带（无 BN）的上沿在训练开始后升到 1 以上，"
            "步子一大损失就上升。",
            "The blue band (with BN) stays below 0 and is narrow; the upper edge of the orange one "
            "(without) rises above 1 soon after the start: longer steps raise the loss.",
        ),
        data=data,
    )


def table_landscape(tr: Tr) -> Table:
    rows = []
    for name, label in (("none", tr("无 BN", "without BN")), ("bn", tr("有 BN", "with BN"))):
        rows.append(
            [
                label,
                *(_mean(name, "cosine", factor) for factor in (0.5, 1.0, 2.0)),
                _mean(name, "shift"),
            ]
        )
    return Table(
        [
            tr("网络", "network"),
            Col(tr("½ 步之后", "after ½ step"), format=".2f"),
            Col(tr("1 步之后", "after 1 step"), format=".2f"),
            Col(tr("2 步之后", "after 2 steps"), format=".2f"),
            Col(tr("只更新前面各层", "only earlier layers move"), format=".2f"),
        ],
        rows,
        caption=tr(
            "新旧梯度的余弦：前三列是全部参数走出 ½、1、2 倍步长之后；"
            f"末列只看最后一个隐藏层的权重，且只更新它前面的层。训练中 {STEPS // EVERY} 处的平均，"
            f"均值 [最小, 最大]，{nets.RUNS} 次初始化",
            "Cosine of new and old gradient: first after all parameters took ½, 1 or 2 steps; in "
            "the last column of the last hidden layer's weights, when only the layers before it "
            f"moved. Average of {STEPS // EVERY} points of training, mean [smallest, largest] of "
            f"{nets.RUNS} initialisations",
        ),
    )


def value_landscape() -> dict[str, object]:
    return {
        "rate": RATE,
        "cosine_none": _mean("none", "cosine", 1.0),
        "cosine_bn": _mean("bn", "cosine", 1.0),
        "shift_none": _mean("none", "shift"),
        "shift_bn": _mean("bn", "shift"),
        "rise_none": _mean("none", "change", 4.0),
        "rise_bn": _mean("bn", "change", 4.0),
    }
