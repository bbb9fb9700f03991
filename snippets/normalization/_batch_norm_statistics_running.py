"""Exponential moving average against the plain mean, on constant and on drifting data."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.normalization.batch_norm_statistics import running_average

STEPS, SHORT, BATCH, RUNS = 100, 10, 32, 20


def _drift() -> np.ndarray:
    return np.linspace(0.0, 1.0, STEPS)


@cache
def means(drifting: bool) -> np.ndarray:
    """Means of successive batches (RUNS, STEPS): of N(10, 4), or around a mean from 0 to 1."""
    return np.array(
        [
            (rng.normal(_drift()[:, None], 0.25, (STEPS, BATCH)) if drifting
             else rng.normal(10.0, 2.0, (STEPS, BATCH))).mean(axis=1)
            for rng in kit.seeds(RUNS)
        ]
    )  # fmt: skip


def _end(drifting: bool, momentum: float | None, steps: int) -> Spread:
    return Spread(running_average(run[:steps], 0.0, momentum)[-1] for run in means(drifting))


def table_running(tr: Tr) -> Table:
    return Table(
        [
            tr("数据", "data"),
            Col(tr("当前真值", "true now"), format="g"),
            Col(tr("EMA，理论", "EMA, theory"), format=".3f"),
            Col(tr("EMA，实测", "EMA, measured"), format=".3f"),
            Col(tr("各批平均", "mean of batches"), format=".3f"),
        ],
        [
            [
                tr(f"N(10, 4)，{SHORT} 批之后", f"N(10, 4), after {SHORT} batches"),
                10.0,
                running_average(np.full(SHORT, 10.0), 0.0)[-1],
                _end(False, 0.1, SHORT),
                _end(False, None, SHORT),
            ],
            [
                tr(f"N(10, 4)，{STEPS} 批之后", f"N(10, 4), after {STEPS} batches"),
                10.0,
                running_average(np.full(STEPS, 10.0), 0.0)[-1],
                _end(False, 0.1, STEPS),
                _end(False, None, STEPS),
            ],
            [
                tr(f"均值由 0 漂到 1，{STEPS} 批", f"mean drifts from 0 to 1 in {STEPS}"),
                1.0,
                running_average(_drift(), 0.0)[-1],
                _end(True, 0.1, STEPS),
                _end(True, None, STEPS),
            ],
        ],
        caption=tr(
            f"滑动均值，初值 0，动量 0.1，批大小 {BATCH}；均值 [最小, 最大]，{RUNS} 次抽样。"
            "“各批平均”即 `momentum=None`",
            f"Running mean from 0, momentum 0.1, batch size {BATCH}; mean [smallest, largest] of "
            f"{RUNS} draws. “Mean of batches” is `momentum=None`",
        ),
    )


def value_running() -> dict[str, object]:
    return {
        "start_weight": 0.9**SHORT,
        "short": SHORT,
        "theory": running_average(np.full(SHORT, 10.0), 0.0)[-1],
        "ema": _end(False, 0.1, SHORT),
        "plain": _end(False, None, SHORT),
        "drift_ema": _end(True, 0.1, STEPS),
        "drift_plain": _end(True, None, STEPS),
        "lag": 0.9 / 0.1,
    }


def figure_running(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.8)
    step = np.arange(1, STEPS + 1)
    data: dict[str, np.ndarray] = {}
    for axes, drifting, title in zip(
        panels,
        (False, True),
        (tr("数据不变，均值 10", "constant data, mean 10"), tr("均值漂移", "drifting mean")),
        strict=True,
    ):
        run = means(drifting)[0]
        true = _drift() if drifting else np.full(STEPS, 10.0)
        ema, plain = running_average(run, 0.0), running_average(run, 0.0, None)
        axes.plot(step, true, color=kit.INK, linewidth=1, label=tr("真值", "true"))
        axes.plot(step, ema, color=kit.BLUE, label=tr("EMA，动量 0.1", "EMA, momentum 0.1"))
        axes.plot(
            step, plain, linestyle="--", color=kit.ORANGE, label=tr("各批平均", "mean of batches")
        )
        axes.set_title(title)
        axes.set_xlabel(tr("批", "batch"))
        name = "drift" if drifting else "constant"
        data |= {f"{name}_ema": ema, f"{name}_plain": plain}
    panels[0].set_ylabel(tr("滑动均值", "running mean"))
    panels[0].legend(loc="lower right")
    return Figure(
        canvas,
        caption=tr(
            "数据不变时（左），EMA 要先忘掉初值 0；"
            "数据漂移时（右），EMA 跟在后面，各批平均则停在半路。",
            "With constant data (left) the EMA must first forget its start at 0; with a drift "
            "(right) it follows a little behind, while the mean of all batches lags far behind.",
        ),
        alt=tr(
            "左图：蓝线从 1 附近上升，约五十批后到 10，橙色虚线一开始就在 10 附近。"
            "右图：真值从 0 直线升到 1，蓝线紧跟在下方，橙色虚线只到一半。",
            "Left: the blue line climbs from about 1 to 10 within some fifty batches, the dashed "
            "orange one is near 10 from the start. Right: the truth rises in a line from 0 to 1, "
            "blue runs close below it, orange ends at one half.",
        ),
        data=data,
    )
