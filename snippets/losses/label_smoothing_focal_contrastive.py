"""Cross-entropy reshaped: smoothed labels, less weight for the easy, pairs in place of classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import log_softmax
from snippets.kit import Check
from snippets.losses import _b_exact


def smooth_labels(y: ArrayLike, classes: int, epsilon: float = 0.1) -> np.ndarray:
    """One-hot labels mixed with the uniform distribution: (1 - ε) one-hot + ε / classes.

    y (N,) holds class numbers, the result is (N, classes).  ValueError: ε outside [0, 1], a class
    that is not there.  [szegedy2016]
    """
    y = np.asarray(y)
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon is {epsilon}; it must be from 0 to 1")
    if not np.issubdtype(y.dtype, np.integer) or y.ndim != 1 or not set(y) <= set(range(classes)):
        raise ValueError(f"y must be (N,) whole numbers from 0 to {classes - 1}")
    return (1 - epsilon) * np.eye(classes)[y] + epsilon / classes


def smoothed_cross_entropy(z: ArrayLike, y: ArrayLike, epsilon: float = 0.1) -> float:
    """Cross-entropy of logits z (N, K) with smoothed labels, mean over N, in nats.

    ValueError: other shapes, and as smooth_labels.
    """
    log_p = log_softmax(z)
    if log_p.ndim != 2 or np.shape(y) != log_p.shape[:1]:
        raise ValueError(f"z is {np.shape(z)} and y is {np.shape(y)}; give (N, K) and (N,)")
    return float(-(smooth_labels(y, log_p.shape[1], epsilon) * log_p).sum(axis=1).mean())


def focal_loss(
    z: ArrayLike, y: ArrayLike, gamma: float = 2.0, alpha: float | None = None
) -> np.ndarray:
    """-α_t (1 - p_t)^γ ln p_t of logits z and labels y (0 or 1), element-wise.

    p_t is the probability of the true label, α_t is alpha for label 1 and 1 - alpha for label 0;
    without alpha there is no such factor.  γ = 0 is cross-entropy.  ValueError: γ < 0, a label
    other than 0 and 1 (a smoothed one, say), shapes that differ.  [lin2017]
    """
    if gamma < 0:
        raise ValueError(f"gamma is {gamma}; it must not be negative")
    y = np.asarray(y)
    if y.shape not in ((), np.shape(z)) or not np.isin(y, (0, 1)).all():
        raise ValueError(f"y must be 0 or 1 and have the shape of z, {np.shape(z)}, or none")
    signed = np.where(y == 1, z, np.negative(z))  # p_t = σ(signed)
    loss = sigmoid(-signed) ** gamma * np.logaddexp(0, -signed)
    return loss if alpha is None else np.where(y == 1, alpha, 1 - alpha) * loss


def info_nce(similarity: ArrayLike, tau: float = 0.1) -> float:
    """Cross-entropy of each row of similarity / tau with its own column: pairs on the diagonal.

    similarity is (N, N), row i against candidate j.  ValueError: not square, tau not positive.
    [oord2018]
    """
    s = np.asarray(similarity)
    if s.ndim != 2 or s.shape[0] != s.shape[1]:
        raise ValueError(f"similarity is {s.shape}; it must be square")
    if not tau > 0:
        raise ValueError(f"tau is {tau}; it must be positive")
    return float(-np.diag(log_softmax(s / tau)).mean())


def clip_loss(similarity: ArrayLike, tau: float = 0.1) -> float:
    """The mean of info_nce by rows (image to text) and by columns (text to image).
    [radford2021]
    """
    s = np.asarray(similarity)
    return (info_nce(s, tau) + info_nce(s.T, tau)) / 2


def triplet_loss(
    anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: float = 1.0
) -> np.ndarray:
    """max(0, d(a, p) - d(a, n) + margin) with Euclidean distances along the last axis."""
    a = np.asarray(anchor, dtype=float)
    near = np.linalg.norm(a - positive, axis=-1)
    far = np.linalg.norm(a - negative, axis=-1)
    return np.maximum(0, near - far + margin)


def balanced_weights(counts: ArrayLike) -> np.ndarray:
    """Class weights n / (K n_k) from the counts n_k of K classes; each class then weighs n / K.

    ValueError: a class without examples.
    """
    counts = np.asarray(counts, dtype=float)
    if not (counts > 0).all():
        raise ValueError("a class has no examples; leave it out")
    return counts.sum() / (len(counts) * counts)


def torch_balanced(y):
    """Where PyTorch takes class weights; y holds class numbers, each class at least once.

    "one logit" is for two classes, 1 being the positives.
    """
    import torch
    from torch.utils.data import WeightedRandomSampler

    counts = torch.bincount(y)
    weight = counts.sum() / (len(counts) * counts)  # n / (K n_k)
    return {
        "classes": torch.nn.CrossEntropyLoss(weight=weight),  # mean: over the weights in the batch
        "one logit": torch.nn.BCEWithLogitsLoss(pos_weight=counts[0] / counts[1]),
        "resample": WeightedRandomSampler(weight[y].tolist(), num_samples=len(y)),
    }


def torch_smoothed(z, y, epsilon: float = 0.1):
    """The same in PyTorch: logits (N, K), class numbers (N,)."""
    import torch.nn.functional as F

    return F.cross_entropy(z, y, label_smoothing=epsilon)


def torch_focal(z, y, gamma: float = 2.0):
    """The same in PyTorch without alpha; z are logits, y floats of 0 and 1.  No reduction."""
    import torch
    import torch.nn.functional as F

    ce = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    return torch.sigmoid((1 - 2 * y) * z) ** gamma * ce


def torch_focal_classes(z, y, gamma: float = 2.0):
    """Focal loss of logits (N, K) and class numbers (N,), mean over N."""
    import torch.nn.functional as F

    ce = F.cross_entropy(z, y, reduction="none")
    return ((1 - (-ce).exp()) ** gamma * ce).mean()


def torch_info_nce(a, b, tau: float = 0.1):
    """InfoNCE of embeddings a and b (N, D), a[i] belonging to b[i], by their cosine."""
    import torch
    import torch.nn.functional as F

    similarity = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T
    return F.cross_entropy(similarity / tau, torch.arange(len(a)))


def torch_clip(a, b, tau: float = 0.1):
    """The symmetric loss of CLIP: a to b, and b to a."""
    return (torch_info_nce(a, b, tau) + torch_info_nce(b, a, tau)) / 2


def torch_triplet(anchor, positive, negative, margin: float = 1.0):
    """The triplet loss in PyTorch, mean over the batch; embeddings are (N, D)."""
    import torch.nn.functional as F

    return F.triplet_margin_loss(anchor, positive, negative, margin=margin)


# --------------------------------------------------------------------------- evidence


def check_torch() -> Check:
    """Every loss of this module against PyTorch."""
    import torch

    pairs = []
    for rng in kit.seeds(20):
        z, y = rng.normal(0, 4, (6, 5)), rng.integers(0, 5, 6)
        t, labels = torch.tensor(z), torch.tensor(y)
        bits = (y % 2).astype(float)
        a, b = rng.normal(size=(2, 6, 4))
        unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (a, b)]
        s = unit[0] @ unit[1].T
        ta, tb = torch.tensor(a), torch.tensor(b)
        # two classes, logits (0, z): the binary focal loss again
        pair = torch.stack([torch.zeros(6).double(), t[:, 0]], dim=1)
        pairs += [
            (smoothed_cross_entropy(z, y, 0.2), torch_smoothed(t, labels, 0.2).item()),
            (focal_loss(z[:, 0], bits), torch_focal(t[:, 0], torch.tensor(bits))),
            (focal_loss(z[:, 0], bits).mean(), torch_focal_classes(pair, labels % 2).item()),
            (info_nce(s, 0.1), torch_info_nce(ta, tb).item()),
            (clip_loss(s, 0.1), torch_clip(ta, tb).item()),
        ]
    return kit.compare(("PyTorch", "PyTorch"), pairs, tolerance=1e-12)


def check_triplet() -> Check:
    """PyTorch adds 1e-6 to each coordinate of the difference before it takes the norm."""
    import torch

    pairs = []
    for rng in kit.seeds(20):
        triple = rng.normal(size=(3, 8, 4))
        theirs = torch_triplet(*(torch.tensor(v) for v in triple)).item()
        pairs.append((triplet_loss(*triple).mean(), theirs))
    return kit.compare(
        ("PyTorch 的 `F.triplet_margin_loss`", "PyTorch's `F.triplet_margin_loss`"),
        pairs,
        tolerance=1e-5,
    )


def check_exact() -> Check:
    """Smoothed labels and focal loss against 50-digit arithmetic."""
    pairs = []
    for rng in kit.seeds(20):
        z, y = rng.normal(0, 8, 4), int(rng.integers(0, 4))
        label = smooth_labels([y], 4, 0.1)[0]
        pairs.append((smoothed_cross_entropy(z[None], [y]), _b_exact.cross_entropy(z, label)))
        pairs.append((focal_loss(z[0], 1.0), _b_exact.focal(float(z[0]), 2)))
    return kit.compare(
        ("50 位十进制算术", "decimal arithmetic of 50 digits"), pairs, tolerance=1e-14
    )
