"""ResNet against published counts and PyTorch's own layers."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from snippets.architectures._layers import on_meta, parameters_of, totals, trace
from snippets.architectures.resnet import (
    DEPTHS,
    basic_block,
    basic_weights,
    batch_norm,
    block,
    bottleneck_weights,
    depth_of,
    projected,
    torch_block,
    torch_resnet,
)

PUBLISHED = {  # num_params and _ops of torchvision's ResNet18_Weights ... ResNet152_Weights
    18: (11689512, 1.814),
    34: (21797672, 3.664),
    50: (25557032, 4.089),
    101: (44549160, 7.801),
    152: (60192808, 11.514),
}


@pytest.mark.parametrize("depth", DEPTHS)
def test_published_counts(depth):
    model = on_meta(torch_resnet, depth)
    parameters, macs = totals(trace(model, (3, 224, 224)))
    assert (parameters, round(macs / 1e9, 3)) == PUBLISHED[depth]
    assert parameters_of(model) == parameters


@pytest.mark.parametrize(("depth", "paper"), [(50, 3.8), (101, 7.6), (152, 11.3)])
def test_the_paper_counts_the_stride_in_the_first_convolution(depth, paper):
    macs = totals(trace(on_meta(torch_resnet, depth, v1=True), (3, 224, 224)))[1] / 1e9
    assert abs(macs - paper) < 0.1  # table 1 of he2016


def test_macs_are_half_of_the_flops_that_pytorch_counts():
    model = torch_resnet(18, 10).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        out = model(torch.zeros(2, 3, 64, 64))
    assert out.shape == (2, 10)
    assert 2 * 2 * totals(trace(model, (3, 64, 64)))[1] == counter.get_total_flops()


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_name_counts_layers_of_the_main_path(depth):
    model = on_meta(torch_resnet, depth, 10)
    layers = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and "downsample" not in name
    ]
    bottleneck, blocks = DEPTHS[depth]
    assert len(layers) == depth == depth_of(3 if bottleneck else 2, blocks)


def test_parameters_have_the_names_of_torchvision():
    names = set(on_meta(torch_resnet, 50).state_dict())
    for name in (
        "conv1.weight",
        "bn1.running_var",
        "layer1.0.conv3.weight",
        "layer1.0.downsample.0.weight",
        "layer1.0.downsample.1.num_batches_tracked",
        "layer4.2.bn3.bias",
        "fc.bias",
    ):
        assert name in names
    assert not any(name.endswith("conv1.bias") for name in names)
    assert "layer1.1.downsample.0.weight" not in names


@pytest.mark.parametrize("v1", [False, True])
@pytest.mark.parametrize("bottleneck", [False, True])
@pytest.mark.parametrize(("inputs", "width", "stride"), [(8, 4, 1), (8, 4, 2), (16, 4, 1)])
def test_shapes_of_a_block(inputs, width, stride, bottleneck, v1):
    made = torch_block(inputs, width, stride, bottleneck, v1)
    outputs = 4 * width if bottleneck else width
    y = made(torch.zeros(2, inputs, 8, 6))
    assert y.shape == (2, outputs, 8 // stride, 6 // stride)
    assert (made.downsample is None) == (stride == 1 and inputs == outputs)


def test_weights_of_the_two_versions_load_into_one_another_and_give_other_results():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        one, other = (torch_block(8, 4, 2, True, v1).eval() for v1 in (False, True))
        x = torch.randn(1, 8, 8, 8)
    other.load_state_dict(one.state_dict())
    assert one(x).shape == other(x).shape
    assert not torch.allclose(one(x), other(x))


def test_a_branch_of_zero_leaves_the_relu_of_the_input():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
    norm = [np.zeros(3), np.ones(3), np.zeros(3), np.zeros(3)]
    weights = np.random.default_rng(1).normal(size=(3, 3, 3, 3))
    y = basic_block(x, [(weights, norm), (weights, norm)])
    np.testing.assert_array_equal(y, np.maximum(x, 0))


def test_shapes_that_do_not_fit():
    x, norm = np.zeros((1, 3, 6, 6)), [np.zeros(4), np.ones(4), np.ones(4), np.zeros(4)]
    branch = [(np.zeros((4, 3, 3, 3)), norm), (np.zeros((4, 4, 3, 3)), norm)]
    with pytest.raises(ValueError, match=r"the branch is .*4, 6, 6.* the shortcut .*3, 6, 6"):
        basic_block(x, branch)


def test_batch_norm_is_that_of_pytorch_at_inference():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 3, 3))
    mean, var, gamma, beta = rng.normal(size=4), rng.uniform(0.1, 2, 4), *rng.normal(size=(2, 4))
    theirs = nn.functional.batch_norm(*(torch.tensor(v) for v in (x, mean, var, gamma, beta)))
    np.testing.assert_allclose(batch_norm(x, mean, var, gamma, beta), theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize("width", [4, 64])
def test_weights_counted_in_the_module(width):
    basic = torch_block(width, width)
    bottleneck = torch_block(4 * width, width, bottleneck=True)
    for module, count in ((basic, basic_weights(width)), (bottleneck, bottleneck_weights(width))):
        assert sum(p.numel() for p in module.parameters() if p.ndim == 4) == count


def test_block_done_by_hand():
    W1, W2 = np.array([[1.0, 0], [1, 1]]), np.array([[0.0, 1], [-1, 0]])
    assert block(np.array([1.0, -2]), W1, W2).tolist() == [1, 0]
    assert block(np.array([1.0, 2]), W1, W2).tolist() == [4, 1]
    assert projected(np.array([1.0, 2]), W1, W2, np.eye(2)).tolist() == [4, 1]


def test_unknown_depth():
    with pytest.raises(ValueError, match="18, 34, 50, 101, 152"):
        torch_resnet(20)
