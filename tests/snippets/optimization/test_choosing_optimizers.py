"""Picking a rate, the sweep, and the recipes."""

import numpy as np
import pytest
import torch

from snippets.optimization.choosing_optimizers import pick, torch_recipes, torch_sweep

nan = np.nan


def test_the_best_mean_on_validation_decides_not_the_test_scores():
    validation = np.array([[0.1, 0.2], [0.8, 0.6], [0.9, 0.4], [0.0, 0.0]])
    test = np.array([[1.0, 1.0], [0.5, 0.6], [0.9, 0.9], [1.0, 1.0]])
    best, scores = pick(validation, test)
    assert best == 1
    np.testing.assert_array_equal(scores, [0.5, 0.6])


def test_a_rate_with_a_diverged_run_is_not_picked():
    validation = np.array([[0.1, 0.1], [0.9, nan], [0.3, 0.3], [0.2, 0.2]])
    assert pick(validation, validation)[0] == 2


@pytest.mark.parametrize("scores", [[[0.9], [0.1], [0.1]], [[0.1], [0.2], [0.3]], [[0.5]]])
def test_a_best_rate_at_the_end_is_refused(scores):
    with pytest.raises(ValueError, match="widen the sweep"):
        pick(np.array(scores), np.array(scores))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"\(3, 2\) and \(3, 1\)"):
        pick(np.ones((3, 2)), np.ones((3, 1)))


def test_sweep_trains_each_run_from_its_seed():
    def make_model(seed):
        torch.manual_seed(seed)
        return torch.nn.Linear(2, 1, bias=False).double()

    def batches(seed):
        draw = torch.Generator().manual_seed(seed)
        x = torch.randn(6, 4, 2, generator=draw, dtype=torch.float64)
        return [(part, part.sum(dim=1, keepdim=True)) for part in x]

    def score(model):
        return float(model.weight.sum())

    def optimizer(parameters, rate):
        return torch.optim.SGD(parameters, lr=rate)

    loss = torch.nn.functional.mse_loss
    found = torch_sweep(make_model, optimizer, (0.05, 0.2), (3, 4), batches, loss, score)
    assert found.shape == (2, 2)
    for number, rate in enumerate((0.05, 0.2)):
        for run, seed in enumerate((3, 4)):
            w = make_model(seed).weight.detach().numpy()[0]
            for t, (x, y) in enumerate(batches(seed)):
                x, y = x.numpy(), y.numpy()[:, 0]
                factor = (1 + np.cos(np.pi * t / 6)) / 2
                w = w - rate * factor * 2 * (x @ w - y) @ x / 4
            assert found[number, run] == pytest.approx(w.sum(), abs=1e-12)


def test_recipes():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4))
    embedding = torch.nn.Embedding(10, 3, sparse=True)
    recipes = torch_recipes(model, list(embedding.parameters()))
    assert [type(o).__name__ for o in recipes.values()] == ["AdamW", "SGD", "SparseAdam"]
    decayed, other = recipes["transformer"].param_groups
    assert [p.shape for p in decayed["params"]] == [(4, 3)]
    assert other["weight_decay"] == 0
    assert len(other["params"]) == 3
    embedding(torch.tensor([1, 1, 2])).sum().backward()
    recipes["embeddings"].step()
    assert "embeddings" not in torch_recipes(model)


def test_sparse_parameters_of_the_model_go_to_their_own_optimiser_only():
    model = torch.nn.Sequential(torch.nn.Embedding(10, 3, sparse=True), torch.nn.Linear(3, 2))
    recipes = torch_recipes(model, [model[0].weight])
    for name in ("transformer", "images"):
        held = [p for group in recipes[name].param_groups for p in group["params"]]
        assert sorted(map(id, held)) == sorted(map(id, model[1].parameters()))
    model(torch.tensor([1, 2])).sum().backward()
    for optimizer in recipes.values():
        optimizer.step()
