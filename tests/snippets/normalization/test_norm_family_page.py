"""What the page on normalisation layers says, against PyTorch, combinatorics and theory."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets import kit
from snippets.kit import LANGS, Tr
from snippets.normalization import _norm_family_axes as axes
from snippets.normalization import _norm_family_layer as layer
from snippets.normalization import _norm_family_place as place
from snippets.normalization import norm_family


def test_evidence():
    assert norm_family.check_torch().error < 1e-12
    assert norm_family.check_limits().error < 1e-12


def test_cubes_shade_the_axes_of_each_layer():
    n, c, p = axes.N, axes.C, axes.P
    sizes = {k: sum(m(i, j, q) for i, j, q in np.ndindex(n, c, p)) for k, m in axes.SETS.items()}
    assert sizes == {"batch": n * p, "layer": c * p, "token": c, "instance": p, "group": 2 * p}
    drawn = axes.figure_cubes(Tr("en")).data
    # visible faces: front of example 0, top of the last position, right side of the last channel
    assert drawn == {
        "batch": p + n + n * p,
        "layer": c * p + c + p,
        "token": c + c + 1,
        "instance": p + 1 + p,
        "group": 2 * p + 2 + p,
    }


def test_counts_of_statistics():
    assert axes.statistics() == {
        "batch": 6,
        "layer": 2,
        "token": 2 * 4 * 4,
        "instance": 2 * 6,
        "group": 2 * 3,
        "rms": 2 * 4 * 4,
    }


def test_what_pytorch_ignores():
    torch.manual_seed(0)
    x = 1 + 2 * torch.randn(axes.SHAPE, dtype=torch.float64)
    layers = {
        "batch": lambda t: F.batch_norm(t, None, None, training=True),
        "layer": lambda t: F.layer_norm(t, t.shape[1:]),
        "instance": F.instance_norm,
        "group": lambda t: F.group_norm(t, 3),
        "token": lambda t: F.layer_norm(t.movedim(1, -1), (6,)),
        "rms": lambda t: F.rms_norm(t.movedim(1, -1), (6,), eps=1e-5),
    }
    for key, f in layers.items():
        found = []
        for change in range(4):
            y = x.clone()
            if change == 0:
                y[0] *= 3
            elif change == 1:
                y[0] += 5
            elif change == 2:
                y[:, 0] = 3 * y[:, 0] + 5
            else:
                y[0, 0] = 3 * y[0, 0] + 5
            found.append(bool((f(y) - f(x)).abs().max() > 1e-3))
        assert axes._changed(key).tolist() == found, key


def test_wrong_axes_are_far_off_and_contrast_is_gone():
    found = axes.value_ignored()
    assert found["wrong"].low > 1
    assert found["whole"].low > 0.5
    assert found["contrast"].high < 1e-4


def test_jitter_follows_the_batch_size():
    # d/dx of x minus the batch mean alone: the mean of B - 1 draws divided by B varies by 1/sqrt(B)
    assert layer.jitter(256)["batch"].mean == pytest.approx(256**-0.5 * 1.2, rel=0.25)
    means = [layer.jitter(size)["batch"].mean for size in layer.SIZES]
    assert means == sorted(means, reverse=True)
    assert all(layer.jitter(size)["layer"].high < 1e-12 for size in layer.SIZES)
    assert "more than 1 value per channel" in layer.value_jitter()["refused"]


def test_gradients_follow_the_depth_as_predicted():
    # xiong2020: near the output, post-LN does not depend on the depth, pre-LN falls with 1/sqrt(L).
    post = [place._last("post", depth).mean for depth in place.DEPTHS]
    scaled = [place._last("pre", depth).mean * depth**0.5 for depth in place.DEPTHS]
    assert max(post) / min(post) < 1.3
    assert max(scaled) / min(scaled) < 1.2
    assert place._last("pre", 48).high < place._last("post", 48).low


def test_weight_gradients_equal_finite_differences():
    # one entry of the last V, by moving it
    depth, rng = 6, next(kit.seeds(1))
    W = torch.tensor(rng.normal(0, (2 / 64) ** 0.5, (depth, 64, 64)))
    V = torch.tensor(rng.normal(0, (1 / 64) ** 0.5, (depth, 64, 64)))
    x = torch.tensor(rng.normal(size=(32, 64)))
    up = torch.tensor(rng.normal(size=(32, 64)))

    def loss(last):
        h = x
        for i in range(depth):
            v = last if i == depth - 1 else V[i]
            h = h + torch.relu(F.layer_norm(h, (64,)) @ W[i].T) @ v.T
        return (F.layer_norm(h, (64,)) * up).mean()

    last = V[-1].clone().requires_grad_()
    gradient = torch.autograd.functional.jacobian(loss, last)
    assert gradient.norm().item() == pytest.approx(place.weight_gradients("pre", depth)[0, -1])


def test_attention_entropy():
    table = place.table_qk(Tr("en")).rows
    assert table[0][2] > 2.5
    assert table[-1][2] < 0.5
    for row in table:
        assert row[3] <= place.HEAD**0.5
        assert row[4] == pytest.approx(table[0][4], rel=0.01)
    # theory: without norm the scores are products of normals, standard deviation = the factor
    assert table[-1][1] / table[0][1] == pytest.approx(16, rel=1e-6)


@pytest.mark.parametrize("lang", LANGS)
def test_figures_and_tables_build(lang):
    tr = Tr(lang)
    for table in (axes.table_axes, axes.table_ignored, layer.table_worked, place.table_depths):
        assert len(table(tr).rows) >= 3
    assert place.figure_places(tr).alt
