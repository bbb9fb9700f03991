"""What the page on mismatched class counts says."""

import math

import pytest

from snippets.data_practice import _class_count_mismatch_causes as causes
from snippets.data_practice import _class_count_mismatch_checklist as checklist
from snippets.data_practice import _class_count_mismatch_remedies as remedies
from snippets.data_practice import _class_count_mismatch_seeds as seeds
from snippets.data_practice import class_count_mismatch
from snippets.kit import LANGS, Tr

EN = Tr("en")


def test_check():
    assert class_count_mismatch.check_softmax().error < 1e-14


@pytest.mark.parametrize("lang", LANGS)
def test_every_cause_has_a_symptom_and_a_repair(lang):
    rows = causes.table_causes(Tr(lang)).rows
    assert len(rows) == 6
    assert all(all(row) for row in rows)


def test_worked_example():
    found = causes.value_slices()
    powers = [math.exp(z) for z in causes.LOGITS]
    assert found["after"] == pytest.approx(sum(powers[:7]) / sum(powers))
    assert found["after"] == pytest.approx(0.2167, abs=5e-5)
    assert found["before"] == pytest.approx(1)
    assert found["loss8"] == pytest.approx(-math.log(powers[0] / sum(powers)))
    assert found["loss7"] == pytest.approx(-math.log(powers[0] / sum(powers[:7])))
    assert (found["argmax8"], found["argmax7"]) == (7, 0)
    assert found["grad8"] == pytest.approx(powers[7] / sum(powers)) == pytest.approx(found["p8"])
    assert found["grad7"] == 0


def test_losses_of_repaired_logits():
    found = causes.value_repairs()
    for cause in ("base", "background", "ignore", "spare", "axis"):
        assert found[cause] == pytest.approx(math.log(7))
    assert found["eight"] == pytest.approx(math.log(8))
    assert found["width"] == 8
    assert causes.value_report() == {"low": 1, "high": 7, "used": 7, "unused": 0, "outside": 7}


def test_broadcasting():
    assert causes.value_axis()["wrong"] == pytest.approx((6 * 0 + 4 * 1 + 2 * 4) / 9)
    assert causes.value_axis()["right"] == 0


def test_remedies():
    rows = {way: remedies.runs()[way] for way in remedies.WAYS}
    for way in ("after", "test", "both", "shift"):
        assert rows[way]["accuracy"].mean == pytest.approx(rows["head"]["accuracy"].mean, abs=0.01)
    assert rows["wrong"]["accuracy"].high < 6 / 7 < rows["head"]["accuracy"].low
    assert rows["after"]["total"].high < 1 - 1e-5
    for way in ("head", "test", "both", "shift", "wrong"):
        assert rows[way]["total"].mean == pytest.approx(1)
    assert rows["both"]["spare"].low > rows["test"]["spare"].high
    assert remedies.value_remedies()["perfect"] == 6 / 7


def test_each_bug_is_found_by_one_check():
    found = checklist.findings()
    sound = found["none"]
    assert sound["first"].mean == pytest.approx(math.log(7), abs=0.15)
    assert sound["last"].high < 1e-3
    alarms = {
        bug: [
            of["first"].low > 2 * math.log(7),
            of["last"].low > 0.1,
            of["leak"].low > 0.01,
            of["silent"] > 0,
        ]
        for bug, of in found.items()
    }
    assert alarms == {
        "none": [False, False, False, False],
        "scale": [True, False, False, False],
        "softmax": [False, True, False, False],
        "mixed": [False, False, True, False],
        "detach": [False, False, False, True],
    }


def test_numbers_of_the_checklist():
    found = checklist.value_checks()
    assert found["ln7"] == pytest.approx(1.9459, abs=5e-5)
    assert found["ln8"] == pytest.approx(math.log(8))
    assert found["gradient"] < 1e-9
    # softmax of (1, 0, ..., 0): the best that a second softmax allows
    assert found["floor"] == pytest.approx(-math.log(math.e / (math.e + 6)))
    assert found["softmax"].low > found["floor"]


def test_same_seed_same_bits():
    gaps = seeds.gaps()
    assert gaps["same"] == gaps["extra_own"] == 0
    assert gaps["other"] > 0.1
    assert gaps["extra_shared"] > 1e-3


def test_order_of_additions_matters():
    found = seeds.value_order()
    assert 0 < found["gap"] < 0.1
