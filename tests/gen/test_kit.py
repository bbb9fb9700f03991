"""The vocabulary of the snippets: what it compares, what it refuses, how it is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from snippets import kit
from snippets.kit import Check, Col, KitError, Spread, Table, Tr

NAN, INF = float("nan"), float("inf")


# --------------------------------------------------------------------------- compare

EQUAL = [
    ("numbers", [(1.0, 1.0)], 1, 0.0),
    ("arrays", [(np.ones((2, 3)), np.ones((2, 3)))], 6, 0.0),
    ("lists and tuples", [([1, 2], (1, 2))], 2, 0.0),
    ("several pairs", [(1, 1), ([1, 2], [1, 2])], 3, 0.0),
    ("nan equals nan", [([NAN, 1.0], [NAN, 1.0])], 2, 0.0),
    ("an infinity equals itself", [([INF, -INF], [INF, -INF])], 2, 0.0),
    ("relative where it is large", [(1e6, 1e6 + 0.5e-6)], 1, 0.5e-12),
    ("absolute where it is small", [(0.0, 0.5e-12)], 1, 0.5e-12),
    ("absolute between", [(0.5, 0.5 + 2.0**-42)], 1, 2.0**-42),
    ("integers and truth values", [(True, 1), (3, 3.0)], 2, 0.0),
    ("an empty array beside another", [([], []), (1.0, 1.0)], 1, 0.0),
    ("a number and an array of one", [(1.0, [1.0])], 1, 0.0),
    ("the largest of several", [(0.0, 1e-13), (0.0, 4e-13), (0.0, 2e-13)], 3, 4e-13),
]


@pytest.mark.parametrize(
    ("pairs", "cases", "error"), [e[1:] for e in EQUAL], ids=[e[0] for e in EQUAL]
)
def test_compare(pairs: list[tuple[object, object]], cases: int, error: float) -> None:
    check = kit.compare("oracle", pairs)
    assert (check.against, check.cases, check.tolerance) == ("oracle", cases, 1e-12)
    assert check.error == pytest.approx(error, rel=1e-3, abs=0)


DIFFERENT = [
    (
        [(1.0, 2.0)],
        "pair 1 at (0,): ours np.float64(1.0), theirs np.float64(2.0); they differ by 0.5",
    ),
    ([(1, 1), ([[1, 2], [3, 4]], [[1, 2], [5, 4]])], "pair 2 at (1, 0): "),
    ([(NAN, 1.0)], "they differ by inf"),
    ([(1.0, NAN)], "they differ by inf"),
    ([(INF, 1.0)], "they differ by inf"),
    ([(1.0, INF)], "they differ by inf"),
    ([(INF, -INF)], "they differ by inf"),
    ([(0.0, 1.1e-12)], "they differ by 1.1e-12, allowed is 1e-12"),
    ([(1e6, 1e6 + 2e-6)], "they differ by 2e-12, allowed is 1e-12"),
    ([([1, 2], [1, 2, 3])], "pair 1: shapes (2,) and (3,) differ"),
    ([(np.ones((2, 1)), np.ones((1, 2)))], "pair 1: shapes (2, 1) and (1, 2) differ"),
    ([(np.ones(2), 1.0)], "pair 1: shapes (2,) and (1,) differ"),
    ([], "nothing was compared; a check needs at least one case"),
    ([([], [])], "nothing was compared; a check needs at least one case"),
]


@pytest.mark.parametrize(("pairs", "told"), DIFFERENT)
def test_compare_refuses(pairs: list[tuple[object, object]], told: str) -> None:
    with pytest.raises(KitError) as error:
        kit.compare("oracle", pairs)
    assert told in str(error.value)


def test_compare_with_another_tolerance() -> None:
    assert kit.compare("o", [(0.0, 0.01)], tolerance=0.02) == Check("o", 1, 0.01, 0.02)
    with pytest.raises(KitError, match=r"allowed is 0\.005"):
        kit.compare("o", [(0.0, 0.01)], tolerance=0.005)


def test_compare_takes_tensors_and_leaves_both_sides_alone() -> None:
    import torch

    ours, theirs = np.array([1.0, INF]), torch.tensor([1.0, INF], dtype=torch.float64)
    assert kit.compare(("甲", "a"), [(ours, theirs)]).against == ("甲", "a")
    assert ours.tolist() == theirs.tolist() == [1.0, INF]


# --------------------------------------------------------------------------- languages


def test_tr() -> None:
    zh, en = Tr("zh"), Tr("en")
    assert (zh("温度", "temperature"), en("温度", "temperature")) == ("温度", "temperature")
    assert (zh.pair(("甲", "a")), en.pair(("甲", "a"))) == ("甲", "a")
    assert (zh.name("softmax"), en.name("softmax")) == ("softmax", "softmax")
    assert zh.said == {"温度", "甲", "softmax"}
    assert en.said == {"temperature", "a", "softmax"}


def test_tr_allows_the_same_word_and_latin_in_chinese() -> None:
    assert Tr("zh")("Adam", "Adam") == "Adam"
    assert Tr("zh")("用 Adam 训练", "trained by Adam") == "用 Adam 训练"


@pytest.mark.parametrize(
    ("zh", "en", "told"),
    [
        ("", "a", "tr('', 'a'): a text is missing; give both languages"),
        ("甲", "", "tr('甲', ''): a text is missing; give both languages"),
        ("甲", "  ", "tr('甲', '  '): a text is missing; give both languages"),
        (
            "temperature",
            "温度",
            "tr('temperature', '温度'): the English text has Chinese characters; "
            "the order is tr(Chinese, English)",
        ),
    ],
)
@pytest.mark.parametrize("lang", kit.LANGS)
def test_tr_refuses(lang: kit.Lang, zh: str, en: str, told: str) -> None:
    """In whichever language it is called."""
    tr = Tr(lang)
    with pytest.raises(KitError) as error:
        tr(zh, en)
    assert str(error.value) == told
    assert tr.said == set()


# --------------------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("symbol", "kind", "shape"),
    [
        (kit.scalar(("甲", "a"), 0, 1), "scalar", ""),
        (kit.integer(("甲", "a"), 1, 4), "integer", ""),
        (kit.array(("甲", "a"), ("n",), 0, 1), "array", "(n,)"),
        (kit.array(("甲", "a"), ("m", "n", 3), 0, 1), "array", "(m, n, 3)"),
        (kit.index(("甲", "a"), "n"), "index", ""),
        (kit.function(("甲", "a"), abs), "function", ""),
        (kit.constant(("甲", "a"), 3.0, "V"), "constant", ""),
    ],
)
def test_symbols(symbol: kit.Symbol, kind: str, shape: str) -> None:
    assert (symbol.kind, symbol.shape) == (kind, shape)


def test_what_symbols_hold() -> None:
    scalar = kit.scalar(("甲", "a"), -1, 2, "V", without=(0,))
    assert (scalar.low, scalar.high, scalar.unit, scalar.without) == (-1, 2, "V", (0,))
    assert kit.index(("甲", "a"), "n").size == ("n",)
    assert kit.function(("甲", "a"), abs).value is abs
    assert kit.constant(("甲", "a"), 3.0).value == 3.0
    formula = kit.Formula("x", {"x": scalar})
    assert (formula.equals, formula.derivative_of, formula.wrt) == (None, None, "x")
    assert (formula.samples, formula.tolerance) == (200, 1e-9)


# --------------------------------------------------------------------------- results


def test_spread() -> None:
    spread = Spread([0.5, 0.75, 1])
    assert (spread.mean, spread.low, spread.high, len(spread)) == (0.75, 0.5, 1.0, 3)
    assert f"{spread:.2f}" == "0.75 [0.50, 1.00]"
    assert f"{spread:.0%}" == "75% [50%, 100%]"
    assert Spread(v for v in (1, 2)) == Spread((1.0, 2.0))
    assert Spread(np.array([1.5, 2.5])).values == (1.5, 2.5)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_spread_of_fewer_than_two(values: list[float]) -> None:
    with pytest.raises(KitError, match=r"^a spread needs at least two runs; run more seeds$"):
        Spread(values)


def test_table() -> None:
    table = Table([Col("x", "ms", ".1f"), "y"], [[1, "a"], [None, True]], "caption")
    assert table.sortable is False
    assert Col("x") == Col("x", "", ".4g")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "the table has no rows"),
        ([[1, 2], [1]], "row 2 has 1 cells, the table has 2 columns"),
        ([[1, 2, 3]], "row 1 has 3 cells, the table has 2 columns"),
    ],
)
def test_table_refuses(rows: list[list[int]], told: str) -> None:
    with pytest.raises(KitError) as error:
        Table(["a", "b"], rows, "caption")
    assert str(error.value) == told


# --------------------------------------------------------------------------- drawing


def test_canvas_is_not_pyplot() -> None:
    before = "matplotlib.pyplot" in sys.modules
    figure, axes = kit.canvas(2, 3, width=4, height=2, sharex=True)
    assert axes.shape == (2, 3)
    assert figure.get_size_inches().tolist() == [4, 2]
    assert ("matplotlib.pyplot" in sys.modules) == before


def test_zero_lines_lie_behind() -> None:
    _, axes = kit.canvas()
    kit.zero_lines(axes)
    horizontal, vertical = axes.lines
    assert list(horizontal.get_ydata()) == [0, 0]
    assert list(vertical.get_xdata()) == [0, 0]
    assert horizontal.get_zorder() == vertical.get_zorder() == 0


def test_seeds_are_always_the_same_and_independent() -> None:
    first = [g.integers(0, 2**62) for g in kit.seeds(4)]
    assert first == [g.integers(0, 2**62) for g in kit.seeds(4)]
    assert len(set(first)) == 4
    assert first[:2] == [g.integers(0, 2**62) for g in kit.seeds(2)], "more runs keep the first"
    assert set(first).isdisjoint(g.integers(0, 2**62) for g in kit.seeds(4, base=1))


def test_kit_needs_nothing_of_the_generator_and_draws_only_when_asked() -> None:
    code = "import sys, snippets.kit; print(*sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "numpy" in loaded
    assert not loaded & {"gen", "matplotlib"}
