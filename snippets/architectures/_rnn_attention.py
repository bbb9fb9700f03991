"""Encoder, decoder and the attention between them, on a toy alignment."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.architectures.rnn import additive_attention
from snippets.kit import Col, Formula, Spread, Table, Tr

_T = kit.integer(("原文的长度", "length of the source"), 1, 6)
_K = kit.integer(("打分层的宽度", "width of the scoring layer"), 1, 5)
_N = kit.integer(("编码器状态的维数", "size of an encoder state"), 1, 5)
_M = kit.integer(("解码器状态的维数", "size of the decoder state"), 1, 5)

formula_attention = Formula(
    r"\begin{aligned} e_j &= v^\top \tanh(W s + U h_j) \\"
    r" \alpha_j &= \frac{\exp(e_j)}{\sum_{k=1}^{T} \exp(e_k)} \\"
    r" c &= \sum_{j=1}^{T} \alpha_j h_j \end{aligned}",
    {
        "h": kit.array(("编码器的状态，一行一个", "encoder states, one a row"), ("T", "n"), -2, 2),
        "s": kit.array(("解码器此刻的状态", "decoder state at this step"), ("m",), -2, 2),
        "W": kit.array(("权重", "weights"), ("q", "m"), -1, 1),
        "U": kit.array(("权重", "weights"), ("q", "n"), -1, 1),
        "v": kit.array(("权重", "weights"), ("q",), -1, 1),
        "T": _T,
        "q": _K,
        "n": _N,
        "m": _M,
        "j": kit.index(("原文的位置", "position in the source"), "T"),
        "k": kit.index(("原文的位置", "position in the source"), "T"),
    },
    equals={
        "e_j": lambda h, s, W, U, v: np.array([v @ np.tanh(W @ s + U @ row) for row in h]),
        r"\alpha_j": lambda h, s, W, U, v: additive_attention(s, h, W, U, v)[0],
        "c": lambda h, s, W, U, v: additive_attention(s, h, W, U, v)[1],
    },
)

SOURCE, TARGET = ("a", "red", "car"), ("une", "voiture", "rouge")
WANTED = (1.0, 3.0, 2.0)  # the source position each target word belongs to


def weights() -> tuple[np.ndarray, np.ndarray]:
    """Alignment (target, source) and contexts, with weights set by hand.

    An encoder state is (position, 1), a decoder state the position it looks for.  Two scoring units
    make a bump around that position: tanh(a (j - s) + a/2) - tanh(a (j - s) - a/2).
    """
    a = 2.0
    h = np.stack([np.arange(1.0, 4.0), np.ones(3)], axis=1)
    W, U, v = np.array([[-a], [-a]]), np.array([[a, a / 2], [a, -a / 2]]), np.array([2.0, -2.0])
    found = [additive_attention(np.array([s]), h, W, U, v) for s in WANTED]
    return np.stack([alpha for alpha, _ in found]), np.stack([c for _, c in found])


def table_alignment(tr: Tr) -> Table:
    alpha, contexts = weights()
    return Table(
        [
            tr("译文 \\ 原文", "target \\ source"),
            *(Col(tr.name(word), format=".3f") for word in SOURCE),
            Col(tr("合计", "sum"), format=".3f"),
            Col(tr("上下文里的位置", "position in the context"), format=".3f"),
        ],
        [
            [tr.name(word), *row, row.sum(), context[0]]
            for word, row, context in zip(TARGET, alpha, contexts, strict=True)
        ],
        caption=tr(
            "手工设定权重的加性注意力，把 a red car 对到 une voiture rouge：每行是一个译文词的权重",
            "Additive attention with weights set by hand, from a red car to une voiture rouge: a "
            "row holds the weights of one target word",
        ),
    )


RUNS, STEPS, WIDTH = 6, 40, 16


def value_bottleneck() -> dict[str, object]:
    """Gradient of the first source input, with the last state only and with attention.

    An untrained nn.RNN encoder over STEPS positions; without attention the decoder receives its
    last state, with attention the mean of all states, which is additive attention with v = 0.
    log10 of the norm with respect to the first input over that with respect to the last.
    """
    import torch

    found: dict[str, list[float]] = {"last": [], "attention": []}
    for run in range(RUNS):
        with torch.random.fork_rng():
            torch.manual_seed(run)
            encoder = torch.nn.RNN(4, WIDTH, dtype=torch.float64)
            x = torch.randn(STEPS, 1, 4, dtype=torch.float64, requires_grad=True)
            r = torch.randn(WIDTH, dtype=torch.float64)
        h = encoder(x)[0][:, 0]
        for name, context in (("last", h[-1]), ("attention", h.mean(0))):
            (grad,) = torch.autograd.grad(context @ r, x, retain_graph=True)
            found[name].append(float(torch.log10(grad[0].norm() / grad[-1].norm())))
    return {name: Spread(values) for name, values in found.items()} | {
        "steps": STEPS,
        "runs": RUNS,
    }
