"""Where the table ends: fewer positives in training, one-sided noise, clouds of two widths."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice._data_practice_overview_changes import (
    APART,
    FACTOR,
    FIVE,
    LOW,
    RUNS,
    SHARE,
    TEST,
    TRAIN,
    WEIGHT,
    draw,
    flip,
    logits,
)
from snippets.data_practice.data_practice_overview import binary_report, fit_logistic

FEWER, LOST, WIDER = 0.05, 1 / 3, 2.0  # share; of the positives, called negative; spread


def spread_out(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x with the positives WIDER times as wide: the log odds are then no longer linear."""
    middle = np.zeros(x.shape[1])
    middle[0] = APART
    return np.where(y[:, None] == 1, middle + WIDER * (x - middle), x)


@cache
def reports() -> dict[str, list[dict[str, float]]]:
    """RUNS of each: "few" at FEWER positives, "lost" labels, "low" threshold, "wide" clouds."""
    found: dict[str, list[dict[str, float]]] = {}

    def add(key: str, y: np.ndarray, z: np.ndarray, threshold: float = 0.5) -> None:
        found.setdefault(key, []).append(binary_report(y, z, threshold))

    for rng in kit.seeds(RUNS):
        (x, y), (test, labels) = draw(TRAIN, FEWER, rng), draw(TEST, FEWER, rng)
        z = logits(fit_logistic(x, y), test)
        add("few", labels, z)
        add("few noisy_test", flip(labels, rng), z)
        add("few noisy_train", labels, logits(fit_logistic(x, flip(y, rng)), test))
        add("few threshold", labels, z, LOW)

        (x, y), (test, labels) = draw(TRAIN, SHARE, rng), draw(TEST, SHARE, rng)
        z = logits(fit_logistic(x, y), test)
        add("same", labels, z)
        add("low", labels, z, LOW)
        add("low sharp", labels, FACTOR * z, LOW)
        kept = np.where(rng.uniform(size=TRAIN) < LOST, 0, y)
        add("lost", labels, logits(fit_logistic(x, kept), test))

        x, test = spread_out(x, y), spread_out(test, labels)
        add("wide threshold", labels, logits(fit_logistic(x, y), test), LOW)
        add("wide weighted", labels, logits(fit_logistic(x, y, WEIGHT), test))
    return found


def gap(key: str, base: str, metric: str) -> np.ndarray:
    """By how much the metric of ``key`` differs from that of ``base``, run by run (RUNS,)."""
    pairs = zip(reports()[key], reports()[base], strict=True)
    return np.array([a[metric] - b[metric] for a, b in pairs])


def value_limits() -> dict[str, float]:
    wide = [np.abs(gap("wide weighted", "wide threshold", metric)).max() for metric in FIVE]
    return {
        "share": FEWER,
        "lost": LOST,
        "wider": WIDER,
        "few_test_auc": float(gap("few noisy_test", "few", "auc").mean()),
        "few_train_recall": float(gap("few noisy_train", "few", "recall").mean()),
        "few_threshold_f1": float(gap("few threshold", "few", "f1").mean()),
        "lost_recall": float(gap("lost", "same", "recall").mean()),
        "lost_auc": float(gap("lost", "same", "auc").mean()),
        "low_recall": float(gap("low sharp", "low", "recall").mean()),
        "wide_same": float(max(wide)),
    }
