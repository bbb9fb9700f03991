"""Drawn: the connections of the four families, and a chain beside a tree."""

from __future__ import annotations

from snippets import kit
from snippets.kit import Figure, Tr

STEPS = 4


def _blank(axes, title: str, right: float, top: float) -> None:
    axes.set_title(title)
    axes.set_xlim(-0.5, right)
    axes.set_ylim(-0.4, top)
    axes.axis("off")


def node(axes, x: float, y: float, text: str, colour: str = kit.INK, size: float = 19) -> None:
    """A unit of a drawn network, and its name."""
    axes.plot([x], [y], "o", markersize=size, color=kit.PAPER, markeredgecolor=colour,
              markeredgewidth=1.1)  # fmt: skip
    axes.text(x, y - 0.01, text, ha="center", va="center", fontsize=9)


def edge(axes, start, end, colour: str, line: str = "-", bend: float = 0.0) -> None:
    """An arrow between two units, which ends at their rims."""
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "linestyle": line,
            "linewidth": 1.3,
            "shrinkA": 10.5,
            "shrinkB": 10.5,
            "mutation_scale": 9,
            "connectionstyle": f"arc3,rad={bend}",
        },
    )


_SUB = "₁₂₃₄₅₆₇₈"


def connections() -> dict[str, list[tuple[str, str, int]]]:
    """Each family as (from, to, number of the weight): equal numbers are one shared weight."""
    steps = range(STEPS)
    dense = [(f"x{i}", f"h{j}", i * STEPS + j) for i in steps for j in steps]
    conv = [(f"x{i}", f"h{j}", i - j + 1) for j in steps for i in (j - 1, j, j + 1) if i in steps]
    rnn = [(f"x{t}", f"h{t}", 0) for t in steps] + [(f"h{t - 1}", f"h{t}", 1) for t in steps if t]
    lstm = (
        [(f"x{t}", f"c{t}", 0) for t in steps]
        + [(f"h{t - 1}", f"c{t}", 1) for t in steps if t]
        + [(f"c{t - 1}", f"c{t}", 2) for t in steps if t]
        + [(f"c{t}", f"h{t}", 3) for t in steps]
    )
    return {"mlp": dense, "cnn": conv, "rnn": rnn, "lstm": lstm}


def figure_connectivity(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(2, 2, height=4.6)
    titles = {
        "mlp": tr("MLP：每条边一个权重", "MLP: a weight for every edge"),
        "cnn": tr("CNN：局部连接，逐处共享", "CNN: local, shared along x"),
        "rnn": tr("RNN：状态传给下一步", "RNN: a state passed on"),
        "lstm": tr("LSTM：另有一条记忆通路", "LSTM: and a memory beside it"),
    }
    drawn = connections()
    for axes, (name, title) in zip(panels.flat, titles.items(), strict=True):
        height = {"x": 0.0, "c": 1.0, "h": 2.0} if name == "lstm" else {"x": 0.0, "h": 2.0}
        _blank(axes, title, STEPS - 0.5, 2.4)
        for start, end, weight in drawn[name]:
            a = (int(start[1:]), height[start[0]])
            b = (int(end[1:]), height[end[0]])
            if name == "mlp":
                edge(axes, a, b, kit.MUTED)
            else:
                edge(axes, a, b, kit.SERIES[weight], kit.LINES[weight])
        for row, y in height.items():
            for step in range(STEPS):
                node(axes, step, y, f"{row}{_SUB[step]}")
    return Figure(
        canvas,
        caption=tr(
            "四类网络的连接。颜色和线型相同的边共用一个权重（RNN 和 LSTM 里是一个权重矩阵）；"
            "MLP 的边各不相同。LSTM 的记忆 c 经过门控，按步相加，这里只画通路。",
            "The connections of the four families. Edges of one colour and line style share a "
            "weight (in RNN and LSTM a weight matrix); those of the MLP are all different. The "
            "memory c of the LSTM is gated and added up step by step; only the paths are drawn.",
        ),
        alt=tr(
            "四个小图：MLP 的输入与输出两两相连；CNN 的每个输出只连三个相邻输入；"
            "RNN 的输入只连本步的 h，h 再连下一步的 h；LSTM 在中间多一行 c，c 连下一步的 c。",
            "Four panels: the MLP joins every input to every output; in the CNN each output has "
            "three neighbouring inputs; in the RNN an input joins the h of its step, and h the "
            "next h; the LSTM has a row c between them that joins the next c.",
        ),
        data=drawn,
    )


LEAVES = 8


def compositions() -> dict[str, list[tuple[int, int]]]:
    """Pairs (below, above) of a chain and of a balanced tree over LEAVES inputs.

    Inputs are 0 .. LEAVES - 1, inner nodes are numbered on.
    """
    chain, last, new = [], 0, LEAVES
    for leaf in range(1, LEAVES):
        chain += [(last, new), (leaf, new)]
        last, new = new, new + 1
    tree, level, new = [], list(range(LEAVES)), LEAVES
    while len(level) > 1:
        above = []
        for left, right in zip(level[::2], level[1::2], strict=True):
            tree += [(left, new), (right, new)]
            above.append(new)
            new += 1
        level = above
    return {"chain": chain, "tree": tree}


def depth_of(pairs: list[tuple[int, int]]) -> int:
    """The most compositions between an input and the root."""
    depth = dict.fromkeys(range(LEAVES), 0)
    for below, above in pairs:
        depth[above] = max(depth.get(above, 0), depth[below] + 1)
    return max(depth.values())


def figure_unrolling(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.6)
    titles = (
        tr("循环（recurrent）：链", "recurrent: a chain"),
        tr("递归（recursive）：树", "recursive: a tree"),
    )
    drawn = compositions()
    for axes, (name, pairs), title in zip(panels, drawn.items(), titles, strict=True):
        place = {leaf: (float(leaf), 0.0) for leaf in range(LEAVES)}
        top = depth_of(pairs)
        for number, (below, above) in enumerate(pairs):
            if number % 2 == 0:
                other = pairs[number + 1][0]
                x = place[other][0] if name == "chain" else (place[below][0] + place[other][0]) / 2
                place[above] = (x, max(place[below][1], place[other][1]) + 1)
        axes.set_title(title)
        axes.set_xlim(-0.6, LEAVES - 0.4)
        axes.set_ylim(-0.8, 7.6)
        axes.axis("off")
        stretch = 7 / top
        for below, above in pairs:
            (x, y), (u, v) = place[below], place[above]
            axes.plot([x, u], [y * stretch, v * stretch], color=kit.MUTED, linewidth=1.1, zorder=1)
        for number, (x, y) in place.items():
            leaf = number < LEAVES
            colour = kit.BLUE if leaf else kit.ORANGE
            axes.plot([x], [y * stretch], "s" if leaf else "o", color=colour, markersize=7)
    return Figure(
        canvas,
        caption=tr(
            f"{LEAVES} 个输入（方块）合成一个向量。循环网络沿序列一步步来，"
            f"最长要合成 {depth_of(drawn['chain'])} 次；递归网络沿一棵树来，"
            f"这里是 {depth_of(drawn['tree'])} 次。两者在各处都用同一组权重。",
            f"{LEAVES} inputs (squares) become one vector. A recurrent network goes along the "
            f"sequence, up to {depth_of(drawn['chain'])} compositions; a recursive one goes up a "
            f"tree, here {depth_of(drawn['tree'])}. Both use the same weights everywhere.",
        ),
        alt=tr(
            "左图：从左下到右上的一条链，每步接入一个输入。右图：平衡二叉树，三层汇成一个根。",
            "Left: a chain from lower left to upper right takes in one input a step. "
            "Right: a balanced binary tree joins in three levels at one root.",
        ),
        data=drawn,
    )
