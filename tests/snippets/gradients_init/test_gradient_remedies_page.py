"""What the page on remedies says."""

import itertools
import math

import numpy as np
import pytest

from snippets.gradients_init import _gradient_remedies_clipping as clipping
from snippets.gradients_init import _gradient_remedies_grid as grid
from snippets.gradients_init import _gradient_remedies_norm as norm
from snippets.gradients_init import gradient_remedies
from snippets.kit import LANGS, Tr


def test_evidence():
    # 7 lists of gradients: 4 of 17 numbers, and 3, 2, 2; each clipped twice, and 7 norms
    assert gradient_remedies.check_torch().cases == 2 * (4 * 17 + 7) + 7


def test_grid_as_told():
    found = grid.value_remedies()
    for net in grid.NETS:
        assert 0.3 < found[f"{net}_both"].low <= found[f"{net}_both"].high < 5
    assert found["sigmoid_none"].high < 1e-28
    # ReLU: half the weights halve each of 49 factors, twice the weights double them
    for net, factor in (("small", 2.0**-49), ("large", 2.0**49)):
        for broken, fit in zip(
            found[f"{net}_none"].values, found[f"{net}_init"].values, strict=True
        ):
            assert broken / fit == pytest.approx(factor)
    assert 0.1 < found["small_init"].low <= found["small_init"].high < 10
    assert found["large_skip"].low > found["large_none"].high
    assert found["small_skip"].low > 1e3 > found["sigmoid_skip"].high
    assert found["sigmoid_layer"].high < 1e-15
    assert 1 < found["sigmoid_batch"].low <= found["sigmoid_batch"].high < 30
    assert found["small_gate"].low > 1e-4
    assert found["large_gate"].low > 1e6
    assert 1e-9 < found["relu"].low <= found["relu"].high < 1e-6
    assert found["sigmoid_pretrain"].high < found["sigmoid_none"].low
    assert found["small_pretrain"].low > 1e-3
    assert found["large_pretrain"].high < 1e3
    assert found["large_pretrain_fewer"].low > 1e3  # so the number of steps decides


@pytest.mark.parametrize("lang", LANGS)
def test_grid_table(lang):
    rows = grid.table_remedies(Tr(lang)).rows
    assert len(rows) == len(grid.REMEDIES) == 11
    none, clip, rate = rows[0], rows[-2], rows[-1]
    assert none[1:4] == clip[1:4] == rate[1:4]
    inside = [row[0] for row in rows if all(x and 0.1 < x < 10 for x in row[1:4])]
    assert inside == [Tr(lang)("残差 + 层归一化", "residual + layer norm")]


def test_figure_of_layers():
    data = grid.figure_layers(Tr("en")).data
    assert all(np.allclose(share[:, -1], 1) for share in data.values())
    assert data["sigmoid batch"].max() < 100
    assert data["large batch"][:, 0].min() > 1e3
    assert data["large both"].max() < 10
    assert data["large both"].min() > 0.1


def test_arrows():
    data = clipping.figure_arrows(Tr("en")).data
    lengths = np.linalg.norm(data["norm"], axis=1)
    np.testing.assert_allclose(lengths[[0, 1, 3]], 1, rtol=1e-5)
    cross = data["before"][:, 0] * data["norm"][:, 1] - data["before"][:, 1] * data["norm"][:, 0]
    np.testing.assert_allclose(cross, 0, atol=1e-12)
    assert np.abs(data["value"]).max() == 1
    for clipped in (data["norm"], data["value"]):
        assert clipped[2].tolist() == data["before"][2].tolist()


def test_worked_example():
    found = clipping.value_worked()
    assert found["total"] == math.hypot(30, 40)
    assert found["angle"] == pytest.approx(math.degrees(math.pi / 4 - math.atan(3 / 4)))


def test_training_as_told():
    assert np.isnan(clipping.losses("exploding")[-1]).all()
    assert np.isnan(clipping.losses("exploding")[10]).all()
    assert np.isfinite(clipping.losses("exploding_norm")).all()
    assert np.isfinite(clipping.losses("exploding_value")).all()
    assert clipping.losses("exploding_norm")[-1].max() > math.log(2)
    limits = clipping.value_limits()
    assert limits["ten"].high < math.log(2)  # the poor runs are the limit's doing, not the norm's
    weights = 8 * 32 + 18 * 32 * 32 + 32 * 2
    assert limits["allowed"] == pytest.approx(0.1 * math.sqrt(weights))
    for case in ("vanishing", "vanishing_rate"):
        assert clipping.losses(case)[-1] == pytest.approx(math.log(2), abs=0.01)
    for case in ("vanishing_he", "exploding_rate"):
        assert (clipping.losses(case)[-1] < clipping.losses(case)[0]).all()


def test_training_starts_from_the_cross_entropy_of_pytorch():
    import torch
    from torch import nn

    rng = next(iter(clipping.kit.seeds(clipping.RUNS)))
    x = rng.normal(size=(clipping.SAMPLES, clipping.INPUTS))
    y = torch.tensor((x[:, 0] * x[:, 1] > 0).astype(int))
    sizes = [clipping.INPUTS, *[clipping.WIDTH] * (clipping.LAYERS - 1), 2]
    layers = []
    for n, m in itertools.pairwise(sizes):
        layer = nn.Linear(n, m, bias=False)
        layer.weight.data = torch.tensor(rng.normal(0, (2 / n) ** 0.5, (n, m)).T).float()
        layers += [layer, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimiser = torch.optim.SGD(model.parameters(), lr=clipping.RATE)
    for step in range(3):
        loss = nn.functional.cross_entropy(model(torch.tensor(x).float()), y)
        assert clipping.losses("exploding_he")[step][0] == pytest.approx(loss.item(), rel=1e-4)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def test_batch_norm_as_told():
    found = norm.value_batch_norm()
    assert found["factor"] == pytest.approx(found["theory"], rel=0.02)
    assert 1 < found["skip"].low <= found["skip"].high < 30
    rows = norm.table_batch_norm(Tr("en")).rows
    assert [row[2].mean for row in rows] == pytest.approx([rows[1][2].mean] * 3, rel=0.3)
    assert rows[0][1] / rows[1][1] == pytest.approx(2.0**-49)
    assert rows[2][1] / rows[1][1] == pytest.approx(2.0**49)


def test_scaling_the_data_changes_nothing():
    found = norm.value_scaled_data()
    for name in ("hundredth", "hundred"):
        assert found[name].values == pytest.approx(found["unit"].values, rel=1e-9)


@pytest.mark.parametrize("lang", LANGS)
def test_symptoms(lang):
    rows = clipping.table_symptoms(Tr(lang)).rows
    assert [row[2] for row in rows].count("") == 0
    assert sum(isinstance(row[3], str) for row in rows) == 1
