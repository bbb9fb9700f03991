"""How much gradient comes through a hundred steps of RNN, LSTM and GRU; and what is learned."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.lstm import torch_gradient_by_lag, torch_lstm
from snippets.kit import Col, Figure, Spread, Table, Tr

STEPS, INPUTS, WIDTH, RUNS = 100, 8, 32, 6
FORGET = {"lstm_1": 1.0, "lstm_3": 3.0, "lstm_long": math.log(99), "lstm_1997": 50.0}
LARGER = 10


def _layer(name: str):
    """A layer with PyTorch's initialisation, changed as the name says."""
    import torch
    from torch import nn

    if name.startswith("lstm"):
        layer = torch_lstm(INPUTS, WIDTH, FORGET.get(name), torch.float64)
    else:
        kind = nn.RNN if name == "rnn" else nn.GRU
        layer = kind(INPUTS, WIDTH, dtype=torch.float64)
    with torch.no_grad():
        if name == "lstm_large":
            layer.weight_hh_l0 *= LARGER
        if name == "gru_3":
            layer.bias_ih_l0[WIDTH : 2 * WIDTH] = 3.0  # rows: r, z, n
            layer.bias_hh_l0[WIDTH : 2 * WIDTH] = 0
    return layer


NAMES = ("rnn", "lstm", "lstm_1", "lstm_3", "lstm_long", "lstm_1997", "lstm_large", "gru", "gru_3")


@cache
def lags() -> dict[str, np.ndarray]:
    """(RUNS, STEPS) log10 of the gradient with respect to the input k steps before the last."""
    import torch

    found: dict[str, np.ndarray] = {}
    for name in NAMES:
        runs = []
        for seed in range(RUNS):
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                layer = _layer(name)
                x = torch.randn(STEPS, 1, INPUTS, dtype=torch.float64)
                r = torch.randn(WIDTH, dtype=torch.float64)
            runs.append(torch_gradient_by_lag(layer, x, r).log10().numpy())
        found[name] = np.stack(runs)
    return found


def value_lags() -> dict[str, object]:
    return {name: Spread(runs[:, -1]) for name, runs in lags().items()} | {
        "steps": STEPS,
        "back": STEPS - 1,
        "runs": RUNS,
        "width": WIDTH,
        "larger": LARGER,
    }


def _names(tr: Tr) -> dict[str, str]:
    return {
        "rnn": tr("RNN，默认", "RNN, default"),
        "lstm": tr("LSTM，默认", "LSTM, default"),
        "lstm_1": tr("LSTM，遗忘门偏置 1", "LSTM, forget bias 1"),
        "lstm_3": tr("LSTM，遗忘门偏置 3", "LSTM, forget bias 3"),
        "lstm_long": tr("LSTM，遗忘门偏置 ln 99", "LSTM, forget bias ln 99"),
        "lstm_1997": tr("LSTM，遗忘门恒为 1（1997 年）", "LSTM, forget gate always 1 (1997)"),
        "lstm_large": tr(
            f"LSTM，默认，循环权重乘 {LARGER}", f"LSTM, default, recurrent weights times {LARGER}"
        ),
        "gru": tr("GRU，默认", "GRU, default"),
        "gru_3": tr("GRU，更新门偏置 3", "GRU, update bias 3"),
    }


def table_lags(tr: Tr) -> Table:
    return Table(
        [
            tr("层", "layer"),
            Col(tr("退 10 步", "10 steps back"), format=".1f"),
            Col(tr("退 50 步", "50 steps back"), format=".1f"),
            Col(tr(f"退 {STEPS - 1} 步", f"{STEPS - 1} steps back"), format=".1f"),
        ],
        [
            [label, *(Spread(lags()[name][:, k]) for k in (10, 50, STEPS - 1))]
            for name, label in _names(tr).items()
        ],
        caption=tr(
            "损失只取最后一步：对更早输入的梯度与对最后一步输入的梯度之比，"
            f"取常用对数。{WIDTH} 个单元，未训练，输入取自 N(0, 1)；{RUNS} 次的平均与范围",
            "The loss reads the last step: gradient with respect to an earlier input over that "
            f"of the last one, as a power of ten. {WIDTH} units, untrained, inputs from N(0, "
            f"1); mean and "
            f"range of {RUNS} runs",
        ),
    )


def figure_lags(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.8)
    k = np.arange(STEPS)
    drawn = (
        ("lstm_large", kit.RED, kit.LINES[3], (60, 4.2), "right"),
        ("lstm_3", kit.BLUE, kit.LINES[0], (99, 1.3), "right"),
        ("gru_3", kit.TEAL, kit.LINES[2], (99, -3.3), "right"),
        ("lstm_1", kit.GREEN, kit.LINES[1], (99, -9.6), "right"),
        ("lstm", kit.PURPLE, kit.LINES[2], (99, -15.5), "right"),
        ("rnn", kit.ORANGE, kit.LINES[0], (36, -13.5), "right"),
    )
    short = {
        "lstm_large": tr(f"LSTM，循环权重乘 {LARGER}", f"LSTM, weights × {LARGER}"),
        "lstm_3": tr("LSTM，偏置 3", "LSTM, bias 3"),
        "gru_3": tr("GRU，偏置 3", "GRU, bias 3"),
        "lstm_1": tr("LSTM，偏置 1", "LSTM, bias 1"),
        "lstm": tr("LSTM，默认", "LSTM, default"),
        "rnn": tr("RNN，默认", "RNN, default"),
    }
    for name, colour, line, place, side in drawn:
        runs = lags()[name]
        axes.plot(k, runs.mean(axis=0), color=colour, linestyle=line)
        axes.text(*place, short[name], color=colour, fontsize=9, ha=side, va="center")
    axes.set_ylim(-29, 8)
    axes.set_xlim(0, STEPS)
    axes.set_yticks([-25, -20, -15, -10, -5, 0, 5])
    axes.set_xlabel(tr("往回的步数", "steps back"))
    axes.set_ylabel(tr("梯度之比的常用对数", "gradient ratio, power of ten"))
    return Figure(
        canvas,
        caption=tr(
            f"对更早输入的梯度随步数的变化，{RUNS} 次的平均（设置见表）。"
            "偏置指遗忘门（LSTM）或更新门（GRU）的偏置。",
            f"The gradient with respect to earlier inputs against the steps back, mean of {RUNS} "
            "runs (settings in the table). The bias is that of the forget gate (LSTM) or "
            "update gate (GRU).",
        ),
        alt=tr(
            "RNN 和默认的 LSTM 直线下降到很小；遗忘门偏置 1 慢一些；"
            "偏置 3 几乎水平；循环权重放大后上升。",
            "RNN and the default LSTM fall in straight lines; forget bias 1 falls more slowly, "
            "bias 3 stays nearly level, enlarged recurrent weights rise.",
        ),
        data={"k": k, **{name: lags()[name].mean(axis=0) for name, *_ in drawn}},
    )


# --------------------------------------------------------------------------- learned

TIME, HIDDEN, BATCH, UPDATES, RATE, SEEDS = 40, 16, 16, 150, 0.01, 5
BIASES = (0.0, 1.0, 3.0)


@cache
def recall() -> dict[str, np.ndarray]:
    """Accuracy on new sequences: the first input is +1 or -1, noise follows; which was it?"""
    import torch
    import torch.nn.functional as F

    found = {}
    for bias in BIASES:
        accuracy = []
        for seed in range(SEEDS):
            generator = torch.Generator().manual_seed(seed)

            def data(count, generator=generator):
                y = (torch.rand(count, generator=generator) < 0.5).float()
                x = 0.5 * torch.randn(TIME, count, 1, generator=generator)
                x[0, :, 0] = 2 * y - 1
                return x, y

            with torch.random.fork_rng():
                torch.manual_seed(seed)
                layer, head = torch_lstm(1, HIDDEN, bias), torch.nn.Linear(HIDDEN, 1)
            parameters = [*layer.parameters(), *head.parameters()]
            optimiser = torch.optim.Adam(parameters, lr=RATE)
            for _ in range(UPDATES):
                x, y = data(BATCH)
                loss = F.binary_cross_entropy_with_logits(head(layer(x)[0][-1])[:, 0], y)
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimiser.step()
            with torch.no_grad():
                x, y = data(500)
                right = (head(layer(x)[0][-1])[:, 0] > 0) == (y > 0.5)
                accuracy.append(right.float().mean().item())
        found[f"b{bias:g}"] = np.array(accuracy)
    return found


def value_recall() -> dict[str, object]:
    found = recall()
    return (
        {name: Spread(runs) for name, runs in found.items()}
        | {f"solved_{name}": int((runs > 0.9).sum()) for name, runs in found.items()}
        | {
            "time": TIME,
            "hidden": HIDDEN,
            "batch": BATCH,
            "updates": UPDATES,
            "rate": RATE,
            "runs": SEEDS,
        }
    )
