"""What the page on dilated convolution says, counted with sets instead of masks."""

from itertools import product

import pytest

from snippets.convolution import _dilated_conv_gridding as gridding
from snippets.convolution import _dilated_conv_size as size
from snippets.convolution import dilated_conv
from snippets.kit import LANGS, Tr


def reached(stack):
    """Offsets along a line from which a 3-cell stack is reached."""
    return {sum(steps) for steps in product(*((-d, 0, d) for d in stack))}


def test_evidence():
    assert dilated_conv.check_torch().error < 1e-13
    assert dilated_conv.check_coverage().error == 0
    assert dilated_conv.check_subgrids().error < 1e-14


@pytest.mark.parametrize("lang", LANGS)
def test_coverage_table(lang):
    for row, stack in zip(gridding.table_coverage(Tr(lang)).rows, gridding.TABLED, strict=True):
        span = 2 * sum(stack) + 1
        assert row[1] == f"{span}×{span}"
        assert row[2] == len(reached(stack)) ** 2
        assert row[3] == span**2


def test_values_of_the_text():
    found = gridding.value_coverage()
    assert (found["one"], found["one_cells"], found["one_span"]) == (9, 25, 5)
    assert (found["same"], found["same_cells"]) == (49, 169)
    assert found["mixed"] == found["mixed_cells"] == 289


def test_share_of_equal_rates_falls_towards_a_quarter():
    shares = [(2 * n + 1) ** 2 / (4 * n + 1) ** 2 for n in range(1, 9)]
    assert shares == sorted(shares, reverse=True)
    assert [len(reached((2,) * n)) for n in (1, 3)] == [3, 7]
    assert 0.25 < shares[-1] < 0.27


def test_rule_against_sets():
    found = gridding.value_rule()
    full = [
        (a, b)
        for a in range(1, 10)
        for b in range(a, 10)
        if len(reached((1, a, b))) == 2 * (1 + a + b) + 1
    ]
    assert found["full"] == len(full)
    assert found["stacks"] == found["agree"] == 45
    assert len(reached((2, 2, 2))) < 13  # satisfies the inequality, has gaps


def test_footprints_and_gridding_figures():
    data = gridding.figure_footprint(Tr("zh")).data
    assert [int(v.sum()) for v in data.values()] == [9, 9, 9]
    data = gridding.figure_gridding(Tr("en")).data
    assert not data["222"][1::2].any()
    assert not data["248"][:, 1::2].any()
    assert data["125"].all()


def test_sizes_as_in_the_claim():
    assert size.value_sizes() == {"n": 32, "p0": 28, "p1": 30, "p2": 32}
    assert [row.index("**32**") - 2 for row in size.table_sizes(Tr("en")).rows] == [1, 2, 3]


def test_costs():
    rows = gridding.table_cost(Tr("en")).rows
    assert [row[2] for row in rows] == [289, 72, 27, 9]
    assert [row[3] for row in rows] == [289, 289, 289, 9]
