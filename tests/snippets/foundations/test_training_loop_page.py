"""What the page on the training loop says, against published numbers and PyTorch."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from snippets.foundations import _training_loop_diagrams as diagrams
from snippets.foundations import _training_loop_example as example
from snippets.foundations import _training_loop_xor as xor
from snippets.foundations.training_loop import forward, torch_network
from snippets.kit import Tr

EN = Tr("en")


@pytest.mark.parametrize(
    ("evidence", "cases"),
    [(example.check_forward, 1), (example.check_training, 1009), (xor.check_xor, 4000)],
)
def test_checks(evidence, cases):
    found = evidence()
    assert found.cases == cases
    assert found.error <= found.tolerance <= 1e-9


# ---------------------------------------------------------------- the example


def test_forward_numbers_are_the_published_ones():
    # mazur2015: out_h1, out_h2 and out_o1 of his example
    found = example.value_forward()
    assert found["h1"] == pytest.approx(0.593269992, abs=5e-10)
    assert found["h2"] == pytest.approx(0.596884378, abs=5e-10)
    assert found["y"] == pytest.approx(0.75136507, abs=5e-9)


def test_losses_of_the_example():
    found = example.value_loss()
    assert found["start"] == pytest.approx((0.75136507 - 0.01) ** 2, abs=1e-8)
    model = torch_network(*example.START)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for _ in range(1001):
        optimizer.zero_grad()
        loss = nn.MSELoss()(model(torch.tensor(example.X)), torch.tensor(example.T))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert found["one"] == pytest.approx(losses[1], rel=1e-12)
    assert found["many"] == pytest.approx(losses[1000], rel=1e-9)
    after = [row[2] for row in example.table_forward(EN).rows]
    assert after[3] == found["one"] == pytest.approx((after[2] - 0.01) ** 2)


def test_backward_moves_no_weight():
    found = example.value_backward()
    assert found["backward"] == 0
    assert found["step"] > 0.1
    assert found["twice"] == pytest.approx(2)


def test_a_step_before_any_backward_changes_nothing():
    model = torch_network(*example.START)
    before = [p.detach().clone() for p in model.parameters()]
    torch.optim.SGD(model.parameters(), lr=0.5).step()
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_a_step_between_zero_grad_and_backward_never_learns():
    model = torch_network(*example.START)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.MSELoss()(model(torch.tensor(example.X)), torch.tensor(example.T))
        optimizer.step()
        loss.backward()
        losses.append(loss.item())
    assert losses == [losses[0]] * 5
    assert losses[0] == pytest.approx(example.value_loss()["start"])


def test_the_output_layer_needs_its_affine_map():
    assert example.value_shapes() == {"without": 50, "with": 10}
    rows, W = np.ones((32, 50)), np.ones((50, 10))
    assert forward(rows, [(W, np.zeros(10))])[-1].shape == (32, 10)
    with pytest.raises(ValueError, match="mismatch"):
        W @ rows  # one example a row does not fit WA


# ---------------------------------------------------------------- XOR


def test_plateaus():
    losses, outputs = xor.training()
    found = xor.value_xor()
    assert found["learned"] + found["eighth"] + found["sixth"] == found["of"] == 20
    assert 0 < found["learned"] < 20
    for loss, y in zip(losses[-1], outputs, strict=True):
        if loss < 0.01:
            np.testing.assert_array_equal(y > 0.5, [False, True, True, False])
        elif loss < 0.15:  # two inputs get a half
            assert (np.abs(y - 0.5) < 0.05).sum() == 2
        else:  # three inputs get the mean of their targets 1, 1, 0
            assert (np.abs(y - 2 / 3) < 0.05).sum() == 3


def test_more_steps_do_not_help():
    found = xor.value_xor()
    assert found["longer"] == found["learned"]


def test_starts_have_the_range_of_pytorch():
    bound = max(p.abs().max().item() for _ in range(50) for p in nn.Linear(2, 2).parameters())
    largest = max(np.abs(a).max() for a in xor.starts())
    assert largest <= 1 / math.sqrt(2)
    assert largest == pytest.approx(bound, abs=0.05)


def test_the_curves_are_those_of_the_counts():
    data = xor.figure_xor(EN).data
    assert data["losses"].shape == (2000, 20)
    assert data["learned"].sum() == xor.value_xor()["learned"]


# ---------------------------------------------------------------- diagrams


def test_the_order():
    assert [row[0] for row in diagrams.table_order(EN).rows] == [1, 2, 3, 4, 5, 6]
    texts = diagrams.figure_loop(EN).data["order"]
    for place, text in zip("①②③④", texts[1:5], strict=True):
        assert text.startswith(place)


def test_shapes_are_those_of_pytorch():
    shapes = diagrams.figure_shapes(EN).data
    model = nn.Sequential(nn.Linear(784, 50), nn.Sigmoid(), nn.Linear(50, 10))
    for name, parameter in zip(("W₁", "b₁", "W₂", "b₂"), model.parameters(), strict=True):
        assert shapes[name] == str(
            tuple(parameter.T.shape if parameter.ndim == 2 else parameter.shape)
        )
    assert shapes["A₀"] == "('n', 784)"
    assert shapes["Ŷ"] == f"('n', {model(torch.zeros(1, 784)).shape[1]})"
