"""Kernel size: odd or even, large or small, one large or several small ones."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check


def compose(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The one kernel that does what a and then b do, stride 1: (k, k), (l, l) give k + l − 1.

    In cross-correlation, kernels in a row are combined by (true) convolution.
    """
    k, size = b.shape[0], a.shape[0] + b.shape[0] - 1
    whole = np.zeros((size, size))
    for (i, j), weight in np.ndenumerate(a):
        whole[i : i + k, j : j + k] += weight * b
    return whole


def stack_weights(channels: int, k: int, layers: int = 1) -> int:
    """Weights of so many k×k layers, each from ``channels`` to ``channels``, without biases."""
    return layers * k**2 * channels**2


def stack_reach(k: int, layers: int) -> int:
    """Side of the window that so many k×k layers of stride 1 see together."""
    return layers * (k - 1) + 1


def products() -> np.ndarray:
    """Which cell of 5×5 each pair of cells of two 3×3 kernels adds to: (25, 9, 9), ones and zeros.

    Two 3×3 kernels a and b in a row are the 5×5 kernel ``products() @ b @ a``, all flattened.
    """
    units = np.eye(9).reshape(9, 3, 3)
    return np.array([[compose(u, v).ravel() for v in units] for u in units]).transpose(2, 0, 1)


def stack_rank(inputs: int, middle: int, outputs: int, seed: int = 0) -> int:
    """In how many directions the 5×5 kernels of two linear 3×3 layers can move: a Jacobian's rank.

    The layers go from ``inputs`` over ``middle`` to ``outputs`` channels, at random weights.
    """
    rng, each = np.random.default_rng(seed), products()
    a, b = rng.normal(size=(middle, inputs, 9)), rng.normal(size=(outputs, middle, 9))
    one_in, one_out = np.eye(inputs), np.eye(outputs)
    by_a = np.einsum("cuv,omv,ij->ocimuj", each, b, one_in)  # d whole[o, i, c] / d a[m, j, u]
    by_b = np.einsum("cuv,miu,op->ocipmv", each, a, one_out)
    cells = outputs * 25 * inputs
    return int(np.linalg.matrix_rank(np.hstack([by_a.reshape(cells, -1), by_b.reshape(cells, -1)])))


def best_stack(
    target: np.ndarray, middle: int = 1, starts: int = 30, rounds: int = 150, seed: int = 0
) -> tuple[float, np.ndarray]:
    """The closest that two linear 3×3 layers with ``middle`` channels between come to a 5×5 kernel.

    Alternating least squares from several random starts: with one layer fixed, the best other one
    solves a linear system.  Returns the relative residual and the closest kernel.
    """
    each = products()
    first = np.random.default_rng(seed).normal(size=(starts, middle, 9))
    for _ in range(rounds):
        columns = np.einsum("cuv,smu->scmv", each, first).reshape(starts, 25, -1)
        second = (np.linalg.pinv(columns) @ target.ravel()).reshape(first.shape)
        whole = np.einsum("scx,sx->sc", columns, second.reshape(starts, -1))
        first = second / np.linalg.norm(second, axis=(1, 2), keepdims=True)
    apart = np.linalg.norm(whole - target.ravel(), axis=1) / np.linalg.norm(target)
    return float(apart.min()), whole[apart.argmin()].reshape(5, 5)


def torch_best_stack(target, starts: int = 20, steps: int = 200) -> float:
    """The same residual for one pair, by L-BFGS on all starts at once; target is a tensor."""
    import torch
    import torch.nn.functional as F

    generator = torch.Generator().manual_seed(0)
    a, b = (
        torch.randn(starts, 3, 3, generator=generator, dtype=target.dtype).requires_grad_()
        for _ in range(2)
    )

    def residuals():
        padded = F.pad(a, (2, 2, 2, 2))[None]
        whole = F.conv2d(padded, b.flip(-1, -2)[:, None], groups=starts)[0]
        return ((whole - target) ** 2).sum((1, 2))

    optimizer = torch.optim.LBFGS([a, b], max_iter=steps, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = residuals().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return float((residuals().detach().min() / (target**2).sum()).sqrt())


# --------------------------------------------------------------------------- evidence


def check_compose() -> Check:
    """Two layers in a row against one layer with the composed kernel."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(5):
        x = torch.tensor(rng.normal(size=(1, 1, 12, 12)))
        a, b = rng.normal(size=(3, 3)), rng.normal(size=(5, 5))
        first, second, whole = (torch.tensor(w)[None, None] for w in (a, b, compose(a, b)))
        pairs.append((F.conv2d(x, whole), F.conv2d(F.conv2d(x, first), second)))
    return kit.compare(
        ("PyTorch 里先后两层 `F.conv2d`", "two `F.conv2d` in a row in PyTorch"), pairs
    )


def check_best() -> Check:
    """The best stack for two random kernels: alternating least squares against L-BFGS."""
    import torch

    pairs = []
    for rng in list(kit.seeds(5))[1:4:2]:
        target = rng.normal(size=(5, 5))
        theirs = torch_best_stack(torch.tensor(target), starts=8, steps=160)
        pairs.append((best_stack(target)[0], theirs))
    return kit.compare(
        (
            "PyTorch 的 L-BFGS（另一种求法，多个起点）",
            "PyTorch's L-BFGS, another method, from many starts",
        ),
        pairs,
        tolerance=1e-6,
    )
