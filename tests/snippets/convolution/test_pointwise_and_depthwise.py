"""1×1, grouped and separable convolutions against PyTorch, differences and an einsum by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from snippets.convolution.pointwise_and_depthwise import (
    conv2d_grouped,
    conv2d_grouped_backward,
    conv_cost,
    pointwise,
    separable,
    torch_separable,
)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("k", "stride", "padding"), [(1, 1, 0), (3, 1, 1), (3, 2, 0), (2, 3, 1)])
def test_forward_and_backward_are_those_of_pytorch(groups, k, stride, padding):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 8, 7)), rng.normal(size=(8, 4 // groups, k, k))
    b = rng.normal(size=8)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    theirs = F.conv2d(*tensors, stride=stride, padding=padding, groups=groups)
    ours = conv2d_grouped(x, w, b, stride, padding, groups)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-12)
    g = rng.normal(size=ours.shape)
    expected = torch.autograd.grad(theirs, tensors, grad_outputs=torch.tensor(g))
    for mine, them in zip(
        conv2d_grouped_backward(g, x, w, stride, padding, groups), expected, strict=True
    ):
        np.testing.assert_allclose(mine, them.numpy(), atol=1e-12)


def test_depthwise_gradient_by_differences():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(1, 3, 5, 5)), rng.normal(size=(3, 1, 3, 3))
    g = rng.normal(size=(1, 3, 3, 3))
    dw = conv2d_grouped_backward(g, x, w, groups=3)[1]
    for at in [(0, 0, 0, 0), (2, 0, 1, 2)]:
        sides = []
        for sign in (1, -1):
            moved = w.copy()
            moved[at] += sign * 1e-5
            sides.append((g * conv2d_grouped(x, moved, groups=3)).sum())
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(dw[at], abs=1e-8)


def test_groups_do_not_see_one_another():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 4, 5, 5)), rng.normal(size=(6, 2, 3, 3))
    before = conv2d_grouped(x, w, groups=2)
    x[:, 2:] += 1
    after = conv2d_grouped(x, w, groups=2)
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).all()


def test_pointwise_by_hand_and_against_linear():
    x = np.array([1.0, 2, 3]).reshape(1, 3, 1, 1)
    w = np.array([[1, 0, -1], [0.5, 0.5, 0.5]])
    assert pointwise(x, w).ravel().tolist() == [-2, 3]
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 5, 3, 4)), rng.normal(size=(7, 5)), rng.normal(size=7)
    theirs = F.linear(torch.tensor(x).movedim(1, -1), torch.tensor(w), torch.tensor(b))
    np.testing.assert_allclose(pointwise(x, w, b), theirs.movedim(-1, 1).numpy(), atol=1e-13)


@pytest.mark.parametrize("stride", [1, 2])
def test_separable_is_two_layers(stride):
    layers = torch_separable(5, 3, 3, stride).double()
    x = np.random.default_rng(0).normal(size=(2, 5, 9, 8))
    depth, point = (p.detach().numpy() for p in layers.parameters())
    with torch.no_grad():
        theirs = layers(torch.tensor(x)).numpy()
    np.testing.assert_allclose(
        separable(x, depth, point[:, :, 0, 0], stride, 1), theirs, atol=1e-13
    )


@pytest.mark.parametrize(
    ("c", "o", "k", "groups"), [(64, 128, 3, 1), (64, 128, 3, 8), (8, 8, 5, 8)]
)
def test_weights_are_those_of_pytorch(c, o, k, groups):
    layer = torch.nn.Conv2d(c, o, k, groups=groups, bias=False)
    found = conv_cost(c, o, k, 100, groups)
    assert found["weights"] == layer.weight.numel()
    assert found["flops"] == 200 * layer.weight.numel()


def test_weights_and_groups_that_do_not_fit_are_refused():
    for shape in [(4, 1), (4, 2)]:
        with pytest.raises(ValueError, match="for 3 channels"):
            pointwise(np.zeros((1, 3, 2, 2)), np.zeros(shape))
    with pytest.raises(ValueError, match="4 groups"):
        conv_cost(6, 8, 3, 1, 4)


@pytest.mark.parametrize(
    ("shape", "groups"), [((6, 2, 3, 3), 1), ((6, 2, 3, 3), 4), ((3, 2, 3, 3), 2)]
)
def test_groups_that_do_not_fit_are_refused(shape, groups):
    x, w = np.zeros((1, 4, 5, 5)), np.zeros(shape)
    with pytest.raises(ValueError, match=f"{groups} groups"):
        conv2d_grouped(x, w, groups=groups)
    with pytest.raises(RuntimeError):
        F.conv2d(torch.tensor(x), torch.tensor(w), groups=groups)
