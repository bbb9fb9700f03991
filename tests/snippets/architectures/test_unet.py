"""U-Net against the sizes of the paper's figure 1 and PyTorch's own layers."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from snippets.architectures._layers import on_meta, parameters_of, totals, trace
from snippets.architectures.unet import (
    crop_and_concat,
    double_conv,
    output_side,
    torch_unet,
    trace_sizes,
)


def test_sizes_of_the_paper():
    down, bottom, up = trace_sizes(572)  # ronneberger2015, figure 1
    assert down == [(572, 568), (284, 280), (140, 136), (68, 64)]
    assert bottom == (32, 28)
    assert up == [(56, 64, 52), (104, 136, 100), (200, 280, 196), (392, 568, 388)]


def test_the_paper_has_23_convolutions_and_the_parameters_sum_up():
    model = on_meta(torch_unet)
    found = trace(model, (1, 572, 572))
    assert sum(la.macs > 0 for la in found) == 23  # "in total the network has 23 ..."
    # counted by hand: pairs of 3×3, 2×2 transposed, 1×1
    widths, given, count = [64, 128, 256, 512, 1024], 1, 0
    for width in widths:
        count += 9 * given * width + width + 9 * width * width + width
        given = width
    for width in (512, 256, 128, 64):
        count += 4 * 2 * width * width + width
        count += 9 * 2 * width * width + width + 9 * width * width + width
    count += 64 * 2 + 2
    assert count == 31_030_658  # as several independent implementations report it
    assert totals(found)[0] == parameters_of(model) == count


def test_macs_are_half_of_the_flops_that_pytorch_counts():
    model = torch_unet(base=4)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        out = model(torch.zeros(1, 1, 188, 188))
    assert out.shape == (1, 2, 4, 4)
    assert 2 * totals(trace(model, (1, 188, 188)))[1] == counter.get_total_flops()


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_closed_form_for_all_sizes_that_work(depth):
    for bottom in range(5, 12):
        size = 2**depth * (bottom + 8) - 4
        out = trace_sizes(size, depth)[2][-1][2]
        assert out == output_side(size, depth) == size + 8 - 12 * 2**depth


@pytest.mark.parametrize(
    ("size", "message"), [(570, "level 1 has 279"), (571, "level 0"), (172, "nothing is left"),
                          (4, "level 0 has 0")]
)  # fmt: skip
def test_sizes_that_do_not_work(size, message):
    with pytest.raises(ValueError, match=message):
        trace_sizes(size)


def test_a_convolution_without_padding():
    for K in (1, 3, 5):
        layers = nn.Sequential(nn.Conv2d(1, 1, K), nn.Conv2d(1, 1, K))
        assert layers(torch.zeros(1, 1, 20, 20)).shape[-1] == double_conv(20, K)


def test_crop_takes_the_middle():
    skip = np.arange(36.0).reshape(1, 6, 6)
    joined = crop_and_concat(skip, np.zeros((2, 2, 4)))
    assert joined.shape == (3, 2, 4)
    np.testing.assert_array_equal(joined[0], [[13, 14, 15, 16], [19, 20, 21, 22]])
    with pytest.raises(ValueError, match="nothing to crop"):
        crop_and_concat(skip, np.zeros((1, 8, 4)))


def test_the_module_crops_as_the_function_does():
    model = torch_unet(base=2, depth=1)
    seen = []
    model.merge[0].register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    model.up[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    model.down[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        with torch.no_grad():
            model(torch.randn(1, 1, 28, 28))
    skip, enlarged, joined = (t[0].numpy() for t in seen)
    np.testing.assert_array_equal(crop_and_concat(skip, enlarged), joined)


@pytest.mark.parametrize("size", [16, 64, 80])
def test_padding_keeps_the_size(size):
    found = trace(on_meta(torch_unet, base=2, padding=1), (1, size, size))
    assert found[-1].shape == (2, size, size)


def test_every_input_pixel_of_the_middle_gets_a_gradient():
    model = torch_unet(base=2, depth=2, padding=1)
    x = torch.zeros(1, 1, 16, 16, requires_grad=True)
    model(x).sum().backward()
    assert x.grad.shape == x.shape
    assert all(p.grad is not None for p in model.parameters())
