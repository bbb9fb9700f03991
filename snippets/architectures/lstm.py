"""LSTM and GRU: the cells and their backward passes, gates stacked in the order of PyTorch."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))


def lstm_cell(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    W_x: np.ndarray,
    W_h: np.ndarray,
    b: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """One step: the new h and c, and the gates (i, f, g, o).

    x (B, d), h and c (B, n), W_x (4n, d), W_h (4n, n), b (4n,); rows in the order i, f, g, o.
    [hochreiter1997; gers2000]
    """
    z_i, z_f, z_g, z_o = np.split(x @ W_x.T + h @ W_h.T + b, 4, axis=-1)
    i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
    c = f * c + i * g
    return o * np.tanh(c), c, (i, f, g, o)


def lstm_backward(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    gates: list[tuple[np.ndarray, ...]],
    W_x: np.ndarray,
    W_h: np.ndarray,
    grad_h: np.ndarray,
) -> dict[str, np.ndarray]:
    """The gradients with respect to x, h_0, c_0, W_x, W_h, b.

    x (T, B, d); h and c (T + 1, B, n) with the initial states first; gates as lstm_cell returned
    them; grad_h (T, B, n) that of the loss with respect to the outputs.
    """
    delta = np.zeros((*x.shape[:2], len(W_x)))  # dL/dz, z the pre-activations
    dh, dc = np.zeros_like(h[0]), np.zeros_like(c[0])
    for t in reversed(range(len(x))):
        i, f, g, o = gates[t]
        tanh_c = np.tanh(c[t + 1])
        dh = dh + grad_h[t]
        dc = dc + dh * o * (1 - tanh_c**2)
        delta[t] = np.concatenate(
            [
                dc * g * i * (1 - i),
                dc * c[t] * f * (1 - f),
                dc * i * (1 - g**2),
                dh * tanh_c * o * (1 - o),
            ],
            axis=-1,
        )
        dc = dc * f  # the direct way to c_(t-1)
        dh = delta[t] @ W_h
    return {
        "x": delta @ W_x,
        "h_0": dh,
        "c_0": dc,
        "W_x": np.einsum("tbn,tbd->nd", delta, x),
        "W_h": np.einsum("tbn,tbm->nm", delta, h[:-1]),
        "b": delta.sum(axis=(0, 1)),
    }


def gru_cell(
    x: np.ndarray,
    h: np.ndarray,
    W_x: np.ndarray,
    W_h: np.ndarray,
    b_x: np.ndarray,
    b_h: np.ndarray,
    reset_after: bool = True,
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """One step: the new h, and (r, z, n, m), m being what the reset gate multiplies.

    Rows of W_x (3n, d), W_h (3n, n), b_x and b_h (3n,) in the order r, z, n.  reset_after: the gate
    acts on W_n h + b_n (PyTorch), else on h itself (the final paper).  [cho2014]
    """
    x_r, x_z, x_n = np.split(x @ W_x.T + b_x, 3, axis=-1)
    h_r, h_z, h_n = np.split(h @ W_h.T + b_h, 3, axis=-1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    if not reset_after:
        n = h.shape[-1]
        h_n = (r * h) @ W_h[2 * n :].T + b_h[2 * n :]
    new = np.tanh(x_n + (r * h_n if reset_after else h_n))
    return (1 - z) * new + z * h, (r, z, new, h_n)


def gru_backward(
    x: np.ndarray,
    h: np.ndarray,
    gates: list[tuple[np.ndarray, ...]],
    W_x: np.ndarray,
    W_h: np.ndarray,
    grad_h: np.ndarray,
) -> dict[str, np.ndarray]:
    """The gradients with respect to x, h_0, W_x, W_h, b_x, b_h; reset gate after (PyTorch).

    Shapes as for lstm_backward; gates as gru_cell returned them.
    """
    by_x = np.zeros((*x.shape[:2], len(W_x)))  # at x W_x + b_x
    by_h = np.zeros_like(by_x)  # at h W_h + b_h
    dh = np.zeros_like(h[0])
    for t in reversed(range(len(x))):
        r, z, n, m = gates[t]
        dh = dh + grad_h[t]
        dn = dh * (1 - z) * (1 - n**2)
        dz = dh * (h[t] - n) * z * (1 - z)
        dr = dn * m * r * (1 - r)
        by_x[t] = np.concatenate([dr, dz, dn], axis=-1)
        by_h[t] = np.concatenate([dr, dz, dn * r], axis=-1)
        dh = dh * z + by_h[t] @ W_h  # the first is the direct way
    return {
        "x": by_x @ W_x,
        "h_0": dh,
        "W_x": np.einsum("tbn,tbd->nd", by_x, x),
        "W_h": np.einsum("tbn,tbm->nm", by_h, h[:-1]),
        "b_x": by_x.sum(axis=(0, 1)),
        "b_h": by_h.sum(axis=(0, 1)),
    }


def run_lstm(x, h_0, c_0, W_x, W_h, b):
    """Over a sequence x (T, B, d): all h, all c (T + 1, B, n), and the gates of each step."""
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        h_t, c_t, gate = lstm_cell(x_t, h[-1], c[-1], W_x, W_h, b)
        h.append(h_t)
        c.append(c_t)
        gates.append(gate)
    return np.stack(h), np.stack(c), gates


def run_gru(x, h_0, W_x, W_h, b_x, b_h):
    """Over a sequence x (T, B, d): all h (T + 1, B, n), and the gates of each step."""
    h, gates = [h_0], []
    for x_t in x:
        h_t, gate = gru_cell(x_t, h[-1], W_x, W_h, b_x, b_h)
        h.append(h_t)
        gates.append(gate)
    return np.stack(h), gates


def torch_lstm(d, n, forget_bias=None, dtype=None):
    """nn.LSTM whose forget gate starts with this bias; PyTorch has no argument for it."""
    import torch
    from torch import nn

    layer = nn.LSTM(d, n, dtype=dtype)
    if forget_bias is not None:
        with torch.no_grad():
            layer.bias_ih_l0[n : 2 * n] = forget_bias  # rows: i, f, g, o
            layer.bias_hh_l0[n : 2 * n] = 0  # the two are added up
    return layer


def torch_gradient_by_lag(layer, x, r):
    """Norm of the gradient of r . h_T at x_(T-k), k = 0, 1, ..., relative to k = 0."""
    import torch

    x = x.clone().requires_grad_()  # (T, 1, d)
    (grad,) = torch.autograd.grad(layer(x)[0][-1, 0] @ r, x)
    norms = grad.flatten(1).norm(dim=1).flip(0)
    return norms / norms[0]


# --------------------------------------------------------------------------- evidence


def _module(kind, parameters, d, n):
    """A PyTorch layer with the given weight_ih, weight_hh, bias_ih, bias_hh."""
    import torch

    layer = kind(d, n, dtype=torch.float64)
    with torch.no_grad():
        for ours, theirs in zip(parameters, layer.parameters(), strict=True):
            theirs.copy_(torch.tensor(ours))
    return layer


def check_lstm() -> Check:
    """Outputs, last memory and all gradients of nn.LSTM, sequences of 1 to 20 steps."""
    import torch

    pairs = []
    for rng, T in zip(kit.seeds(3), (1, 7, 20), strict=True):
        x, h_0, c_0 = (rng.normal(size=shape) for shape in ((T, 3, 4), (3, 5), (3, 5)))
        W_x, W_h, b = (rng.normal(size=shape) for shape in ((20, 4), (20, 5), (20,)))
        grad = rng.normal(size=(T, 3, 5))
        layer = _module(torch.nn.LSTM, (W_x, W_h, b, 0 * b), 4, 5)
        x_t, h_t, c_t = (torch.tensor(a, requires_grad=True) for a in (x, h_0, c_0))
        out, (_, c_T) = layer(x_t, (h_t[None], c_t[None]))
        (out * torch.tensor(grad)).sum().backward()
        h, c, gates = run_lstm(x, h_0, c_0, W_x, W_h, b)
        ours = lstm_backward(x, h, c, gates, W_x, W_h, grad)
        theirs = [x_t.grad, h_t.grad, c_t.grad, *(p.grad for p in layer.parameters())]
        names = ("x", "h_0", "c_0", "W_x", "W_h", "b", "b")
        pairs += [(h[1:], out.detach()), (c[-1], c_T[0].detach())]
        pairs += [(ours[name], a) for name, a in zip(names, theirs, strict=True)]
    return kit.compare(
        (
            "PyTorch 的 `nn.LSTM` 与自动求导（输出、记忆、七种梯度）",
            "PyTorch's `nn.LSTM` and autograd (outputs, memory, seven gradients)",
        ),
        pairs,
        tolerance=1e-11,
    )


def check_gru() -> Check:
    """Outputs and all gradients of nn.GRU."""
    import torch

    pairs = []
    for rng, T in zip(kit.seeds(3), (1, 7, 20), strict=True):
        x, h_0 = rng.normal(size=(T, 3, 4)), rng.normal(size=(3, 5))
        W_x, W_h, b_x, b_h = (rng.normal(size=s) for s in ((15, 4), (15, 5), (15,), (15,)))
        grad = rng.normal(size=(T, 3, 5))
        layer = _module(torch.nn.GRU, (W_x, W_h, b_x, b_h), 4, 5)
        x_t, h_t = (torch.tensor(a, requires_grad=True) for a in (x, h_0))
        out = layer(x_t, h_t[None])[0]
        (out * torch.tensor(grad)).sum().backward()
        h, gates = run_gru(x, h_0, W_x, W_h, b_x, b_h)
        ours = gru_backward(x, h, gates, W_x, W_h, grad)
        theirs = [x_t.grad, h_t.grad, *(p.grad for p in layer.parameters())]
        pairs.append((h[1:], out.detach()))
        pairs += [
            (ours[name], a)
            for name, a in zip(("x", "h_0", "W_x", "W_h", "b_x", "b_h"), theirs, strict=True)
        ]
    return kit.compare(
        (
            "PyTorch 的 `nn.GRU` 与自动求导（输出和六种梯度）",
            "PyTorch's `nn.GRU` and autograd (outputs and six gradients)",
        ),
        pairs,
        tolerance=1e-11,
    )
