"""MLP, LeNet-5 as published and AlexNet: built, run, and their counts by other arithmetic."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from snippets.architectures._ddpm import torch_ddpm
from snippets.architectures._layers import on_meta, parameters_of
from snippets.architectures.architectures_overview import (
    torch_alexnet,
    torch_lenet5_1998,
    torch_mlp,
)


def test_mlp_is_the_chain():
    model = torch_mlp((12, 5, 3))
    x = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    first, last = (m for m in model if isinstance(m, torch.nn.Linear))
    theirs = F.linear(F.relu(F.linear(x.reshape(4, 12), first.weight, first.bias)), last.weight)
    torch.testing.assert_close(model(x), theirs + last.bias)
    assert (model(x) < 0).any()  # no ReLU behind the logits
    with pytest.raises(ValueError, match="of the input"):
        torch_mlp((784,))


def test_default_mlp():
    sizes = (784, 300, 100, 10)
    by_hand = sum(a * b + b for a, b in pairwise(sizes))
    assert parameters_of(on_meta(torch_mlp)) == by_hand == 266_610


def test_lenet_connects_as_table_i_of_the_paper():
    """Rows: maps of S2; columns: maps of C3, as LeCun et al. 1998 print them."""
    printed = """
        X . . . X X X . . X X X X . X X
        X X . . . X X X . . X X X X . X
        X X X . . . X X X . . X . X X X
        . X X X . . X X X X . . X . X X
        . . X X X . . X X X X . X X . X
        . . . X X X . . X X X X . X X X
    """
    wanted = torch.tensor([[c == "X" for c in row.split()] for row in printed.split("\n")[1:-1]])
    layer = torch_lenet5_1998().C3.double()
    x = torch.zeros(1, 6, 5, 5, dtype=torch.float64, requires_grad=True)
    for number, map_ in enumerate(layer(x)[0].flatten()):
        (grad,) = torch.autograd.grad(map_, x, retain_graph=True)
        assert ((grad[0].abs().sum(dim=(1, 2)) > 0) == wanted[:, number]).all()


def test_lenet_subsamples_and_measures_distances():
    model = torch_lenet5_1998()
    x = torch.arange(6 * 16.0).reshape(1, 6, 4, 4)
    pooled = F.avg_pool2d(x, 2)  # weights start at 1/4, biases at 0
    torch.testing.assert_close(model.S2(x), pooled)
    f6 = torch.randn(3, 84, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(model.output(f6), torch.cdist(f6, model.output.codes) ** 2)
    assert set(model.output.codes.unique().tolist()) == {-1.0, 1.0}
    images = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(2))
    model(images).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_alexnet_has_torchvisions_names_and_shapes():
    shapes = {name: tuple(p.shape) for name, p in on_meta(torch_alexnet).named_parameters()}
    assert shapes == {
        "features.0.weight": (64, 3, 11, 11),
        "features.0.bias": (64,),
        "features.3.weight": (192, 64, 5, 5),
        "features.3.bias": (192,),
        "features.6.weight": (384, 192, 3, 3),
        "features.6.bias": (384,),
        "features.8.weight": (256, 384, 3, 3),
        "features.8.bias": (256,),
        "features.10.weight": (256, 256, 3, 3),
        "features.10.bias": (256,),
        "classifier.1.weight": (4096, 9216),
        "classifier.1.bias": (4096,),
        "classifier.4.weight": (4096, 4096),
        "classifier.4.bias": (4096,),
        "classifier.6.weight": (1000, 4096),
        "classifier.6.bias": (1000,),
    }


@pytest.mark.parametrize(
    ("version", "count"),
    [("torchvision", 61_100_840), ("paper", 60_965_224), ("merged", 62_378_344)],
)
def test_alexnets(version, count):
    assert parameters_of(on_meta(torch_alexnet, 1000, version)) == count
    seven = parameters_of(on_meta(torch_alexnet, 7, version))
    assert count - seven == 993 * 4097


def test_response_normalisation_is_that_of_the_paper():
    """b = a / (k + α Σ a²)^β with α = 1e-4: PyTorch divides α by the five channels summed."""
    norm = torch_alexnet(10, "paper").features[2]
    a = torch.randn(1, 8, 1, 1, generator=torch.Generator().manual_seed(0)) * 50
    wanted = [
        a[0, i] / (2 + 1e-4 * (a[0, max(0, i - 2) : i + 3] ** 2).sum()) ** 0.75 for i in range(8)
    ]
    torch.testing.assert_close(norm(a)[0], torch.stack(wanted))


def test_lenet_squashes_as_the_paper_wants():
    """Its appendix chooses the constants so that f(±1) is ±1; the limit is 1.7159."""
    squash = torch_lenet5_1998().squashC1
    at = squash(torch.tensor([-1.0, 0.0, 1.0, 1e4]))
    torch.testing.assert_close(at, torch.tensor([-1, 0, 1, 1.7159]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("version", ["torchvision", "paper", "merged"])
def test_alexnet_pools_with_overlap(version):
    """Windows of 3 at a stride of 2: a single large number is seen by two of them on each axis."""
    pools = [m for m in on_meta(torch_alexnet, 10, version).features if "Pool" in type(m).__name__]
    assert len(pools) == 3
    x = torch.zeros(1, 1, 7, 7)
    x[0, 0, 2, 4] = 1
    for pool in pools:
        assert pool(x).shape == (1, 1, 3, 3)
        assert pool(x).sum() == 4


def test_two_columns_do_not_mix():
    second = on_meta(torch_alexnet, 10, "paper").features[4]
    assert second.weight.shape == (256, 48, 5, 5)


def test_alexnet_refuses_other_versions():
    with pytest.raises(ValueError, match="caffe"):
        torch_alexnet(10, "caffe")


def test_ddpm():
    assert round(parameters_of(on_meta(torch_ddpm)) / 1e6, 1) == 35.7  # Ho et al. 2020, app. B
    small = torch_ddpm(base=32, multiples=(1, 2), blocks=1, attention=(4,), size=8)
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    small.eval()
    early, late = small(x, torch.tensor([0, 500])), small(x, torch.tensor([900, 500]))
    assert early.shape == x.shape
    torch.testing.assert_close(early[1], late[1])
    assert (early[0] - late[0]).abs().max() > 1e-4  # it is told the time
