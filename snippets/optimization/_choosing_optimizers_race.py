"""The race on the digits: untuned and tuned, with spread, and how forgiving each optimiser is."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.optimization._b_race import (
    BATCH,
    EPOCHS,
    GRID,
    LOOK,
    OPTIMISERS,
    RUNS,
    STEPS,
    TARGET,
    WARMUP,
    default,
    race,
)


def _label(tr: Tr, name: str) -> str:
    return tr("SGD，动量 0.9", "SGD, momentum 0.9") if name == "momentum" else tr.name(name)


def _untuned(name: str) -> Spread:
    """Test accuracies at the rate that is PyTorch's default."""
    return Spread(race(name, (default(name),)).test[0])


def table_race(tr: Tr) -> Table:
    rows = []
    for name in OPTIMISERS:
        found = race(name)
        tuned = f"{found.rates[found.best]:g}"
        rows.append([_label(tr, name), f"{default(name):g}", _untuned(name), tuned, found.accuracy])
    return Table(
        [
            "",
            Col(tr("默认学习率", "default rate")),
            Col(tr("准确率", "accuracy"), format=".3f"),
            Col(tr("调好的学习率", "tuned rate")),
            Col(tr("准确率", "accuracy"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"点阵数字的测试准确率：{STEPS} 步（{EPOCHS} 轮，批大小 {BATCH}），"
            f"预热 {WARMUP} 步再沿余弦降到 0；"
            f"每种各试 {GRID} 个学习率（公比 2），按验证集选；均值 [最小, 最大]，{RUNS} 个种子",
            f"Test accuracy on the dot-matrix digits: {STEPS} updates ({EPOCHS} epochs, batch size "
            f"{BATCH}), warm-up over {WARMUP}, then a cosine to 0; {GRID} rates each, by factors "
            f"of 2, chosen on validation digits; mean [smallest, largest] of {RUNS} seeds",
        ),
    )


def table_speed(tr: Tr) -> Table:
    return Table(
        [
            "",
            Col(tr("到目标的更新次数", "updates to the target"), format=".0f"),
            tr("可用的学习率", "good rates"),
        ],
        [
            [_label(tr, name), race(name).updates, f"{race(name).width} / {GRID}"]
            for name in OPTIMISERS
        ],
        caption=tr(
            f"同样的训练，学习率调好：验证损失首次低于 {TARGET:g} 所需的更新次数"
            f"（每 {LOOK} 步看一次），"
            "以及验证准确率与最好的相差不到五个百分点的学习率个数",
            f"The same runs, tuned: updates until the validation loss is below {TARGET:g} (looked "
            f"at every {LOOK}), and how many rates come within five points of the best "
            "validation accuracy",
        ),
    )


def value_race() -> dict[str, object]:
    found: dict[str, object] = {
        "seeds": RUNS,
        "rates": GRID,
        "steps": STEPS,
        "tuned_low": min(race(name).accuracy.mean for name in OPTIMISERS),
        "tuned_high": max(race(name).accuracy.mean for name in OPTIMISERS),
    }
    for name in OPTIMISERS:
        key = name.lower()
        found[f"{key}_default"] = _untuned(name)
        found[f"{key}_tuned"] = race(name).accuracy
        found[f"{key}_updates"] = race(name).updates
        found[f"{key}_width"] = race(name).width
        found[f"{key}_rate"] = race(name).rates[race(name).best]
    return found


def figure_race(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.5)
    data = {}
    lines = (*kit.LINES, "-", (0, (6, 2)))
    for name, colour, marker, line in zip(OPTIMISERS, kit.SERIES, "os^Dvx", lines, strict=True):
        found = race(name)
        means = found.validation.mean(axis=1)
        x = np.array(found.rates) / found.rates[found.best]
        axes.plot(
            x, means, marker=marker, linestyle=line, color=colour, markersize=4, linewidth=1.3,
            label=_label(tr, name),
        )  # fmt: skip
        data[name] = np.array([x, means])
    axes.set_xscale("log", base=2)
    ticks = 2.0 ** np.arange(-5, 3)
    axes.set_xticks(ticks, [f"1/{1 / t:g}" if t < 1 else f"{t:g}" for t in ticks])
    axes.set_xlabel(tr("学习率 / 各自最好的（对数轴）", "rate / its own best rate (log axis)"))
    axes.set_ylabel(tr("验证集准确率", "validation accuracy"))
    axes.legend(loc="lower center", ncols=2)
    return Figure(
        canvas,
        caption=tr(
            f"以各自最好的学习率为 1，{RUNS} 个种子的平均验证准确率。各条的峰几乎一样高，"
            "宽窄也差不多：偏小两倍无妨，偏大四倍的都要吃亏。",
            f"Mean validation accuracy of {RUNS} seeds, over the rate divided by the best one of "
            "each. The peaks are about equally high and about equally wide: half the rate hardly "
            "matters, four times too much hurts whichever has it.",
        ),
        alt=tr(
            "六条曲线在横坐标 1 处都接近 0.87，向左缓缓下降，向右下降得更快；彼此交错。",
            "Six curves near 0.87 at 1; they fall slowly to the left and faster to the right, "
            "crossing one another.",
        ),
        data=data,
    )


RECIPES = (
    (("ResNet", "ResNet"), "SGD", ("动量 0.9", "momentum 0.9"), "0.1",
     ("阶梯：停滞时除以 10", "step: divided by 10 at plateaus"), "0.0001"),
    (("Transformer", "Transformer"), "Adam", ("β₂ = 0.98", "β₂ = 0.98"), "0.0007",
     ("预热 4000 步，再按 1/√步数", "warm-up over 4000 steps, then 1/√step"), "–"),
    (("BERT", "BERT"), "Adam", ("β₂ = 0.999", "β₂ = 0.999"), "0.0001",
     ("预热 10000 步，再线性下降", "warm-up over 10,000 steps, then linear"), "0.01"),
    (("LLaMA-7B", "LLaMA-7B"), "AdamW", ("β₂ = 0.95", "β₂ = 0.95"), "0.0003",
     ("预热 2000 步，余弦降到十分之一", "warm-up over 2000 steps, cosine to a tenth"), "0.1"),
    (("ConvNeXt", "ConvNeXt"), "AdamW", ("批大小 4096", "batch size 4096"), "0.004",
     ("预热 20 轮，余弦", "warm-up over 20 epochs, cosine"), "0.05"),
)  # fmt: skip


def table_recipes(tr: Tr) -> Table:
    return Table(
        [
            tr("模型", "model"),
            tr("优化器", "optimiser"),
            tr("设置", "setting"),
            tr("峰值学习率", "peak rate"),
            tr("计划", "schedule"),
            tr("权重衰减", "weight decay"),
        ],
        [
            [tr.pair(model), tr.name(kind), tr.pair(setting), rate, tr.pair(plan), decay]
            for model, kind, setting, rate, plan, decay in RECIPES
        ],
        caption=tr(
            "论文里写明的配方；Transformer 的峰值由论文的公式算出，宽度 512",
            "Recipes as their papers state them; the Transformer's peak follows from its formula "
            "at width 512",
        ),
    )


def value_state() -> dict[str, int]:
    """Tensors of the size of the parameters that each optimiser of PyTorch keeps between steps."""
    import torch

    found = {}
    for name, (kind, settings, _) in OPTIMISERS.items():
        weight = torch.nn.Parameter(torch.ones(3))
        made = getattr(torch.optim, kind)([weight], lr=0.1, **settings)
        weight.grad = torch.ones(3)
        made.step()
        kept = made.state[weight].values()
        found[name.lower()] = sum(torch.is_tensor(v) and v.shape == weight.shape for v in kept)
    return found
