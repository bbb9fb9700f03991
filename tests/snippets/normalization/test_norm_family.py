"""Normalisation layers against PyTorch's modules and hand calculations."""

import numpy as np
import pytest
import torch

from snippets import kit
from snippets.normalization.norm_family import (
    adain,
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    normalise,
    rms_norm,
    torch_norms,
)

SHAPE = (2, 6, 4, 4)


def _input(seed=0, shape=SHAPE):
    return np.random.default_rng(seed).normal(1, 2, shape)


@pytest.mark.parametrize(
    ("ours", "module"),
    [
        (batch_norm, torch.nn.BatchNorm2d(6)),
        (instance_norm, torch.nn.InstanceNorm2d(6)),
        (lambda x: group_norm(x, 2), torch.nn.GroupNorm(2, 6)),
        (lambda x: group_norm(x, 3), torch.nn.GroupNorm(3, 6)),
        (lambda x: normalise(x, (1, 2, 3)), torch.nn.LayerNorm(SHAPE[1:])),
        (layer_norm, torch.nn.LayerNorm(4)),
        (rms_norm, torch.nn.RMSNorm(4, eps=1e-5)),
    ],
    ids=["batch", "instance", "group2", "group3", "layer", "token", "rms"],
)
def test_equals_the_module(ours, module):
    for seed in range(5):
        x = _input(seed)
        theirs = module.double()(torch.tensor(x)).detach()
        np.testing.assert_allclose(ours(x), theirs, rtol=0, atol=1e-12)


def test_learnt_scale_and_shift():
    rng = np.random.default_rng(1)
    x, gamma, beta = rng.normal(size=(3, 5, 8)), rng.normal(size=8), rng.normal(size=8)
    layer = torch.nn.LayerNorm(8).double()
    rms = torch.nn.RMSNorm(8, eps=1e-5).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))
        rms.weight.copy_(torch.tensor(gamma))
    t = torch.tensor(x)
    np.testing.assert_allclose(layer_norm(x, gamma, beta), layer(t).detach(), atol=1e-12)
    np.testing.assert_allclose(rms_norm(x, gamma), rms(t).detach(), atol=1e-12)


def test_worked_example_by_hand():
    # mean 5/2, variance 5/4, mean square 15/2
    eps = 1e-5
    np.testing.assert_allclose(
        layer_norm([1, 2, 3, 4]), np.array([-1.5, -0.5, 0.5, 1.5]) / (1.25 + eps) ** 0.5, rtol=1e-14
    )
    np.testing.assert_allclose(
        rms_norm([1, 2, 3, 4]), np.array([1, 2, 3, 4]) / (7.5 + eps) ** 0.5, rtol=1e-14
    )


def test_adain_carries_the_statistics_of_the_style():
    content, style = _input(1), _input(2, (2, 6, 5, 3)) * 4 - 7
    out = torch.tensor(adain(content, style, eps=0.0))
    theirs = torch.tensor(style)
    torch.testing.assert_close(out.mean(dim=(2, 3)), theirs.mean(dim=(2, 3)))
    torch.testing.assert_close(
        out.std(dim=(2, 3), correction=0), theirs.std(dim=(2, 3), correction=0)
    )


def test_constant_input_gives_zero_and_not_nan():
    x = np.full(SHAPE, 3.0)
    for out in (batch_norm(x), instance_norm(x), group_norm(x, 3), layer_norm(x)):
        np.testing.assert_array_equal(out, 0)


@pytest.mark.parametrize("groups", [0, 4, 7])
def test_groups_must_divide_the_channels(groups):
    with pytest.raises(ValueError, match="groups"):
        group_norm(_input(), groups)


def test_torch_function_names_what_it_computes():
    t = torch.tensor(_input())
    found = torch_norms(t, 3)
    torch.testing.assert_close(found["group"], torch.nn.GroupNorm(3, 6).double()(t).detach())
    torch.testing.assert_close(found["batch"], torch.nn.BatchNorm2d(6).double()(t).detach())
    assert len(found) == 6


def test_only_batch_norm_mixes_examples():
    for rng in kit.seeds(5):
        x = rng.normal(size=SHAPE)
        y = x.copy()
        y[1] += 10
        for layer in (instance_norm, lambda v: group_norm(v, 3), layer_norm, rms_norm):
            np.testing.assert_array_equal(layer(x)[0], layer(y)[0])
        assert np.abs(batch_norm(x)[0] - batch_norm(y)[0]).max() > 0.1
