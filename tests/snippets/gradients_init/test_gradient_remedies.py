"""Clipping against PyTorch and by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.gradients_init.gradient_remedies import clip_by_norm, clip_by_value, training_step


def test_three_four_five():
    (clipped,), total = clip_by_norm([np.array([30.0, 40.0])], 1.0)
    assert total == 50
    np.testing.assert_allclose(clipped, [0.6, 0.8], rtol=1e-7)
    assert clip_by_value([np.array([30.0, 40.0])], 1.0)[0].tolist() == [1, 1]


def test_norm_is_that_of_all_tensors():
    clipped, total = clip_by_norm([np.array([3.0]), np.array([[4.0]])], 2.5, eps=0.0)
    assert total == 5
    assert [c.item() for c in clipped] == [1.5, 2.0]


def test_short_gradients_are_left_alone():
    g = np.array([0.3, -0.4])
    assert clip_by_norm([g], 1.0)[0][0].tolist() == g.tolist()
    assert clip_by_value([g], 1.0)[0].tolist() == g.tolist()
    assert clip_by_norm([np.zeros(3)], 1.0)[0][0].tolist() == [0, 0, 0]
    assert clip_by_norm([], 1.0) == ([], 0.0)


def test_not_finite_as_in_pytorch():
    for values in ([1.0, np.inf], [1.0, np.nan]):
        parameter = torch.zeros(2, dtype=torch.float64)
        parameter.grad = torch.tensor(values, dtype=torch.float64)
        torch.nn.utils.clip_grad_norm_([parameter], 1.0)
        with np.errstate(invalid="ignore"):
            (ours,), _ = clip_by_norm([np.array(values)], 1.0)
        np.testing.assert_array_equal(ours, parameter.grad.numpy())


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_limits_above_zero_only(limit):
    with pytest.raises(ValueError, match="above 0"):
        clip_by_norm([np.ones(2)], limit)
    with pytest.raises(ValueError, match="above 0"):
        clip_by_value([np.ones(2)], limit)


@pytest.mark.parametrize("scale", [1.0, 1024.0])
def test_training_step_clips_the_unscaled_gradient(scale):
    model = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        model.weight.zero_()
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    x = torch.tensor([30.0, 40.0])  # the gradient of w · x
    norm = training_step(model, optimiser, scaler, lambda m: m(x).sum(), max_norm=1.0)
    assert norm == pytest.approx(50)
    np.testing.assert_allclose(model.weight.detach().numpy(), [[-0.6, -0.8]], rtol=1e-5)


def test_training_step_leaves_out_a_step_that_is_not_finite():
    model = nn.Linear(2, 1, bias=False)
    before = model.weight.detach().clone()
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    x = torch.tensor([1.0, float("inf")])
    training_step(model, optimiser, scaler, lambda m: m(x).sum())
    assert torch.equal(model.weight, before)
