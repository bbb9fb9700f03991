"""Networks with dropout at different places: test accuracy before and after recalibration."""

from __future__ import annotations

from functools import cache

from snippets.kit import Col, Spread, Table, Tr
from snippets.normalization import _bn_nets as nets

RATE, STEPS, BATCH = 0.3, 400, 32
BLOCK = ("affine", "bn", "relu")
BETWEEN = nets.stack((*BLOCK, "drop"), 3)
PLACES = {
    "none": (nets.stack(BLOCK, 3), 0.0),
    "light": (BETWEEN, 0.2),
    "heavy": (BETWEEN, 0.5),
    "last": ((*BLOCK * 3, "drop", "affine"), 0.5),
}


@cache
def trained(place: str) -> dict[str, Spread]:
    """Test accuracy and loss with running statistics as trained, and measured anew."""
    import torch

    from snippets.optimization._b_digits import data

    ops, drop = PLACES[place]
    net = nets.Nets(ops, drop=drop)
    nets.fit(net, [RATE], batch=BATCH, steps=STEPS)
    loss, accuracy = nets.measured(net)
    before = net.running[-1][1].clone()
    with torch.no_grad():  # all statistics anew, with dropout off
        net(data()[0].x.expand(net.count, -1, -1), train=True, drop=False, momentum=1.0)
    again_loss, again = nets.measured(net)
    ratio = (net.running[-1][1] / before).reshape(nets.RUNS, -1).mean(1)
    return {
        "accuracy": Spread(accuracy[0]),
        "loss": Spread(loss[0]),
        "again": Spread(again[0]),
        "again_loss": Spread(again_loss[0]),
        "ratio": Spread(ratio.tolist()),
    }


def table_places(tr: Tr) -> Table:
    labels = {
        "none": tr("没有", "none"),
        "light": tr("每个 ReLU 之后，p = 0.2", "after every ReLU, p = 0.2"),
        "heavy": tr("每个 ReLU 之后，p = 0.5", "after every ReLU, p = 0.5"),
        "last": tr("只在最后一个 BN 之后，p = 0.5", "after the last BN only, p = 0.5"),
    }
    return Table(
        [
            tr("dropout", "dropout"),
            Col(tr("方差比", "variance ratio"), format=".2f"),
            Col(tr("损失", "loss"), format=".2f"),
            Col(tr("重测统计量后", "statistics anew"), format=".2f"),
            Col(tr("准确率", "accuracy"), format=".2f"),
            Col(tr("重测统计量后", "statistics anew"), format=".2f"),
        ],
        [
            [
                label,
                trained(place)["ratio"].mean,
                trained(place)["loss"],
                trained(place)["again_loss"],
                trained(place)["accuracy"],
                trained(place)["again"],
            ]
            for place, label in labels.items()
        ],
        caption=tr(
            f"点阵数字，三个隐藏层、每层 {nets.WIDTH} 个单元，SGD {STEPS} 步，"
            f"学习率 {RATE:g}，批大小 {BATCH}；测试集，均值 [最小, 最大]，{nets.RUNS} 次初始化。"
            "方差比：最后一个 BN 之前，关掉 dropout 的方差除以滑动方差",
            f"Dot-matrix digits, three hidden layers of {nets.WIDTH} units, {STEPS} "
            f"steps of SGD at rate {RATE:g}, batch size {BATCH}; test set, mean [smallest, "
            f"largest] of {nets.RUNS} initialisations. Variance ratio: before the last BN, the "
            "variance with dropout off over the running variance",
        ),
    )


def value_places() -> dict[str, Spread]:
    return {f"{place}_{key}": spread for place in PLACES for key, spread in trained(place).items()}
