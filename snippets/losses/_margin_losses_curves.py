"""The curves over the margin, tables of values, and what a margin loss makes of a probability."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.losses.margin_losses import margin_gradients, margin_losses

MARGINS = (2.0, 0.5, -2.0)
FAR = (-5.0, 0.0, 5.0)
PROBABILITY = 0.8
_NAMES = {
    "zero_one": ("0-1", "0-1"),
    "hinge": ("合页", "hinge"),
    "logistic": ("logistic ÷ ln 2", "logistic ÷ ln 2"),
    "exponential": ("指数", "exponential"),
}
_STYLE = {
    "zero_one": (kit.INK, kit.LINES[3]),
    "hinge": (kit.GREEN, kit.LINES[1]),
    "logistic": (kit.BLUE, kit.LINES[0]),
    "exponential": (kit.RED, kit.LINES[2]),
}


def _curves(m: np.ndarray) -> dict[str, np.ndarray]:
    """The losses over the margin, the logistic one in bits so that all meet (0, 1)."""
    losses = margin_losses(m, np.ones(len(m)), "none")
    return {**losses, "logistic": losses["logistic"] / np.log(2)}


def _slopes(m: np.ndarray) -> dict[str, np.ndarray]:
    """Sizes of the gradients over the margin, the logistic one without the division."""
    found = margin_gradients(m, np.ones(len(m)), "none")
    return {name: np.abs(slope) for name, slope in found.items()}


def figure_curves(tr: Tr) -> Figure:
    m = np.linspace(-3, 3, 601)
    values, slopes = _curves(m), _slopes(m)
    canvas, (left, right) = kit.canvas(1, 2, height=3.1)
    for axes, drawn in ((left, values), (right, slopes)):
        kit.zero_lines(axes)
        for name, curve in drawn.items():
            colour, line = _STYLE[name]
            shown = curve.copy()
            shown[np.abs(np.diff(curve, append=curve[-1])) > 0.5] = np.nan  # no line across a jump
            label = tr.pair(_NAMES[name])
            axes.plot(m, shown, color=colour, linestyle=line, label=label)
        axes.set_xlabel(tr("间隔 ts", "margin ts"))
        axes.set_ylim(-0.15, 4)
    left.set_title(tr("损失", "Loss"))
    right.set_title(tr("梯度的大小", "Size of the gradient"))
    canvas.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return Figure(
        canvas,
        caption=tr(
            "左：0-1 损失与它的三个上界，间隔为 0 时都等于 1（logistic 除以 ln 2）。"
            "右：对得分的梯度有多大（logistic 未除以 ln 2）。0-1 损失的梯度处处为 0，没有画；"
            "分错时，合页与 logistic 的梯度不超过 1，指数的一路增大。",
            "Left: the 0-1 loss and three upper bounds, all 1 at margin 0 (the logistic one "
            "divided "
            "by ln 2). Right: size of the gradient by the score (logistic undivided). That of "
            "the 0-1 loss is 0 everywhere and not drawn; on mistakes the hinge and the logistic "
            "loss stay at or below 1, the exponential one grows without bound.",
        ),
        alt=tr(
            "左图：0-1 损失在 0 处由 1 跳到 0，三条曲线都在它上方；指数的最陡，合页的是折线。"
            "右图：合页的梯度在间隔小于 1 时为 1，logistic 的是 S 形，指数的在左侧冲出图外。",
            "Left: the 0-1 loss jumps from 1 to 0 at 0, the three curves lie above it; the "
            "exponential is steepest, the hinge is a broken line. Right: the hinge's gradient is 1 "
            "below margin 1, the logistic one S-shaped, the exponential one leaves the picture on "
            "the left.",
        ),
        data={"m": m, **{f"loss_{k}": v for k, v in values.items()}, **slopes},
    )


def _text(m: float) -> str:
    return f"{m:g}".replace("-", "−")


def table_margins(tr: Tr) -> Table:
    m = np.array(MARGINS)
    found = margin_losses(m, np.ones(3), "none")
    judged = [tr("对，有把握", "right, sure"), tr("对，没把握", "right, unsure"), tr("错", "wrong")]
    return Table(
        [
            tr("间隔 ts", "margin ts"),
            tr("预测", "prediction"),
            Col(tr("0-1", "0-1"), format="g"),
            Col(tr("合页", "hinge"), format="g"),
            Col(tr.name("logistic"), format=".4f"),
            Col(tr("指数", "exponential"), format=".4f"),
            Col(tr("错误的写法 max(0, ts)", "wrong form max(0, ts)"), format="g"),
        ],
        [
            [_text(v), said, *(float(found[name][k]) for name in found), max(0.0, v)]
            for k, (v, said) in enumerate(zip(MARGINS, judged, strict=True))
        ],
        caption=tr("逐点代入", "Point by point"),
    )


def table_gradients(tr: Tr) -> Table:
    found = _slopes(np.array(FAR))
    return Table(
        [
            tr("间隔 ts", "margin ts"),
            Col(tr("合页", "hinge"), format=".4g"),
            Col(tr.name("logistic"), format=".4g"),
            Col(tr("指数", "exponential"), format=".4g"),
        ],
        [[_text(m), *(float(found[name][k]) for name in found)] for k, m in enumerate(FAR)],
        caption=tr(
            "梯度的大小：错得离谱、在边界上、对得稳当",
            "Gradient sizes: far wrong, on the boundary, safely right",
        ),
    )


def value_gradients() -> dict[str, float]:
    wrong, right = _slopes(np.array([-5.0])), _slopes(np.array([5.0]))
    return {
        **{f"{name}_wrong": float(v[0]) for name, v in wrong.items()},
        **{f"{name}_right": float(v[0]) for name, v in right.items()},
        "margin": 5.0,
        "far": -5.0,
    }


def value_margins() -> dict[str, float]:
    sure, unsure, wrong = margin_losses(np.array(MARGINS), np.ones(3), "none")["hinge"]
    bounded = margin_losses([0.99], [1])["hinge"]
    return {
        "sure": float(sure),
        "unsure": float(unsure),
        "wrong": float(wrong),
        "bounded": float(bounded),
        "sure_margin": MARGINS[0],
        "unsure_margin": MARGINS[1],
        "wrong_margin": MARGINS[2],
        "edge": 0.99,
    }


# --------------------------------------------------------------------------- the best score


def _best_score(name: str) -> float:
    """The score of a grid with the least expected loss where +1 has the chance PROBABILITY."""
    s = np.round(np.arange(-3, 3.0005, 0.001), 3)
    up = margin_losses(s, np.ones(len(s)), "none")[name]
    down = margin_losses(s, -np.ones(len(s)), "none")[name]
    return float(s[(PROBABILITY * up + (1 - PROBABILITY) * down).argmin()])


def table_best(tr: Tr) -> Table:
    odds = np.log(PROBABILITY / (1 - PROBABILITY))
    rows = [
        (tr("合页", "hinge"), "hinge", tr("符号：1", "the sign: 1"), 1.0, tr("不能", "no")),
        (tr.name("logistic"), "logistic", tr.name("$\\ln(p/(1-p))$"), odds, "$\\sigma(s)$"),
        (
            tr("指数", "exponential"),
            "exponential",
            tr("它的一半", "half of that"),
            odds / 2,
            "$\\sigma(2s)$",
        ),
    ]
    return Table(
        [
            tr("损失", "loss"),
            Col(tr("最佳得分（网格搜索）", "best score (grid search)"), format=".3f"),
            tr("公式", "formula"),
            Col(tr("公式的值", "its value"), format=".3f"),
            tr("能否还原概率", "probability from it"),
        ],
        [[name, _best_score(key), form, float(v), back] for name, key, form, v, back in rows],
        caption=tr(
            f"一个样本有 {PROBABILITY:.0%} 的机会是正类时，期望损失最小的得分",
            f"The score of least expected loss for an example that is positive {PROBABILITY:.0%} "
            "of the time",
        ),
    )
