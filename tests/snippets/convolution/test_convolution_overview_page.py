"""What the overview of the kinds of convolution says."""

import pytest

from gen.formula import check
from snippets.convolution import _convolution_overview_footprints as drawn
from snippets.convolution import _convolution_overview_rules as rules
from snippets.convolution.convolution_overview import KINDS, C, reaches
from snippets.kit import LANGS, Formula, Tr

FORMULAS = {
    (name, place): cell
    for name, row in rules.RULES.items()
    for place, cell in enumerate(row)
    if isinstance(cell, Formula)
}


@pytest.mark.parametrize("where", FORMULAS, ids=str)
def test_every_rule_holds(where):
    outcome = check(FORMULAS[where])
    assert outcome.error == 0
    assert outcome.samples >= rules.SAMPLES


@pytest.mark.parametrize(
    ("where", "old", "new"),
    [
        (("standard", 1), "2p", "p"),
        (("dilated", 2), "(k - 1)", "k"),
        (("transposed", 2), r"\lceil", r"\lfloor"),
        (("grouped", 3), r"{g}", r"{g^2}"),
    ],
)
def test_a_wrong_rule_is_refused(where, old, new):
    formula = FORMULAS[where]
    latex = formula.latex.replace(old, new).replace(
        r"\right\rceil", r"\right\rfloor" if "floor" in new else r"\right\rceil"
    )
    assert latex != formula.latex
    wrong = Formula(latex, formula.where, equals=formula.equals, samples=12)
    with pytest.raises(ValueError, match="the formula gives"):
        check(wrong)


@pytest.mark.parametrize("lang", LANGS)
def test_tables(lang):
    tr = Tr(lang)
    assert len(rules.table_rules(tr).rows) == len(rules.NAMES)
    rows = dict(zip(KINDS, rules.table_measured(tr).rows, strict=True))
    assert rows["standard"][1:4] == ["64×32×32", "9 × 64", "576"]
    assert rows["standard"][4:] == [9 * 64**2, 9 * 64**2 * 32**2 / 1e6]
    assert rows["transposed"][1:4] == ["64×64×64", "1–4 × 64", "64–256"]
    assert rows["pooling"][1:] == ["64×16×16", "4 × 1", "4", 0, 0]


def test_what_is_read_has_a_weight():
    """Weights are the numbers read times the output channels, in the first six rows only."""
    holds = [kind.weights == reaches(name)[0].numbers * C for name, kind in KINDS.items()]
    assert holds == [True] * 6 + [False] * 3


def test_values():
    found = drawn.value_kinds()
    assert found["share"] == pytest.approx(1 / C + 1 / 9)  # the ratio of MobileNet's paper
    assert found["grouped_share"] == 1 / 8
    assert abs(found["separable"] / KINDS["grouped"].weights - 1) < 0.02  # "about as few"
    assert reaches("grouped")[0].numbers * 8 == found["numbers"] == 9 * C
    assert found["mean"] == (3 / 2) ** 2  # k / s in each direction
    assert found["per_output"] == found["strided"] == 1 / 4
    assert found["span"] == 5


@pytest.mark.parametrize("lang", LANGS)
def test_figure(lang):
    data = drawn.figure_footprints(Tr(lang)).data
    assert data["cells"] == [9, 1, 9, 9, 9, 9, 4, 4]
    assert data["channels"] == [C, C, C, C // 8, 1, C, C, 1]
    assert data["weights"] == [KINDS[name].weights for name in rules.NAMES]
