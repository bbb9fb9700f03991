"""Recomputing activations: memory and work of a chain for every number of segments."""

from __future__ import annotations

from functools import cache

from snippets import kit
from snippets.kit import Check, Col, Figure, Table, Tr
from snippets.receptive_cost.training_memory import peak_bytes, torch_checkpointed

LAYERS, WIDTH, BATCH = 64, 8, 512
SEGMENTS = (1, 2, 4, 8, 16, 32, 64)


def _chain(dropout: float = 0.0, dtype: str = "float32"):
    import torch
    from torch import nn

    def layer():
        parts = [nn.Linear(WIDTH, WIDTH, dtype=getattr(torch, dtype)), nn.Tanh()]
        return nn.Sequential(*parts, *([nn.Dropout(dropout)] if dropout else []))

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)  # the same weights each time
        return nn.Sequential(*(layer() for _ in range(LAYERS)))


def _output(chain, x, segments: int):
    return chain(x) if segments == 1 else torch_checkpointed(chain, x, segments)


@cache
def runs() -> dict[int, tuple[float, float]]:
    """Per number of segments: peak in outputs of one layer, and FLOPs over those without."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    found, plain = {}, 0
    x = torch.linspace(-1, 1, BATCH * WIDTH).view(BATCH, WIDTH)
    for segments in SEGMENTS:
        chain = _chain()
        weights = sum(p.nbytes for p in chain.parameters())

        def step(chain=chain, segments=segments):
            _output(chain, x, segments).sum().backward()

        peak = peak_bytes(step) - weights  # the gradients are as large as the weights
        with FlopCounterMode(display=False) as counter:
            step()
        plain = plain or counter.get_total_flops()
        found[segments] = peak / x.nbytes, counter.get_total_flops() / plain
    return found


def table_segments(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("段数", "segments"), format="d"),
            Col(tr("段数 + 每段层数", "segments + layers each"), format="d"),
            Col(tr("实测峰值（层）", "measured peak (layers)"), format=".1f"),
            Col(tr("FLOPs 之比", "FLOPs, relative"), format=".2f"),
        ],
        [[s, s + LAYERS // s, peak, flops] for s, (peak, flops) in runs().items()],
        caption=tr(
            f"{LAYERS} 层等宽的全连接加 tanh，前向加反向。峰值以一层的输出为单位，梯度不计；"
            "段数为 1 即不用检查点",
            f"{LAYERS} dense layers of equal width with tanh, forward and backward. Peaks in "
            "outputs of one layer, without the gradients; one segment means no checkpoints",
        ),
    )


def value_segments() -> dict[str, float]:
    found = runs()
    best = min(found, key=lambda s: found[s][0])
    return {
        "layers": LAYERS,
        "plain": found[1][0],
        "root": 8,
        "at_root": found[8][0],
        "best": best,
        "at_best": found[best][0],
        "flops": found[8][1] - 1,
        "limit": 1 / 3,
    }


def check_gradients() -> Check:
    """Gradients with checkpoints against those without; with dropout, the masks are redrawn."""
    import torch

    pairs = []
    x = torch.linspace(-1, 1, 16 * WIDTH, dtype=torch.float64).view(16, WIDTH)
    for dropout in (0.0, 0.3):
        for segments in (2, 8, 64):
            grads = []
            for count in (1, segments):
                chain = _chain(dropout, "float64")
                with torch.random.fork_rng(devices=[]):
                    torch.manual_seed(2)  # the same masks
                    _output(chain, x, count).square().sum().backward()
                grads.append(torch.cat([p.grad.flatten() for p in chain.parameters()]))
            pairs.append((grads[1], grads[0]))
    return kit.compare(
        (
            "不用检查点时的梯度（有无 dropout）",
            "the gradients without checkpoints (dropout or not)",
        ),
        pairs,
        tolerance=0.0,
    )


def figure_segments(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.6)
    found = runs()
    counts = list(found)
    peaks = [peak for peak, _ in found.values()]
    rule = [s + LAYERS / s for s in counts]
    axes.plot(counts, peaks, "o-", color=kit.BLUE, label=tr("实测峰值", "measured peak"))
    axes.plot(
        counts, rule, color=kit.ORANGE, linestyle=kit.LINES[1],
        label=tr("段数 + 每段层数", "segments + layers each"),
    )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [str(c) for c in counts])
    axes.set_ylim(0, 85)
    axes.set_xlabel(tr("段数", "segments"))
    axes.set_ylabel(tr("层的输出", "outputs of a layer"))
    axes.legend(loc="upper center", ncols=2)
    return Figure(
        canvas,
        caption=tr(
            f"{LAYERS} 层的链：分几段保存最省。虚线是两项之和，在 8 段处最低。",
            f"A chain of {LAYERS} layers: how many segments save most. The dashed sum is lowest "
            "at 8 segments.",
        ),
        alt=tr(
            "两条 U 形曲线，两端约 65，中间最低约 16；实测的曲线贴近虚线，右半边略低。",
            "Two U-shaped curves, about 65 at both ends and about 16 in the middle; the measured "
            "one stays close to the dashed one.",
        ),
        data={"segments": counts, "peak": peaks, "rule": rule},
    )
