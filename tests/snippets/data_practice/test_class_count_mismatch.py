"""Repairs of an eighth output and checks of a training, against PyTorch and by hand."""

import math
import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from snippets.data_practice.class_count_mismatch import (
    label_report,
    restricted_softmax,
    torch_loader,
    torch_new_head,
    torch_repaired_loss,
    torch_sanity_checks,
    torch_seeded,
)


@pytest.mark.parametrize(
    ("labels", "outputs", "expected"),
    [
        ([1, 7, 3, 2, 5, 4, 6], 8, {"low": 1, "high": 7, "used": 7, "unused": [0], "outside": []}),
        ([1, 2, 3], 3, {"low": 1, "high": 3, "used": 3, "unused": [0], "outside": [3]}),
        ([0, 255, 1], 2, {"low": 0, "high": 255, "used": 3, "unused": [], "outside": [255]}),
        ([[0], [-100]], 2, {"low": -100, "high": 0, "used": 2, "unused": [1], "outside": [-100]}),
        ([0.0, 2.0], 3, {"low": 0, "high": 2, "used": 2, "unused": [1], "outside": []}),
    ],
)
def test_label_report(labels, outputs, expected):
    assert label_report(labels, outputs) == expected


@pytest.mark.parametrize("labels", [[], [0.5, 1.0], [math.nan]])
def test_labels_that_are_none(labels):
    with pytest.raises(ValueError, match="whole numbers"):
        label_report(labels, 7)


def test_restricted_softmax():
    z = np.array([[2.0, 1.0, 0.0, 4.0], [1e4, -1e4, 0.0, 2e4]])
    expected = torch.tensor(z)[:, :3].softmax(dim=1)
    np.testing.assert_allclose(restricted_softmax(z, slice(0, 3)), expected, rtol=1e-14)
    np.testing.assert_allclose(
        restricted_softmax(z, [3, 0]), torch.tensor(z)[:, [3, 0]].softmax(dim=1), rtol=1e-14
    )


def test_a_new_head_keeps_the_rest():
    model = nn.Sequential(nn.Linear(5, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 8, bias=False)))
    first = model[0].weight
    assert torch_new_head(model.double(), 7) is model
    assert model[1][1].weight.shape == (7, 4)
    assert model[1][1].weight.dtype == torch.float64
    assert model[1][1].bias is None
    assert model[0].weight is first
    whole = torch_new_head(nn.Sequential(nn.Linear(3, 8)), 7)
    assert whole(torch.zeros(2, 3)).shape == (2, 7)


def test_a_model_without_a_head_is_refused():
    for model in (nn.Sequential(nn.ReLU()), nn.Linear(3, 8)):  # the second cannot replace itself
        with pytest.raises(ValueError, match=r"no nn\.Linear inside"):
            torch_new_head(model, 7)


def test_a_generator_of_the_dataset_is_copied_to_every_worker():
    loader = torch.utils.data.DataLoader(Draws(), 3, num_workers=2)
    draws = torch.cat([torch.stack([part.double() for part in batch]) for batch in loader], dim=1)
    assert len(draws[3].unique()) == 6  # each number twice
    assert len(draws[1].unique()) == len(draws[2].unique()) == 12  # PyTorch seeds the global ones


def test_repairs_by_hand():
    rng = torch.Generator().manual_seed(5)
    seven = torch.randn(6, 7, generator=rng, dtype=torch.float64)
    spare = torch.randn(6, 1, generator=rng, dtype=torch.float64)
    y = torch.tensor([0, 6, 3, 3, 1, 2])
    expected = -seven.log_softmax(dim=1)[torch.arange(6), y].mean()
    cases = {
        "labels from 1": (seven, y + 1),
        "background first": (torch.cat([spare, seven], dim=1), y + 1),
        "spare column": (torch.cat([seven, spare], dim=1), y),
        "extra axis": (seven[..., None], y),
        "ignore label": (seven, y),
    }
    for cause, (logits, labels) in cases.items():
        torch.testing.assert_close(torch_repaired_loss(logits, labels, cause), expected)
    # ignored examples are left out of the mean
    some = torch.tensor([0, 255, 3, 255, 1, 2])
    kept = -seven.log_softmax(dim=1)[torch.arange(6), y][[0, 2, 4, 5]].mean()
    torch.testing.assert_close(torch_repaired_loss(seven, some, "ignore label"), kept)
    with_background = torch.tensor([1, 0, 4, 0, 2, 3])
    torch.testing.assert_close(
        torch_repaired_loss(torch.cat([spare, seven], 1), with_background, "background first"), kept
    )
    assert torch_repaired_loss(seven, torch.full((6,), 255), "ignore label").isnan()


def test_unknown_causes_are_refused():
    with pytest.raises(ValueError, match="no repair is known for 'weather'"):
        torch_repaired_loss(torch.zeros(1, 7), torch.zeros(1, dtype=torch.long), "weather")


def test_sanity_checks_of_a_known_model():
    class Model(nn.Module):
        """Equal logits at first; the second parameter is never used."""

        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)
            nn.init.zeros_(self.layer.weight)
            nn.init.zeros_(self.layer.bias)
            self.idle = nn.Parameter(torch.zeros(2))

        def forward(self, x):
            return self.layer(x - x.mean(dim=0))

    x = torch.eye(4)[:3]
    found = torch_sanity_checks(Model, x, torch.arange(3))
    assert found["first"] == pytest.approx(math.log(3))
    assert found["last"] < 0.05
    assert found["silent"] == 1
    assert found["leak"] == 0  # the weights are 0, so nothing depends on anything


def test_batch_norm_leaks_between_examples():
    def make():
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))

    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(2))
    y = torch.arange(6) % 2
    assert torch_sanity_checks(make, x, y, steps=1)["leak"] > 1e-3
    assert torch_sanity_checks(lambda: make().eval(), x, y, steps=1)["leak"] == 0


def test_a_leak_is_seen_through_a_softmax():
    class Mean(nn.Module):
        def forward(self, x):
            return x + x.mean(dim=0)

    def make():
        torch.manual_seed(1)
        return nn.Sequential(Mean(), nn.Linear(3, 2), nn.Softmax(dim=1))

    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(2))
    with torch.random.fork_rng(devices=[]):
        assert torch_sanity_checks(make, x, torch.arange(6) % 2, steps=1)["leak"] > 1e-3


def test_seeds_repeat():
    state = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        draws = []
        for _ in range(2):
            generator = torch_seeded(11)
            draws.append(
                (
                    random.random(),
                    np.random.rand(),  # noqa: NPY002
                    torch.rand(1).item(),
                    torch.rand(1, generator=generator).item(),
                )
            )
        assert draws[0] == draws[1]
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
        random.setstate(state[0])
        np.random.set_state(state[1])  # noqa: NPY002
        torch.set_rng_state(state[2])


class Draws(torch.utils.data.Dataset):
    """What an augmentation draws in the process that reads the example."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 12

    def __getitem__(self, index):
        return index, np.random.rand(), random.random(), self.rng.random()  # noqa: NPY002


@pytest.mark.parametrize("workers", [0, 2])
def test_order_and_augmentation_repeat_with_the_generator(workers):
    epochs = []
    for _ in range(2):
        if not workers:
            np.random.seed(0)  # noqa: NPY002
            random.seed(0)
        loader = torch_loader(Draws(), 3, torch.Generator().manual_seed(7), workers)
        epochs.append([torch.stack([part.double() for part in batch]) for batch in loader])
    first, again = (torch.cat(batches, dim=1) for batches in epochs)
    assert torch.equal(first, again)
    assert sorted(first[0].tolist()) == list(range(12))
    for draws in first[1:]:  # workers do not repeat one another
        assert len(draws.unique()) == 12
    other = torch_loader(Draws(), 3, torch.Generator().manual_seed(8), workers)
    assert not torch.equal(first[0], torch.cat([batch[0] for batch in other]))


def test_messages_on_the_page_are_those_of_pytorch():
    with pytest.raises(IndexError, match="Target 7 is out of bounds"):
        F.cross_entropy(torch.zeros(1, 7), torch.tensor([7]))
