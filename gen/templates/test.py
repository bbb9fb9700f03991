"""Tests of <title>."""

import numpy as np
import pytest

from snippets.<folder> import <name> as concept
from snippets.kit import Tr

KNOWN = [  # input, expected, source
    (3.0, 9.0, "by hand"),
    (-0.5, 0.25, "by hand"),
]


@pytest.mark.parametrize(("x", "expected", "source"), KNOWN)
def test_known_values(x, expected, source):
    assert concept.<name>(np.array(x)) == pytest.approx(expected, abs=1e-12), source


def test_equals_torch():
    assert concept.check_torch().cases > 2000


def test_figure_shows_a_minimum_at_zero():
    data = concept.figure_curve(Tr("en")).data
    assert data["x"][np.argmin(data["y"])] == pytest.approx(0.0, abs=1e-12)
