"""Drawn: what two neighbouring outputs of a small chain see, layer by layer."""

from __future__ import annotations

from snippets import kit
from snippets.kit import Figure, Tr
from snippets.receptive_cost._receptive_field_steps import STRIDED
from snippets.receptive_cost.receptive_field import bottom_up


def figure_pyramid(tr: Tr) -> Figure:
    from matplotlib.patches import Rectangle

    canvas, axes = kit.canvas(height=2.9)
    outputs = 2
    counts = [outputs]
    for layer in reversed(STRIDED):
        counts.append((counts[-1] - 1) * layer.s + layer.k)
    counts.reverse()
    fields = [bottom_up(STRIDED[:n]) for n in range(len(STRIDED) + 1)]
    centres = [
        [a + i * j + (r - 1) / 2 for i in range(count)]
        for (r, j, a), count in zip(fields, counts, strict=True)
    ]
    seen = [{0}, {1}]
    drawn: list[list[set[int]]] = []
    for level in range(len(STRIDED), -1, -1):
        drawn.append([set(s) for s in seen])
        if level:
            k, s = STRIDED[level - 1].k, STRIDED[level - 1].s
            for which in (0, 1):
                below = {i * s + t for i in seen[which] for t in range(k)}
                if which == 0:
                    for i in seen[0]:
                        for t in range(k):
                            axes.plot(
                                [centres[level][i], centres[level - 1][i * s + t]],
                                [level - 0.17, level - 1 + 0.17],
                                color=kit.BLUE,
                                linewidth=0.7,
                            )
                seen[which] = below
    drawn.reverse()
    for level, row in enumerate(centres):
        for i, x in enumerate(row):
            first, second = (i in drawn[level][w] for w in (0, 1))
            axes.add_patch(
                Rectangle(
                    (x - 0.36, level - 0.17), 0.72, 0.34,
                    facecolor=kit.BLUE if first else "none", alpha=0.35, edgecolor="none",
                )
            )  # fmt: skip
            axes.add_patch(
                Rectangle(
                    (x - 0.36, level - 0.17), 0.72, 0.34, facecolor="none",
                    edgecolor=kit.ORANGE if second else kit.MUTED,
                    linewidth=1.6 if second else 0.8,
                    linestyle=kit.LINES[1] if second else "-",
                )
            )  # fmt: skip
    axes.set_xlim(-0.8, counts[0] - 0.2)
    axes.set_ylim(-0.45, len(STRIDED) + 0.4)
    axes.set_yticks(
        range(len(fields)),
        [
            tr("输入", "input") if not n else tr(f"第 {n} 层", f"layer {n}") + f"\nr={r}, j={j}"
            for n, (r, j, _) in enumerate(fields)
        ],
    )
    axes.set_xlabel(tr("输入位置", "input position"))
    axes.set_xticks(range(0, counts[0], 2))
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    return Figure(
        canvas,
        caption=tr(
            f"步幅 2、2、1 的三层 3×3：蓝色填充是 0 号输出看到的格子，橙色虚框是 1 号输出的。"
            f"每个输出看到 {fields[-1][0]} 个输入，相邻两个输出的感受野错开 {fields[-1][1]} 格。",
            "Three 3×3 layers with strides 2, 2, 1: filled blue is what output 0 sees, dashed "
            f"orange what output 1 sees. Each sees {fields[-1][0]} inputs; the two fields are "
            f"{fields[-1][1]} positions apart.",
        ),
        alt=tr(
            "四行格子从上到下变宽：两个输出，四格，九格，十九个输入。"
            "蓝色金字塔从左边的输出展开到最左的十五个输入，橙色的展开到最右的十五个。",
            "Four rows of cells that widen downwards: two outputs, four, nine, nineteen inputs. "
            "The blue pyramid opens from the left output to the leftmost fifteen inputs, the "
            "orange one to the rightmost fifteen.",
        ),
        data={
            "counts": counts,
            "first": sorted(drawn[0][0]),
            "second": sorted(drawn[0][1]),
        },
    )
