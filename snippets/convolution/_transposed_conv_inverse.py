"""Not an inverse: what a convolution and then its transpose give back."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.backprop.cnn_backprop import conv2d
from snippets.convolution.transposed_conv import conv_matrix, conv_transpose2d
from snippets.kit import Check, Col, Spread, Table, Tr

RUNS, SIZE = 20, 8


@cache
def _errors() -> dict[str, Spread | int]:
    """Relative errors of what three maps make of Y = conv(U); 3×3 kernel, stride 1, no padding."""
    errors: dict[str, list[float]] = {"transpose": [], "scaled": [], "least": []}
    ranks = set()
    for rng in kit.seeds(RUNS):
        u, w = rng.normal(size=(SIZE, SIZE)), rng.normal(size=(3, 3))
        y = conv2d(u[None, None], w[None, None])
        back = conv_transpose2d(y, w[None, None])[0, 0]
        matrix = conv_matrix(w, SIZE)
        ranks.add(int(np.linalg.matrix_rank(matrix)))
        least = (np.linalg.pinv(matrix) @ y.ravel()).reshape(u.shape)
        best = (back * u).sum() / (back * back).sum()
        for name, guess in (("transpose", back), ("scaled", best * back), ("least", least)):
            errors[name].append(float(np.linalg.norm(guess - u) / np.linalg.norm(u)))
    (rank,) = ranks
    return {**{k: Spread(v) for k, v in errors.items()}, "rank": rank, "cells": SIZE * SIZE}


def table_inverse(tr: Tr) -> Table:
    found = _errors()
    return Table(
        [
            tr("从 Y = conv(U) 还原 U", "U back from Y = conv(U)"),
            Col(tr("相对误差", "relative error"), format=".2f"),
        ],
        [
            [tr("转置卷积，同一个核", "transposed convolution, same kernel"), found["transpose"]],
            [tr("再乘上最合适的系数", "the same, times the best factor"), found["scaled"]],
            [tr("最小二乘（伪逆）", "least squares (pseudo-inverse)"), found["least"]],
        ],
        caption=tr(
            f"8×8 的随机输入、3×3 的随机核（都取自标准正态分布）、步幅 1、无填充；"
            f"均值 [最小, 最大]，{RUNS} 次",
            "Random 8×8 input and 3×3 kernel (both standard normal), stride 1, no padding; "
            f"mean [smallest, largest] of {RUNS} draws",
        ),
    )


def value_inverse() -> dict[str, object]:
    return {**_errors(), "runs": RUNS}


def check_transpose() -> Check:
    """Transposed convolution against the transpose of the convolution's matrix in PyTorch."""
    import torch
    import torch.nn.functional as F

    pairs = []
    for rng in kit.seeds(5):
        w, y = rng.normal(size=(3, 3)), rng.normal(size=(1, 1, 3, 3))

        def conv(u, w=w):
            return F.conv2d(u.reshape(1, 1, 7, 7), torch.tensor(w)[None, None], stride=2).ravel()

        matrix = torch.autograd.functional.jacobian(conv, torch.zeros(49, dtype=torch.float64))
        theirs = (matrix.T @ torch.tensor(y.ravel())).reshape(1, 1, 7, 7)
        pairs.append((conv_transpose2d(y, w[None, None], stride=2), theirs))
    return kit.compare(
        (
            "卷积的雅可比矩阵（PyTorch 求得）的转置",
            "the transpose of the convolution's Jacobian, from PyTorch",
        ),
        pairs,
    )
