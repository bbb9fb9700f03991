"""Choosing on the test set: the best of many guessing models looks better than it is."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np

from snippets import kit
from snippets.activations.choosing_activations import best_of_coin_flips, expected_best
from snippets.kit import Figure, Formula, Spread, Tr

_MODELS = kit.integer(("候选模型的个数", "number of candidate models"), 1, 60)


_ITEMS = kit.integer(("用来打分的样本数", "number of items that score them"), 5, 60)


formula_expected_best = Formula(
    r"\mathrm{E}(m, n) = \frac{1}{n} \sum_{k=0}^{n-1} \left(1 - F(k, n)^m\right)",
    {
        "m": _MODELS,
        "n": _ITEMS,
        "F": kit.function(
            (
                "一个模型在 n 个样本上猜对不超过 k 个的概率（二项分布）",
                "probability that one model has at most k of n right (binomial)",
            ),
            lambda k, n: sum(comb(int(n), j) for j in range(int(k) + 1)) / 2 ** int(n),
        ),
    },
    equals=lambda m, n: expected_best(int(m), int(n)),
)


formula_bound = Formula(
    r"\mathrm{E}(m, n) \le \frac{1}{2} + \sqrt{\frac{\ln m}{2n}}",
    {
        "m": _MODELS,
        "n": _ITEMS,
        r"\mathrm{E}": kit.function(("", ""), lambda m, n: expected_best(int(m), int(n))),
    },
)


MODELS, ITEMS, REPEATS = 50, 200, 2000


CANDIDATES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@cache
def _selections() -> np.ndarray:
    """(REPEATS, 2): the best score among MODELS guessing models, and its score on fresh items."""
    rng = np.random.default_rng(0)
    return np.array([best_of_coin_flips(MODELS, ITEMS, rng) for _ in range(REPEATS)])


def value_selection() -> dict[str, object]:
    chosen, fresh = _selections().T
    return {
        "chosen": Spread(chosen),
        "fresh": Spread(fresh),
        "exact": expected_best(MODELS, ITEMS),
        "models": MODELS,
        "items": ITEMS,
    }


def figure_selection(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.9)
    data = {}
    for items, colour, marker in zip((50, 200, 1000), kit.SERIES, "os^", strict=False):
        scores = [expected_best(models, items) for models in CANDIDATES]
        label = tr(f"{items} 个测试样本", f"{items} test items")
        axes.plot(CANDIDATES, scores, marker=marker, color=colour, label=label)
        data[items] = np.array(scores)
    axes.axhline(0.5, color=kit.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(500, 0.503, tr("真实水平", "the truth"), ha="right", va="bottom", color=kit.MUTED)
    axes.set_xscale("log")
    axes.set_xticks([1, 10, 100, 500], ["1", "10", "100", "500"])
    axes.set_xlabel(tr("参加挑选的模型个数（对数轴）", "models to choose from (log axis)"))
    axes.set_ylabel(tr("最高分的期望", "expected best score"))
    axes.set_ylim(0.485, 0.74)
    axes.legend(loc="upper left")
    return Figure(
        canvas,
        caption=tr(
            "所有模型都只会猜，真实准确率是一半。在测试集上挑最高分，"
            "候选越多、样本越少，虚高越多。",
            "Every model only guesses; the truth is one half. Pick the best score on the test set: "
            "the more models and the fewer items, the more it flatters.",
        ),
        alt=tr(
            "三条曲线从 0.5 起随候选个数上升；样本越少升得越高，50 个样本时超过 0.7。",
            "Three curves rise from 0.5 with the number of candidates; the fewer the items the "
            "higher, above 0.7 for 50 items.",
        ),
        data=data,
    )
