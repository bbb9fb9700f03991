"""Clustering has no labels: k-means does not care for the names of clusters, cross-entropy does."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np

from snippets import kit
from snippets.kit import Spread
from snippets.losses.cross_entropy import cross_entropy_of_probabilities

CENTRES = np.array([[0.0, 3.0], [-3.0, -1.0], [3.0, -1.0]])
POINTS, RUNS, ROUNDS = 60, 5, 20
SURE = 0.98  # the probability that is given to the cluster a point lies in


def _k_means(x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Lloyd's algorithm from points far apart: (centres, cluster of each point)."""
    centres = x[[rng.integers(len(x))]]
    while len(centres) < len(CENTRES):  # the next start is the point farthest from the others
        gaps = ((x[:, None] - centres) ** 2).sum(-1).min(axis=1)
        centres = np.vstack([centres, x[gaps.argmax()]])
    for _ in range(ROUNDS):
        nearest = ((x[:, None] - centres) ** 2).sum(-1).argmin(axis=1)
        centres = np.stack([x[nearest == k].mean(axis=0) for k in range(len(CENTRES))])
    return centres, nearest


@cache
def runs() -> list[dict[str, float]]:
    """For each run: k-means' objective and the cross-entropy under every naming of the clusters."""
    found = []
    for rng in kit.seeds(RUNS):
        y = np.repeat(np.arange(3), POINTS)
        x = CENTRES[y] + rng.normal(size=(len(y), 2))
        centres, cluster = _k_means(x, rng)
        objectives, losses = [], []
        for order in permutations(range(3)):
            names = np.array(order)
            renamed = names[cluster]
            moved = centres[np.argsort(names)]  # centre of the cluster now called k stands at k
            objectives.append(((x - moved[renamed]) ** 2).sum())
            p = np.full((len(y), 3), (1 - SURE) / 2)
            p[np.arange(len(y)), renamed] = SURE
            losses.append(cross_entropy_of_probabilities(p, np.eye(3)[y]))
        found.append(
            {
                "objective": objectives[0],
                "change": max(objectives) - min(objectives),
                "best": min(losses),
                "worst": max(losses),
            }
        )
    return found


def value_clusters() -> dict[str, object]:
    result: dict[str, object] = {
        name: Spread([run[name] for run in runs()]) for name in ("objective", "best", "worst")
    }
    return result | {
        "change": max(run["change"] for run in runs()),
        "runs": RUNS,
        "points": 3 * POINTS,
        "sure": SURE,
    }
