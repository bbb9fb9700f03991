"""The tables of the printed sheet, narrow enough for a third of a page."""

from __future__ import annotations

from snippets.kit import Col, Table, Tr
from snippets.losses._loss_overview_formulas import NAMES, TRAITS, far_gradients
from snippets.losses._loss_overview_tasks import TASKS, at_zero
from snippets.losses._loss_overview_torch import BATCH, CLASSES, WIDTH, divisors


def table_sheet_outputs(tr: Tr) -> Table:
    return Table(
        [tr("任务", "task"), tr("输出层", "output layer"), tr("损失", "loss")],
        [
            [tr.pair(task), tr.pair(layer), f"`{loss.removeprefix('nn.')}`"]
            for _, task, layer, loss, _ in TASKS
        ],
        caption=tr(
            "激活已经在损失里；最后两行除外",
            "The loss contains the activation, except in the last two rows",
        ),
    )


def table_sheet_metrics(tr: Tr) -> Table:
    first = at_zero()
    return Table(
        [
            tr("任务", "task"),
            tr("指标", "metric"),
            Col(tr("输出为 0 时", "at output 0"), format=".3f"),
        ],
        [[tr.pair(task), tr.pair(metric), first[key]] for key, task, _, _, metric in TASKS],
        caption=tr("最后一列：网络处处输出 0 时的损失", "Last: the loss while all outputs are 0"),
    )


def table_sheet_takes(tr: Tr) -> Table:
    by = divisors()
    rows, seen = [], set()
    for key, (spelling, _, takes, _) in CLASSES.items():
        if spelling not in seen:
            seen.add(spelling)
            whole = round(by[key]) == BATCH * WIDTH
            divided = tr("元素", "elements") if whole else tr("样本", "examples")
            rows.append([f"`{spelling}`", tr.pair(takes), divided])
    return Table(
        [tr.name("torch.nn"), tr("输入", "takes"), tr("mean 除以", "mean over")],
        rows,
        caption=tr("KLDivLoss 要用 batchmean", "KLDivLoss wants batchmean"),
    )


def table_sheet_traits(tr: Tr) -> Table:
    slopes = far_gradients()
    return Table(
        [
            tr("损失", "loss"),
            tr("凸？", "convex?"),
            Col(tr("离谱时的梯度", "far off"), format=".3g"),
        ],
        [[tr.pair(name), TRAITS[key][1], slopes[key]] for key, name in NAMES.items()],
        caption=tr(
            "残差 100，得分或 logit 错在 −100，或概率只有 0.0001",
            "Gradient at a residual of 100, a score or logit wrong at −100, a probability of "
            "0.0001",
        ),
    )
