"""Training twenty layers: gradient norms step by step, update ratios, and weights that stay put."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from snippets import kit
from snippets.gradients_init.vanishing_exploding import update_ratio
from snippets.kit import Col, Figure, Spread, Table, Tr

LAYERS, WIDTH, INPUTS, SAMPLES, STEPS, RUNS, RATE = 20, 32, 8, 128, 60, 5, 0.02
SETTINGS = {
    # activation, standard deviation times √n
    "vanishing": ("sigmoid", 1.0),
    "healthy": ("relu", 2**0.5),
    "exploding": ("relu", 1.3 * 2**0.5),
}
SHOWN = (1, 10, 20)


@dataclass(frozen=True)
class Run:
    """One training run; after the first loss or gradient that is not finite it stops."""

    norms: np.ndarray
    """(steps done, LAYERS): norms of ∂L/∂z."""
    losses: np.ndarray
    ratios: np.ndarray
    """(LAYERS,): ‖Δw‖/‖w‖ of the first step."""
    untouched: float
    """Share of the first layer's weights that are the same float32 numbers as at the start."""


def _train(name: str, scale: float, rng: np.random.Generator, rate: float = RATE) -> Run:
    import torch

    phi = getattr(torch, name)
    sizes = [INPUTS, *[WIDTH] * (LAYERS - 1), 2]
    weights = [
        torch.tensor(
            rng.normal(0.0, scale / fan_in**0.5, (fan_out, fan_in)), dtype=torch.float32
        ).requires_grad_()
        for fan_in, fan_out in pairwise(sizes)
    ]
    x = rng.normal(size=(SAMPLES, INPUTS))
    y = torch.tensor((x[:, 0] * x[:, 1] > 0).astype(int))
    x, start = torch.tensor(x, dtype=torch.float32), [w.detach().clone() for w in weights]
    norms, losses, ratios = [], [], np.full(LAYERS, np.nan)
    for step in range(STEPS):
        h, kept = x, []
        for layer, weight in enumerate(weights):
            z = h @ weight.T
            kept.append(z)
            h = phi(z) if layer < LAYERS - 1 else z
        loss = torch.nn.functional.cross_entropy(h, y)
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, [*kept, *weights])
        norms.append([g.norm().item() for g in gradients[:LAYERS]])
        if not np.isfinite([losses[-1], *norms[-1]]).all():
            break
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients[LAYERS:], strict=True):
                weight -= rate * gradient
        if step == 0:
            pairs = zip(start, weights, strict=True)
            ratios = np.array([update_ratio(before, now.detach()) for before, now in pairs])
    same = float((weights[0].detach() == start[0]).double().mean())
    return Run(np.array(norms), np.array(losses), ratios, same)


@cache
def _runs(setting: str) -> list[Run]:
    return [_train(*SETTINGS[setting], rng) for rng in kit.seeds(RUNS)]


@cache
def _slow() -> list[Run]:
    """The exploding setting at a tenth of the learning rate."""
    return [_train(*SETTINGS["exploding"], rng, RATE / 10) for rng in kit.seeds(RUNS)]


NAMES = {
    "vanishing": ("sigmoid，1/√n", "sigmoid, 1/√n"),
    "healthy": ("ReLU，√(2/n)", "ReLU, √(2/n)"),
    "exploding": ("ReLU，1.3·√(2/n)", "ReLU, 1.3·√(2/n)"),
}


def figure_steps(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 3, height=3.0, sharey=True)
    data = {}
    for axes, setting in zip(panels, SETTINGS, strict=True):
        for layer, colour, line in zip(SHOWN, kit.SERIES, kit.LINES, strict=False):
            for number, run in enumerate(_runs(setting)):
                norms = run.norms[:, layer - 1]
                norms = norms[np.isfinite(norms)]
                label = tr(f"第 {layer} 层", f"layer {layer}") if not number else None
                axes.plot(
                    np.arange(len(norms)), norms, color=colour, linestyle=line, linewidth=1.2,
                    label=label,
                )  # fmt: skip
                if len(run.losses) < STEPS:
                    axes.plot(len(norms) - 1, norms[-1], "x", color=colour, markersize=6)
        axes.set_yscale("log")
        axes.set_ylim(1e-15, 1e17)
        axes.set_title(tr.pair(NAMES[setting]), fontsize=9.5)
        axes.set_xlabel(tr("步", "step"))
        data[setting] = np.array([run.norms[0] for run in _runs(setting)])
    panels[0].set_ylabel(tr("∂L/∂z 的范数", "norm of ∂L/∂z"))
    panels[1].legend(loc="upper center", fontsize=8.5)
    panels[2].set_xlim(-0.3, 4.3)
    panels[2].set_xticks(range(5))
    return Figure(
        canvas,
        caption=tr(
            f"训练 {LAYERS} 层网络时，第 1、10、20 层的梯度范数逐步的变化"
            f"（对数轴，{RUNS} 次初始化各一条线；"
            f"每层 {WIDTH} 个单元，float32，学习率 {RATE}）。"
            "左：首层小了约十二个数量级，训练也追不回来。"
            "中：各层相当。右：几步之内溢出，× 是最后一个有限的值。",
            f"Gradient norms of layers 1, 10 and 20 while a network of {LAYERS} layers is trained "
            f"(log axis, one line for each of {RUNS} initialisations; {WIDTH} units a layer, "
            f"float32, learning rate {RATE}). Left: the first layer is a dozen decades behind and "
            "stays there. Middle: all layers alike. Right: overflow within a few steps; × marks "
            "the last finite value.",
        ),
        alt=tr(
            "三个面板。左：三组水平线相隔数个数量级，第 1 层最低。中：三组线重叠在一起。"
            "右：各层在四步内冲到上界，以 × 结束。",
            "Three panels. Left: three level bundles decades apart, layer 1 lowest. Middle: the "
            "bundles overlap. Right: every layer shoots up within four steps and ends in an ×.",
        ),
        data=data,
    )


def _spread(setting: str, layer: int) -> Spread:
    return Spread(run.ratios[layer - 1] for run in _runs(setting))


def table_training(tr: Tr) -> Table:
    def end(setting: str) -> str | Spread:
        if any(len(run.losses) < STEPS for run in _runs(setting)):
            return tr("溢出", "overflow")
        return Spread(run.losses[-1] for run in _runs(setting))

    return Table(
        [
            tr("设置", "setting"),
            *(Col(tr(f"第 {n} 层", f"layer {n}"), format=".1g") for n in SHOWN),
            Col(tr(f"{STEPS} 步后损失", f"loss, {STEPS} steps"), format=".2f"),
            Col(tr("首层未动", "layer 1 unchanged"), format=".0%"),
        ],
        [
            [
                tr.pair(NAMES[setting]),
                *(_spread(setting, n).mean for n in SHOWN),
                end(setting),
                float(np.mean([run.untouched for run in _runs(setting)])),
            ]
            for setting in SETTINGS
        ],
        caption=tr(
            f"第一步各层的更新比例（{RUNS} 次初始化的均值），训练后的损失（均值 [最小, 最大]），"
            "以及训练后与开始时逐位相同的首层权重的比例（float32）",
            f"Update ratio of each layer in the first step (mean of {RUNS} initialisations), "
            "the loss after training (mean [smallest, largest]), and the share of first-layer "
            "weights that are bit for bit what they were (float32)",
        ),
    )


def value_training() -> dict[str, object]:
    vanishing, exploding = _runs("vanishing"), _runs("exploding")
    return {
        "layers": LAYERS,
        "steps": STEPS,
        "rate": RATE,
        "untouched": Spread(run.untouched for run in vanishing),
        "first": Spread(run.norms[0, 0] for run in vanishing),
        "share": Spread(run.norms[0, 0] / run.norms[0, -1] for run in vanishing),
        "smallest": float(np.finfo(np.float32).smallest_subnormal),
        "longest": max(len(run.losses) for run in exploding),
        "factor": 1.3,
        "loss": Spread(run.losses[-1] for run in _runs("healthy")),
        "slow_start": Spread(run.losses[0] for run in _slow()),
        "slow": Spread(run.losses[-1] for run in _slow()),
    }


def table_symptoms(tr: Tr) -> Table:
    return Table(
        [
            tr("现象", "symptom"),
            tr("可能的原因", "likely cause"),
            tr("怎么查", "check"),
            tr("先试", "try first"),
        ],
        [
            [
                tr("损失从一开始就几乎不降", "the loss hardly falls from the start"),
                tr("前面的层收不到梯度", "front layers get no gradient"),
                tr(
                    r"逐层看 $\|\partial L / \partial z\|$ 和更新比例",
                    r"$\|\partial L / \partial z\|$ and update ratio by layer",
                ),
                tr(
                    "换 ReLU 一类并配 He 初始化；加归一化与残差",
                    "ReLU or GELU with He weights; normalisation and residuals",
                ),
            ],
            [
                tr("损失突然变成 inf 或 nan", "the loss turns inf or nan"),
                tr("激活或梯度溢出", "activations or gradients overflow"),
                tr(
                    "`torch.isfinite` 找第一个坏的输出；`set_detect_anomaly` 找算子",
                    "`torch.isfinite` for the first bad output, `set_detect_anomaly` for the "
                    "operation",
                ),
                tr(
                    "检查初始化的尺度；降学习率；梯度裁剪",
                    "the scale of the weights; a lower learning rate; gradient clipping",
                ),
            ],
            [
                tr("损失时而陡升再回落", "the loss spikes now and then"),
                tr("少数批的梯度特别大", "a few batches have huge gradients"),
                tr("记录每步的总梯度范数", "log the total gradient norm of each step"),
                tr("梯度裁剪；学习率预热", "gradient clipping; warm-up"),
            ],
            [
                tr("后几层在学，前几层不动", "late layers learn, front ones do not"),
                tr("消失：因子小于 1", "vanishing: factors below 1"),
                tr("首层与末层的梯度之比", "gradient ratio of first and last layer"),
                tr("残差连接", "residual connections"),
            ],
            [
                tr("梯度恰为 0", "gradients exactly 0"),
                tr("死亡 ReLU，或计算图断开", "dead ReLUs, or a detached graph"),
                tr(
                    "逐单元看是否恒负；看 `grad is None`",
                    "units that are never positive; `grad is None`",
                ),
                tr("降学习率；查 `detach`", "a lower learning rate; look for `detach`"),
            ],
        ],
        caption=tr("现象、可能的原因、检查与对策", "Symptom, likely cause, check, fix"),
    )
