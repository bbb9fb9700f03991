"""Three losses, one network: how sure it becomes, and whether it is right as often.

The data are those of the page on softmax: three classes with normal distributions of unit variance,
few points to train on, full batches and no regularisation, so that cross-entropy overfits in the
end.  Measured early, when it does not yet, and late.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from snippets import kit
from snippets.activations._softmax_calibration import calibration_error, draw
from snippets.kit import Col, Spread, Table, Tr

WIDTH, TRAIN, TEST, RUNS = 32, 300, 5000, 5
EARLY, LATE = 50, 500  # steps
RATE, MOMENTUM, EPSILON, GAMMA = 0.1, 0.9, 0.1, 2.0


def _losses():
    """Losses of logits (RUNS, N, 3) and labels (RUNS, N): the mean over the points, summed over
    the runs, so that each run trains as if alone.
    """
    import torch.nn.functional as F

    def mean(losses):
        return losses.mean(dim=1).sum()

    def ce(z, y, **options):
        return F.cross_entropy(z.transpose(1, 2), y, reduction="none", **options)

    def focal(z, y):
        plain = ce(z, y)
        return mean((1 - (-plain).exp()) ** GAMMA * plain)

    return {
        "plain": lambda z, y: mean(ce(z, y)),
        "smoothed": lambda z, y: mean(ce(z, y, label_smoothing=EPSILON)),
        "focal": focal,
    }


@cache
def results() -> dict[tuple[str, int], list[dict[str, float]]]:
    """What each loss leads to after EARLY and LATE steps, on fresh points; the same data and first
    weights for all three.
    """
    import torch

    data, first = [], []
    for rng in kit.seeds(RUNS, base=2):
        data.append((draw(TRAIN, rng), draw(TEST, rng)))
        sizes = (2, WIDTH, WIDTH, 3)
        first.append([rng.normal(0, (2 / n) ** 0.5, (n, m)) for n, m in pairwise(sizes)])
    x, y, test = (
        torch.tensor(np.stack([train[0] for train, _ in data])),
        torch.tensor(np.stack([train[1] for train, _ in data])),
        torch.tensor(np.stack([fresh[0] for _, fresh in data])),
    )
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for name, loss in _losses().items():
        weights = [torch.tensor(np.stack(w)) for w in zip(*first, strict=True)]
        biases = [torch.zeros(RUNS, 1, w.shape[2], dtype=torch.float64) for w in weights]
        for steps, logits in _trained(x, y, test, [*weights, *biases], loss).items():
            found[name, steps] = [
                _measured(z, fresh[1]) for z, (_, fresh) in zip(logits, data, strict=True)
            ]
    return found


def _trained(x, y, test, parameters, loss) -> dict[int, np.ndarray]:
    """Logits at the test points after EARLY and LATE steps of gradient descent with momentum."""
    import torch

    half = len(parameters) // 2

    def network(h):
        for number in range(half):
            h = torch.baddbmm(
                parameters[half + number], h if number == 0 else h.relu(), parameters[number]
            )
        return h

    parameters = [p.requires_grad_() for p in parameters]
    velocity = [torch.zeros_like(p) for p in parameters]
    logits = {}
    for step in range(1, LATE + 1):
        gradients = torch.autograd.grad(loss(network(x), y), parameters)
        with torch.no_grad():
            for p, v, g in zip(parameters, velocity, gradients, strict=True):
                v.mul_(MOMENTUM).add_(g)
                p.sub_(RATE * v)
            if step in (EARLY, LATE):
                logits[step] = network(test).numpy()
    return logits


def _measured(z: np.ndarray, y: np.ndarray) -> dict[str, float]:
    from snippets.activations.softmax import softmax

    p = softmax(z)
    ordered = np.sort(z, axis=1)
    return {
        "accuracy": float((p.argmax(axis=1) == y).mean()),
        "confidence": float(p.max(axis=1).mean()),
        "error": calibration_error(p, y),
        "gap": float((ordered[:, -1] - ordered[:, :-1].mean(axis=1)).mean()),
    }


def _spread(name: str, measure: str, steps: int = LATE) -> Spread:
    return Spread([run[measure] for run in results()[name, steps]])


def table_training(tr: Tr) -> Table:
    names = {
        "plain": tr("交叉熵", "cross-entropy"),
        "smoothed": tr(f"标签平滑 ε = {EPSILON:g}", f"label smoothing, ε = {EPSILON:g}"),
        "focal": tr(f"focal，γ = {GAMMA:g}", f"focal, γ = {GAMMA:g}"),
    }
    measures = ("accuracy", "confidence", "error")
    return Table(
        [
            Col(tr("步数", "steps"), format="d"),
            tr("损失", "loss"),
            Col(tr("准确率", "accuracy"), format=".3f"),
            Col(tr("平均置信度", "mean confidence"), format=".3f"),
            Col(tr("校准误差 ECE", "calibration error (ECE)"), format=".3f"),
        ],
        [
            [steps, label, *(_spread(name, m, steps) for m in measures)]
            for steps in (EARLY, LATE)
            for name, label in names.items()
        ],
        caption=tr(
            f"三个正态分布的分类，2-{WIDTH}-{WIDTH}-3 网络，{TRAIN} 个训练点，整批训练"
            f"（学习率 {RATE:g}，动量 {MOMENTUM:g}）；均值 [最小, 最大]，{RUNS} 次",
            f"Three normal distributions, a 2-{WIDTH}-{WIDTH}-3 network, {TRAIN} training points, "
            f"full batches (learning rate {RATE:g}, momentum {MOMENTUM:g}); mean [smallest, "
            f"largest] of {RUNS} runs",
        ),
    )


def value_training() -> dict[str, object]:
    gaps = {f"{name}_gap": _spread(name, "gap") for name in ("plain", "smoothed")}
    return {**gaps, "early": EARLY, "late": LATE}
