"""The layer table against PyTorch's own counters and counts made by hand."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from snippets.architectures._layers import (
    Layer,
    layer_table,
    macs_of,
    on_meta,
    parameters_of,
    size_text,
    totals,
    trace,
    weighted,
)
from snippets.kit import Tr


def small():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Conv2d(8, 8, 3, stride=2, groups=4, bias=False),
        nn.ConvTranspose2d(8, 6, 2, stride=2, groups=2),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(6 * 4 * 4, 10),
    )


def test_counted_by_hand():
    found = trace(on_meta(small), (3, 10, 10))
    assert [layer.shape for layer in found] == [
        (8, 10, 10),
        (8, 10, 10),
        (8, 10, 10),
        (8, 4, 4),
        (6, 8, 8),
        (6, 4, 4),
        (96,),
        (96,),
        (10,),
    ]
    assert [layer.parameters for layer in found] == [224, 16, 0, 144, 102, 0, 0, 0, 970]
    # 800·27, 128 outputs·2 channels·9, 128 inputs·3 channels·4, 96·10
    assert [layer.macs for layer in found] == [21600, 0, 0, 2304, 1536, 0, 0, 0, 960]
    assert [layer.kind for layer in weighted(found)] == [
        "Conv2d",
        "Conv2d",
        "ConvTranspose2d",
        "Linear",
    ]


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_macs_are_half_of_the_flops_that_pytorch_counts(device):
    with torch.device(device):
        model = small().eval()
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            model(torch.zeros(1, 3, 10, 10))
    parameters, macs = totals(trace(model, (3, 10, 10)))
    assert 2 * macs == counter.get_total_flops()
    assert parameters == parameters_of(model)


def test_the_model_stays_as_it_was():
    model = small()
    model[1].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trace(model, (3, 10, 10))
    assert model.training
    assert not model[1].training
    assert not any(module._forward_hooks for module in model.modules())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_hooks_go_also_when_the_model_fails(device):
    with torch.device(device):
        model = small()
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        trace(model, (3, 20, 20))
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert not any("forward" in vars(module) for module in model.modules())


def test_a_layer_for_other_channels():
    model = on_meta(nn.Sequential, nn.Conv2d(3, 8, 3), nn.BatchNorm2d(4)).to("meta")
    with pytest.raises(RuntimeError, match="8 channels for a layer of 4"):
        trace(model, (3, 9, 9))
    with pytest.raises(RuntimeError, match="4 channels for a layer of 3"):
        trace(model, (4, 9, 9))


def settings():
    yield nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2), (4, 11)
    yield nn.Conv2d(4, 6, (3, 5), stride=(2, 1), padding=(0, 2), groups=2), (4, 9, 10)
    yield nn.Conv2d(4, 4, 3, padding="same", dilation=3), (4, 9, 10)
    yield nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"), (4, 9, 10)
    yield nn.Conv3d(2, 3, 2), (2, 4, 5, 6)
    yield nn.ConvTranspose1d(4, 2, 4, stride=2, padding=1), (4, 7)
    yield nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1), (4, 7, 5)
    yield nn.Linear(5, 3), (4, 2, 5)
    yield nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), (6, 3)
    yield nn.GRU(3, 4, batch_first=True), (6, 3)
    yield nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.LayerNorm(5)), (3, 7, 7)


@pytest.mark.parametrize(("layer", "size"), list(settings()), ids=lambda v: str(v)[:30])
def test_what_stands_in_has_the_shape_of_the_layer_itself(layer, size):
    found = trace(layer, size)
    assert trace(layer.to("meta"), size) == found


def test_embeddings_without_storage():
    (found,) = trace(on_meta(nn.Embedding, 10, 4), (7,))
    assert found == Layer("", "Embedding", (7, 4), 40, 0)


def test_a_layer_called_twice_has_its_parameters_once():
    layer = nn.Linear(5, 5)
    found = trace(nn.Sequential(layer, nn.Tanh(), layer), (7, 5))
    assert totals(found) == (30, 2 * 7 * 25)
    tied = nn.Sequential(nn.Linear(5, 5), nn.Linear(5, 5))
    tied[1].weight = tied[0].weight
    assert totals(trace(tied, (5,))) == (35, 50)
    assert parameters_of(tied) == 35


def test_recurrent_layers_and_several_inputs():
    lstm = nn.LSTM(3, 4, batch_first=True)
    (found,) = trace(lstm, (6, 3))
    assert found == Layer("", "LSTM", (6, 4), 4 * (12 + 16 + 8), 6 * 4 * (12 + 16))
    with pytest.raises(ValueError, match="batch_first"):
        trace(nn.GRU(3, 4), (6, 3))

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 3), nn.Linear(4, 3, bias=False)

        def forward(self, x, y):
            return self.a(x) + self.b(y)

    assert totals(trace(on_meta(Two), (2,), (4,))) == (9 + 12, 6 + 12)


def test_what_has_no_rule_is_told_rather_than_counted_as_nothing():
    with pytest.raises(ValueError, match="no rule for the MACs of Bilinear"):
        macs_of(nn.Bilinear(2, 3, 4), (2,), (4,))
    assert macs_of(nn.Embedding(10, 4), (5,), (5, 4)) == 0
    assert macs_of(nn.LayerNorm(4), (4,), (4,)) == 0


def test_trainable_parameters():
    model = small()
    model[0].requires_grad_(False)
    assert parameters_of(model) - parameters_of(model, trainable=True) == 224


def test_table():
    layer = Layer("0", "Linear", (4, 3), 12, 24)
    table = layer_table(Tr("en"), [("one", layer), ("two", layer)], "caption")
    assert table.rows == [
        ["one", "4×3", 12, 24],
        ["two", "4×3", 12, 24],
        ["total", "", 24, 48],
    ]
    assert size_text((64, 112, 112)) == "64×112×112"
