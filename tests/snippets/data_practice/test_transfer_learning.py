"""Heads, loading and freezing against what PyTorch's own modules hold."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.architectures._layers import on_meta, parameters_of
from snippets.architectures.resnet import torch_resnet
from snippets.architectures.vgg import torch_vgg
from snippets.data_practice.transfer_learning import (
    head_parameters,
    load_fitting,
    parameter_groups,
    replace_head,
    start,
    train_only,
)


def small(classes=4):
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(),
        nn.Linear(8 * 16, classes),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("build", "head", "features"), [(torch_vgg, "classifier.6", 4096), (torch_resnet, "fc", 512)]
)
def test_the_head_is_replaced_and_nothing_else(build, head, features):
    model = on_meta(build)
    before = {k: v.shape for k, v in model.state_dict().items()}
    assert replace_head(model, 7) is model
    assert model.get_submodule(head).out_features == 7
    assert parameters_of(model.get_submodule(head)) == head_parameters(features, 7)
    after = {k: v.shape for k, v in model.state_dict().items()}
    assert {k for k in before if before[k] != after[k]} == {f"{head}.weight", f"{head}.bias"}
    assert list(before) == list(after)


def test_published_counts_with_another_head():
    # 132,863,336 with 1000 classes, of which the head has 4,097,000
    model = replace_head(on_meta(torch_vgg), 7)
    assert parameters_of(model) == 132_863_336 - 4_097_000 + 28_679 == 128_795_015
    assert parameters_of(train_only(model, "classifier.6"), trainable=True) == 28_679


def test_a_model_without_linear_layers():
    with pytest.raises(ValueError, match="no linear layer"):
        replace_head(nn.Conv2d(3, 3, 1), 7)
    with pytest.raises(ValueError, match="no linear layer"):
        replace_head(nn.Linear(3, 4), 7)  # the model itself cannot be replaced in place


def test_load_what_fits():
    trained, model = small(4), small(7)
    fresh = model[5].weight.detach().clone()
    stays, unused = load_fitting(model, trained.state_dict() | {"other": torch.zeros(1)})
    assert stays == ["5.weight", "5.bias"]
    assert unused == ["5.weight", "5.bias", "other"]
    assert torch.equal(model[0].weight, trained[0].weight)
    assert torch.equal(model[5].weight, fresh)


@pytest.mark.parametrize("strict", [True, False])
def test_pytorch_refuses_other_shapes_strict_or_not(strict):
    with pytest.raises(RuntimeError, match=r"size mismatch for 5.weight"):
        small(7).load_state_dict(small(4).state_dict(), strict=strict)


def test_only_the_named_parts_train():
    model = train_only(small(), "5")
    assert [name for name, p in model.named_parameters() if p.requires_grad] == [
        "5.weight",
        "5.bias",
    ]
    assert not model[1].training
    assert not model[4].training
    assert model[5].training
    train_only(model, "0", "5")
    assert model[0].weight.requires_grad
    assert not model[1].weight.requires_grad
    with pytest.raises(ValueError, match="no layer named fc"):
        train_only(model, "fc")


def test_gradients_reach_the_head_only():
    model = train_only(small(), "5")
    model(torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))).sum().backward()
    assert model[5].weight.grad is not None
    assert model[0].weight.grad is None


def test_parameter_groups_have_every_parameter_once():
    model = small()
    groups = parameter_groups(model, "5", 0.01)
    assert [group["lr"] for group in groups] == [0.01, 0.001]
    ids = [id(p) for group in groups for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in model.parameters())
    assert {id(p) for p in groups[0]["params"]} == {id(p) for p in model[5].parameters()}
    torch.optim.SGD(groups)  # accepted
    train_only(model, "5")
    assert parameter_groups(model, "5", 0.01)[1]["params"] == []


def test_start():
    m = np.array([1, 1, 0])
    found = start(m, np.array([1.0, 2, 3]), np.array([-1.0, -2, -3]))
    assert found.tolist() == [1, 2, -3]
