"""Double descent: random ReLU features, as many and far more of them than there are examples."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr
from snippets.regularization.over_and_underfitting import min_norm_fit, relu_features

EXAMPLES, INPUTS, NOISE, RUNS, TEST = 40, 10, 0.3, 20, 500
SIZES = (5, 10, 20, 30, 36, 38, 40, 42, 44, 50, 60, 80, 160, 320, 640, 2560)
SHOWN = (5, 10, 20, 38, 40, 42, 80, 320, 2560)
RIDGE = 0.3


@cache
def _runs() -> np.ndarray:
    """(len(SIZES), 4, RUNS): training and test error, length of the coefficients; test with ridge.

    The target is tanh of a random direction of the INPUTS normal inputs, and noise.
    """
    found = np.empty((len(SIZES), 4, RUNS))
    for run, rng in enumerate(kit.seeds(RUNS)):
        direction = 1.5 * rng.normal(size=INPUTS) / np.sqrt(INPUTS)
        weights = rng.normal(size=(INPUTS + 1, max(SIZES))) / np.sqrt(INPUTS)
        data = []
        for count in (EXAMPLES, TEST):
            x = rng.normal(size=(count, INPUTS))
            y = np.tanh(x @ direction) + NOISE * rng.normal(size=count)
            data += [relu_features(x, weights), y]
        features, y, features_test, y_test = data
        for place, p in enumerate(SIZES):
            a, b = features[:, :p], features_test[:, :p]
            plain, ridge = min_norm_fit(a, y), min_norm_fit(a, y, RIDGE * p)
            found[place, :, run] = (
                ((a @ plain - y) ** 2).mean(),
                ((b @ plain - y_test) ** 2).mean(),
                np.sqrt((plain**2).sum()),
                ((b @ ridge - y_test) ** 2).mean(),
            )
    return found


def _of(p: int) -> np.ndarray:
    return _runs()[SIZES.index(p)]


def table_double_descent(tr: Tr) -> Table:
    rows = []
    for p in SHOWN:
        train, test, length, ridge = _of(p)
        medians = [float(np.median(part)) for part in (train, test, length, ridge)]
        rows.append([p, *medians[:2], test.min(), test.max(), *medians[2:]])
    return Table(
        [
            Col(tr("特征数", "features"), format=",d"),
            Col(tr("训练", "training"), format=".3f"),
            Col(tr("测试：中位数", "test: median"), format=".3g"),
            Col(tr("最小", "smallest"), format=".2g"),
            Col(tr("最大", "largest"), format=",.3g"),
            Col(tr("系数的长度", "length of coefficients"), format=".3g"),
            Col(tr("测试，加 L2", "test, with L2"), format=".3f"),
        ],
        rows,
        caption=tr(
            f"{EXAMPLES} 个训练样本，{RUNS} 次运行（数据与特征都重新抽取）；没有注明的是中位数",
            f"{EXAMPLES} training examples, {RUNS} runs with new data and features; medians where "
            "nothing else is said",
        ),
    )


def value_double_descent() -> dict[str, object]:
    medians = np.median(_runs(), axis=2)
    classical = [place for place, p in enumerate(SIZES) if p < EXAMPLES]
    valley = min(classical, key=lambda place: medians[place, 1])
    tests = _runs()[:, 1]
    return {
        "examples": EXAMPLES,
        "inputs": INPUTS,
        "runs": RUNS,
        "noise": NOISE,
        "valley_at": SIZES[valley],
        "valley": float(medians[valley, 1]),
        "peak": float(np.median(_of(EXAMPLES)[1])),
        "peak_low": float(_of(EXAMPLES)[1].min()),
        "peak_high": float(_of(EXAMPLES)[1].max()),
        "many": SIZES[-1],
        "end": float(medians[-1, 1]),
        "end_low": float(tests[-1].min()),
        "end_high": float(tests[-1].max()),
        "better": int((tests[-1] < tests[valley]).sum()),
        "ridge_peak": float(np.median(_of(EXAMPLES)[3])),
        "ridge_end": float(medians[-1, 3]),
        "ridge": RIDGE,
    }


def figure_double_descent(tr: Tr) -> Figure:
    train, test, _, ridge = np.median(_runs(), axis=2).T
    low, high = _runs()[:, 1].min(axis=1), _runs()[:, 1].max(axis=1)
    canvas, axes = kit.canvas(height=3.2)
    axes.fill_between(SIZES, low, high, color=kit.ORANGE, alpha=0.18)
    axes.plot(SIZES, test, "o-", color=kit.ORANGE, markersize=4)
    axes.plot(SIZES, ridge, linestyle="-.", color=kit.GREEN)
    below = np.array(SIZES) < EXAMPLES
    axes.plot(np.array(SIZES)[below], train[below], linestyle=kit.LINES[1], color=kit.BLUE)
    axes.axvline(EXAMPLES, color=kit.MUTED, linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.01, 2e4)
    axes.set_xticks([5, 10, 20, 40, 80, 320, 2560], ["5", "10", "20", "40", "80", "320", "2560"])
    axes.minorticks_off()
    axes.text(44, 6e3, tr("插值点", "interpolation"), color=kit.MUTED, ha="left", va="center")
    axes.text(130, 0.75, tr("测试", "test"), color=kit.ORANGE, va="bottom")
    axes.text(130, 0.12, tr("测试，加 L2", "test, with L2"), color=kit.GREEN, va="center")
    axes.text(11, 0.08, tr("训练", "training"), color=kit.BLUE, ha="right", va="center")
    axes.set_xlabel(tr("特征的个数（对数轴）", "number of features (log axis)"))
    axes.set_ylabel(tr("均方误差（对数轴）", "squared error (log axis)"))
    return Figure(
        canvas,
        caption=tr(
            f"{EXAMPLES} 个样本的最小二乘，{RUNS} 次运行的中位数，阴影是范围。"
            "特征数等于样本数时误差最大；再多，误差又下降，低于左边的谷底。加一点 L2，峰就没有了。",
            f"Least squares on {EXAMPLES} examples, median of {RUNS} runs, their range shaded. The "
            "error peaks where there are as many features as examples, then falls again, below the "
            "valley on the left. A little L2 removes the peak.",
        ),
        alt=tr(
            "测试误差先略降，在 40 处陡升到最高，之后一路下降，到 2560 时最低；"
            "训练误差在 40 处降到零；加 L2 的曲线没有峰，缓慢下降。",
            "The test error first falls a little, rises steeply to its maximum at 40, then falls "
            "all the way to its lowest value at 2560; the training error reaches zero at 40; the "
            "curve with L2 has no peak and falls slowly.",
        ),
        data={
            "sizes": np.array(SIZES),
            "train": train,
            "test": test,
            "low": low,
            "high": high,
            "ridge": ridge,
        },
    )
