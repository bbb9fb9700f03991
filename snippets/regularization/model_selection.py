"""Model selection: early stopping, cross-validation, and what choosing does to the best score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import erf, sqrt

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def early_stop(losses: Sequence[float], patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    """(epoch at which training stops, epoch whose weights are restored), counted from 0.

    An epoch is an improvement when its validation loss is below the best so far by more than
    min_delta; after patience epochs in a row without one, training stops.  If that never happens it
    ends with the last epoch.  nan is no improvement.  ValueError: patience below 1, no losses.
    [prechelt1998]
    """
    if patience < 1:
        raise ValueError(f"patience is {patience}; it must be at least 1")
    if not len(losses):
        raise ValueError("there are no losses; give one an epoch")
    best, best_epoch, waited = np.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best_epoch
    return len(losses) - 1, best_epoch


def k_fold(n: int, k: int, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """k pairs (training indices, validation indices) of n shuffled examples.

    Every example is in the validation part of exactly one pair; the parts differ in size by at most
    one.  ValueError: k below 2 or above n.  [stone1974]
    """
    if not 2 <= k <= n:
        raise ValueError(f"k is {k}; it must be between 2 and the {n} examples")
    folds = np.array_split(rng.permutation(n), k)
    return [
        (np.concatenate([fold for other, fold in enumerate(folds) if other != held]), folds[held])
        for held in range(k)
    ]


def cross_validate(
    fit_and_score: Callable[[np.ndarray, np.ndarray], float],
    n: int,
    k: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Mean of the k fold scores and its usual standard error.

    fit_and_score(training, validation) gets index arrays, fits a model anew and returns its error
    on the validation part.  The standard error treats the folds as independent, which they are not.
    [bengio2004]
    """
    errors = np.array([fit_and_score(*pair) for pair in k_fold(n, k, rng)])
    return float(errors.mean()), float(errors.std(ddof=1) / np.sqrt(k))


def expected_maximum(m: int) -> float:
    """Expected value of the largest of m independent standard normal numbers; m at least 1."""
    if m < 1:
        raise ValueError(f"m is {m}; there must be at least one candidate")
    z = np.linspace(-12.0, 12.0, 4801)
    below = np.array([0.5 * (1 + erf(value / sqrt(2))) for value in z]) ** m
    # E = ∫ (1 - F^m) over z > 0, minus ∫ F^m over z < 0
    height = np.where(z > 0, 1 - below, -below)
    height[len(z) // 2] = 0.5 - below[len(z) // 2]  # the jump at 0
    return float(np.trapezoid(height, z))


def selection_bias(q: float, n: int, m: int) -> float:
    """By how much the best of m equally good classifiers looks better than it is: about this much.

    Each has accuracy q and is scored on n independent items; normal approximation.  ValueError: q
    outside [0, 1], n or m below 1.
    """
    if not 0 <= q <= 1 or n < 1:
        raise ValueError(f"q is {q} and n is {n}; give an accuracy in [0, 1] and at least one item")
    return float(np.sqrt(q * (1 - q) / n) * expected_maximum(m))


def torch_fit(model, train_epoch, validate, epochs=100, patience=5, min_delta=0.0):
    """Train until the validation loss has not improved for ``patience`` epochs; restore the best.

    train_epoch(model) trains for one epoch, validate(model) returns a loss.  The checkpoint is a
    copy of the state, in memory.  Returns the losses of the epochs that ran; leaves the model in
    evaluation mode.  ValueError: patience below 1.
    """
    import copy

    import torch

    if patience < 1:
        raise ValueError(f"patience is {patience}; it must be at least 1")
    best, waited, checkpoint, losses = float("inf"), 0, None, []
    for _ in range(epochs):
        model.train()
        train_epoch(model)
        model.eval()
        with torch.no_grad():
            losses.append(float(validate(model)))
        if losses[-1] < best - min_delta:
            best, waited = losses[-1], 0
            checkpoint = copy.deepcopy(model.state_dict())  # a copy: the state goes on changing
        else:
            waited += 1
        if waited == patience:
            break
    if checkpoint is not None:
        model.load_state_dict(checkpoint)
    return losses


# --------------------------------------------------------------------------- formulas

formula_patience = Formula(
    r"\begin{aligned} b_t &= \begin{cases} v_t & v_t < b_{t-1} - \delta \\"
    r" b_{t-1} & v_t \ge b_{t-1} - \delta \end{cases} \\"
    r" c_t &= \mathbf{1}[v_t \ge b_{t-1} - \delta]\,(c_{t-1} + 1) \end{aligned}",
    {
        "v_t": kit.scalar(("这一轮的验证损失", "validation loss of this epoch"), 0, 2),
        "b_{t-1}": kit.scalar(("此前最好的验证损失", "best validation loss before it"), 0, 2),
        "c_{t-1}": kit.integer(("此前已等的轮数", "epochs waited so far"), 0, 9),
        r"\delta": kit.scalar(
            ("min_delta：至少要好这么多才算", "min_delta: what counts as better"), 0, 0.5
        ),
    },
    equals={
        "b_t": lambda v_t, b_prev, delta: _best([b_prev, v_t], delta),
        "c_t": lambda v_t, b_prev, c_prev, delta: _waited(v_t, b_prev, int(c_prev), delta),
    },
)


def _best(losses: Sequence[float], delta: float) -> float:
    return losses[early_stop(losses, 10, delta)[1]]


def _waited(v: float, best: float, waited: int, delta: float) -> int:
    """How long early_stop has waited after v: found by where it stops when nothing improves."""
    losses = [best] + [best] * waited + [v] + [np.inf] * 20
    stopped, kept = early_stop(losses, 12, delta)
    return 0 if kept == waited + 1 else 12 - (stopped - waited - 1)


formula_cross_validation = Formula(
    r"\begin{aligned} \bar e &= \frac{1}{k} \sum_{i=1}^{k} e_i \\"
    r" s &= \sqrt{\frac{1}{k\,(k - 1)} \sum_{i=1}^{k} (e_i - \bar e)^2} \end{aligned}",
    {
        "e": kit.array(
            (
                "第 i 折上的误差，模型没有见过这一折",
                "error on fold i, which its model has not seen",
            ),
            ("k",),
            0,
            3,
        ),
        "k": kit.integer(("折数", "number of folds"), 2, 10),
        "i": kit.index(("一折", "one fold"), "k"),
    },
    equals={
        r"\bar e": lambda e: _through_folds(e)[0],
        "s": lambda e: _through_folds(e)[1],
    },
)


def _through_folds(errors: np.ndarray) -> tuple[float, float]:
    rest = iter(errors)
    return cross_validate(
        lambda _, held: float(next(rest)), len(errors), len(errors), np.random.default_rng(0)
    )


formula_selection = Formula(
    r"B = \sqrt{\frac{q\,(1 - q)}{n}}\;M(m)",
    {
        "q": kit.scalar(("每个候选的真实准确率", "true accuracy of every candidate"), 0, 1),
        "n": kit.integer(("用来打分的样本数", "items that score them"), 10, 1000),
        "m": kit.integer(("候选的个数", "number of candidates"), 1, 60),
        "M": kit.function(
            (
                "m 个独立的标准正态数中最大的一个，其期望",
                "expected largest of m independent standard normal numbers",
            ),
            lambda m: expected_maximum(int(m)),
        ),
    },
    equals=lambda q, n, m: selection_bias(q, n, int(m)),
    samples=40,
)

formula_maximum = Formula(
    r"0 \le M(m) \le \sqrt{2 \ln m}",
    {
        "m": kit.integer(("候选的个数", "number of candidates"), 1, 500),
        "M": kit.function(
            ("最大值的期望，如上", "the expected maximum, as above"),
            lambda m: expected_maximum(int(m)),
        ),
    },
    samples=40,
)


# --------------------------------------------------------------------------- evidence


@cache
def check_maximum() -> Check:
    """Closed forms: 0, 1/√π, 3/(2√π)."""
    exact = [(1, 0.0), (2, 1 / np.sqrt(np.pi)), (3, 1.5 / np.sqrt(np.pi))]
    return kit.compare(
        ("m 为 1、2、3 时的封闭形式", "the closed forms for m = 1, 2, 3"),
        [(expected_maximum(m), value) for m, value in exact],
        tolerance=1e-6,
    )


@cache
def check_restored() -> Check:
    """torch_fit restores the weights that early_stop names."""
    import torch

    pairs = []
    for rng in kit.seeds(5):
        losses = rng.uniform(0, 1, 40)
        model = torch.nn.Linear(1, 1)
        path: list[float] = []

        def train_epoch(model, path=path):
            with torch.no_grad():
                model.weight += 1
            path.append(float(model.weight.detach()))

        def validate(model, path=path, losses=losses):
            return losses[len(path) - 1]

        ran = torch_fit(model, train_epoch, validate, epochs=40, patience=6)
        stopped, kept = early_stop(losses, 6)
        pairs.append((len(ran) - 1, stopped))
        pairs.append((path[kept], model.weight.detach().double().reshape(())))
    return kit.compare(
        ("PyTorch 模型里恢复的权重", "the weights restored in a PyTorch model"),
        pairs,
        tolerance=0.0,
    )
