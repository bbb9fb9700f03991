"""The curves side by side, residuals worked out, a loss against a metric, and a broken formula."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.losses.cross_entropy import cross_entropy_of_probabilities
from snippets.losses.kl_divergence import entropy
from snippets.losses.label_smoothing_focal_contrastive import focal_loss
from snippets.losses.margin_losses import margin_losses
from snippets.losses.regression_losses import regression_losses

RESIDUALS = (0.3, 1.0, 2.5)
TIMID, BOLD = np.array([0.6, 0.6, 0.6, 0.6]), np.array([0.99, 0.99, 0.99, 0.4])


def figure_curves(tr: Tr) -> Figure:
    m, e = np.linspace(-3, 3, 601), np.linspace(-3, 3, 601)
    margin = margin_losses(m, np.ones_like(m), "none")
    margin["logistic"] = margin["logistic"] / np.log(2)
    margin["focal"] = focal_loss(m, np.ones_like(m)) / np.log(2)
    residual = regression_losses(e, np.zeros_like(e), 1.0, 2.0, "none")
    canvas, (left, right) = kit.canvas(1, 2, height=3.4)
    styles = {
        "zero_one": (tr.name("0-1"), kit.INK, kit.LINES[3]),
        "hinge": (tr("合页", "hinge"), kit.GREEN, kit.LINES[1]),
        "logistic": (tr.name("logistic"), kit.BLUE, kit.LINES[0]),
        "exponential": (tr("指数", "exponential"), kit.RED, kit.LINES[2]),
        "focal": (tr.name("focal"), kit.PURPLE, (0, (1, 1))),
    }
    for name, (label, colour, line) in styles.items():
        shown = margin[name].copy()
        shown[np.abs(np.diff(shown, append=shown[-1])) > 0.5] = np.nan  # no line across a jump
        left.plot(m, shown, color=colour, linestyle=line, label=label)
    styles = {
        "mse": (tr.name("MSE"), kit.ORANGE, kit.LINES[1]),
        "mae": (tr.name("MAE"), kit.GREEN, kit.LINES[2]),
        "smooth_l1": (tr.name("Smooth L1"), kit.BLUE, kit.LINES[0]),
        "huber": (tr("Huber（δ = 2）", "Huber (δ = 2)"), kit.PURPLE, kit.LINES[3]),
    }
    for name, (label, colour, line) in styles.items():
        right.plot(e, residual[name], color=colour, linestyle=line, label=label)
    for axes, title, below in (
        (left, tr("间隔的损失", "Losses of a margin"), tr("间隔 ts", "margin ts")),
        (right, tr("残差的损失", "Losses of a residual"), tr("残差 e", "residual e")),
    ):
        kit.zero_lines(axes)
        axes.set_ylim(-0.15, 4.2)
        axes.set_title(title)
        axes.set_xlabel(below)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2)
    return Figure(
        canvas,
        caption=tr(
            "左：分类的损失，只看间隔（标签乘得分）；logistic 与 focal（γ = 2）除以 ln 2。"
            "右：回归的损失，只看残差；Smooth L1 取 β = 1。",
            "Left: losses of classification, functions of the margin, label times score; logistic "
            "and focal (γ = 2) divided by ln 2. Right: losses of regression, functions of the "
            "residual; Smooth L1 with β = 1.",
        ),
        alt=tr(
            "左图：0-1 损失是台阶；合页、logistic、指数在它上方，分错一侧依次更陡；"
            "focal 在分对一侧比 logistic 低得多。右图：MSE 是最陡的抛物线，MAE 是 V 形，"
            "Smooth L1 与 Huber 先弯后直。",
            "Left: the 0-1 loss is a step; hinge, logistic and exponential lie above it, ever "
            "steeper on mistakes; focal is far below logistic where the answer is right. Right: "
            "MSE is the steepest parabola, MAE a V, Smooth L1 and Huber curve first and then run "
            "straight.",
        ),
        data={
            "x": m,
            **{f"margin_{k}": v for k, v in margin.items()},
            **{f"residual_{k}": v for k, v in residual.items()},
        },
    )


def table_residuals(tr: Tr) -> Table:
    found = regression_losses(RESIDUALS, np.zeros(3), reduction="none")
    names = {"mse": "MSE", "mae": "MAE", "smooth_l1": "Smooth L1", "huber": "Huber"}
    return Table(
        [
            Col(tr("残差", "residual"), format="g"),
            *(Col(tr.name(name), format=".4g") for name in names.values()),
        ],
        [[e, *(float(found[key][i]) for key in names)] for i, e in enumerate(RESIDUALS)],
        caption=tr("三个残差（β = δ = 1）", "Three residuals (β = δ = 1)"),
    )


def table_metric(tr: Tr) -> Table:
    def row(name: str, p: np.ndarray) -> list[str | float]:
        both = np.column_stack([p, 1 - p])
        sure = ", ".join(f"{v:g}" for v in p)
        loss = cross_entropy_of_probabilities(both, np.tile([1.0, 0.0], (len(p), 1)))
        return [name, sure, float((p > 0.5).mean()), loss]

    return Table(
        [
            tr("模型", "model"),
            tr("给正确类别的概率", "probability of the right class"),
            Col(tr("准确率", "accuracy"), format=".0%"),
            Col(tr("交叉熵", "cross-entropy"), format=".4f"),
        ],
        [row(tr("谨慎", "timid"), TIMID), row(tr("果断", "bold"), BOLD)],
        caption=tr(
            "四个二分类样本：交叉熵更低的模型，准确率反而更低",
            "Four examples of two classes: the model of lower cross-entropy has the lower accuracy",
        ),
    )


def table_broken(tr: Tr) -> Table:
    label = np.array([1.0, 0.0, 0.0])
    rows = []
    for p in ([0.7, 0.2, 0.1], [1 / 3, 1 / 3, 1 / 3], [0.01, 0.98, 0.01]):
        text = f"({', '.join(f'{v:.2g}' for v in p)})"
        right = cross_entropy_of_probabilities(np.array([p]), label[None])
        rows.append([text, right, float(entropy(label))])
    return Table(
        [
            tr("预测", "prediction"),
            Col(tr("交叉熵 $-\\sum y \\ln p$", "cross-entropy $-\\sum y \\ln p$"), format=".4f"),
            Col(tr("写错的 $-\\sum y \\ln y$", "wrong: $-\\sum y \\ln y$"), format=".4f"),
        ],
        rows,
        caption=tr("标签 (1, 0, 0)", "Label (1, 0, 0)"),
    )


def value_nudge() -> dict[str, float]:
    """What a small step of one logit does to accuracy and to cross-entropy of one wrong example."""
    before, after = (float(margin_losses(s, 1)["logistic"]) for s in (-1.0, -0.9))
    steps = [float(margin_losses(s, 1)["zero_one"]) for s in (-1.0, -0.9)]
    return {
        "from": -1.0,
        "to": -0.9,
        "before": before,
        "after": after,
        "step": steps[0] - steps[1],
    }
