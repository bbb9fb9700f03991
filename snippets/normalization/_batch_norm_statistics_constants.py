"""Why not statistics of the full set: treated as constants they break training, and they age."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Figure, Spread, Tr
from snippets.normalization import _bn_nets as nets

RATE, STEPS, COUNT = 0.1, 100, 64


@cache
def drift(through: bool) -> tuple[np.ndarray, np.ndarray]:
    """Bias and loss over gradient descent on mean (u + b - mean(u + b) - t)², t around 1.

    ``through`` lets the gradient pass through the mean; else the mean is a constant, detached.
    """
    import torch

    rng = next(iter(kit.seeds(1)))
    u, t = (torch.tensor(v) for v in (rng.normal(size=COUNT), rng.normal(1.0, 1.0, COUNT)))
    t = t - t.mean() + 1.0
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    biases, losses = [0.0], []
    for _ in range(STEPS):
        z = u + b
        mean = z.mean() if through else z.mean().detach()
        loss = ((z - mean - t) ** 2).mean()
        losses.append(loss.item())
        (slope,) = torch.autograd.grad(loss, b)
        with torch.no_grad():
            b -= RATE * slope
        biases.append(b.item())
    return np.array(biases), np.array(losses)


def value_drift() -> dict[str, float]:
    biases, losses = drift(False)
    return {
        "bias": float(biases[-1]),
        "loss_start": float(losses[0]),
        "loss_change": float(np.abs(losses - losses[0]).max()),
        "through": float(np.abs(drift(True)[0]).max()),
        "steps": STEPS,
        "rate": RATE,
    }


def figure_drift(tr: Tr) -> Figure:
    canvas, (left, right) = kit.canvas(1, 2, height=2.5)
    data = {}
    for through, colour, line, label in (
        (False, kit.RED, "--", tr("均值当常数", "mean as a constant")),
        (True, kit.BLUE, "-", tr("梯度穿过均值", "gradient through it")),
    ):
        biases, losses = drift(through)
        left.plot(biases, color=colour, linestyle=line, label=label)
        right.plot(losses, color=colour, linestyle=line)
        data[str(through)] = biases[:-1]
        data[f"{through}_loss"] = losses
    left.set_title(tr("偏置", "bias"))
    right.set_title(tr("损失", "loss"))
    right.set_ylim(0, 1.4 * data["True_loss"][0])
    left.legend(loc="upper left")
    for axes in (left, right):
        axes.set_xlabel(tr("步", "step"))
    return Figure(
        canvas,
        caption=tr(
            f"学习率 {RATE:g} 的梯度下降：把均值当常数，偏置每步都动，"
            "减均值又把它消掉，损失纹丝不动。",
            f"Gradient descent at rate {RATE:g}: with the mean as a constant the bias moves at "
            "every step, subtracting the mean undoes it, and the loss does not change at all.",
        ),
        alt=tr(
            "左图：红色虚线从 0 直线升到 20，蓝线停在 0。右图：两条损失曲线重合，是一条水平线。",
            "Left: the dashed red line rises in a line from 0 to 20, the blue one stays at 0. "
            "Right: both losses lie on one horizontal line.",
        ),
        data=data,
    )


AGES = (1, 10, 50)


@cache
def aged() -> dict[int, Spread]:
    """Shift of the last hidden layer's channel means after so many updates, in standard deviations.

    The statistics are those of the full training set, the network is 100 updates old at first.
    """
    import torch

    from snippets.optimization._b_digits import data

    net = nets.Nets(nets.stack(("affine", "bn", "relu"), 3))
    nets.fit(net, [0.1], batch=32, steps=100)
    full = data()[0].x.expand(nets.RUNS, -1, -1)

    def statistics() -> tuple[torch.Tensor, torch.Tensor]:
        kept = net.running
        net.running = [[s.clone() for s in pair] for pair in kept]
        with torch.no_grad():
            net(full, train=True, momentum=1.0)  # one pass over everything
        mean, var = net.running[-1]
        net.running = kept
        return mean.reshape(nets.RUNS, -1), var.reshape(nets.RUNS, -1)

    mean, var = statistics()
    found = {}

    def look(step: int) -> None:
        if step + 1 in AGES:
            shift = (statistics()[0] - mean) / var.sqrt()
            found[step + 1] = Spread(shift.square().mean(1).sqrt().tolist())

    nets.fit(net, [0.1], batch=32, steps=max(AGES), after=look)
    return found


def value_aged() -> dict[str, object]:
    from snippets.optimization._b_digits import TRAIN

    return {
        **{f"after_{age}": spread for age, spread in aged().items()},
        "noise": 32**-0.5,
        "batch": 32,
        "ratio": TRAIN // 32,
        "examples": TRAIN,
    }


@cache
def value_constant() -> dict[str, object]:
    """Networks with and without gradient through the statistics: accuracy and largest bias."""
    found: dict[str, object] = {"rate": 0.3, "steps": 300}
    for name, constant in (("through", False), ("constant", True)):
        net = nets.Nets(nets.stack(("affine", "bn", "relu"), 3), constant=constant)
        nets.fit(net, [0.3], batch=32, steps=300)
        biases = [p for p in net.parameters[:-2] if p.dim() == 3 and p.shape[1] == 1]
        largest = [
            max(float(b[run].detach().abs().max()) for b in biases) for run in range(nets.RUNS)
        ]
        found[name] = Spread(nets.measured(net)[1][0])
        found[f"{name}_bias"] = Spread(largest)
    return found
