"""What the page on computation graphs says."""

import numpy as np
import pytest
import torch

from snippets.backprop import _computation_graphs_autograd as autograd
from snippets.backprop import _computation_graphs_drawings as drawings
from snippets.backprop import _computation_graphs_layers as layers
from snippets.backprop import computation_graphs as graphs
from snippets.backprop._graph import Graph
from snippets.kit import LANGS, Tr


def test_evidence():
    assert graphs.check_affine().cases > 300
    assert layers.check_layers().cases == 20 * (4 * 20 + 2 * 21)
    assert layers.check_network().cases == 10 * (1 + 24 + 6 + 18 + 3)
    assert layers.check_function().cases == 802


def test_gradcheck_tells_right_from_wrong():
    assert layers.value_gradcheck() == {"right": True, "wrong": False}


def test_sigmoid_graph_is_that_of_autograd():
    data = drawings.figure_sigmoid(Tr("en")).data
    x = torch.tensor(drawings.AT, dtype=torch.float64, requires_grad=True)
    steps = [x]
    for operation in (torch.neg, torch.exp, lambda v: v + 1, torch.reciprocal):
        steps.append(operation(steps[-1]))
        steps[-1].retain_grad()
    steps[-1].backward()
    assert data["forward"] == pytest.approx([s.item() for s in steps])
    assert data["backward"] == pytest.approx([s.grad.item() for s in steps])
    assert data["together"] == pytest.approx(x.grad.item())


def test_softmax_graph_is_that_of_autograd():
    data = drawings.figure_softmax_loss(Tr("zh")).data
    z = torch.tensor(drawings.LOGITS, requires_grad=True)
    p = torch.softmax(z, 0)
    p.retain_grad()
    loss = -(torch.tensor(drawings.TARGET) * p.log()).sum()
    loss.backward()
    np.testing.assert_allclose(data["p"], p.detach().numpy(), atol=1e-15)
    np.testing.assert_allclose(data["at_p"], p.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(data["at_z"], z.grad.numpy(), atol=1e-15)
    assert data["loss"] == pytest.approx(loss.item())
    value = drawings.value_softmax_loss()
    assert sum(value["gradient"]) == pytest.approx(0, abs=1e-15)
    assert value["middle"] == pytest.approx(-1 / p[0].item())


def test_relu_graph_opens_and_shuts():
    data = drawings.figure_relu(Tr("en")).data
    assert data["outputs"].tolist() == [2, 0]
    assert data["gradients"].tolist() == [0.7, 0]


@pytest.mark.parametrize("lang", LANGS)
def test_affine_and_mse_drawings_name_every_gradient(lang):
    said = {t.get_text() for t in drawings.figure_affine(Tr(lang)).canvas.axes[0].texts}
    assert {"G Wᵀ", "Xᵀ G", "G = ∂L/∂Y"} <= said
    said = {t.get_text() for t in drawings.figure_mse(Tr(lang)).canvas.axes[0].texts}
    assert {"1", "1 / m", "2d / m", "−2d / m"} <= said


def test_affine_table_shows_the_example():
    rows = {row[0]: row for row in graphs.table_affine(Tr("en")).rows}
    assert rows["$Y$"][1:3] == ["(2, 3)", "[[5.5, 2, −1.5], [11.5, 4, −3.5]]"]
    assert rows[r"$\partial L / \partial X$"][2] == "[[−1, 2], [1, 1]]"
    assert rows[r"$\partial L / \partial W$"][2] == "[[1, 3, −1], [2, 4, 0]]"
    assert rows[r"$\partial L / \partial b$"][1:3] == ["(3,)", "[1, 1, 1]"]


def test_local_rules_by_autograd():
    a, b = (torch.tensor(v, requires_grad=True) for v in (2.0, 5.0))
    g = 3.0
    cases = [
        (a + b, (g, g)),
        (a * b, (g * 5, g * 2)),
        (torch.maximum(a, b), (0, g)),
        (a + a + b, (2 * g, g)),
    ]
    for out, expected in cases:
        found = torch.autograd.grad(g * out, (a, b), allow_unused=True)
        assert tuple(v.item() for v in found) == expected


def test_gradients_accumulate():
    # d/dw mean((w x)^2) at w = 1 is 2 mean(x^2) = 2 * 30 / 4
    assert autograd.value_accumulation() == {"once": 15.0, "twice": 30.0, "sum": 60.0}


def test_only_the_leaf_that_requires_it_has_a_gradient():
    rows = autograd.table_tensors(Tr("en")).rows
    assert [row[0] for row in rows if row[4] is not None] == ["`w`"]
    for row in rows:  # a leaf is what no recorded operation has made
        assert row[2] == (row[3] is None)


def test_autograd_refuses_all_five():
    rows = autograd.table_refused(Tr("en")).rows
    assert len(rows) == 5
    said = " ".join(row[1] for row in rows)
    for words in ("second time", "in-place operation", "modified", "scalar outputs", "numpy()"):
        assert words in said


def test_a_change_through_data_goes_unseen():
    # the slope of exp at 0 is 1; autograd takes the stored output, 2 after the change, for it
    assert autograd.value_unseen() == {"found": 2.0, "true": 1.0}
    w = torch.tensor([0.0], requires_grad=True)
    y = torch.exp(w)
    y.detach().numpy()[:] += 1  # memory that both share
    y.sum().backward()
    assert w.grad.item() == 2.0


@pytest.mark.parametrize("remedy", ["retain", "no_grad", "new", "sum", "detach"])
def test_the_remedies_work(remedy):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    if remedy == "retain":
        loss = (w**2).sum()
        loss.backward(retain_graph=True)
        loss.backward()
        assert w.grad.tolist() == [4, 8]
    elif remedy == "no_grad":
        with torch.no_grad():
            w += 1
        assert w.tolist() == [2, 3]
    elif remedy == "new":
        y = torch.exp(w)
        y = y + 1
        y.sum().backward()
        np.testing.assert_allclose(w.grad.numpy(), np.exp([1, 2]), rtol=1e-6)
    elif remedy == "sum":
        (w**2).sum().backward()
        assert w.grad.tolist() == [2, 4]
    else:
        assert w.detach().numpy().tolist() == [1, 2]


def test_graph_draws_arrows_of_both_directions():
    graph = Graph(4.0, 1.0)
    graph.value("a", 0.5, 0.5, "a")
    graph.operation("f", 2.0, 0.5, "f")
    graph.edge("a", "f", "forth", "back")
    forth, back = graph.axes.lines
    assert forth.get_xdata()[0] < forth.get_xdata()[1]
    assert back.get_xdata()[0] > back.get_xdata()[1]
    assert forth.get_ydata()[0] > 0.5 > back.get_ydata()[0]
    # from border to border: the box is half an inch wide, the circle has a radius of 0.17
    assert forth.get_xdata()[0] == pytest.approx(0.5 + 0.25, abs=0.03)
    assert back.get_xdata()[0] == pytest.approx(2.0 - 0.17, abs=0.03)
