"""What the overview of the architectures says, against published counts and closed forms."""

import pytest
import torch

from snippets.architectures import _architectures_overview_all as every
from snippets.architectures import _architectures_overview_layers as small
from snippets.architectures._architectures_overview_figure import figure_networks
from snippets.architectures._ddpm import torch_ddpm
from snippets.architectures.resnet import torch_resnet
from snippets.architectures.unet import torch_unet
from snippets.kit import LANGS, Tr

EN = Tr("en")


@pytest.mark.parametrize("check", [small.check_lenet, every.check_published])
def test_check(check):
    found = check()
    assert found.cases >= 9
    assert found.error == 0


@pytest.mark.parametrize("lang", LANGS)
def test_networks(lang):
    rows = every.table_networks(Tr(lang)).rows
    assert len(rows) == len(every.NETWORKS) == 16
    by = {row[0]: row for row in rows}
    layers = {name: row[4] for name, row in by.items()}
    named = {"VGG-11": 11, "VGG-13": 13, "VGG-16": 16, "VGG-19": 19, "ResNet-18": 18}
    assert layers.items() >= {**named, "ResNet-50": 50, "U-Net": 23, "AlexNet": 8}.items()
    top = [by[name][-1] for name in ("AlexNet", "VGG-11", "VGG-16", "VGG-19", "ResNet-50")]
    assert top == sorted(top)
    for name, cells in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        assert by[name][5] == cells * 128 * (28 + 128 + 2)
    assert by["VAE"][5] == 785 * 400 + 401 * 40 + 21 * 400 + 401 * 784


def longest(y, x):
    """Convolutions and linear layers on the longest path from x to y, by autograd's graph."""
    found: dict[object, float] = {}
    todo = [(y.grad_fn, False)]
    while todo:
        node, done = todo.pop()
        below = [n for n, _ in node.next_functions if n is not None]
        if done:
            here = node.name().removesuffix("0") in ("ConvolutionBackward", "AddmmBackward")
            start = 0 if getattr(node, "variable", None) is x else float("-inf")
            found[node] = max((found[n] for n in below), default=start) + here
        elif node not in found:
            todo += [(node, True), *((n, False) for n in below if n not in found)]
    return found[y.grad_fn]


def test_layers_are_those_of_the_longest_path_from_the_input():
    """As deep, but narrow or for small images, so that they can be run."""
    small_ones = {
        "resnet18": (torch_resnet(18), (1, 3, 32, 32), ()),
        "resnet50": (torch_resnet(50), (1, 3, 32, 32), ()),
        "unet": (torch_unet(base=2), (1, 1, 188, 188), ()),
        "ddpm": (torch_ddpm(base=32), (1, 3, 32, 32), (torch.tensor([3]),)),
    }
    for key, (model, shape, others) in small_ones.items():
        x = torch.zeros(shape, requires_grad=True)
        assert longest(model.eval()(x, *others).sum(), x) == every.counted(key)[0], key


def test_documented_macs():
    documented = {"alexnet": 0.71, "vgg11": 7.61, "vgg16": 15.47, "resnet18": 1.81}
    for key, giga in {**documented, "vgg19": 19.63, "resnet50": 4.09}.items():
        assert round(every.counted(key)[2] / 1e9, 2) == giga


def test_figure():
    data = figure_networks(EN).data
    uses = {key: macs / parameters for key, (parameters, macs) in data.items()}
    assert uses["mlp"] == pytest.approx(1, rel=0.01)
    assert uses["vae"] == pytest.approx(1, rel=0.01)
    for key in ("rnn", "lstm", "gru"):
        assert uses[key] == pytest.approx(28, rel=0.02)
    assert round(uses["alexnet"]) == 12
    for key in ("vgg11", "vgg19", "resnet18", "resnet50", "ddpm"):
        assert 50 < uses[key] < 170
    assert max(uses, key=uses.__getitem__) == "unet"
    assert round(uses["unet"], -2) == 4800
    assert max(data, key=lambda key: data[key][0]) == "vgg19"
    order = [uses[key] for key in ("alexnet", "vgg16", "resnet50")]
    assert order == sorted(order)


def test_sentences():
    found = every.value_networks()
    assert found["unet"] < found["alexnet"]
    assert found["unet_gmacs"] > 7 * found["vgg19_gmacs"]
    # "most of that is the larger image": the convolutions grow with the pixels, 3×3 each
    pixels = (572 / 224) ** 2
    assert 1 < found["unet_same"] == pytest.approx(found["unet_times"] / pixels, rel=0.02)
    assert found["unet"] / found["vgg19"] == pytest.approx(1 / 5, abs=0.02)
    assert found["fewer"] == pytest.approx(1 - 25_557_032 / 138_357_544)
    assert found["top_resnet50"] > found["top_vgg16"]
    assert found["attention"] < 0.03


def test_mlp_table():
    rows = small.table_mlp(EN).rows
    assert [row[2] for row in rows] == [235_500, 30_100, 1_010, 266_610]
    assert [row[3] for row in rows] == [235_200, 30_000, 1_000, 266_200]
    assert round(rows[-1][2] / 1000) == 267  # Han et al. 2015


def test_lenet_table():
    """Fan-in plus bias, times positions, by hand; the totals are those of the paper."""
    rows = small.table_lenet(EN).rows
    fan = (25, 4, 25 * 10 / 16 * 6, 4, 400, 120, 84)
    places = (6 * 784, 6 * 196, 1600, 400, 120, 84, 10)
    biases = (1, 1, 1, 1, 1, 1, 0)
    c3 = (6 * 3 + 9 * 4 + 6) / 16 * 25
    for row, f, n, b in zip(rows, fan, places, biases, strict=False):
        f = c3 if row[0].startswith("C3") else f
        assert row[3] == round((f + b) * n)
    assert rows[-1][2:4] == [60_000, 340_908]
    assert rows[-1][4:] == [61_706, 416_520]


def test_alexnet_table():
    rows = small.table_alexnet(EN).rows
    assert rows[-1][2] == 60_965_224
    assert rows[-1][5:] == [61_100_840, 714_188_480]
    assert [row[1] for row in rows if "pool" in row[0]] == ["96×27×27", "256×13×13", "256×6×6"]
    # the list of neurons in the paper, but for its first entry, which 96 square maps cannot give
    assert small.neurons()[1:] == [186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert small.neurons()[0] == 96 * 55**2
    assert sum(small.neurons()) == pytest.approx(650_000, rel=0.02)


def test_other_counts():
    found = small.value_counts()
    assert round(found["caffe"] / 1000) == 431  # Han et al. 2015
    assert round(found["paper"] / 1e6) == 61
    assert found["paper"] // 10**7 == 6
    assert round(found["merged"] / 1e6, 1) == 62.4
    assert round(found["merged_gmacs"], 1) == 1.1
