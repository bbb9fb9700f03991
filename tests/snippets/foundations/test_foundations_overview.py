"""The costs of six networks against PyTorch's counter and counts by hand."""

import pytest
import torch
from torch import nn

from snippets.foundations import foundations_overview
from snippets.foundations.foundations_overview import torch_costs, torch_networks
from snippets.kit import LANGS, Tr

EN = Tr("en")


def test_counts_by_hand():
    costs = foundations_overview._costs()
    assert costs["linear"]["parameters"] == 784 * 10 + 10
    assert costs["mlp"]["parameters"] == 784 * 50 + 50 + 50 * 10 + 10
    assert costs["deep"]["parameters"] == 784 * 50 + 50 + 7 * (50 * 50 + 50) + 510
    assert costs["cnn"]["parameters"] == (9 * 16 + 16) + (16 * 9 * 32 + 32) + (32 * 49 * 10 + 10)
    rnn = 50 * (28 + 50)
    assert costs["rnn"]["parameters"] == rnn + 2 * 50 + 510
    assert costs["lstm"]["parameters"] == 4 * (rnn + 2 * 50) + 510
    assert costs["rnn"]["multiplications"] == 28 * rnn + 500
    assert costs["lstm"]["multiplications"] == 28 * 4 * rnn + 500
    assert costs["cnn"]["multiplications"] == 784 * 9 * 16 + 196 * 16 * 9 * 32 + 15680
    assert {name: c["in_a_row"] for name, c in costs.items()} == {
        "linear": 1,
        "mlp": 2,
        "deep": 9,
        "cnn": 3,
        "rnn": 29,
        "lstm": 29,
    }


def test_counter_of_pytorch_agrees():
    result = foundations_overview.check_costs()
    assert (result.cases, result.error) == (4, 0)


def test_networks_give_logits():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for network in torch_networks().values():
            assert network(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_costs_of_a_single_layer():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        conv = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False))
    assert torch_costs(conv, torch.zeros(1, 1, 5, 5)) == {
        "parameters": 18,
        "weights": 18,
        "multiplications": 18 * 9,
        "in_a_row": 1,
    }


def test_table_and_text():
    rows = foundations_overview.table_networks(EN).rows
    assert [row[3] for row in rows][:3] == [1, 1, 1]  # dense: every weight once
    assert rows[3][3] > 27  # the convolutions at hundreds of places, the head once
    assert 20 < rows[4][3] < 28
    run = foundations_overview.value_run()
    assert run["steps"] == 938  # 60,000 / 64 = 937.5
    assert run["total"] == 9380
    assert run["cnn_parameters"] < run["parameters"]
    assert run["cnn_times"] > 10


@pytest.mark.parametrize("lang", LANGS)
def test_figure_counts_as_the_text(lang):
    data = foundations_overview.figure_nesting(Tr(lang)).data
    assert len(data["names"]) == len(data["contents"]) == 6
    numbers = ("10", "938", "64", "2", "50", "784")
    for content, number in zip(data["contents"], numbers, strict=True):
        assert content.startswith(number)
