"""The schedules as formulas, as curves, and step by step against PyTorch's."""

from __future__ import annotations

import warnings

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Figure, Formula, Table, Tr
from snippets.optimization.lr_schedules import (
    cosine,
    cosine_restarts,
    noise_floor,
    one_cycle,
    step_decay,
    torch_warmup_cosine,
    torch_wsd,
    warmup_cosine,
    wsd,
)

_T = kit.integer(("步，从 0 开始", "step, from 0"), 0, 100)
_TOTAL = kit.integer(("总步数", "steps in total"), 40, 100)
_WARMUP = kit.integer(("预热步数", "warm-up steps"), 1, 12)
_LOW = kit.scalar(("终点，峰值的倍数", "end, as a factor of the peak"), 0, 0.5)

formula_step = Formula(
    r"\eta_t = \eta\,\gamma^{\lfloor t/s \rfloor}",
    {
        r"\eta": kit.scalar(("初始学习率", "initial rate"), 0.001, 1),
        r"\gamma": kit.scalar(("每次乘的系数", "factor each time"), 0.1, 0.9),
        "t": _T,
        "s": kit.integer(("隔几步降一次", "steps between drops"), 1, 30),
    },
    equals=lambda eta, gamma, t, s: eta * step_decay(int(t), int(s), gamma),
)

formula_cosine = Formula(
    r"f_t = m + \frac{1 - m}{2} \left(1 + \cos\frac{\pi t}{T}\right)",
    {"m": _LOW, "t": kit.integer(("步，从 0 到 T", "step, from 0 to T"), 0, 40), "T": _TOTAL},
    equals=lambda t, T, m: cosine(int(t), int(T), m),
)

formula_warmup = Formula(
    r"f_t = \begin{cases} t/w & t < w \\"
    r" m + \frac{1 - m}{2} \left(1 + \cos\frac{\pi (t - w)}{T - w}\right) & t \ge w \end{cases}",
    {"w": _WARMUP, "m": _LOW, "t": kit.integer(("步", "step"), 0, 40), "T": _TOTAL},
    equals=lambda t, T, w, m: warmup_cosine(int(t), int(T), int(w), m),
)

formula_wsd = Formula(
    r"f_t = \min\left(\frac{t}{w},\; 1,\; m + (1 - m)\,\frac{T - t}{d}\right)",
    {
        "w": _WARMUP,
        "m": _LOW,
        "t": kit.integer(("步", "step"), 0, 40),
        "T": _TOTAL,
        "d": kit.integer(("下降的步数", "steps of decay"), 1, 28),
    },
    equals=lambda t, T, w, d, m: wsd(int(t), int(T), int(w), int(d), m),
)

formula_floor = Formula(
    r"v = \frac{\eta s^2}{h\,(2 - \eta h)}",
    {
        r"\eta": kit.scalar(("学习率", "learning rate"), 0.02, 0.9),
        "h": kit.scalar(("曲率", "curvature"), 0.5, 2),
        "s": kit.scalar(("梯度噪声的标准差", "standard deviation of the gradient noise"), 0.1, 3),
    },
    equals=noise_floor,
)


# --------------------------------------------------------------------------- evidence


def _rates(make, steps: int, peak: float, key: str = "lr") -> list[float]:
    """The rate that a scheduler of PyTorch sets for each step; ``make`` builds it."""
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak, momentum=0.9)
    scheduler = make(optimizer)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SequentialLR steps its parts in a way they warn about
        for _ in range(steps):
            found.append(optimizer.param_groups[0][key])
            optimizer.step()
            scheduler.step()
    return found


def _cases():
    """(name, our factors, scheduler of PyTorch, steps): every setting differs from its default."""
    from torch.optim import lr_scheduler as theirs

    t = np.arange
    return [
        ("StepLR", step_decay(t(50), 7, 0.3), lambda o: theirs.StepLR(o, 7, gamma=0.3)),
        (
            "CosineAnnealingLR",
            cosine(t(38), 37, 0.03),
            lambda o: theirs.CosineAnnealingLR(o, T_max=37, eta_min=0.03 * 0.4),
        ),
        (
            "CosineAnnealingWarmRestarts",
            cosine_restarts(t(130), 9, 2, 0.05),
            lambda o: theirs.CosineAnnealingWarmRestarts(o, 9, T_mult=2, eta_min=0.05 * 0.4),
        ),
        (
            "LinearLR + CosineAnnealingLR",
            warmup_cosine(t(101), 100, 13, 0.1, 0.02),
            lambda o: torch_warmup_cosine(o, 100, 13, 0.1, 0.02),
        ),
        (
            "OneCycleLR",
            one_cycle(t(90), 90, 0.23, 1 / 8, 1 / 8 / 300),
            lambda o: theirs.OneCycleLR(
                o, 0.4, total_steps=90, pct_start=0.23, div_factor=8, final_div_factor=300
            ),
        ),
        (
            "LinearLR + ConstantLR + LinearLR",
            wsd(t(81), 80, 11, 24, 0.05, 0.1),
            lambda o: torch_wsd(o, 80, 11, 24, 0.05, 0.1),
        ),
    ]


def check_schedulers() -> Check:
    peak = 0.4
    return kit.compare(
        (
            "`torch.optim.lr_scheduler` 的六种计划，逐步比对，参数都不取默认值",
            "six schedules of `torch.optim.lr_scheduler`, step by step, no setting at its default",
        ),
        [(peak * ours, _rates(make, len(ours), peak)) for _, ours, make in _cases()],
        tolerance=1e-14,
    )


def value_momentum() -> dict[str, float]:
    """What OneCycleLR does to the momentum unless told not to: at the start and at the peak."""
    from torch.optim.lr_scheduler import OneCycleLR

    found = _rates(lambda o: OneCycleLR(o, 0.4, total_steps=100), 100, 0.4, "momentum")
    return {"start": found[0], "peak": min(found)}


def table_warmup(tr: Tr) -> Table:
    total, warmup, low, steps = 100, 10, 0.1, (0, 5, 10, 55, 100)
    return Table(
        [tr("步 t", "step t"), *(Col(f"{t}", format=".3g") for t in steps)],
        [[tr("倍数", "factor"), *warmup_cosine(steps, total, warmup, low)]],
        caption=tr(
            f"预热加余弦：T = {total}，w = {warmup}，m = {low:g}",
            f"Warm-up and cosine: T = {total}, w = {warmup}, m = {low:g}",
        ),
    )


def figure_shapes(tr: Tr) -> Figure:
    t = np.arange(101)
    shapes = {
        tr("阶梯", "step"): step_decay(t, 26, 0.3),
        tr("余弦", "cosine"): cosine(t, 100),
        tr("热重启", "warm restarts"): cosine_restarts(t, 15, 2),
        tr("预热 + 余弦", "warm-up + cosine"): warmup_cosine(t, 100, 10, 0.1),
        tr("单周期", "one-cycle"): one_cycle(t, 101),
        "WSD": wsd(t, 100, 10, 20),
    }
    tr.name("WSD")
    canvas, panels = kit.canvas(2, 3, height=3.2, sharex=True, sharey=True)
    for axes, (name, factors) in zip(panels.flat, shapes.items(), strict=True):
        axes.plot(t, factors)
        axes.set_title(name)
        axes.set_ylim(-0.06, 1.12)
        axes.set_yticks([0, 0.5, 1])
        axes.set_xticks([0, 50, 100])
    for axes in panels[1]:
        axes.set_xlabel(tr("步", "step"))
    for axes in panels[:, 0]:
        axes.set_ylabel(tr("峰值的倍数", "factor"))
    return Figure(
        canvas,
        caption=tr(
            "六种计划，纵轴是峰值学习率的倍数，共 100 步。单周期与 WSD 也从预热开始；"
            "WSD 中间一段保持不变。",
            "Six schedules over 100 steps, as factors of the peak rate. One-cycle and WSD begin "
            "with a warm-up, too; WSD is flat in between.",
        ),
        alt=tr(
            "六幅小图：阶梯下降三级；余弦缓缓落到 0；热重启两次跳回 1；"
            "预热后余弦落到 0.1；单周期在约三成处到顶再落下；WSD 升到 1，平到第 80 步，再直线落到 "
            "0。",
            "Six panels: a staircase of four levels; a cosine down to 0; restarts that jump "
            "back to 1 twice; a rise followed by a cosine to 0.1; one-cycle peaking at three "
            "tenths; WSD rising, flat until step 80, then a line to 0.",
        ),
        data={"factors": np.array(list(shapes.values()))},
    )
