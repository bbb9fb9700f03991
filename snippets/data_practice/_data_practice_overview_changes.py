"""One logistic regression on two clouds, and what six changes do to ten metrics."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice.data_practice_overview import binary_report, fit_logistic
from snippets.kit import Cell, Col, Figure, Pair, Spread, Table, Tr

RUNS, TRAIN, TEST, DIMENSIONS = 10, 2000, 5000, 5
SHARE, APART = 0.2, 2.0  # of positives; distance of the two means, in standard deviations
RARER, FACTOR, LOW, WEIGHT, FLIPPED = 10, 3.0, 0.2, 4.0, 0.1
SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
FACTORS = tuple(2.0 ** (k / 2) for k in range(-4, 5))

FIVE = ("accuracy", "precision", "recall", "f1", "mcc")
METRICS: dict[str, Pair] = {
    "accuracy": ("准确率", "accuracy"),
    "precision": ("精确率", "precision"),
    "recall": ("召回率", "recall"),
    "f1": ("F1", "F1"),
    "mcc": ("MCC", "MCC"),
    "auc": ("ROC AUC", "ROC AUC"),
    "ap": ("平均精确率", "average precision"),
    "log_loss": ("交叉熵 ↓", "cross-entropy ↓"),
    "brier": ("Brier 分数 ↓", "Brier score ↓"),
    "ece": ("ECE ↓", "ECE ↓"),
}
"""Five that look at decisions, two at the order, three at probabilities."""
CHANGES: dict[str, Pair] = {
    "rare": (f"正例 1/{RARER}", f"rarer 1/{RARER}"),
    "noisy_test": ("测试噪声", "test noise"),
    "noisy_train": ("训练噪声", "train noise"),
    "weighted": (f"权重 {WEIGHT:g}", f"weight {WEIGHT:g}"),
    "threshold": (f"阈值 {LOW:g}", f"threshold {LOW:g}"),
    "sharp": (f"logits ×{FACTOR:g}", f"logits ×{FACTOR:g}"),
}


def draw(count: int, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (count, DIMENSIONS) and labels: standard normal, the positives APART from the rest."""
    y = (rng.uniform(size=count) < share).astype(int)
    x = rng.normal(size=(count, DIMENSIONS))
    x[:, 0] += APART * y
    return x, y


def flip(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels of which FLIPPED are wrong, whatever the class and the point."""
    return np.where(rng.uniform(size=len(y)) < FLIPPED, 1 - y, y)


def logits(w: np.ndarray, x: np.ndarray) -> np.ndarray:
    return x @ w[:-1] + w[-1]


@cache
def runs() -> dict[str, list[dict[str, float]]]:
    """The reports of all runs: as it is ("plain") and after each change.

    Under the ``share`` and ``factor`` keys, those for the figure.
    """
    found: dict[str, list[dict[str, float]]] = {}

    def add(key: str, report: dict[str, float]) -> None:
        found.setdefault(key, []).append(report)

    for rng in kit.seeds(RUNS):
        x, y = draw(TRAIN, SHARE, rng)
        test, labels = draw(TEST, SHARE, rng)
        w = fit_logistic(x, y)
        z = logits(w, test)
        add("plain", binary_report(labels, z))
        kept = (labels == 0) | (rng.uniform(size=TEST) < 1 / RARER)
        add("rare", binary_report(labels[kept], z[kept]))
        add("noisy_test", binary_report(flip(labels, rng), z))
        add("noisy_train", binary_report(labels, logits(fit_logistic(x, flip(y, rng)), test)))
        add("weighted", binary_report(labels, logits(fit_logistic(x, y, WEIGHT), test)))
        add("threshold", binary_report(labels, z, LOW))
        add("sharp", binary_report(labels, FACTOR * z))
        for share in SHARES:
            points, truth = draw(TEST, share, rng)
            add(f"share {share}", binary_report(truth, logits(w, points)))
        for factor in FACTORS:
            add(f"factor {factor}", binary_report(labels, factor * z))
    return found


def values(key: str, metric: str) -> np.ndarray:
    return np.array([report[metric] for report in runs()[key]])


def moved(change: str, metric: str) -> np.ndarray:
    """By how much the change moves the metric, run by run (RUNS,)."""
    return values(change, metric) - values("plain", metric)


def _all_moves() -> list[np.ndarray]:
    return [moved(change, metric) for change in CHANGES for metric in METRICS]


def _cell(change: str, metric: str) -> str:
    gap = moved(change, metric)
    if not gap.any():
        return "0"
    text = f"{gap.mean():+.3f}".replace("-", "−")
    return f"**{text}**" if (gap > 0).all() or (gap < 0).all() else text


def table_changes(tr: Tr) -> Table:
    rows: list[list[Cell]] = [
        [
            tr.pair(name),
            Spread(values("plain", metric)),
            *(_cell(change, metric) for change in CHANGES),
        ]
        for metric, name in METRICS.items()
    ]
    widest = max(float(np.abs(gap - gap.mean()).max()) for gap in _all_moves())
    return Table(
        [
            tr("指标", "metric"),
            Col(tr("原样", "as it is"), format=".2f"),
            *(tr.pair(label) for label in CHANGES.values()),
        ],
        rows,
        caption=tr(
            f"逻辑回归，{DIMENSIONS} 维的两团正态点，均值相距 {APART:g} 个标准差，"
            f"正例占 {SHARE:.0%}，{TRAIN} 个训练样本、{TEST} 个测试样本，{RUNS} 次："
            "原样的均值 [最小, 最大]，与平均变化。"
            f"正例 1/{RARER}：测试集的正例去掉九成；噪声：标签随机翻转 {FLIPPED:.0%}；"
            f"权重：训练时正例乘以 {WEIGHT:g}；阈值：由 0.5 改为 {LOW:g}。"
            f"加粗：{RUNS} 次同号；0：次次分毫不差；单次与平均变化最多相差 {widest:.2f}。"
            "↓ 越小越好",
            f"Logistic regression on two normal clouds in {DIMENSIONS} dimensions, the means "
            f"{APART:g} standard deviations apart, {SHARE:.0%} "
            f"positive, {TRAIN} training and {TEST} test examples, {RUNS} runs: mean [smallest, "
            f"largest] as it is, then mean changes. Rarer: a tenth of the test positives is kept; "
            f"noise: {FLIPPED:.0%} of the labels flipped at random; weight: that of the positives "
            f"in training; threshold: {LOW:g} for 0.5. Bold: the same sign in all {RUNS} runs; 0: "
            f"not a digit differs in any; no run is further than {widest:.2f} from its mean "
            "change. ↓ lower is better",
        ),
    )


LINES = {  # metric: colour, line style, place of its label in the left panel, in the right one
    "accuracy": (kit.INK, kit.LINES[0], (0.0115, 1.02), (0.27, 0.83)),
    "auc": (kit.BLUE, kit.LINES[1], (0.0115, 0.86), (0.27, 0.95)),
    "ap": (kit.GREEN, kit.LINES[2], (0.0115, 0.66), None),
    "mcc": (kit.PURPLE, kit.LINES[3], (0.105, 0.46), None),
    "precision": (kit.ORANGE, kit.LINES[0], (0.026, 0.16), None),
    "log_loss": (kit.RED, kit.LINES[0], None, (0.6, 0.5)),
    "brier": (kit.TEAL, kit.LINES[2], None, (1.45, 0.145)),
    "ece": (kit.ORANGE, kit.LINES[1], None, (0.27, 0.24)),
}


def figure_changes(tr: Tr) -> Figure:
    canvas, (left, right) = kit.canvas(1, 2, height=3.3, sharey=True)
    data = {"share": np.array(SHARES), "factor": np.array(FACTORS)}
    for axes, kind, at, place in ((left, "share", SHARES, 2), (right, "factor", FACTORS, 3)):
        for metric, style in LINES.items():
            if style[place] is None:
                continue
            colour, line = style[:2]
            found = np.array([values(f"{kind} {a}", metric) for a in at])
            axes.fill_between(at, found.min(axis=1), found.max(axis=1), color=colour, alpha=0.18)
            axes.plot(at, found.mean(axis=1), color=colour, linestyle=line, linewidth=1.5)
            zh, en = (text.removesuffix(" ↓") for text in METRICS[metric])
            axes.text(*style[place], tr(zh, en), color=colour, fontsize=8.5, va="center")
            data[f"{kind}_{metric}"] = found.mean(axis=1)
        axes.set_xscale("log")
        axes.minorticks_off()
    left.set_xticks([0.01, 0.05, 0.2, 0.5], ["1%", "5%", "20%", "50%"])
    left.set_xlabel(tr("测试集正例的比例", "share of positives in the test set"))
    right.set_xticks([0.25, 0.5, 1, 2, 4], ["¼", "½", "1", "2", "4"])
    right.set_xlabel(tr("logits 乘以", "logits times"))
    left.set_ylim(0, 1.07)

    def ends(metric: str, start: str = "from", stop: str = "to") -> str:
        first, *_, last = data[f"share_{metric}"]
        return f"{start} {first:.2f} {stop} {last:.2f}"

    accuracy, auc = data["factor_accuracy"][0], data["factor_auc"][0]
    return Figure(
        canvas,
        caption=tr(
            f"同一个分类器（{RUNS} 次的均值与范围，横轴为对数）。左：测试集里正例越少，"
            f"精确率、平均精确率越低，准确率反而升高，AUC 不动；MCC 到 {SHARE:.0%} 以下才降。"
            "右：logits 乘以一个数，准确率与 AUC 是水平线，三个看概率的指标在 1 处最小。",
            f"One classifier (mean and range of {RUNS} runs, log axes). Left: with fewer positives "
            "in the test set, precision and average precision sink, accuracy rises, AUC stays; MCC "
            f"sinks only below {SHARE:.0%}. "
            "Right: with the logits times a number, accuracy and AUC are level, and the "
            "three that look at probabilities are smallest at 1.",
        ),
        alt=tr(
            f"左图：正例从一半减到百分之一，精确率{ends('precision', '由', '降到')}，"
            f"平均精确率{ends('ap', '由', '降到')}，MCC {ends('mcc', '由', '降到')}，"
            f"准确率{ends('accuracy', '由', '升到')}，AUC 停在 {auc:.2f}。"
            f"右图：准确率 {accuracy:.2f}、AUC {auc:.2f} 水平；"
            "交叉熵、ECE、Brier 分数呈 V 形，谷底在 1。",
            "Left: as positives fall from half to one in a hundred, precision falls "
            f"{ends('precision')}, average precision {ends('ap')}, MCC {ends('mcc')}; accuracy "
            f"rises {ends('accuracy')}; AUC stays at {auc:.2f}. Right: accuracy level at "
            f"{accuracy:.2f}, AUC at {auc:.2f}; cross-entropy, ECE and Brier score have their "
            "valley at 1.",
        ),
        data=data,
    )


def value_changes() -> dict[str, object]:
    """What the sentences say: "change_metric" moves, "plain_metric" and "change_metric_to"."""
    found: dict[str, object] = {f"plain_{m}": Spread(values("plain", m)) for m in METRICS}
    for change in CHANGES:
        found |= {f"{change}_{m}": float(moved(change, m).mean()) for m in METRICS}
        found |= {f"{change}_{m}_to": Spread(values(change, m)) for m in METRICS}
    same = max(float(np.abs(values("weighted", m) - values("threshold", m)).max()) for m in FIVE)
    return found | {
        "runs": RUNS,
        "share": SHARE,
        "rarer": RARER,
        "factor": FACTOR,
        "low": LOW,
        "weight": WEIGHT,
        "flipped": FLIPPED,
        "same": same,
    }
