"""What the page on choosing shows, against published and closed-form figures."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
import torch.nn.functional as F

from snippets.activations import _choosing_activations_depth as depth
from snippets.activations import _choosing_activations_losses as losses
from snippets.activations import _choosing_activations_outputs as outputs
from snippets.activations import _choosing_activations_selection as selection
from snippets.activations import _choosing_activations_training as training
from snippets.kit import Tr

EN = Tr("en")


@pytest.mark.parametrize("evidence", [losses.check_losses, depth.check_depth])
def test_checks_agree(evidence):
    result = evidence()
    assert result.cases >= 80
    assert result.error <= result.tolerance <= 1e-9


# ---------------------------------------------------------------- initialisation


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("ReLU", F.relu),
        ("GELU", F.gelu),
        ("SiLU", F.silu),
        ("tanh", torch.tanh),
        ("sigmoid", torch.sigmoid),
    ],
)
def test_gain_by_adaptive_quadrature(name, function):
    def square(z):
        return function(torch.tensor(z, dtype=torch.float64)).item() ** 2 * scipy.stats.norm.pdf(z)

    moment = sum(scipy.integrate.quad(square, *ends)[0] for ends in ((-12, 0), (0, 12)))
    assert depth.gain(name) == pytest.approx(moment**-0.5, rel=1e-6)


def test_gain_of_relu_is_hes():
    assert depth.gain("ReLU") == pytest.approx(2**0.5, rel=1e-9)  # he2015


def test_what_the_text_says_of_depth():
    for name in ("ReLU", "GELU", "SiLU", "tanh"):
        assert 0.01 < depth.matched(name).min() < depth.matched(name).max() < 100
        assert depth.ratios(name, depth.SMALL).max() < 1e-12
        assert depth.ratios(name, depth.LARGE).min() > 1e8
    assert depth.matched("sigmoid").max() < 1e-6
    assert 10 < depth.ratios("sigmoid", 1.0).min() < depth.ratios("sigmoid", 1.0).max() < 100
    assert depth.value_gain_tanh() == pytest.approx(5 / 3)
    assert depth.gain("tanh") < 5 / 3
    for name in ("gelu", "silu"):
        with pytest.raises(ValueError, match="Unsupported nonlinearity"):
            torch.nn.init.calculate_gain(name)


def test_pytorch_defaults():
    """torch.nn's signatures: TransformerEncoderLayer(activation=relu), RNN(nonlinearity=tanh)."""
    assert depth.value_pytorch_defaults() == {"transformer": "`F.relu`", "rnn": "`tanh`"}


# ---------------------------------------------------------------- the sweep


def test_what_the_text_says_of_the_sweep():
    rows = {row[0]: row[1:] for row in training.table_sweep(EN).rows}
    assert set(rows) == {"ReLU", "GELU", "SiLU", "tanh"}
    tests = [row[2] for row in rows.values()]
    # every two ranges overlap
    assert max(score.low for score in tests) <= min(score.high for score in tests)
    assert min(score.mean for score in tests) > 0.95
    assert rows["tanh"][0] > rows["ReLU"][0]  # it likes a larger rate


def test_sweep_figure():
    data = training.figure_sweep(EN).data
    mean = {name: scores.mean(axis=1) for name, scores in data.items()}
    two, four = training.RATES.index(2), training.RATES.index(4)
    assert mean["ReLU"][two] < 0.9
    assert max(mean["GELU"][four], mean["SiLU"][four]) < 0.6
    assert mean["tanh"][four] > 0.75


# ---------------------------------------------------------------- selection


def test_selection():
    value = selection.value_selection()
    assert value["exact"] == pytest.approx(0.5794, abs=5e-5)  # scipy.stats.binom
    assert value["chosen"].mean == pytest.approx(value["exact"], abs=1.5e-3)
    assert value["fresh"].mean == pytest.approx(0.5, abs=3.2e-3)  # four standard errors


def test_selection_figure():
    data = selection.figure_selection(EN).data
    for scores in data.values():
        assert scores[0] == pytest.approx(0.5, abs=1e-12)
        assert (np.diff(scores) > 0).all()
    assert (data[50][1:] > data[200][1:]).all()
    assert (data[200][1:] > data[1000][1:]).all()
    assert data[50][-1] > 0.7


# ---------------------------------------------------------------- the output layer


def test_confident_mistakes():
    slopes = [row[2] for row in outputs.table_wrong(EN).rows]
    s = 1 / (1 + np.exp(8.0))  # σ(-8)
    p = np.array([1, np.exp(8), 1]) / (np.exp(8) + 2)
    q = np.exp(p) / np.exp(p).sum()
    jacobian = np.diag(p) - np.outer(p, p)
    assert slopes[0] == pytest.approx(s - 1, rel=1e-12)
    assert slopes[1] == pytest.approx(2 * (s - 1) * s * (1 - s), rel=1e-12)
    assert slopes[2] == pytest.approx(2 * (np.tanh(-8) - 1) / np.cosh(8) ** 2, rel=1e-6)
    assert slopes[3] == pytest.approx(p[0] - 1, rel=1e-12)
    assert slopes[4] == pytest.approx((jacobian @ (q - [1, 0, 0]))[0], rel=1e-9)


def test_double_softmax_figure():
    data = outputs.figure_double(EN).data
    assert (np.diff(data["once"]) < 0).all()
    assert (np.diff(data["twice"]) < 0).all()
    assert data["twice"].min() > data["floor"] == pytest.approx(np.log(1 + 2 / np.e))
    assert data["twice"].max() < np.log(1 + 2 * np.exp(0.5))  # softmax gives (0, 1/2, 1/2) at best
    meet = np.argmin(np.abs(data["once"] - data["twice"]))
    assert data["z"][meet] == pytest.approx(0, abs=1e-9)  # equal logits: ln 3 either way


def test_bce_refuses_tanh():
    assert "between 0 and 1" in outputs.value_bce_on_tanh()["message"]


@pytest.mark.parametrize("row", outputs.table_outputs(EN).rows, ids=lambda row: row[0])
def test_losses_of_the_table_exist(row):
    for name in row[4].replace("`", "").split(" / "):
        assert issubclass(getattr(torch.nn, name.removeprefix("nn.")), torch.nn.Module)


def test_the_gates_of_an_lstm_are_sigmoids_and_its_state_tanh():
    torch.manual_seed(0)
    cell = torch.nn.LSTMCell(3, 2).double()
    x, (h, c) = torch.randn(1, 3).double(), torch.randn(2, 1, 2).double()
    gates = x @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh
    i, f, g, o = gates.chunk(4, dim=1)
    state = f.sigmoid() * c + i.sigmoid() * g.tanh()
    output, memory = cell(x, (h, c))
    torch.testing.assert_close(memory, state)
    torch.testing.assert_close(output, o.sigmoid() * state.tanh())


@pytest.mark.parametrize("row", outputs.table_card(EN).rows, ids=lambda row: row[0])
def test_losses_of_the_card_take_the_linear_output(row):
    takes = {
        name.replace("nn.", ""): row[5]
        for row in outputs.table_outputs(EN).rows
        for name in row[4].split(" / ")
    }
    assert takes[row[2]] == "yes"


def test_two_outputs_with_softmax_are_one_sigmoid():
    z = torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = torch.arange(50) % 2
    two = F.cross_entropy(z, y)
    one = F.binary_cross_entropy_with_logits(z[:, 1] - z[:, 0], y.double())
    torch.testing.assert_close(two, one)


def test_conventions_that_the_text_names():
    z = torch.tensor([0.5])
    assert torch.nn.PoissonNLLLoss()(z, torch.tensor([1.0])) == pytest.approx(np.exp(0.5) - 0.5)
    with pytest.raises(RuntimeError, match="target dtype"):
        F.cross_entropy(torch.zeros(1, 2), torch.tensor([0.0]))
    with pytest.raises(RuntimeError, match="Float can't be cast"):
        F.binary_cross_entropy_with_logits(torch.zeros(1, 2), torch.tensor([[0, 1]]))
