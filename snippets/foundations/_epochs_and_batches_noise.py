"""The gradient of a mini-batch: right on average, its noise falls with the root of its size."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product

import numpy as np

from snippets import kit
from snippets.foundations.epochs_and_batches import (
    example_gradients,
    rms_noise,
    steps_per_epoch,
    sum_and_mean,
    torch_sum_and_mean,
)
from snippets.kit import Check, Col, Figure, Formula, Spread, Table, Tr


def _without(g: np.ndarray, B: float) -> np.ndarray:
    """The means of all batches of B different examples."""
    return np.array([np.mean(batch) for batch in combinations(g, int(B))])


def _with(g: np.ndarray, B: float) -> np.ndarray:
    """The means of all batches of B examples drawn with replacement."""
    return np.array([np.mean(batch) for batch in product(g, repeat=int(B))])


_BATCH = {
    "g": kit.array(
        ("各样本的梯度（取其中一个分量）", "gradients of the examples (one component)"),
        ("N",),
        -3,
        3,
    ),
    "N": kit.integer(("样本数", "number of examples"), 3, 5),
    "B": kit.integer(("批大小", "batch size"), 1, 3),
}

formula_unbiased = Formula(
    r"\mathrm{E}(g, B) = \frac{1}{N} \sum_{i=1}^{N} g_i",
    {
        r"\mathrm{E}": kit.function(
            (
                "小批量梯度对所有可能的小批量取平均",
                "mean of the mini-batch gradient over all batches",
            ),
            lambda g, B: _without(g, B).mean(),
        ),
        **_BATCH,
    },
)

formula_variance = Formula(
    r"\mathrm{Var}(g, B) = \frac{\mathrm{Var}(g, 1)}{B}",
    {
        r"\mathrm{Var}": kit.function(
            (
                "小批量梯度的方差，有放回抽样",
                "variance of the mini-batch gradient, drawn with replacement",
            ),
            lambda g, B: _with(g, B).var(),
        ),
        "g": _BATCH["g"],
        "N": _BATCH["N"],
        "B": _BATCH["B"],
    },
    samples=60,
)

formula_finite = Formula(
    r"\mathrm{Var}(g, B) = \frac{\mathrm{Var}(g, 1)}{B} \cdot \frac{N - B}{N - 1}",
    {
        r"\mathrm{Var}": kit.function(
            (
                "小批量梯度的方差，不放回抽样",
                "variance of the mini-batch gradient, drawn without replacement",
            ),
            lambda g, B: _without(g, B).var(),
        ),
        **_BATCH,
    },
)

EXAMPLES, INPUTS = 2000, 10
SIZES = (1, 4, 16, 64, 256, 1024)
RUNS, DRAWS = 10, 200
MINI = 32


@cache
def _gradients() -> np.ndarray:
    """Gradients (EXAMPLES, INPUTS) of least squares at 0, on random data."""
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(EXAMPLES, INPUTS)), rng.normal(size=INPUTS)
    return example_gradients(np.zeros(INPUTS), X, X @ w + rng.normal(size=EXAMPLES))


@cache
def _noise(batch_size: int) -> Spread:
    return Spread(rms_noise(_gradients(), batch_size, rng, DRAWS) for rng in kit.seeds(RUNS))


def _expected(batch_size: int) -> float:
    return float(np.sqrt(_gradients().var(axis=0).sum() / batch_size))


def _within_epoch(batch_size: int) -> float:
    """The same by the formula for batches without replacement."""
    return _expected(batch_size) * ((EXAMPLES - batch_size) / (EXAMPLES - 1)) ** 0.5


def table_noise(tr: Tr) -> Table:
    return Table(
        [
            Col("B", format=",d"),
            Col(tr("有放回，实测", "with replacement, measured"), format=".2f"),
            Col(tr("有放回，按公式", "by the formula"), format=".2f"),
            Col(tr("不放回，按公式", "without, by the formula"), format=".2f"),
        ],
        [[size, _noise(size), _expected(size), _within_epoch(size)] for size in SIZES],
        caption=tr(
            f"小批量梯度离全批量梯度有多远（均方根）：{EXAMPLES} 个样本、{INPUTS} 个参数的"
            "最小二乘，"
            f"{RUNS} 次、每次抽 {DRAWS} 批；均值 [最小, 最大]",
            "How far the mini-batch gradient is from the full one (root mean square): least "
            f"squares with {EXAMPLES} examples and {INPUTS} parameters, {RUNS} runs of {DRAWS} "
            "batches; mean [smallest, largest]",
        ),
    )


def value_noise() -> dict[str, object]:
    """The noise of one example over that of the largest batch, run by run."""
    ratios = [a / b for a, b in zip(_noise(1).values, _noise(SIZES[-1]).values, strict=True)]
    return {"ratio": Spread(ratios), "root": SIZES[-1] ** 0.5, "largest": SIZES[-1]}


def figure_noise(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.8)
    sizes = np.array(SIZES)
    measured = np.array([_noise(size).values for size in SIZES])
    expected = np.array([_expected(size) for size in SIZES])
    axes.plot(
        sizes, expected, color=kit.ORANGE, linestyle="--", label=tr("按公式", "by the formula")
    )
    mean = measured.mean(axis=1)
    bars = [mean - measured.min(axis=1), measured.max(axis=1) - mean]
    axes.errorbar(
        sizes, mean, bars, fmt="o", color=kit.BLUE, capsize=4, label=tr("实测", "measured")
    )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(SIZES, [str(size) for size in SIZES])
    axes.set_yticks([0.5, 1, 2, 4, 8, 16], ["0.5", "1", "2", "4", "8", "16"])
    axes.minorticks_off()
    axes.set_xlabel(tr("批大小", "batch size"))
    axes.set_ylabel(tr("梯度噪声", "gradient noise"))
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            "有放回抽样：批大小乘四，噪声减半（两轴均为对数）。竖线是各次实验的范围。",
            "Drawn with replacement: four times the batch, half the noise (both axes logarithmic). "
            "The bars span the runs.",
        ),
        alt=tr(
            "六个点落在一条下降的直线上，批大小由 1 到 1024，噪声由约 20 降到约 0.6。",
            "Six points on a falling straight line: from batch size 1 to 1024 the noise falls from "
            "about 20 to about 0.6.",
        ),
        data={"measured": measured, "expected": expected},
    )


def table_compare(tr: Tr) -> Table:
    return Table(
        [
            "",
            Col(tr("每步样本数", "examples a step"), format=",d"),
            Col(tr("每轮步数", "steps an epoch"), format=",d"),
            Col(tr("梯度噪声", "gradient noise"), format=".2f"),
            tr("并行", "parallelism"),
        ],
        [
            [
                tr("批量", "batch"),
                EXAMPLES,
                1,
                0.0,
                tr("充分，但每步要等全部样本", "full, but a step waits for all examples"),
            ],
            [
                tr("随机", "stochastic"),
                1,
                EXAMPLES,
                _noise(1),
                tr("几乎没有", "hardly any"),
            ],
            [
                tr("小批量", "mini-batch"),
                MINI,
                steps_per_epoch(EXAMPLES, MINI),
                _noise(MINI),
                tr("批内并行", "within the batch"),
            ],
        ],
        caption=tr(
            f"三种梯度下降，设定同上表（N = {EXAMPLES}）；随机与小批量按有放回抽样实测",
            f"Three kinds of gradient descent, settings as above (N = {EXAMPLES}); stochastic and "
            "mini-batch measured with replacement",
        ),
    )


# --------------------------------------------------------------------------- sum and mean

X, Y, WEIGHT, RATE = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 6.0, 8.0]), 3.0, 0.04

_LINE = {
    "w": kit.scalar(("参数", "parameter"), -3, 3),
    "x": kit.array(("输入", "inputs"), ("B",), -2, 2),
    "y": kit.array(("目标", "targets"), ("B",), -2, 2),
    "B": kit.integer(("批大小", "batch size"), 1, 6),
}

formula_sum_mean = Formula(
    r"g_{\mathrm{sum}} = \sum_{i=1}^{B} 2\,(w\,x_i - y_i)\,x_i, \quad"
    r" g_{\mathrm{mean}} = \frac{g_{\mathrm{sum}}}{B}",
    _LINE,
    equals={
        r"g_{\mathrm{sum}}": lambda w, x, y: sum_and_mean(w, x, y)[0],
        r"g_{\mathrm{mean}}": lambda w, x, y: sum_and_mean(w, x, y)[1],
    },
)

formula_rates = Formula(
    r"\eta\,\frac{1}{B} \sum_{i=1}^{B} g_i = \frac{\eta}{B} \sum_{i=1}^{B} g_i",
    {
        r"\eta": kit.scalar(("取平均时的学习率", "the learning rate with the mean"), 0, 1),
        "g": kit.array(("各样本的梯度", "gradients of the examples"), ("B",), -3, 3),
        "B": kit.integer(("批大小", "batch size"), 1, 6),
    },
)


def table_sum_mean(tr: Tr) -> Table:
    total, mean = sum_and_mean(WEIGHT, X, Y)
    rows = (
        ("mean", mean, RATE),
        ("sum", total, RATE),
        ("sum", total, RATE / len(X)),
    )
    return Table(
        [
            "`reduction`",
            Col(tr("梯度", "gradient"), format="g"),
            Col(tr("学习率", "learning rate"), format="g"),
            Col(tr("一步之后的 w", "w after a step"), format="g"),
        ],
        [[f"`{name}`", g, rate, WEIGHT - rate * g] for name, g, rate in rows],
        caption=tr(
            "四个样本 x = 1, 2, 3, 4，y = 2x，从 w = 3 出发；最优是 w = 2",
            "Four examples x = 1, 2, 3, 4, y = 2x, from w = 3; the best is w = 2",
        ),
    )


def value_sum_mean() -> dict[str, float]:
    total, mean = sum_and_mean(WEIGHT, X, Y)
    return {"sum": total, "mean": mean}


def check_sum_mean() -> Check:
    import torch

    rng = np.random.default_rng(0)
    pairs = [((3.0, X, Y))] + [(float(rng.normal()), *rng.normal(size=(2, n))) for n in (1, 5, 64)]
    return kit.compare(
        (
            'PyTorch 的 `F.mse_loss(..., reduction="sum")` 与 `"mean"` 的梯度',
            'gradients of PyTorch\'s `F.mse_loss(..., reduction="sum")` and `"mean"`',
        ),
        [
            (sum_and_mean(w, x, y), torch_sum_and_mean(w, torch.tensor(x), torch.tensor(y)))
            for w, x, y in pairs
        ],
        tolerance=1e-12,
    )
