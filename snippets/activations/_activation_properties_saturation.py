"""Saturation: the slope far out, and the activations sorted by where it dies."""

from __future__ import annotations

from snippets import kit
from snippets.activations import _measure
from snippets.activations.activation_properties import FAR, end_slopes, torch_end_slopes
from snippets.activations.activation_zoo import ACTIVATIONS, BY_NAME, run_as_printed
from snippets.activations.relu import relu_grad
from snippets.activations.sigmoid_tanh import sigmoid_grad
from snippets.kit import Col, Figure, Formula, Table, Tr

_SIGMA_SLOPE = kit.function(("sigmoid 的导数", "slope of sigmoid"), sigmoid_grad)


_RELU_SLOPE = kit.function(("ReLU 的导数", "slope of ReLU"), relu_grad)


formula_both = Formula(
    r"\lim_{x \to -\infty} \sigma'(x) = 0, \quad \lim_{x \to \infty} \sigma'(x) = 0",
    {r"\sigma'": _SIGMA_SLOPE},
)


formula_left = Formula(
    r"\lim_{x \to -\infty} \operatorname{ReLU}'(x) = 0, "
    r"\quad \lim_{x \to \infty} \operatorname{ReLU}'(x) = 1",
    {r"\operatorname{ReLU}'": _RELU_SLOPE},
)


ENDS = ("sigmoid", "tanh", "softsign", "hardtanh", "ReLU", "Leaky ReLU", "ELU", "softplus", "GELU")


def table_ends(tr: Tr) -> Table:
    rows = []
    for name in ENDS:
        ours, theirs = (
            end_slopes(BY_NAME[name].grad),
            torch_end_slopes(run_as_printed(BY_NAME[name].functional)),
        )
        rows.append([tr.name(name), *ours, *theirs])
    far = f"{FAR:g}"
    return Table(
        [
            tr("名称", "name"),
            Col(f"f′(−{far})", format=".2g"),
            Col(f"f′({far})", format=".2g"),
            Col(tr(f"PyTorch，−{far}", f"PyTorch, −{far}"), format=".2g"),
            Col(tr(f"PyTorch，{far}", f"PyTorch, {far}"), format=".2g"),
        ],
        rows,
        caption=tr(
            "离 0 很远处的导数：公式的值与 PyTorch 自动求导", "Slopes far out, and by autograd"
        ),
        sortable=True,
    )


_GROUPS = {
    "both": ("两侧饱和", "both sides"),
    "left": ("只有左侧", "left side only"),
    "none": ("两侧都不", "neither side"),
}


def _grouped() -> dict[str, dict[str, list[str]]]:
    """Names by the sides that saturate, and by hard or soft."""
    found: dict[str, dict[str, list[str]]] = {key: {"soft": [], "hard": []} for key in _GROUPS}
    for a in ACTIVATIONS:
        left, right = _measure.saturation(a.grad)
        side = "both" if left and right else "left" if left else "none"
        found[side]["hard" if left == "hard" else "soft"].append(a.name)
    return found


def figure_tree(tr: Tr) -> Figure:
    groups = _grouped()
    canvas, axes = kit.canvas(height=3.9)
    axes.set_axis_off()
    axes.set_xlim(0, 3)
    axes.set_ylim(0, 10)
    box = {"boxstyle": "round,pad=0.4", "facecolor": "none"}
    root = tr("导数在两端趋于 0 吗？", "Does the slope tend to 0 at the ends?")
    axes.text(1.5, 9.5, root, ha="center", va="center", bbox={**box, "edgecolor": kit.INK})
    colours = (kit.RED, kit.ORANGE, kit.GREEN)
    for column, ((side, label), colour) in enumerate(zip(_GROUPS.items(), colours, strict=True)):
        x = column + 0.5
        axes.plot([1.5, 1.5, x, x], [8.95, 8.45, 8.45, 8.0], color=kit.MUTED, linewidth=1)
        axes.text(
            x, 7.5, tr.pair(label), ha="center", va="center", weight="bold",
            bbox={**box, "edgecolor": colour},
        )  # fmt: skip
        y = 6.4
        for kind, word in (("soft", ("软", "soft")), ("hard", ("硬", "hard"))):
            names = groups[side][kind]
            if not names:
                continue
            if side != "none":
                axes.text(x - 0.42, y, tr.pair(word), color=colour, va="center", weight="bold")
            for name in names:
                axes.text(x - 0.12, y, tr.name(name), va="center", fontsize=9)
                y -= 0.72
            y -= 0.25
    return Figure(
        canvas,
        caption=tr(
            "按导数的极限分类，归类由程序判定。软：趋于 0 而不等于 0；硬：从某处起恰为 0。",
            "Sorted by the limits of the slope; the code decides where each belongs. Soft: it "
            "tends "
            "to 0 without reaching it; hard: it is exactly 0 from some point on.",
        ),
        alt=tr(
            "一棵树分三支。两侧饱和：sigmoid、tanh、softsign（软），step、hardsigmoid、hardtanh（硬）。"
            "只有左侧：ELU、SELU、CELU、softplus、两种 GELU、SiLU、Mish（软），ReLU、"
            "hardswish（硬）。"
            "两侧都不：identity、Leaky ReLU、PReLU、RReLU。",
            "A tree with three branches. Both sides: sigmoid, tanh, softsign (soft), step, "
            "hardsigmoid, hardtanh (hard). Left only: ELU, SELU, CELU, softplus, both GELUs, SiLU, "
            "Mish (soft), ReLU, hardswish (hard). Neither: identity, Leaky ReLU, PReLU, RReLU.",
        ),
        data=groups,
    )
