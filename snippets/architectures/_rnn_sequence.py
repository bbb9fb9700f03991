"""Sequence models compared: path, work, memory, and which delays a trained one can repeat."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.rnn import torch_causal_network
from snippets.kit import Figure, Formula, Spread, Table, Tr

LENGTH, WIDTH, TAPS = 1024, 64, 3

formula_doubling = Formula(
    r"R = 1 + (k - 1) \sum_{l=1}^{L} 2^{l-1} = 1 + (k - 1)(2^L - 1)",
    {
        "R": kit.integer(("感受野", "receptive field"), 1, 10**6),
        "k": kit.integer(("每层的抽头数", "taps a layer"), 1, 8),
        "L": kit.integer(("层数", "layers"), 1, 12),
        "l": kit.index(
            ("层；它的空洞率是 2 的 l − 1 次方", "a layer, of dilation 2 to the l − 1"), "L"
        ),
    },
    equals=lambda k, L: 1 + sum((int(k) - 1) * 2**layer for layer in range(int(L))),
)


def layers_needed(length: int, taps: int) -> int:
    """The fewest layers with doubling dilations whose receptive field spans the length."""
    layers = 0
    while 1 + (taps - 1) * (2**layers - 1) < length:
        layers += 1
    return layers


@cache
def value_costs() -> dict[str, int]:
    """For LENGTH positions of WIDTH numbers: path, steps in turn, multiplications, state."""
    T, d, k = LENGTH, WIDTH, TAPS
    L = layers_needed(T, k)
    return {
        "length": T,
        "width": d,
        "taps": k,
        "rnn_path": T - 1,
        "rnn_work": T * 2 * d * d,
        "rnn_state": d,
        "tcn_path": L,
        "tcn_work": L * T * k * d * d,
        "tcn_state": sum((k - 1) * 2**layer for layer in range(L)) * d,
        "attention_path": 1,
        "attention_work": T * 4 * d * d + 2 * T * T * d,
        "attention_state": 2 * T * d,
    }


def table_models(tr: Tr) -> Table:
    v = value_costs()

    def both(order: str, number: int) -> str:
        return tr.name(f"{order} ({number:,})")

    return Table(
        [
            tr("性质", "property"),
            tr.name("RNN"),
            tr("TCN（空洞率翻倍）", "TCN (doubling dilations)"),
            tr("自注意力", "self-attention"),
        ],
        [
            [
                tr("从一头到另一头的路径", "path from end to end"),
                both("$O(T)$", v["rnn_path"]),
                both("$O(\\log T)$", v["tcn_path"]),
                both("$O(1)$", v["attention_path"]),
            ],
            [
                tr("训练时须依次算的步数", "steps in turn when training"),
                both("$O(T)$", v["length"]),
                both("$O(\\log T)$", v["tcn_path"]),
                both("$O(1)$", 1),
            ],
            [
                tr("乘法次数", "multiplications"),
                both("$O(T d^2)$", v["rnn_work"]),
                both("$O(k T d^2 \\log T)$", v["tcn_work"]),
                both("$O(T d^2 + T^2 d)$", v["attention_work"]),
            ],
            [
                tr("逐个生成时要记住的数", "numbers kept when generating"),
                both("$O(d)$", v["rnn_state"]),
                both("$O(T d)$", v["tcn_state"]),
                both("$O(T d)$", v["attention_state"]),
            ],
            [
                tr("能看多远", "reach"),
                tr("全部过去，越远越弱", "all the past, ever more weakly"),
                tr("感受野之内", "the receptive field"),
                tr("给它的全部位置", "every position given"),
            ],
        ],
        caption=tr(
            f"T 个位置、每个 d 维。数字取 T = {LENGTH}、d = {WIDTH}、每层 {TAPS} 个抽头；"
            "RNN 与自注意力各一层，TCN 的层数取到刚好看得见全部",
            f"T positions of d numbers each. Numbers for T = {LENGTH}, d = {WIDTH} and {TAPS} taps "
            "a layer; RNN and self-attention have one layer, the TCN as many as it needs to see "
            "all",
        ),
    )


# --------------------------------------------------------------------------- trained


def value_shift() -> dict[str, object]:
    """nn.Conv1d with four taps and padding on the left learns y_t = x_(t-3) by gradient descent."""
    import torch
    import torch.nn.functional as F

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 1, 500, generator=generator, dtype=torch.float64)
    target = F.pad(x, (3, 0))[..., :500]
    found: dict[str, object] = {"length": 500, "steps": 100, "rate": 0.3}
    for taps in (4, 3):
        w = torch.zeros(1, 1, taps, dtype=torch.float64, requires_grad=True)
        for _ in range(100):
            loss = F.mse_loss(F.conv1d(F.pad(x, (taps - 1, 0)), w), target)
            (grad,) = torch.autograd.grad(loss, w)
            w = (w - 0.3 * grad).detach().requires_grad_()
        found[f"mse_{taps}"] = loss.item()
        found[f"taps_{taps}"] = {str(i): v for i, v in enumerate(w.abs().flatten().tolist())}
    return found


TIME, DELAYS, UNITS, SEEDS, STEPS, BATCH, RATE = 32, 12, 16, 5, 160, 8, 0.01
DILATIONS = (1, 2, 4)  # two taps each: a receptive field of 8


@cache
def delays() -> dict[str, np.ndarray]:
    """(SEEDS, DELAYS) mean squared error over the variance, for y_t = x_(t-k), k = 0, 1, ...

    One network of each kind per seed, all delays at once, x uniform on [-1, 1].
    """
    import torch
    import torch.nn.functional as F

    def error(run, x):
        wanted = torch.stack([F.pad(x, (k, 0))[..., :TIME] for k in range(DELAYS)], -1)
        return 3 * ((run(x) - wanted)[:, :, DELAYS:] ** 2).mean((1, 2))

    def trained(parameters, run, generator):
        optimiser = torch.optim.Adam(parameters, lr=RATE)
        for _ in range(STEPS):
            x = torch.rand(SEEDS, BATCH, TIME, generator=generator) * 2 - 1
            optimiser.zero_grad()
            error(run, x).mean(1).sum().backward()
            optimiser.step()
        with torch.no_grad():
            return error(run, torch.rand(SEEDS, 100, TIME, generator=generator) * 2 - 1).numpy()

    generator = torch.Generator().manual_seed(0)

    def uniform(*shape):
        draw = torch.rand(SEEDS, *shape, generator=generator) * 2 - 1
        return (draw * UNITS**-0.5).requires_grad_()

    W_x, W_h, b = uniform(1, UNITS), uniform(UNITS, UNITS), uniform(1, UNITS)
    V, c = uniform(UNITS, DELAYS), uniform(1, DELAYS)

    def recurrent(x):
        z_x = x[..., None] * W_x[:, None] + b[:, None]  # (SEEDS, batch, TIME, UNITS)
        h, states = torch.zeros_like(z_x[:, :, 0]), []
        for t in range(TIME):
            h = torch.tanh(torch.baddbmm(z_x[:, :, t], h, W_h))
            states.append(h)
        stacked = torch.stack(states, 2)
        return torch.baddbmm(c, stacked.flatten(1, 2), V).view(*x.shape, DELAYS)

    found = {"rnn": trained([W_x, W_h, b, V, c], recurrent, generator)}

    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks = [
            torch.nn.Sequential(
                torch_causal_network((1, UNITS, UNITS, UNITS), 2, DILATIONS),
                torch.nn.Conv1d(UNITS, DELAYS, 1),
            )
            for _ in range(SEEDS)
        ]

    def convolution(x):
        return torch.stack([net(x_s[:, None]).mT for net, x_s in zip(networks, x, strict=True)])

    parameters = [p for net in networks for p in net.parameters()]
    found["tcn"] = trained(parameters, convolution, generator)
    return found


def value_delays() -> dict[str, object]:
    errors = delays()
    return {
        "rnn_0": Spread(errors["rnn"][:, 0]),
        "rnn_last": Spread(errors["rnn"][:, -1]),
        "tcn_inside": Spread(errors["tcn"][:, :8].mean(axis=1)),
        "tcn_outside": Spread(errors["tcn"][:, 8:].mean(axis=1)),
        "units": UNITS,
        "seeds": SEEDS,
        "steps": STEPS,
        "field": 1 + sum(DILATIONS),
        "last": DELAYS - 1,
    }


def figure_delays(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.7)
    k = np.arange(DELAYS)
    drawn = (
        ("rnn", tr(f"RNN，{UNITS} 个单元", f"RNN, {UNITS} units"), kit.BLUE, kit.LINES[0], "o"),
        ("tcn", tr("TCN，感受野 8", "TCN, receptive field 8"), kit.ORANGE, kit.LINES[1], "s"),
    )
    for name, label, colour, line, marker in drawn:
        runs = delays()[name]
        axes.plot(k, runs.mean(axis=0), linestyle=line, color=colour, marker=marker, label=label)
        low, high = runs.min(axis=0), runs.max(axis=0)
        axes.fill_between(k, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xlabel(tr("要重放的延迟 k", "delay k to repeat"))
    axes.set_ylabel(tr("误差 / 方差", "error / variance"))
    axes.set_xticks(k)
    axes.set_ylim(-0.05, 1.15)
    axes.legend(loc="upper left")
    return Figure(
        canvas,
        caption=tr(
            f"训练网络在每一步输出 k 步之前的输入，所有 k 一起训练；Adam，学习率 {RATE}，"
            f"{STEPS} 步，每步 {BATCH} 条长 {TIME} 的序列。线是 {SEEDS} 次的平均，色带是范围。",
            f"Networks trained to output, at every step, the input of k steps before, for all k at "
            f"once; Adam, learning rate {RATE}, {STEPS} steps of {BATCH} sequences of length "
            f"{TIME}. Lines: mean of {SEEDS} runs; bands: their range.",
        ),
        alt=tr(
            "TCN 的误差在延迟 7 以内接近 0，从 8 起跳到 1；RNN 的误差从 0 附近随延迟慢慢上升。",
            "The error of the TCN is near 0 up to delay 7 and jumps to 1 at 8; that of the RNN "
            "rises slowly from near 0.",
        ),
        data={"k": k, "rnn": delays()["rnn"].mean(axis=0), "tcn": delays()["tcn"].mean(axis=0)},
    )
