"""Eight outputs for seven classes: finding the cause, repairing it, and checks of a training."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from snippets import kit
from snippets.kit import Check, Formula


def label_report(labels: ArrayLike, outputs: int) -> dict:
    """What labels and the number of outputs say of one another; labels are whole numbers.

    "low", "high", "used" describe the labels; "unused" are outputs without an example, "outside"
    the labels that no output answers.  ValueError: no labels, or labels that are not whole.
    """
    values = np.unique(np.asarray(labels))
    if values.size == 0 or not np.all(values == np.round(values)):
        raise ValueError("labels must be whole numbers, at least one; are they one-hot?")
    found = [int(v) for v in values]
    return {
        "low": found[0],
        "high": found[-1],
        "used": len(found),
        "unused": [n for n in range(outputs) if n not in found],
        "outside": [v for v in found if not 0 <= v < outputs],
    }


def restricted_softmax(logits: ArrayLike, keep: ArrayLike) -> np.ndarray:
    """Probabilities of the kept columns alone, with sum 1; logits (..., K), result (..., kept).

    The columns are taken before the softmax; keep is a list of their numbers or a slice.
    """
    kept = np.asarray(logits, dtype=float)[..., keep]
    powers = np.exp(kept - kept.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def torch_new_head(model, classes):
    """Replaces the last nn.Linear of the model by one with as many outputs as there are classes.

    ValueError: no nn.Linear inside the model.
    """
    from torch import nn

    names = [n for n, module in model.named_modules() if n and isinstance(module, nn.Linear)]
    if not names:
        raise ValueError("the model has no nn.Linear inside")
    name = names[-1]  # the last one in the order of registration
    parent, _, attribute = name.rpartition(".")
    old = model.get_submodule(name)
    new = nn.Linear(old.in_features, classes, bias=old.bias is not None)
    setattr(model.get_submodule(parent), attribute, new.to(old.weight))
    return model


def torch_repaired_loss(logits, labels, cause):
    """Cross-entropy for seven classes, by the cause of the eighth output; labels as they are."""
    import torch.nn.functional as F

    match cause:
        case "labels from 1":  # logits (N, 7), labels 1 to 7
            return F.cross_entropy(logits, labels - 1)
        case "background first":  # logits (N, 8), labels 0 to 7, background not to be learned
            return F.cross_entropy(logits[:, 1:], labels - 1, ignore_index=-1)
        case "ignore label":  # logits (N, 7), labels 0 to 6 and 255 for "do not count"
            return F.cross_entropy(logits, labels, ignore_index=255)
        case "spare column":  # logits (N, 8), labels 0 to 6, and the head must stay
            return F.cross_entropy(logits[:, :7], labels)
        case "extra axis":  # logits (N, 7, 1)
            return F.cross_entropy(logits.squeeze(-1), labels)
    raise ValueError(f"no repair is known for {cause!r}")


def torch_sanity_checks(make, x, y, steps=100, lr=0.05):
    """Four checks of a classifier before it is trained, on a batch x (N, ...), y (N,), N > 1.

    ``make()`` builds a fresh model.  "first" is the loss before training (expected: ln K for K
    classes), "last" the loss after learning this batch by heart (0), "leak" the largest gradient of
    the first example's squared outputs with respect to the other examples (0, unless batch
    statistics are used), "silent" the number of parameters that get no gradient (0).
    """
    import torch
    import torch.nn.functional as F

    model = make()
    first = F.cross_entropy(model(x), y)
    first.backward()
    silent = sum(p.grad is None or not p.grad.any().item() for p in model.parameters())

    probe = x.clone().requires_grad_()
    output = make()(probe)[0].square().sum()  # squares, since probabilities always add up to 1
    (grad,) = torch.autograd.grad(output, probe, allow_unused=True)

    model = make()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    last = F.cross_entropy(model(x), y)
    return {
        "first": first.item(),
        "last": last.item(),
        "leak": 0.0 if grad is None else grad[1:].abs().max().item(),
        "silent": silent,
    }


def torch_seeded(seed):
    """Everything random of a run from one number: global generators, and a loader's own."""
    import random

    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  libraries draw from it
    torch.manual_seed(seed)  # all devices
    torch.use_deterministic_algorithms(True)  # an operation that cannot be repeated now raises
    return torch.Generator().manual_seed(seed)


def torch_loader(dataset, batch_size, generator, workers=0):
    """A DataLoader whose order is the generator's, and whose workers draw different numbers.

    PyTorch seeds the global generators of random, torch and NumPy in each worker.  A generator that
    the dataset keeps, here ``dataset.rng``, is copied to every worker and must be replaced.
    """
    import torch

    def seed_worker(_):
        worker = torch.utils.data.get_worker_info()
        if hasattr(worker.dataset, "rng"):
            worker.dataset.rng = np.random.default_rng(worker.seed)

    return torch.utils.data.DataLoader(
        dataset,
        batch_size,
        shuffle=True,
        num_workers=workers,
        worker_init_fn=seed_worker,
        generator=generator,
    )


# --------------------------------------------------------------------------- formulas

_Z = kit.array(("八个 logits", "eight logits"), (8,), -4, 4)

formula_restricted = Formula(
    r"q_i = \frac{e^{z_i}}{\sum_{k=1}^{7} e^{z_k}}",
    {
        "z": _Z,
        "i": kit.index(("留下的列", "a kept column"), 7),
        "k": kit.index(("留下的列", "a kept column"), 7),
    },
    equals={"q_i": lambda z: restricted_softmax(z, slice(0, 7))},
)

formula_renormalised = Formula(
    r"q_i = \frac{p(z)_i}{1 - p(z)_8}",
    {
        "z": _Z,
        "p": kit.function(
            ("全部八列的 softmax", "softmax over all eight columns"),
            lambda z: restricted_softmax(z, slice(None)),
        ),
        "i": kit.index(("留下的列", "a kept column"), 7),
    },
    equals={"q_i": lambda z: restricted_softmax(z, slice(0, 7))},
)

formula_first_loss = Formula(
    r"L_0 = \ln K",
    {"K": kit.integer(("类别数", "number of classes"), 2, 1000)},
    equals=lambda K: -np.log(restricted_softmax(np.zeros(int(K)), slice(None))[0]),
)

# --------------------------------------------------------------------------- evidence


def check_softmax() -> Check:
    """Kept columns by softmax of the cut logits, and by masking with minus infinity."""
    import torch

    pairs = []
    for rng in kit.seeds(20):
        logits = rng.normal(scale=3, size=(5, 8))
        ours = restricted_softmax(logits, slice(0, 7))
        pairs.append((ours, torch.tensor(logits)[:, :7].softmax(dim=1)))
        masked = torch.tensor(logits)
        masked[:, 7] = -torch.inf
        pairs.append((ours, masked.softmax(dim=1)[:, :7]))
    return kit.compare(
        (
            "`softmax` 前切片，或把多余的列设为负无穷",
            "`softmax` of the slice, or with the column at minus infinity",
        ),
        pairs,
    )
