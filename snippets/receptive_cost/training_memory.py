"""Memory of a training step: weights, gradients, optimiser state, activations; and checkpoints."""

from __future__ import annotations

from snippets import kit
from snippets.kit import Check, Formula

STATES = {"sgd": 0, "momentum": 4, "adam": 8}
"""Bytes a parameter that an optimiser keeps in fp32."""


def training_bytes(n, activations, B, optimizer="adam", mixed=False):
    """Bytes of a training step: {"weights", "gradients", "optimizer", "activations"}.

    n parameters, ``activations`` bytes kept for backward for each of B examples; fp32, or mixed
    precision with weights and gradients in 16 bits and fp32 copies of the weights with the
    optimiser.  ValueError: an optimiser that is not in STATES.  [rajbhandari2020]
    """
    if optimizer not in STATES:
        raise ValueError(f"{optimizer!r} is none of {', '.join(STATES)}")
    each, copies = (2, 4) if mixed else (4, 0)
    return {
        "weights": each * n,
        "gradients": each * n,
        "optimizer": (STATES[optimizer] + copies) * n,
        "activations": B * activations,
    }


def saved_bytes(model, x):
    """Bytes of all tensors that autograd keeps for backward: each storage once, no parameters."""
    import torch

    own = {t.untyped_storage()._cdata for t in (*model.parameters(), *model.buffers())}
    kept = {}  # the tensors are held, so that no storage is freed and its place used again

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            kept[storage._cdata] = storage.nbytes(), tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(x)
    return sum(size for size, _ in kept.values())


def optimizer_bytes(optimizer):
    """Bytes of the state of a torch.optim optimiser, after its first step."""
    import torch

    return sum(
        value.nbytes
        for state in optimizer.state.values()
        for value in state.values()
        if torch.is_tensor(value) and value.ndim
    )


def peak_bytes(step):
    """Most bytes alive at once of all tensors that ``step()`` makes, on any device, even "meta"."""
    import weakref

    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    class Live(TorchDispatchMode):
        now = peak = 0
        known: set = set()  # noqa: RUF012

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            given = {storage._cdata for storage in storages((args, kwargs))}
            out = func(*args, **(kwargs or {}))
            for storage in storages(out):
                key = storage._cdata
                if key not in given and key not in self.known:
                    self.known.add(key)
                    self.now += storage.nbytes()
                    self.peak = max(self.peak, self.now)
                    weakref.finalize(storage, self.gone, key, storage.nbytes())
            return out

        def gone(self, key, size):
            self.known.discard(key)
            self.now -= size

    def storages(tree):
        return [t.untyped_storage() for t in tree_leaves(tree) if isinstance(t, torch.Tensor)]

    with Live() as live:
        live.known = set()
        step()
    return live.peak


def torch_checkpointed(layers, x, segments):
    """Output of the layers in sequence, keeping the ends of segments and recomputing the rest."""
    from torch.utils.checkpoint import checkpoint_sequential

    return checkpoint_sequential(layers, segments, x, use_reentrant=False)


# --------------------------------------------------------------------------- formulas


def _bytes(zh: str, en: str, high: int = 8) -> kit.Symbol:
    return kit.integer((zh, en), 0, high)


def _total(n, A, B, w, g, o):
    """The sum of the calculator, scaled to other bytes a parameter."""
    parts = training_bytes(n, A, B)
    scale = {"weights": w / 4, "gradients": g / 4, "optimizer": o / 8, "activations": 1}
    return sum(parts[name] * scale[name] for name in parts)


formula_total = Formula(
    r"M = (w + g + o)\,n + B\,A",
    {
        "w": _bytes("权重每个数的字节数", "bytes a weight"),
        "g": _bytes("梯度每个数的字节数", "bytes a gradient"),
        "o": _bytes("优化器为每个参数保存的字节数", "bytes of optimiser state a parameter", 12),
        "n": kit.integer(("参数个数", "parameters"), 1, 10**6),
        "B": kit.integer(("批大小", "batch size"), 1, 512),
        "A": kit.integer(
            ("每个样本为反向保存的激活字节数", "bytes of activations an example"), 0, 10**6
        ),
    },
    equals=_total,
)

formula_adam = Formula(r"w + g + o = 4 + 4 + (4 + 4) = 16", {
    "w": kit.constant(("fp32 权重", "fp32 weights"), 4),
    "g": kit.constant(("fp32 梯度", "fp32 gradients"), 4),
    "o": kit.constant(("Adam 的两个矩", "the two moments of Adam"), 8),
})  # fmt: skip

formula_mixed = Formula(r"w + g + o = 2 + 2 + (4 + 4 + 4) = 16", {
    "w": kit.constant(("半精度权重", "half-precision weights"), 2),
    "g": kit.constant(("半精度梯度", "half-precision gradients"), 2),
    "o": kit.constant(
        ("fp32 的主权重与两个矩", "fp32 master weights and the two moments"), 12
    ),
})  # fmt: skip

formula_crossing = Formula(
    r"B^{*} = \frac{w\,n}{A}",
    {
        "w": kit.integer(("权重每个数的字节数", "bytes a weight"), 1, 8),
        "n": kit.integer(("参数个数", "parameters"), 1, 10**6),
        "A": kit.integer(("每个样本的激活字节数", "bytes of activations an example"), 1, 10**6),
    },
    equals=lambda w, n, A: (
        training_bytes(n, A, 1)["weights"] * w / 4 / training_bytes(n, A, 1)["activations"]
    ),
)

formula_checkpoints = Formula(
    r"s + \frac{L}{s} \ge 2 \sqrt{L}",
    {
        "L": kit.integer(("层数", "layers"), 1, 400),
        "s": kit.integer(("段数", "segments"), 1, 400),
    },
)


# --------------------------------------------------------------------------- evidence


def check_states() -> Check:
    """The bytes a parameter of STATES against what torch.optim keeps after a step."""
    import torch
    from torch import nn

    pairs = []
    for name, make in (
        ("sgd", lambda p: torch.optim.SGD(p, lr=0.1)),
        ("momentum", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        ("adam", torch.optim.Adam),
        ("adam", torch.optim.AdamW),
    ):
        model = nn.Linear(30, 20)
        n = sum(p.numel() for p in model.parameters())
        optimizer = make(model.parameters())
        model(torch.ones(4, 30)).sum().backward()
        optimizer.step()
        pairs.append((training_bytes(n, 0, 1, name)["optimizer"], optimizer_bytes(optimizer)))
    return kit.compare(("`torch.optim` 的状态", "the state of `torch.optim`"), pairs, tolerance=0.0)
