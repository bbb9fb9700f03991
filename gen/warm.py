"""Heavy imports, done once: before workers are forked, or by the one worker that needs them."""

from __future__ import annotations

import sys
from functools import cache

from gen.paths import Paths

DYNAMO = ("torch.optim", "flop_counter", "utils.checkpoint", "TorchDispatchMode")
"""Parts of PyTorch whose first use loads torch._dynamo."""


@cache
def figures(paths: Paths) -> None:
    """matplotlib with the house style and the Chinese font, with one figure drawn so that all is
    loaded.
    """
    from gen import fonts

    makers = fonts.begin(paths.cache / "fonts")  # while matplotlib is loaded
    import matplotlib

    matplotlib.use("svg")
    import io

    from matplotlib import font_manager, style
    from matplotlib.figure import Figure

    from gen.render import STYLE

    for maker in makers:
        maker.join()
    fonts.register(paths.cache / "fonts")
    # matplotlib looks the fonts of a family up again for each text.
    manager = font_manager.fontManager
    manager._find_fonts_by_props = cache(manager._find_fonts_by_props)  # type: ignore[assignment,method-assign]
    style.use(STYLE)
    canvas = Figure(figsize=(1, 1), layout="constrained")
    axes = canvas.subplots()
    axes.plot([0, 1])
    axes.set_title("有 a")
    canvas.savefig(io.StringIO(), format="svg")


def torch(source: str) -> None:
    """PyTorch, as far as ``source`` uses it, on one thread: workers share the machine by processes.

    Loading torch._dynamo writes to the folder for temporary files; within a snippet that would
    count as its doing.
    """
    if "import torch" in source and "torch" not in sys.modules:
        import torch

        torch.set_num_threads(1)
    if any(name in source for name in DYNAMO):
        import torch._dynamo
