"""Every formula of every concept is executed, so that no page's own tests repeat it.

A build does the same and fails; here each formula is a test with a name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

from gen.concepts import discover
from gen.formula import check
from gen.paths import Paths
from snippets.kit import Formula


def formulas_in(name: str, made: object) -> Iterator[tuple[str, Formula]]:
    """The formulas that a name of a module stands for, be it one, a table of them or a record."""
    if isinstance(made, Formula):
        yield name, made
    elif isinstance(made, Mapping):
        for key, one in made.items():
            yield from formulas_in(f"{name}[{key}]", one)
    elif isinstance(made, list | tuple):
        for i, one in enumerate(made):
            yield from formulas_in(f"{name}[{i}]", one)
    elif is_dataclass(made) and not isinstance(made, type):
        for field in fields(made):
            yield from formulas_in(f"{name}.{field.name}", getattr(made, field.name))


def declared() -> dict[str, Formula]:
    """All formulas by where they stand, each once: modules import one another's."""
    found: dict[int, tuple[str, Formula]] = {}
    for concept in discover(Paths(Path(__file__).resolve().parents[2])):
        for path in concept.files:
            module = import_module(concept.module(path))
            for name, made in vars(module).items():
                for where, formula in formulas_in(f"{path.stem}.{name}", made):
                    found.setdefault(id(formula), (where, formula))
    return dict(found.values())


FORMULAS = declared()


@pytest.mark.parametrize("name", FORMULAS)
def test_formula_holds(name):
    assert check(FORMULAS[name]).samples >= 1  # raises where a sample or an edge differs
