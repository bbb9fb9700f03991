"""VGG against published counts, PyTorch's counters, and arithmetic done elsewhere."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from snippets.architectures import vgg as concept
from snippets.architectures._layers import on_meta, parameters_of, totals, trace, weighted
from snippets.architectures.vgg import CONFIGS, he_start, torch_vgg, trace_vgg

PUBLISHED = {  # num_params and _ops of torchvision's VGG11_Weights ... VGG19_Weights
    "A": (132863336, 7.609),
    "B": (133047848, 11.308),
    "D": (138357544, 15.47),
    "E": (143667240, 19.632),
}


@pytest.mark.parametrize("config", CONFIGS)
def test_published_counts(config):
    parameters, gmacs = PUBLISHED[config]
    rows = trace_vgg(config)
    assert sum(row[2] for row in rows) == parameters
    assert round(sum(row[3] for row in rows) / 1e9, 3) == gmacs
    model = on_meta(torch_vgg, config)
    found = trace(model, (3, 224, 224))
    assert totals(found) == (parameters, sum(row[3] for row in rows))
    assert parameters_of(model) == parameters


@pytest.mark.parametrize("config", CONFIGS)
def test_macs_are_half_of_the_flops_that_pytorch_counts(config):
    model = on_meta(torch_vgg, config).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model(torch.zeros(1, 3, 224, 224, device="meta"))
    assert 2 * totals(trace(model, (3, 224, 224)))[1] == counter.get_total_flops()


@pytest.mark.parametrize(("config", "layers"), [("A", 11), ("B", 13), ("D", 16), ("E", 19)])
def test_the_name_counts_the_layers_with_weights(config, layers):
    found = weighted(trace(on_meta(torch_vgg, config), (3, 224, 224)))
    assert len(found) == layers
    assert concept.weight_layers(sum(la.kind == "Conv2d" for la in found)) == layers


def test_shapes_of_the_paper():
    shapes = {name: shape for name, shape, *_ in trace_vgg("A")}
    assert [shapes[f"pool{stage}"] for stage in range(1, 6)] == [
        (64, 112, 112),
        (128, 56, 56),
        (256, 28, 28),
        (512, 14, 14),
        (512, 7, 7),
    ]
    assert shapes["fc3"] == (1000,)


def test_parameters_have_the_names_of_torchvision():
    names = set(on_meta(torch_vgg, "A").state_dict())
    expected = {f"features.{i}.{p}" for i in (0, 3, 6, 8, 11, 13, 16, 18) for p in PART}
    assert names == expected | {f"classifier.{i}.{p}" for i in (0, 3, 6) for p in PART}


PART = ("weight", "bias")


@pytest.mark.parametrize("size", [32, 33, 63, 64, 96, 250])
@pytest.mark.parametrize("config", ["A", "E"])
def test_arithmetic_follows_the_module_at_any_size(config, size):
    ours = [row[1:] for row in trace_vgg(config, size, 5) if row[2]]
    theirs = weighted(trace(on_meta(torch_vgg, config, 5), (3, size, size)))
    assert ours == [(la.shape, la.parameters, la.macs) for la in theirs]


@pytest.mark.parametrize("size", [1, 16, 31])
def test_images_that_are_too_small(size):
    with pytest.raises(ValueError, match="nothing left to pool in stage"):
        trace_vgg("A", size)
    with pytest.raises(RuntimeError, match="too small"):
        trace(on_meta(torch_vgg, "A", 5), (3, size, size))


@pytest.mark.parametrize("settings", [(1, 1, 1), (3, 64, 3), (5, 7, 5)])
def test_counts_of_one_convolution(settings):
    C, O, K = settings  # noqa: E741
    layer = nn.Conv2d(C, O, K, padding=K // 2)
    assert concept.conv_parameters(C, O, K) == sum(p.numel() for p in layer.parameters())
    # one multiply-add for each weight at each position, counted by convolving ones
    ones = nn.functional.conv2d(torch.ones(1, C, 9 + K - 1, 5 + K - 1), torch.ones(O, C, K, K))
    assert concept.conv_macs(C, O, 9, 5, K) == ones.sum().item()


def test_he_start():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = he_start(nn.Sequential(nn.Conv2d(64, 128, 3), nn.ReLU(), nn.Linear(300, 200)))
    conv, linear = model[0], model[2]
    assert conv.weight.std().item() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)
    assert linear.weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert not conv.bias.any()
    assert not linear.bias.any()


@pytest.mark.parametrize("build", [trace_vgg, torch_vgg])
@pytest.mark.parametrize("name", ["C", "", "16"])
def test_unknown_configuration(build, name):
    with pytest.raises(ValueError, match="A, B, D, E"):
        build(name)
