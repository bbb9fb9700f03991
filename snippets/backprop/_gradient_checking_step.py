"""The error of a numerical derivative against its step: truncation on the right, rounding left."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.backprop.gradient_checking import _model as _bound
from snippets.backprop.gradient_checking import _third, wave, wave_slope
from snippets.kit import Col, Figure, Table, Tr

AT, SMALL = 1.0, 1e-6
STEPS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-10)
GRID = 10.0 ** np.linspace(-13, 0, 261)


def _error(h: float, dtype: type, central: bool = True, at: float = AT) -> float:
    """|numerical - exact| at ``at``, every operation in ``dtype``."""
    x, step = dtype(at), dtype(h)
    if central:
        slope = (wave(x + step) - wave(x - step)) / (dtype(2) * step)
    else:
        slope = (wave(x + step) - wave(x)) / step
    return float(abs(float(slope) - wave_slope(at)))


def _complex_error(h: float) -> float:
    return float(abs(np.exp(np.sin(complex(AT, h))).imag / h - wave_slope(AT)))


_CURVES = {
    "central64": (("中心差分，float64", "central, float64"), np.float64, True),
    "forward64": (("前向差分，float64", "forward, float64"), np.float64, False),
    "central32": (("中心差分，float32", "central, float32"), np.float32, True),
}


@cache
def _curve(name: str) -> np.ndarray:
    _, dtype, central = _CURVES[name]
    return np.array([_error(h, dtype, central) for h in GRID])


def _model(dtype: type) -> np.ndarray:
    """h² |f'''| / 6 + eps |f| / h at AT."""
    eps = float(np.finfo(dtype).eps)
    return _bound(GRID, eps, wave(AT), abs(_third(np.array(AT))))


def figure_step(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.5)
    data: dict[str, object] = {"h": GRID}
    shown = {"central64": (1e-13, 1), "forward64": (1e-13, 1), "central32": (1e-7, 1)}
    colours = (kit.BLUE, kit.GREEN, kit.ORANGE)
    for (name, (low, high)), colour in zip(shown.items(), colours, strict=True):
        inside = (low <= GRID) & (high >= GRID)
        error = _curve(name)
        visible = inside & (error > 0)
        axes.plot(GRID[visible], error[visible], color=colour, linewidth=1.1)
        data[name] = error
    for dtype, colour, low in ((np.float64, kit.BLUE, 1e-13), (np.float32, kit.ORANGE, 1e-7)):
        inside = low <= GRID
        axes.plot(
            GRID[inside], _model(dtype)[inside], color=colour, linestyle=(0, (5, 2)), linewidth=1.6
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(1e-13, 30)
    axes.set_xlim(1e-13, 1)
    axes.set_xlabel(tr("步长 h", "step h"))
    axes.set_ylabel(tr("导数的误差", "error of the derivative"))
    for text, place, colour in (
        (tr("中心，float64", "central, float64"), (2e-10, 1.2e-12), kit.BLUE),
        (tr("前向，float64", "forward, float64"), (1.5e-8, 2e-4), kit.GREEN),
        (tr("中心，float32", "central, float32"), (8e-6, 3), kit.ORANGE),
    ):
        axes.text(*place, text, color=colour, fontsize=9.5, ha="center")
    axes.text(6e-13, 2e-2, tr("舍入", "rounding"), color=kit.INK, fontsize=9.5)
    axes.text(1.3e-3, 6e-11, tr("截断", "truncation"), color=kit.INK, fontsize=9.5)
    return Figure(
        canvas,
        caption=tr(
            "f = exp(sin x) 在 x = 1 处的数值导数（实线）与误差模型（虚线）。"
            "往右，截断误差按 h² 增大；往左，舍入误差按 1/h 增大；"
            "float32 的谷底靠右得多、也高得多。",
            "The numerical derivative of f = exp(sin x) at x = 1 (solid) and the error model "
            "(dashed). To the right truncation grows as h², to the left rounding grows as 1/h; the "
            "valley of float32 lies far to the right, and far higher.",
        ),
        alt=tr(
            "双对数图。float64 的中心差分是一个 V 形，谷底在 h 约 1e-5、误差约 1e-11；"
            "前向差分的谷底在 1e-8、误差约 1e-8；float32 的谷底在 1e-2 附近、误差约 1e-5 到 1e-4。",
            "Log-log plot. Central differences in float64 make a V with its bottom at h near 1e-5 "
            "and errors near 1e-11; forward differences have theirs at 1e-8 with errors near 1e-8; "
            "float32 has it near 1e-2 with errors between 1e-5 and 1e-4.",
        ),
        data=data,
    )


def table_steps(tr: Tr) -> Table:
    rows = []
    for h in STEPS:
        rows.append(
            [
                h,
                _error(h, np.float64, central=False),
                _error(h, np.float64),
                _error(h, np.float32),
            ]
        )
    return Table(
        [
            Col(tr("步长 $h$", "step $h$"), format=".0e"),
            Col(tr("前向，float64", "forward, float64"), format=".1e"),
            Col(tr("中心，float64", "central, float64"), format=".1e"),
            Col(tr("中心，float32", "central, float32"), format=".1e"),
        ],
        rows,
        caption=tr(
            "f = exp(sin x) 在 x = 1 处导数的误差。float32 列每一步运算都在 float32 里做；"
            "最后两行里 1 ± h 已经舍入成 1，导数算成了 0",
            "Error of the derivative of f = exp(sin x) at x = 1. In the float32 column every "
            "operation is in float32; in the last two rows 1 ± h rounds to 1, and the derivative "
            "comes out as 0",
        ),
    )


def value_errors() -> dict[str, float]:
    """What the text quotes; best steps of the model for both types."""
    third = abs(float(_third(np.array(AT))))
    best = {
        name: (3 * float(np.finfo(dtype).eps) * wave(AT) / third) ** (1 / 3)
        for name, dtype in (("best64", np.float64), ("best32", np.float32))
    }
    forward, central = _error(1e-4, np.float64, central=False), _error(1e-4, np.float64)
    return {
        **{name: float(h) for name, h in best.items()},
        "step": 1e-4,
        "forward": forward,
        "central": central,
        "ratio": forward / central,
        "single": _error(1e-4, np.float32),
        "single_best": _error(1e-2, np.float32),
        "complex": _complex_error(1e-30),
        "eps64": float(np.finfo(np.float64).eps),
        "eps32": float(np.finfo(np.float32).eps),
        "small": SMALL,
        "kept": _error(1e-5, np.float64, at=SMALL),
        "scaled": _error(1e-5 * SMALL, np.float64, at=SMALL),
        "usual": 1e-5,
    }
