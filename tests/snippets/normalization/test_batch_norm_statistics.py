"""Running statistics, folding and the swap to GroupNorm against PyTorch's modules."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.normalization.batch_norm_statistics import (
    fold,
    running_average,
    torch_fold,
    use_group_norm,
)


@pytest.mark.parametrize("momentum", [0.1, 0.7, None])
def test_running_average_is_that_of_the_module(momentum):
    rng = np.random.default_rng(0)
    norm = nn.BatchNorm1d(1, momentum=momentum).double()
    batches = rng.normal(4, 2, (7, 5, 1))
    ours_mean = running_average(batches.mean(axis=(1, 2)), 0.0, momentum)
    ours_var = running_average(batches.var(axis=(1, 2), ddof=1), 1.0, momentum)
    for step, x in enumerate(batches):
        norm(torch.tensor(x))
        assert norm.running_mean.item() == pytest.approx(ours_mean[step], abs=1e-12)
        assert norm.running_var.item() == pytest.approx(ours_var[step], abs=1e-12)


def _filled(*modules):
    rng = torch.Generator().manual_seed(3)
    for module in modules:
        for name, tensor in module.state_dict().items():
            if tensor.is_floating_point():
                draw = torch.randn(tensor.shape, generator=rng)
                tensor.copy_(draw.abs() + 0.1 if name == "running_var" else draw)
        module.double().eval()
    return modules


@pytest.mark.parametrize("bias", [True, False])
def test_folded_convolution_equals_both_modules(bias):
    conv, norm = _filled(nn.Conv2d(3, 5, 3, padding=1, groups=1, bias=bias), nn.BatchNorm2d(5))
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        given = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
        start = conv.bias.numpy() if bias else np.zeros(5)
        weight, shift = fold(conv.weight.numpy(), start, *(t.numpy() for t in given))
        theirs = torch_fold(conv, norm)
        np.testing.assert_allclose(weight, theirs.weight, atol=1e-12)
        np.testing.assert_allclose(shift, theirs.bias, atol=1e-12)
        np.testing.assert_allclose(theirs(x), norm(conv(x)), atol=1e-12)


def test_folded_linear_layer_equals_both_modules():
    linear, norm = _filled(nn.Linear(4, 3), nn.BatchNorm1d(3))
    x = np.random.default_rng(1).normal(size=(6, 4))
    with torch.no_grad():
        given = (linear.bias, norm.running_mean, norm.running_var, norm.weight, norm.bias)
        weight, bias = fold(linear.weight.numpy(), *(t.numpy() for t in given))
        theirs = norm(linear(torch.tensor(x))).numpy()
    np.testing.assert_allclose(x @ weight.T + bias, theirs, atol=1e-12)


def test_one_value_a_channel_is_refused_in_training_only():
    norm = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        norm(torch.ones(1, 3))
    assert norm.eval()(torch.ones(1, 3)).shape == (1, 3)
    nn.BatchNorm2d(3)(torch.ones(1, 3, 2, 2))  # one example with spatial axes is enough


def test_group_norm_takes_the_place_of_every_batch_norm():
    model = nn.Sequential(
        nn.Conv2d(3, 16, 1), nn.Sequential(nn.BatchNorm2d(16)), nn.BatchNorm2d(16)
    )
    use_group_norm(model, groups=4)
    kinds = [type(m) for m in model.modules()]
    assert nn.BatchNorm2d not in kinds
    assert kinds.count(nn.GroupNorm) == 2
    with pytest.raises(ValueError, match="divisible"):
        use_group_norm(nn.Sequential(nn.BatchNorm2d(6)), groups=4)
