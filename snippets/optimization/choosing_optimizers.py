"""Choosing an optimiser: a sweep that is fair to each of them, and the usual recipes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def pick(validation: np.ndarray, test: np.ndarray) -> tuple[int, np.ndarray]:
    """The rate with the best mean validation score, and the test scores of all runs at it.

    Scores are (rates, runs), larger is better; a run that diverged may hold nan, which is worst.
    ValueError: the best rate lies at an end of the sweep, so that a better one may lie beyond it.
    """
    if np.shape(validation) != np.shape(test):
        raise ValueError(f"scores of shapes {np.shape(validation)} and {np.shape(test)}")
    best = int(np.nan_to_num(validation, nan=-np.inf).mean(axis=1).argmax())
    if best in (0, len(validation) - 1):
        raise ValueError(f"the best rate is number {best} of {len(validation)}: widen the sweep")
    return best, test[best]


def torch_sweep(
    make_model: Callable,
    make_optimizer: Callable,
    rates: Sequence[float],
    seeds: Sequence[int],
    batches: Callable,
    loss: Callable,
    score: Callable,
) -> np.ndarray:
    """Scores (rates, seeds): the same models and batches for each rate, and a cosine to 0.

    ``make_model(seed)``, ``make_optimizer(parameters, rate)`` and ``batches(seed)``, a list of
    pairs, are called anew for each run; ``score(model)`` gives one number.
    """
    import torch

    scores = np.empty((len(rates), len(seeds)))
    for number, rate in enumerate(rates):
        for run, seed in enumerate(seeds):
            model, pairs = make_model(seed), batches(seed)
            optimizer = make_optimizer(model.parameters(), rate)
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(pairs))
            for x, y in pairs:
                optimizer.zero_grad()
                loss(model(x), y).backward()
                optimizer.step()
                schedule.step()
            with torch.no_grad():
                scores[number, run] = score(model)
    return scores


def torch_recipes(model, sparse=()):
    """Three usual settings: a Transformer, a convolutional network on images, sparse embeddings.

    Weight decay is for matrices only, not for biases and the scales of normalisation layers.
    ``sparse``: parameters with sparse gradients; AdamW refuses them, so they go to SparseAdam.
    """
    import torch

    apart = {id(p) for p in sparse}
    dense = [p for p in model.parameters() if id(p) not in apart]
    weights = [p for p in dense if p.ndim > 1]
    others = [p for p in dense if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    recipes = {
        "transformer": torch.optim.AdamW(groups, lr=3e-4, betas=(0.9, 0.95)),
        "images": torch.optim.SGD(dense, lr=0.1, momentum=0.9, weight_decay=1e-4),
    }
    if sparse:  # parameters of nn.Embedding(..., sparse=True)
        recipes["embeddings"] = torch.optim.SparseAdam(sparse, lr=1e-3)
    return recipes
