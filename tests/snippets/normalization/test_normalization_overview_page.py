"""What the overview shows: the tables, and the contrasts before and after in closed form."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.kit import LANGS, Tr
from snippets.normalization import _normalization_overview_rules as rules
from snippets.normalization import _normalization_overview_scales as scales
from snippets.normalization.normalization_overview import METHODS

A, M, S = scales.CONTRAST[:, None], scales.MEANS, scales.SCALES


def centred(mean, second):
    """Means and deviations of the planes after (x - mean) / sqrt(second - mean² + ε)."""
    std = np.sqrt(second - mean**2 + 1e-5)
    return (A * M - mean) / std, A * S / std


def grouped(values):
    """The mean over each of two groups of channels, for both channels of it."""
    return np.repeat(values.reshape(3, 2, 2).mean(axis=2), 2, axis=1)


SQUARE = M**2 + S**2  # mean square of a channel at contrast 1
CLOSED = {
    "input": (A * M, A * S),
    "batch": centred((A * M).mean(axis=0), (A**2 * SQUARE).mean(axis=0)),
    "layer": centred(A * M.mean(), A**2 * SQUARE.mean()),
    "instance": centred(A * M, A**2 * SQUARE),
    "group": centred(grouped(A * M), grouped(A**2 * SQUARE)),
}


@pytest.mark.parametrize("key", CLOSED)
def test_planes_in_closed_form(key):
    np.testing.assert_allclose(scales.planes(key), np.array(CLOSED[key]), atol=1e-10)


def test_planes_of_the_z_score():
    contrasts = np.geomspace(0.5, 3, scales.TRAIN)
    mean = contrasts.mean() * M
    std = np.sqrt((contrasts**2).mean() * SQUARE - mean**2)
    expected = np.array([(A * M - mean) / std, A * S / std])
    np.testing.assert_allclose(scales.planes("z_score"), expected, atol=1e-10)


@pytest.mark.parametrize(
    ("key", "theirs"),
    [("token", lambda t: F.layer_norm(t, (4,))), ("rms", lambda t: F.rms_norm(t, (4,)))],
)
def test_planes_by_pytorch(key, theirs):
    x = torch.tensor(scales.draw(scales.CONTRAST))
    y = theirs(x.movedim(1, -1)).movedim(-1, 1)
    expected = torch.stack([y.mean((2, 3)), y.std((2, 3), correction=0)])
    np.testing.assert_allclose(scales.planes(key), expected, atol=1e-12)


def test_waves_are_standardised_and_uncorrelated():
    waves = (scales.draw(np.ones(1))[0].reshape(4, -1) - M[:, None]) / S[:, None]
    np.testing.assert_allclose(waves.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(waves @ waves.T / waves.shape[1], np.eye(4), atol=1e-12)


def test_what_is_left():
    found = scales.value_left()
    contrast = scales.CONTRAST[-1] / scales.CONTRAST[0]
    for key in scales.SHOWN:
        alone = key in ("layer", "token", "rms", "instance", "group")
        assert found[f"{key}_examples"] == pytest.approx(1 if alone else contrast, rel=1e-3)
        if key not in ("input", "z_score", "batch", "rms"):
            assert abs(found[f"{key}_mean"]) < 1e-12
    assert found["layer_channels"] == pytest.approx(S.max() / S.min())
    assert found["instance_channels"] == pytest.approx(1, rel=1e-3)
    assert 1 < found["group_channels"] < found["layer_channels"]
    assert found["rms_mean"] > 0.5


@pytest.mark.parametrize("lang", LANGS)
def test_tables(lang):
    tr = Tr(lang)
    rows = rules.table_rules(tr).rows
    assert len(rows) == len(METHODS) + 1  # batch norm twice
    assert [row[3] for row in rows if row[1] is rules._inference] == [1]
    mixing = [row[1] for row in rows if row[4] == tr("是", "yes")]
    assert mixing == [rules.RULES["batch"]]
    differing = [row[1] for row in rows if row[5] == tr("否", "no")]
    assert differing == [rules.RULES["batch"], rules._inference]
    assert len(rules.table_classes(tr).rows) == len(METHODS) - 1


def test_figure():
    data = scales.figure_scales(Tr("zh")).data
    assert {name.rsplit("_", 1)[0] for name in data} == set(scales.SHOWN)
    for key in ("layer", "token", "rms", "group"):
        assert np.ptp(data[f"{key}_std"], axis=0).max() < 1e-3


def test_values():
    found = rules.value_profile()
    assert found["size"] == 8 * 64 * 14 * 14
    assert found["layer_learnt"] == 2 * 64 * 14 * 14
    assert found["batch_statistics"] == 64
