"""What the page on transfer learning says."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.data_practice import _transfer_learning_toy as toy
from snippets.data_practice import _transfer_learning_vgg as vgg
from snippets.data_practice import transfer_learning as concept
from snippets.kit import Tr

EN = Tr("en")


def test_check():
    found = concept.check_frozen()
    assert found.cases > 200
    assert found.error == 0


def test_modes_counted_by_hand():
    found = vgg.modes()
    linear = 25088 * 4096 + 4096 + 4096 * 4096 + 4096 + 28_679
    stage = 2 * (9 * 512 * 512 + 512)
    assert found == {
        "head": 28_679,
        "linear": linear,
        "stage": linear + stage,
        "all": 128_795_015,
    }


def test_loading():
    rows = dict(vgg.table_loading(EN).rows)
    told = rows["`load_state_dict(state)`"]
    assert "size mismatch for classifier.6.weight" in told
    assert "[1000, 4096]" in told
    assert "[7, 4096]" in told
    assert rows["`load_state_dict(state, strict=False)`"] == told
    assert "6 of 26" in rows["`load_fitting` into a VGG-13"]


def test_the_same_after_replacing_the_head():
    """Row "load into 1000 classes, then replace_head": the same layers are trained ones."""
    trained = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 10))
    one = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 7))
    concept.load_fitting(one, trained.state_dict())
    other = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 10))
    other.load_state_dict(trained.state_dict())
    concept.replace_head(other, 7)
    assert torch.equal(one[0].weight, other[0].weight)
    assert one[2].weight.shape == other[2].weight.shape == (7, 4)


def test_statistics_drift_unless_frozen():
    found = vgg.value_drift()
    assert found["train"].low > 0.3
    assert found["eval"] == 0


def test_accuracies_tell_what_the_page_says():
    found = toy.value_accuracy()
    for n in (42, 140):
        means = [found[f"near_{mode}_{n}"].mean for mode in ("scratch", "tuned", "frozen")]
        assert means[0] + 0.02 < means[1]
        assert means[1] + 0.02 < means[2]
    assert found["near_tuned_420"].mean == pytest.approx(found["near_frozen_420"].mean, abs=0.03)
    assert found["near_scratch_420"].mean < found["near_tuned_420"].mean - 0.03
    assert found["far_frozen_420"].high < found["far_scratch_420"].low
    assert found["far_frozen_420"].mean < found["far_tuned_420"].mean
    assert found["far_tuned_420"].mean < found["far_scratch_420"].mean
    assert found["near_tuned_long"].mean > found["near_frozen_long"].mean + 0.01
    assert found["far_scratch_long"].mean - found["far_tuned_long"].mean < 0.5 * (
        found["far_scratch_420"].mean - found["far_tuned_420"].mean
    )
    assert found["far_frozen_long"].high < found["far_scratch_long"].low
    assert found["far_frozen_420"].low > found["guess"] + 0.1  # badly suited, not useless
    lead = [found[f"near_frozen_{n}"].mean - found[f"near_scratch_{n}"].mean for n in (42, 420)]
    assert lead[1] < lead[0]
    for n in toy.LABELS:
        assert found[f"far_tuned_{n}"].mean < found[f"far_scratch_{n}"].mean


def test_the_backbone_has_learned_its_task():
    assert toy._accuracy(toy.backbone(), *toy.data()["source"]).min() > 0.85


def test_the_networks_are_those_of_pytorch():
    parameters = toy.backbone()
    x = toy.data()["source"][0]
    for run in range(2):
        layers = [nn.Linear(*p[run].shape) for p in parameters[::2]]
        for layer, weights, bias in zip(layers, parameters[::2], parameters[1::2], strict=True):
            with torch.no_grad():
                layer.weight.copy_(weights[run].T)
                layer.bias.copy_(bias[run, 0])
        model = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
        with torch.no_grad():
            ours, theirs = toy._scores(parameters, x)[run], model(x[run])
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-4)


def test_figure_and_table_show_the_same():
    data = toy.figure_accuracy(EN).data
    rows = toy.table_accuracy(EN).rows
    assert len(rows) == 2 * len(toy.LABELS)
    np.testing.assert_array_equal(data["near_frozen"][1], rows[1][3].values)
    assert rows[1][:2] == ["near", 42]
