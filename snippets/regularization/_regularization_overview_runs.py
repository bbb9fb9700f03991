"""Every remedy at several strengths, on few digits with false labels: all runs side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from snippets import kit
from snippets.data_practice.calibration import fit_temperature, nll
from snippets.optimization import _b_digits as digits
from snippets.regularization.regularization_overview import REMEDIES

RUNS, EXAMPLES, FALSE, HELD_OUT, TEST = 5, 200, 4, 200, 500
HIDDEN, STEPS, RATE, MOMENTUM, EVERY = 24, 120, 0.1, 0.9, 5
LONGER = 3 * STEPS
"""One training label in FALSE is another class's; early stopping looks every EVERY steps."""


class Data(NamedTuple):
    """x (runs, n, inputs), y (runs, n), for training also which labels are false (runs, n)."""

    x: Any
    y: Any
    false: Any = None


@cache
def data() -> tuple[Data, Data, Data]:
    """Training (as many as "more data" needs at most), validation and test."""
    import torch

    parts: list[list[np.ndarray]] = []
    most = int(max(REMEDIES["data"].strengths)) * EXAMPLES
    for rng in kit.seeds(RUNS, 41):
        x, true = digits.digits(most, rng)
        false = np.arange(most) % FALSE == 0
        y = np.where(false, (true + rng.integers(1, digits.CLASSES, most)) % digits.CLASSES, true)
        parts.append([x, y, false, *digits.digits(HELD_OUT, rng), *digits.digits(TEST, rng)])
    x, y, false, *held = (torch.tensor(np.array(part)) for part in zip(*parts, strict=True))
    return Data(x, y, false), Data(*held[:2]), Data(*held[2:])


def _forward(parameters: list[Any], x: Any) -> Any:
    import torch

    h = torch.baddbmm(parameters[1], x, parameters[0]).relu()
    return torch.baddbmm(parameters[3], h, parameters[2])


def _moving(x: Any, share: Any, draw: Any) -> Callable[[], Any]:
    """Draws x (k, n, inputs) anew: of its images a share (k, 1), moved by a dot to some side."""
    import torch

    images = x.reshape(*x.shape[:2], digits.HEIGHT, digits.WIDTH)
    sides = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    stacked = torch.stack([torch.roll(images, side, (2, 3)).flatten(2) for side in sides])

    def draw_once() -> Any:
        chosen = torch.rand(x.shape[:2], generator=draw) < share
        side = chosen * torch.randint(1, len(sides), x.shape[:2], generator=draw)
        return stacked.gather(0, side[None, :, :, None].expand(1, *x.shape))[0]

    return draw_once


def train(
    settings: list[dict[str, float]],
    x: Any,
    y: Any,
    watch: Callable[[int, list[Any]], None] | None = None,
    steps: int | None = None,
) -> list[Any]:
    """Weights and biases after ``steps`` (STEPS) of gradient descent with momentum on all examples.

    RUNS networks for every setting, one after the other along the first axis; run r starts from the
    same weights in all settings.  Gradients by hand: softmax less label, sent back.
    """
    import torch

    count, n = len(settings), x.shape[1]
    draw = torch.Generator().manual_seed(0)

    def column(name: str) -> Any:
        values = torch.tensor([s.get(name, 0.0) for s in settings], dtype=torch.float32)
        return values.repeat_interleave(RUNS)[:, None, None]

    def part(name: str) -> slice:
        """The networks that use it: those of neighbouring settings."""
        using = [number for number, s in enumerate(settings) if name in s]
        return slice(using[0] * RUNS, (using[-1] + 1) * RUNS) if using else slice(0, 0)

    parameters = []
    for n_in, n_out in ((digits.INPUTS, HIDDEN), (HIDDEN, digits.CLASSES)):
        start = torch.randn(RUNS, n_in, n_out, generator=draw) * (2 / n_in) ** 0.5
        parameters += [start.repeat(count, 1, 1), torch.zeros(count * RUNS, 1, n_out)]
    buffers = [torch.zeros_like(p) for p in parameters]
    l1, l2, decay, eps = (column(name) for name in ("l1", "l2", "decay", "smoothing"))
    drop, share = column("dropout"), column("augment")[:, :, 0]
    dropped, augmented = part("dropout"), part("augment")
    x = x.repeat(count, 1, 1)
    labels = torch.nn.functional.one_hot(y, digits.CLASSES).float().repeat(count, 1, 1)
    labels = (1 - eps) * labels + eps / digits.CLASSES
    move = _moving(x[augmented].clone(), share[augmented], draw)
    for number in range(1, (steps or STEPS) + 1):
        if augmented.stop:
            x[augmented] = move()
        h = torch.baddbmm(parameters[1], x, parameters[0]).relu()
        keep = torch.rand(h[dropped].shape, generator=draw) >= drop[dropped]
        mask = keep / (1 - drop[dropped])
        h[dropped] *= mask
        error = torch.baddbmm(parameters[3], h, parameters[2]).softmax(2).sub_(labels).div_(n)
        back = (error @ parameters[2].transpose(1, 2)) * (h > 0)
        back[dropped] *= mask
        slopes = [
            x.transpose(1, 2) @ back + l2 * parameters[0],
            back.sum(1, keepdim=True),
            h.transpose(1, 2) @ error + l2 * parameters[2],
            error.sum(1, keepdim=True),
        ]
        for place, slope in enumerate(slopes):
            buffers[place].mul_(MOMENTUM).add_(slope)
            if place % 2 == 0:  # weights, not biases
                w = parameters[place] * (1 - RATE * decay) - RATE * buffers[place]
                parameters[place] = w.sign() * (w.abs() - RATE * l1).clamp(min=0)
            else:
                parameters[place] = parameters[place] - RATE * buffers[place]
        if watch and number % EVERY == 0:
            watch(number, parameters)
    return parameters


MEASURED = ("trust", "validation", "loss", "accuracy", "length", "zeros", "true")


def measure(parameters: list[Any], n: int = EXAMPLES) -> np.ndarray:
    """(settings, MEASURED, RUNS): what the networks are like.

    trust: mean probability they give to the false labels they were trained on; validation and test
    loss; test accuracy; length of all weights; share of weights that are exactly 0; mean
    probability given to those training labels that are true.
    """
    import torch

    training, validation, test = data()
    count = len(parameters[0]) // RUNS

    def ahead(x: Any) -> Any:
        return _forward(parameters, x.repeat(count, 1, 1)).double().log_softmax(2)

    def given(log_p: Any, y: Any) -> Any:
        return log_p.gather(2, y.repeat(count, 1)[:, :, None])[:, :, 0]

    log_p, false = given(ahead(training.x[:, :n]), training.y[:, :n]), training.false[:, :n]
    held = ahead(test.x)
    weights = torch.cat([parameters[0].flatten(1), parameters[2].flatten(1)], 1).double()
    found = [
        (log_p.exp() * false.repeat(count, 1)).sum(1) / false.sum(1).repeat(count),
        -given(ahead(validation.x), validation.y).mean(1),
        -given(held, test.y).mean(1),
        (held.argmax(2) == test.y.repeat(count, 1)).double().mean(1),
        weights.norm(dim=1),
        (weights == 0).double().mean(1),
        (log_p.exp() * ~false.repeat(count, 1)).sum(1) / (~false).sum(1).repeat(count),
    ]
    return np.array([value.reshape(count, RUNS).numpy() for value in found]).transpose(1, 0, 2)


def _setting(key: str, strength: float) -> dict[str, float]:
    if key == "net":
        return {"l1": strength, "l2": strength}
    return {key: strength}


@cache
def paths() -> dict[str, np.ndarray]:
    """For "none" and every remedy: (strengths, MEASURED, RUNS)."""
    training = data()[0]
    x, y = training.x[:, :EXAMPLES], training.y[:, :EXAMPLES]
    stacked = [key for key in REMEDIES if key not in ("data", "early")]
    settings: list[dict[str, float]] = []
    for key in stacked:
        settings += [_setting(key, strength) for strength in REMEDIES[key].strengths]
    rows = iter(measure(train(settings, x, y)))
    found = {key: np.array([next(rows) for _ in REMEDIES[key].strengths]) for key in stacked}
    watched: list[np.ndarray] = []
    found["none"] = measure(
        train([{}], x, y, lambda _, parameters: watched.append(measure(parameters)[0]))
    )
    found["early"] = np.array(watched[::-1])
    found["data"] = np.array(
        [
            measure(
                train([{}], training.x[:, : n * EXAMPLES], training.y[:, : n * EXAMPLES]),
                n * EXAMPLES,
            )[0]
            for n in map(int, REMEDIES["data"].strengths)
        ]
    )
    return found


def tuned(key: str) -> tuple[float, np.ndarray]:
    """The strength of the lowest mean validation loss, and the measures there (MEASURED, RUNS).

    Early stopping chooses in each run for itself: the mean step, and every run where it stopped.
    """
    if key == "none":
        return 0.0, paths()["none"][0]
    path = paths()[key]
    if key == "early":
        best = path[:, 1].argmin(axis=0)
        steps = STEPS - EVERY * best
        return float(steps.mean()), path[best, :, np.arange(RUNS)].T
    best_one = int(path[:, 1].mean(axis=1).argmin())
    return REMEDIES[key].strengths[best_one], path[best_one]


# --------------------------------------------------------------------------- two cross-checks


@cache
def tempered() -> np.ndarray:
    """Test loss of the networks without a remedy, logits over one temperature, (RUNS,).

    The temperature is fitted on the validation examples of the run; no answer changes.
    """
    training, validation, test = data()
    parameters = train([{}], training.x[:, :EXAMPLES], training.y[:, :EXAMPLES])
    held, new = (_forward(parameters, part.x).double().numpy() for part in (validation, test))
    found = []
    for run in range(RUNS):
        tau = fit_temperature(held[run], validation.y[run].numpy())
        found.append(nll(new[run], test.y[run].numpy(), tau))
    return np.array(found)


@cache
def longer() -> dict[str, np.ndarray]:
    """The measures after LONGER steps: L2, augmentation and more data at their tuned strengths.

    "both" is augmentation with L2.
    """
    training = data()[0]
    l2, augment = ({key: tuned(key)[0]} for key in ("l2", "augment"))
    x, y = training.x[:, :EXAMPLES], training.y[:, :EXAMPLES]
    stacked = measure(train([l2, l2 | augment, augment], x, y, steps=LONGER))
    n = int(tuned("data")[0]) * EXAMPLES
    more = train([{}], training.x[:, :n], training.y[:, :n], steps=LONGER)
    found = dict(zip(("l2", "both", "augment"), stacked, strict=True))
    return found | {"data": measure(more, n)[0]}
