"""Smoothed, focal, contrastive losses and class weights against closed forms, SciPy and PyTorch."""

import mpmath
import numpy as np
import pytest
import scipy.special
import torch

from snippets.losses.label_smoothing_focal_contrastive import (
    balanced_weights,
    clip_loss,
    focal_loss,
    info_nce,
    smooth_labels,
    smoothed_cross_entropy,
    torch_balanced,
    torch_clip,
    torch_focal,
    torch_focal_classes,
    torch_info_nce,
    torch_smoothed,
    torch_triplet,
    triplet_loss,
)


def test_smoothed_labels():
    rows = smooth_labels([2, 0], 4, 0.2)
    np.testing.assert_allclose(rows, [[0.05, 0.05, 0.85, 0.05], [0.85, 0.05, 0.05, 0.05]])
    np.testing.assert_array_equal(smooth_labels([1], 3, 0.0), [[0, 1, 0]])
    np.testing.assert_allclose(smooth_labels([1], 4, 1.0), [[0.25] * 4])


def test_smoothed_cross_entropy():
    rng = np.random.default_rng(0)
    z, y = rng.normal(0, 5, (8, 6)), rng.integers(0, 6, 8)
    log_p = scipy.special.log_softmax(z, axis=1)
    for epsilon in (0.0, 0.1, 0.7):
        parts = (1 - epsilon) * -log_p[np.arange(8), y] + epsilon * -log_p.mean(axis=1)
        assert smoothed_cross_entropy(z, y, epsilon) == pytest.approx(parts.mean(), rel=1e-13)
        theirs = torch_smoothed(torch.tensor(z), torch.tensor(y), epsilon).item()
        assert theirs == pytest.approx(parts.mean(), rel=1e-13)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
@pytest.mark.parametrize("z", [-30.0, -1.0, 0.0, 2.5, 30.0])
def test_focal_by_mpmath(z, gamma):
    with mpmath.workdps(60):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        positive = float(-((1 - p) ** gamma) * mpmath.log(p))
        negative = float(-(p**gamma) * mpmath.log(1 - p))
    assert focal_loss(z, 1, gamma) == pytest.approx(positive, rel=1e-13)
    assert focal_loss(z, 0, gamma) == pytest.approx(negative, rel=1e-13)
    assert focal_loss(z, 1, gamma, 0.25) == pytest.approx(positive / 4, rel=1e-13)
    assert focal_loss(z, 0, gamma, 0.25) == pytest.approx(negative * 3 / 4, rel=1e-13)
    for y, expected in ((1.0, positive), (0.0, negative)):
        theirs = torch_focal(torch.tensor(z).double(), torch.tensor(y).double(), gamma).item()
        assert theirs == pytest.approx(expected, rel=1e-9)


def test_focal_is_cross_entropy_at_gamma_0():
    z, y = np.random.default_rng(1).normal(0, 5, 20), np.arange(20) % 2
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(z), torch.tensor(y).double(), reduction="none"
    )
    np.testing.assert_allclose(focal_loss(z, y, 0.0), expected.numpy(), rtol=1e-13)


def test_focal_of_classes_by_probabilities():
    rng = np.random.default_rng(2)
    z, y = rng.normal(0, 2, (9, 4)), rng.integers(0, 4, 9)
    p = scipy.special.softmax(z, axis=1)[np.arange(9), y]
    theirs = torch_focal_classes(torch.tensor(z), torch.tensor(y)).item()
    assert theirs == pytest.approx((-((1 - p) ** 2) * np.log(p)).mean(), rel=1e-12)


def test_focal_does_not_overflow():
    np.testing.assert_array_equal(focal_loss([1e4, -1e4], [1, 1]), [0.0, 1e4])


def test_info_nce_and_clip():
    rng = np.random.default_rng(3)
    a, b = (torch.tensor(rng.normal(size=(7, 5))) for _ in range(2))
    s = torch.nn.functional.cosine_similarity(a[:, None], b[None], dim=-1).numpy()
    rows = -np.diag(scipy.special.log_softmax(s / 0.2, axis=1)).mean()
    columns = -np.diag(scipy.special.log_softmax(s / 0.2, axis=0)).mean()
    assert info_nce(s, 0.2) == pytest.approx(rows, rel=1e-13)
    assert clip_loss(s, 0.2) == pytest.approx((rows + columns) / 2, rel=1e-13)
    assert torch_info_nce(a, b, 0.2).item() == pytest.approx(rows, rel=1e-12)
    assert torch_clip(a, b, 0.2).item() == pytest.approx((rows + columns) / 2, rel=1e-12)


def test_info_nce_of_equals_is_the_logarithm_of_their_number():
    for count in (1, 2, 256):
        assert info_nce(np.full((count, count), 0.3)) == pytest.approx(np.log(count), abs=1e-12)


def test_triplet():
    a, p, n = np.random.default_rng(4).normal(size=(3, 50, 3))
    near, far = np.sqrt(((a - p) ** 2).sum(1)), np.sqrt(((a - n) ** 2).sum(1))
    expected = np.where(near - far + 0.7 > 0, near - far + 0.7, 0)
    np.testing.assert_allclose(triplet_loss(a, p, n, 0.7), expected, atol=1e-14)
    assert 0 < (expected == 0).sum() < 50
    theirs = torch_triplet(*(torch.tensor(v) for v in (a, p, n)), 0.7).item()
    assert theirs == pytest.approx(expected.mean(), abs=1e-5)


def test_balanced_weights_give_all_classes_the_same_total():
    counts = np.array([900, 90, 10])
    weights = balanced_weights(counts)
    np.testing.assert_allclose(weights * counts, 1000 / 3)
    np.testing.assert_allclose(weights, [10 / 27, 100 / 27, 100 / 3])


def test_torch_balanced():
    y = torch.tensor([0] * 6 + [1] * 2)
    found = torch_balanced(y)
    np.testing.assert_allclose(found["classes"].weight, [8 / 12, 8 / 4])
    assert found["one logit"].pos_weight.item() == 3
    drawn = y[list(found["resample"])]
    assert len(drawn) == 8
    # half of the weight is on the two positives: of many draws half are positive
    sampler = torch.utils.data.WeightedRandomSampler(
        found["resample"].weights, 4000, generator=torch.Generator().manual_seed(0)
    )
    share = y[list(sampler)].double().mean().item()
    assert share == pytest.approx(0.5, abs=5 * 0.5 / 4000**0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: smooth_labels([0], 3, -0.1), "from 0 to 1"),
        (lambda: smooth_labels([0], 3, 1.1), "from 0 to 1"),
        (lambda: smooth_labels([3], 3), "from 0 to 2"),
        (lambda: smooth_labels([-1], 3), "from 0 to 2"),
        (lambda: smooth_labels([[0]], 3), "whole numbers"),
        (lambda: smooth_labels([0.0], 3), "whole numbers"),
        (lambda: smoothed_cross_entropy(np.zeros((2, 3)), [0]), "give"),
        (lambda: focal_loss(0.0, 1, -1.0), "negative"),
        (lambda: focal_loss([0.0], 0.3), "0 or 1"),
        (lambda: focal_loss([0.0, 1.0], [-1, 1]), "0 or 1"),
        (lambda: focal_loss([0.0, 1.0], [1]), "shape"),
        (lambda: info_nce(np.zeros((2, 3))), "square"),
        (lambda: info_nce(np.zeros(3)), "square"),
        (lambda: info_nce(np.eye(2), 0.0), "positive"),
        (lambda: balanced_weights([3, 0]), "no examples"),
    ],
)
def test_wrong_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
