"""What the overview of backpropagation says: every rule of the table, and the ladder."""

import numpy as np
import pytest

from gen.formula import check
from snippets.backprop import _backprop_overview_network as network
from snippets.backprop import _backprop_overview_rules as rules
from snippets.backprop import backprop_overview
from snippets.kit import LANGS, Formula, Tr


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (0, r"G W^\top", r"G (2 W)^\top"),  # affine
        (-1, r"+ J(x)^\top g", r"- J(x)^\top g"),  # residual
        (-3, r"- u(x)_i", r"+ u(x)_i"),  # batch norm
    ],
)
def test_a_wrong_rule_is_refused(place, old, new):
    formula = rules.RULES[place].by_input
    assert old in formula.latex
    wrong = Formula(
        formula.latex.replace(old, new), formula.where, equals=formula.equals, samples=5
    )
    with pytest.raises(ValueError, match="the formula gives"):
        check(wrong)


def test_evidence():
    assert backprop_overview.check_network().error < 1e-13
    assert backprop_overview.check_rules().error < 1e-14


@pytest.mark.parametrize("lang", LANGS)
def test_table_has_the_layers_it_promises(lang):
    table = rules.table_rules(Tr(lang))
    names = " ".join(row[0] for row in table.rows)
    for word in ("ReLU", "sigmoid", "tanh", "softmax", "dropout"):
        assert word in names
    found = rules.value_rules()
    assert found["rows"] == sum(isinstance(row[1], Formula) for row in table.rows)
    assert found["gradients"] == sum(isinstance(row[2], Formula) for row in table.rows)
    assert len(rules.table_card(Tr(lang)).rows) < len(table.rows)


@pytest.mark.parametrize("lang", LANGS)
def test_ladder_counts_what_the_network_keeps(lang):
    data = network.figure_ladder(Tr(lang)).data
    x, _, mask, w = backprop_overview._example(np.random.default_rng(0))
    images, size, kernels = len(x), x.shape[-1] ** 2, len(w["conv"])
    assert data["counts"] == [
        x.size,
        images * kernels * size + kernels,
        images * kernels * size,
        images * kernels * size // 4,
        2 * mask.size,
        mask.size,
        mask.size,
        images * len(w["out_b"]),
    ]
    assert data["total"] == sum(data["counts"])


def test_parameters_are_counted():
    # 3·2·9 + 3 of the convolution, 2·3 of the norm, 48² + 48 of the block, 5·48 + 5 at the end
    found = network.value_network()
    assert found["parameters"] == 57 + 6 + 2352 + 245
    assert found["gradients"] == found["parameters"] + 4 * 2 * 8 * 8
