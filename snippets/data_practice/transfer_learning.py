"""Transfer learning: take over trained layers, put a new head on them, freeze or fine-tune."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Formula


def replace_head(model, classes):
    """Put a new linear layer with ``classes`` outputs in the place of the last one; in place.

    ValueError: a model without a linear layer.
    """
    from torch import nn

    layers = list(model.named_modules())[1:]  # without the model itself
    names = [name for name, module in layers if isinstance(module, nn.Linear)]
    if not names:
        raise ValueError("the model has no linear layer to replace")
    owner, _, place = names[-1].rpartition(".")
    old = model.get_submodule(names[-1])
    head = nn.Linear(old.in_features, classes, device=old.weight.device, dtype=old.weight.dtype)
    setattr(model.get_submodule(owner), place, head)
    return model


def load_fitting(model, state):
    """Load the entries of ``state`` that the model has with the same shape; in place.

    Returns two lists of names: those of the model that stay as they were, and those of ``state``
    that found no place.
    """
    own = model.state_dict()
    fits = {k: v for k, v in state.items() if k in own and own[k].shape == v.shape}
    model.load_state_dict(fits, strict=False)
    return [k for k in own if k not in fits], [k for k in state if k not in fits]


def train_only(model, *parts):
    """Freeze everything but the named parts, and set the model to train; call it every epoch.

    ``train_only(vgg, "classifier.6")``.  Batch normalisation and dropout of the frozen layers are
    in inference mode: running statistics would change without any gradient.  ValueError: no layer
    of that name.
    """
    modules = dict(model.named_modules())
    if unknown := [part for part in parts if part not in modules]:
        raise ValueError(f"no layer named {', '.join(unknown)}")
    model.requires_grad_(False)
    model.eval()
    for part in parts:
        modules[part].requires_grad_(True)
        modules[part].train()
    return model


def parameter_groups(model, head, lr, factor=0.1):
    """Groups for an optimiser: the layer ``head`` at lr, all other parameters at factor · lr."""
    new = {id(p) for p in model.get_submodule(head).parameters()}
    rest = [p for p in model.parameters() if id(p) not in new and p.requires_grad]
    return [
        {"params": list(model.get_submodule(head).parameters()), "lr": lr},
        {"params": rest, "lr": factor * lr},
    ]


# --------------------------------------------------------------------------- formulas


def start(m, theta_pre, theta_new):
    """Where training starts: trained values where m is 1, new ones where it is 0."""
    return m * theta_pre + (1 - m) * theta_new


def head_parameters(h, k):
    """Parameters of a linear head on h features for k classes."""
    return h * k + k


def _vector(zh: str, en: str, low: float = -2, high: float = 2) -> kit.Symbol:
    return kit.array((zh, en), ("n",), low, high)


formula_start = Formula(
    r"\theta_0 = m \odot \theta_{\text{pre}} + (1 - m) \odot \theta_{\text{new}}",
    {
        r"\theta_0": _vector("训练的起点", "where training starts"),
        "m": _vector("主干处为 1，输出头处为 0", "1 for the backbone, 0 for the head", 0, 1),
        r"\theta_{\text{pre}}": _vector("预训练得到的参数", "pre-trained parameters"),
        r"\theta_{\text{new}}": _vector("重新初始化的参数", "newly initialised parameters"),
        "n": kit.integer(("参数个数", "number of parameters"), 1, 8),
    },
    equals=lambda m, theta_pre, theta_new: start(m, theta_pre, theta_new),
)

formula_head = Formula(
    r"P_{\text{head}} = h\,k + k",
    {
        r"P_{\text{head}}": kit.integer(("新输出头的参数", "parameters of the new head"), 1, 10),
        "h": kit.integer(("主干输出的特征数", "features of the backbone"), 1, 4096),
        "k": kit.integer(("类别数", "classes"), 2, 1000),
    },
    equals=head_parameters,
)


# --------------------------------------------------------------------------- evidence


def check_frozen() -> Check:
    """After training steps with train_only, all frozen parameters and statistics are the same."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 4)
        )
        x, y = torch.randn(16, 3, 6, 6), torch.arange(16) % 4
    before = {k: v.double().numpy().copy() for k, v in model[:4].state_dict().items()}
    train_only(model, "4")
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1)
    for _ in range(5):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()
    after = model[:4].state_dict()
    return kit.compare(
        (
            "训练五步之前的冻结部分：参数与批归一化的统计量",
            "the frozen part before five steps: parameters and statistics of batch normalisation",
        ),
        [(np.atleast_1d(after[k].double().numpy()), np.atleast_1d(v)) for k, v in before.items()],
        tolerance=0.0,
    )
