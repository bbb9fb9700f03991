"""KL divergence in numbers: both directions, zeros, no triangle, the sum without weights."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.losses._cross_entropy_examples import shown
from snippets.losses.kl_divergence import entropy, kl_divergence

P = np.array([0.5, 0.3, 0.2])
Q = np.array([0.4, 0.4, 0.2])
ENDS = np.array([0.9, 0.1])
RUNS, PAIRS = 5, 2000


def value_example() -> dict[str, object]:
    forward, reverse = kl_divergence(P, Q), kl_divergence(Q, P)
    return {
        "p": P.tolist(),
        "q": Q.tolist(),
        "forward": float(forward),
        "reverse": float(reverse),
        "forward_bits": float(forward / np.log(2)),
        "entropy": float(entropy(P)),
        "cross_entropy": float(-(P * np.log(Q)).sum()),
        "unweighted": float((np.log(P) - np.log(Q)).sum()),
    }


def table_terms(tr: Tr) -> Table:
    """Both sums, class by class."""
    rows: list[list[object]] = []
    for k, (p, q) in enumerate(zip(P, Q, strict=True), 1):
        ratio = np.log(p / q)
        rows.append([str(k), p, q, ratio, p * ratio, -q * ratio])
    totals = [float((np.log(P) - np.log(Q)).sum()), kl_divergence(P, Q), kl_divergence(Q, P)]
    rows.append([tr("合计", "sum"), 1.0, 1.0, *totals])
    return Table(
        [
            tr("类别", "class"),
            Col("$p_i$", format="g"),
            Col("$q_i$", format="g"),
            Col(r"$\ln(p_i/q_i)$", format=".6f"),
            Col(tr("乘 $p_i$", "times $p_i$"), format=".6f"),
            Col(tr("取负，乘 $q_i$", "negated, times $q_i$"), format=".6f"),
        ],
        rows,
        caption=tr(
            "最后两列的合计是 p 对 q、q 对 p 的散度；中间一列不加权，合计没有意义",
            "The last two sums are the divergence of p from q and of q from p; the sum of the "
            "unweighted column means nothing",
        ),
    )


def table_pairs(tr: Tr) -> Table:
    middle, other = np.array([0.5, 0.5]), ENDS[::-1]
    pairs = [
        (ENDS, middle),
        (middle, other),
        (ENDS, other),
        (np.array([1.0, 0.0]), middle),
        (middle, np.array([1.0, 0.0])),
        (ENDS, ENDS),
    ]
    rows = []
    for p, q in pairs:
        divergence = float(kl_divergence(p, q))
        cell = "∞" if np.isinf(divergence) else f"{divergence:.4f}"
        rows.append([shown(p), shown(q), cell])
    return Table(
        [tr.name("p"), tr.name("q"), tr("散度（奈特）", "divergence (nats)")],
        rows,
        caption=tr(
            "前两行是绕道中点的两段，第三行是直达。q 漏掉了 p 有的类别，散度就是无穷",
            "Two steps through the middle (rows one and two), then the direct way. Where q misses "
            "a class of p, the divergence is infinite",
        ),
    )


def value_triangle() -> dict[str, float]:
    middle, other = np.array([0.5, 0.5]), ENDS[::-1]
    return {
        "two_steps": float(kl_divergence(ENDS, middle) + kl_divergence(middle, other)),
        "direct": float(kl_divergence(ENDS, other)),
    }


def value_unweighted() -> dict[str, object]:
    """Random pairs of distributions over three classes: how often the unweighted sum is negative,
    and the smallest true divergence.
    """
    shares, smallest = [], []
    for rng in kit.seeds(RUNS):
        p, q = rng.dirichlet(np.ones(3), (2, PAIRS))
        shares.append(float(((np.log(p) - np.log(q)).sum(axis=1) < 0).mean()))
        smallest.append(float(kl_divergence(p, q).min()))
    return {"negative": Spread(shares), "smallest": min(smallest), "pairs": PAIRS, "runs": RUNS}
