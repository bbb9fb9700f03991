"""Softmax and log-sum-exp against exact values, PyTorch and finite differences."""

import mpmath
import numpy as np
import pytest
import torch

from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import (
    log_softmax,
    logsumexp,
    online_softmax,
    running_max_and_sum,
    softmax,
    softmax_jacobian,
    softmax_vjp,
    torch_log_softmax,
    torch_logsumexp,
    torch_softmax,
)
from tests.snippets.activations.oracles import DTYPES, assert_close, autograd

inf, nan = np.inf, np.nan
P123 = [
    0.090030573170380457998,
    0.24472847105479765247,
    0.66524095577482188953,
]  # mpmath e^i / Σ e^j
LSE123 = 3.4076059644443803045  # mpmath ln(e + e² + e³)

KNOWN = [
    # function, z, value, source
    (softmax, [1.0, 2.0, 3.0], P123, "mpmath"),
    (softmax, [1000.0, 1001.0, 1002.0], P123, "shift invariance"),
    (softmax, [-1e4, -1e4 + 1, -1e4 + 2], P123, "shift invariance"),
    (softmax, [0.0, np.log(3)], [0.25, 0.75], "1 : 3"),
    (softmax, [2.0, 0.5], [0.81757447619364365951, 1 - 0.81757447619364365951], "mpmath σ(1.5)"),
    (softmax, [1e4, 0.0, -1e4], [1.0, 0.0, 0.0], "e^-10000 is below the smallest float64"),
    (softmax, [7.0], [1.0], "one class"),
    (softmax, [0.0, -inf, 0.0], [0.5, 0.0, 0.5], "a masked class has probability 0"),
    (log_softmax, [0.0, np.log(3)], [-np.log(4), np.log(3 / 4)], "1 : 3"),
    (log_softmax, [1000.0, 1001.0, 1002.0], np.array([1, 2, 3]) - LSE123, "z - lse z"),
    (log_softmax, [1e4, 0.0], [0.0, -1e4], "ln(1 + e^-10000) is below float64"),
    (log_softmax, [0.0, -inf], [0.0, -inf], "ln 0"),
    (logsumexp, [1.0, 2.0, 3.0], LSE123, "mpmath"),
    (logsumexp, [1000.0, 1001.0], 1001.3132616875182228, "mpmath 1001 + ln(1 + 1/e)"),
    (logsumexp, [-1e4, -1e4], -1e4 + np.log(2), "ln(2 e^-10000)"),
    (logsumexp, [1e4, -1e4], 1e4, "the largest alone"),
    (logsumexp, [5.0], 5.0, "ln e⁵"),
    (logsumexp, [-inf, -inf], -inf, "ln 0"),
    (logsumexp, [inf, 1e4], inf, "ln ∞"),
    (logsumexp, [-inf, 3.0], 3.0, "ln(0 + e³)"),
]


@pytest.mark.parametrize(("function", "z", "value", "source"), KNOWN)
def test_known(function, z, value, source):
    assert_close(function(np.array(z)), value, ulps=4)


@pytest.fixture
def z():
    return np.random.default_rng(1).normal(0, 5, (4, 3, 6))


def exact_softmax(row):
    with mpmath.workdps(50):
        powers = [mpmath.exp(mpmath.mpf(float(v))) for v in row]
        total = mpmath.fsum(powers)
        return [float(p / total) for p in powers], float(mpmath.log(total))


@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_values_to_the_last_places(z, dtype):
    z = z.astype(dtype)
    for row in z.reshape(-1, 6):
        p, lse = exact_softmax(row)
        # an exponent of size |z - max| is rounded to that many units before exp
        assert_close(softmax(row), p, ulps=6 + np.ptp(row))
        assert_close(log_softmax(row), np.log(p), ulps=3, floor=np.ptp(row))
        assert_close(logsumexp(row), lse, ulps=2, floor=np.abs(row).max())


@pytest.mark.parametrize("axis", [-1, 0, 1, 2, -3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_pytorch_on_every_axis(z, axis, dtype):
    z = z.astype(dtype)
    t = torch.tensor(z)
    assert softmax(z).dtype == log_softmax(z).dtype == logsumexp(z).dtype == dtype
    assert_close(softmax(z, axis), torch_softmax(t, axis).numpy(), ulps=2, floor=1)
    assert_close(softmax(z, axis, 2.5), torch_softmax(t, axis, 2.5).numpy(), ulps=2, floor=1)
    assert_close(log_softmax(z, axis), torch_log_softmax(t, axis).numpy(), ulps=2, floor=8)
    assert_close(logsumexp(z, axis), torch_logsumexp(t, axis).numpy(), ulps=2, floor=8)


UNDEFINED = [[inf, 0.0], [inf, inf], [inf, -inf], [-inf, -inf], [nan, 0.0], [nan, inf]]


@pytest.mark.parametrize("row", UNDEFINED)
@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities_and_nan_are_pytorchs(row, dtype):
    z, t = np.array(row, dtype), torch.tensor(np.array(row, dtype))
    assert np.isnan(softmax(z)).all()
    np.testing.assert_array_equal(softmax(z), torch_softmax(t).numpy())
    np.testing.assert_array_equal(log_softmax(z), torch_log_softmax(t).numpy())
    np.testing.assert_array_equal(logsumexp(z), torch_logsumexp(t).numpy())
    np.testing.assert_array_equal(online_softmax(z, block=1), softmax(z))


def test_an_undefined_row_leaves_the_others_alone(z):
    z[0, 0, 0] = inf
    assert np.isnan(softmax(z)[0, 0]).all()
    assert np.isfinite(softmax(z)[0, 1:]).all()
    assert np.isfinite(softmax(z)[1:]).all()


def test_subnormal_logits_are_as_good_as_zero():
    assert_close(softmax(np.array([5e-324, -5e-324, 0.0])), np.full(3, 1 / 3), ulps=1)


@pytest.mark.parametrize("tau", [0.1, 1.0, 10.0])
def test_invariants(z, tau):
    p = softmax(z, tau=tau)
    assert (p >= 0).all()
    assert_close(p.sum(axis=-1), np.ones((4, 3)), ulps=3)
    assert_close(softmax(z + 128.0, tau=tau), p, ulps=512 / tau)  # z + 128 drops 5 to 7 bits of z
    assert (p.argmax(axis=-1) == z.argmax(axis=-1)).all()
    assert_close(softmax(z / tau), p, ulps=400)  # z / tau is rounded, then magnified by exp


def test_log_softmax_and_logsumexp_are_one_another(z):
    lse = logsumexp(z)[..., None]
    assert_close(log_softmax(z), z - lse, ulps=4, floor=16)
    assert (lse >= z.max(axis=-1, keepdims=True)).all()
    assert (lse <= z.max(axis=-1, keepdims=True) + np.log(6)).all()


def test_two_classes_are_a_sigmoid_of_the_difference(z):
    pair = z[..., :2]
    assert_close(softmax(pair)[..., 0], sigmoid(pair[..., 0] - pair[..., 1]), ulps=64)


def test_temperature_goes_from_one_hot_to_uniform():
    row = np.array([1.0, 3.0, 2.0])
    np.testing.assert_array_equal(softmax(row, tau=1e-3), [0, 1, 0])
    np.testing.assert_array_equal(softmax(row, tau=1e-310), [0, 1, 0])
    np.testing.assert_allclose(softmax(row, tau=1e9), 1 / 3, rtol=1e-8)


# ---------------------------------------------------------------- derivatives


@pytest.mark.parametrize("tau", [0.5, 1.0, 3.0])
def test_jacobian_is_autograds_and_that_of_differences(tau):
    z = np.random.default_rng(2).normal(0, 2, 5)
    ours = softmax_jacobian(z, tau)
    theirs = torch.autograd.functional.jacobian(
        lambda t: torch_softmax(t, tau=tau), torch.tensor(z)
    ).numpy()
    assert_close(ours, theirs, ulps=4, floor=1 / tau)
    h = 1e-6 * np.eye(5)
    columns = [(softmax(z + e, tau=tau) - softmax(z - e, tau=tau)) / 2e-6 for e in h]
    np.testing.assert_allclose(ours, np.stack(columns, axis=-1), rtol=0, atol=1e-9)


def test_jacobian_of_a_batch_is_symmetric_with_rows_that_sum_to_zero(z):
    jacobian = softmax_jacobian(z)
    assert jacobian.shape == (4, 3, 6, 6)
    np.testing.assert_allclose(jacobian, np.swapaxes(jacobian, -1, -2), rtol=1e-14, atol=0)
    np.testing.assert_allclose(jacobian.sum(axis=-1), 0, atol=1e-15)
    np.testing.assert_allclose(jacobian[2, 1], softmax_jacobian(z[2, 1]), rtol=1e-13)


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("tau", [1.0, 2.0])
def test_vjp_is_autograds(z, axis, tau):
    g = np.random.default_rng(3).normal(size=z.shape)
    (theirs,) = autograd(lambda t: torch_softmax(t, axis, tau) * torch.tensor(g), z)
    assert_close(softmax_vjp(g, z, axis, tau), theirs, ulps=8, floor=1)


def test_vjp_is_the_jacobian_times_the_gradient(z):
    g = np.random.default_rng(4).normal(size=z.shape)
    product = np.einsum("abi,abij->abj", g, softmax_jacobian(z))
    np.testing.assert_allclose(softmax_vjp(g, z), product, rtol=0, atol=1e-15)


def test_gradient_of_logsumexp_is_softmax(z):
    assert_close(softmax(z), autograd(torch_logsumexp, z)[0], ulps=8, floor=1)


# ---------------------------------------------------------------- block by block


@pytest.mark.parametrize("block", [1, 2, 5, 64, 300, 1000])
@pytest.mark.parametrize("dtype", DTYPES)
def test_blockwise_equals_all_at_once(block, dtype):
    z = np.random.default_rng(5).normal(0, 8, (3, 300)).astype(dtype)
    m, d = running_max_and_sum(z, block)
    assert m.shape == d.shape == (3, 1)
    assert m.dtype == d.dtype == dtype
    np.testing.assert_array_equal(m[:, 0], z.max(axis=-1))
    lse = torch.logsumexp(torch.tensor(z), -1).numpy()
    assert_close((m + np.log(d))[:, 0], lse, ulps=4, floor=1)
    p = torch.softmax(torch.tensor(z), -1).numpy()
    assert_close(online_softmax(z, block), p, ulps=4, floor=1)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_blockwise_with_a_rising_or_falling_maximum(order):
    row = np.array([-1e4, 0.0, 1.0, 1e4])[order]
    np.testing.assert_array_equal(online_softmax(row, 1), np.array([0.0, 0.0, 0.0, 1.0])[order])


def test_a_masked_block_does_not_spoil_the_rest():
    row = np.array([-inf, -inf, 0.0, np.log(3), -inf, -inf])
    assert_close(online_softmax(row, block=2), [0, 0, 0.25, 0.75, 0, 0], ulps=4)


# ---------------------------------------------------------------- shapes and errors


def test_shapes():
    assert softmax(3.0) == 1.0
    assert logsumexp(3.0) == 3.0
    assert softmax(np.zeros((0, 3))).shape == (0, 3)
    assert logsumexp(np.zeros((2, 3, 4)), axis=1).shape == (2, 4)
    assert_close(softmax([1, 2, 3]), P123, ulps=4)


@pytest.mark.parametrize("function", [softmax, log_softmax, logsumexp])
def test_wrong_arguments(function):
    with pytest.raises(ValueError, match="zero-size array"):
        function(np.zeros((3, 0)))
    with pytest.raises(ValueError, match="axis 1 is out of bounds"):
        function(np.zeros(3), axis=1)
    with pytest.raises(ValueError, match="inhomogeneous"):
        function([[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("tau", [0.0, -1.0, inf, nan])
def test_wrong_temperature(tau):
    with pytest.raises(ValueError, match=r"temperature tau is .* must be positive"):
        softmax(np.zeros(3), tau=tau)


@pytest.mark.parametrize("block", [0, -1])
def test_wrong_block(block):
    with pytest.raises(ValueError, match=r"block size is .* at least 1"):
        online_softmax(np.zeros(3), block)
