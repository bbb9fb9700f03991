"""How concept modules are found, and what each declares by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gen import concepts
from gen.concepts import Concept
from gen.errors import Failure
from gen.paths import Paths

ALL_KINDS = '''"""One of each kind."""
import numpy as np
from functools import cache
from snippets.kit import Formula, Tr

POINTS = [1, 2]
figure = 3


def relu(x):
    return x


class Layer:
    pass


@cache
def cached(n):
    return n


def _figure_helper(n):
    return n


formula_definition = Formula("x", {})


def check_torch():
    return None


def value_top(): return 1


def value_word(tr):
    return 1


def table_rows(tr: Tr):
    return None


def figure_curve(
    tr: Tr,
):
    return (
        None
    )
'''


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def concept(root: Path, text: str) -> Concept:
    return Concept("demo", "topic", write(root, "snippets/topic/demo.py", text))


def problems(root: Path, text: str) -> list[str]:
    with pytest.raises(Failure) as failure:
        concepts.declared(concept(root, text), Paths(root))
    return [str(p) for p in failure.value.problems]


def test_discover(tmp_path: Path) -> None:
    """Not the helpers, the kit or the packages; by path, so in the same order everywhere."""
    for name in ("b/later.py", "a/relu.py", "a/_helper.py", "a/__init__.py", "kit.py"):
        write(tmp_path, f"snippets/{name}", "")
    found = concepts.discover(Paths(tmp_path))
    assert [c.module(c.path) for c in found] == ["snippets.a.relu", "snippets.b.later"]


def test_parts_of_a_concept(tmp_path: Path) -> None:
    """Beside it, by the longest name that they begin with; what begins otherwise is a helper."""
    names = ["relu", "relu_variants", "_relu_dying", "_relu_variants_b", "_relu_variants_a"]
    for name in (*names, "_relu", "_reluctant", "_shared"):
        write(tmp_path, f"snippets/a/{name}.py", "")
    write(tmp_path, "snippets/b/_relu_far.py", "")
    relu, variants = concepts.discover(Paths(tmp_path))
    assert [p.stem for p in relu.files] == ["relu", "_relu_dying"]
    assert [p.stem for p in variants.files] == [
        "relu_variants",
        "_relu_variants_a",
        "_relu_variants_b",
    ]


def test_what_a_part_declares(tmp_path: Path) -> None:
    """Its functions are helpers; a name that both files declare would be called twice."""
    main = write(tmp_path, "snippets/a/relu.py", "def relu(x):\n    pass\n")
    text = "def helper(x):\n    pass\n\n\ndef value_x():\n    return 1\n"
    part = write(tmp_path, "snippets/a/_relu_more.py", text)
    (relu,) = concepts.discover(Paths(tmp_path))
    things = concepts.declared(relu, Paths(tmp_path))
    assert [(t.name, t.kind, t.path, t.line) for t in things] == [
        ("relu", "listing", main, 1),
        ("value_x", "value", part, 5),
    ]
    main.write_text("def value_x():\n    return 1\n", encoding="utf-8")
    with pytest.raises(Failure) as failure:
        concepts.declared(relu, Paths(tmp_path))
    assert str(failure.value) == (
        "snippets/a/_relu_more.py:5: 'value_x' is declared in snippets/a/relu.py already; "
        "rename one"
    )


def test_one_name_in_two_topics(tmp_path: Path) -> None:
    for topic in ("a", "b"):
        write(tmp_path, f"snippets/{topic}/relu.py", "")
    with pytest.raises(Failure) as failure:
        concepts.discover(Paths(tmp_path))
    assert str(failure.value) == (
        "snippets/b/relu.py:1: a concept named 'relu' exists already in snippets/a/relu.py; "
        "rename one: pages call a concept by its name alone"
    )


@pytest.mark.parametrize(
    ("topic", "name", "page"),
    [
        ("activations", "relu", "activations/relu"),
        ("activations", "relu_variants", "activations/relu-variants"),
        ("model_zoo", "le_net_5", "model-zoo/le-net-5"),
    ],
)
def test_page(topic: str, name: str, page: str) -> None:
    assert Concept(name, topic, Path("x.py")).page == page


def test_declared(tmp_path: Path) -> None:
    things = concepts.declared(concept(tmp_path, ALL_KINDS), Paths(tmp_path))
    assert [(t.name, t.kind, t.line, t.last, t.takes_tr) for t in things] == [
        ("relu", "listing", 10, 11, False),
        ("Layer", "listing", 14, 15, False),
        ("cached", "listing", 18, 20, False),
        ("formula_definition", "formula", 27, 27, False),
        ("check_torch", "check", 30, 31, False),
        ("value_top", "value", 34, 34, False),
        ("value_word", "value", 37, 38, True),
        ("table_rows", "table", 41, 42, True),
        ("figure_curve", "figure", 45, 50, True),
    ]


AT = "snippets/topic/demo.py"
PREFIXES = "(prefixes: figure, table, value, check, formula)"
TR_FIX = "and its texts as tr('中文', 'English')"
COMPLAINTS = [
    (
        "def figure_x():\n    pass\n",
        f"{AT}:1: 'figure_x' does not take `tr`; write def figure_x(tr: Tr), {TR_FIX}",
    ),
    (
        "def table_x():\n    pass\n",
        f"{AT}:1: 'table_x' does not take `tr`; write def table_x(tr: Tr), {TR_FIX}",
    ),
    (
        "def value_x(a, *, b):\n    pass\n",
        f"{AT}:1: 'value_x' takes parameters (a, b); "
        "an artifact takes `tr` or nothing; move the parameters inside",
    ),
    ("value_x = 3\n", f"{AT}:1: 'value_x' is not a function; write def value_x(...), or rename it"),
    (
        "def formula_x():\n    pass\n",
        f"{AT}:1: 'formula_x' is a function; declare formula_x = Formula(...)",
    ),
    (
        "\ndefinition = Formula('x', {})\n",
        f"{AT}:2: 'definition' has a prefix that means nothing here; "
        f"call it formula_definition {PREFIXES}, or _definition if it is a helper",
    ),
    (
        "eq: Formula = Formula('x', {})\n",
        f"{AT}:1: 'eq' has a prefix that means nothing here; "
        f"call it formula_eq {PREFIXES}, or _eq if it is a helper",
    ),
    (
        "def fig_curve(tr):\n    pass\n",
        f"{AT}:1: 'fig_curve' has a prefix that means nothing here; "
        f"call it figure_curve {PREFIXES}, or _fig_curve if it is a helper",
    ),
    (
        "def runs() -> Spread:\n    pass\n",
        f"{AT}:1: 'runs' has a prefix that means nothing here; "
        f"call it value_runs {PREFIXES}, or _runs if it is a helper",
    ),
    (
        "def chek_torch():\n    pass\n",
        f"{AT}:1: 'chek_torch' has a prefix that means nothing here; "
        f"call it check_torch {PREFIXES}, or _chek_torch if it is a helper",
    ),
    (
        "x = 1\n\ndef relu(x:\n",
        f"{AT}:3: this is not Python: '(' was never closed; correct the syntax",
    ),
]


@pytest.mark.parametrize(("text", "told"), COMPLAINTS)
def test_complaint(tmp_path: Path, text: str, told: str) -> None:
    assert problems(tmp_path, text) == [told]


def test_all_complaints_of_a_module_together(tmp_path: Path) -> None:
    told = problems(tmp_path, "value_x = 3\n\ndef figure_y():\n    pass\n")
    assert [t.split(": ")[0] for t in told] == [f"{AT}:1", f"{AT}:3"]


@pytest.mark.parametrize("name", ["heckman_model", "tables", "checkpoint_average", "figurative"])
def test_a_function_that_only_looks_a_little_like_a_prefix(tmp_path: Path, name: str) -> None:
    (thing,) = concepts.declared(concept(tmp_path, f"def {name}(x):\n    pass\n"), Paths(tmp_path))
    assert thing.kind == "listing"


IMPORTS = {
    "from a module": "from snippets.demo._base import _twice\n",
    "from a package": "from snippets.demo import _base\n",
    "whole": "import snippets.demo._base\n",
    "whole, renamed": "import snippets.demo._base as base\n",
    "second in a list": "import os, snippets.demo._base\n",
    "relative": "from ._base import _twice\n",
    "relative package": "from . import _base\n",
    "relative upwards": "from ..demo import _base\n",
    "in brackets": "from snippets.demo import (\n    _other,  # (why) not\n    _base,\n)\n",
    "renamed": "from snippets.demo import _base as base\n",
    "in a function": "def f():\n    from snippets.demo._base import _twice\n    return _twice\n",
    "in a branch": "try:\n    import snippets.demo._base\nexcept ImportError:\n    pass\n",
    "with a comment": "from snippets.demo import _base  # why\n",
    "over two lines": "from snippets.demo import _other, \\\n    _base\n",
    "after another": "import os; import snippets.demo._base\n",
    "on the line of its branch": "if True: from snippets.demo import _base\n",
    "through another": "from snippets.demo import _middle\n",
}


@pytest.mark.parametrize("form", IMPORTS)
def test_local_imports(tmp_path: Path, form: str) -> None:
    """Every way to import a helper makes its file part of what the module depends on."""
    base = write(tmp_path, "snippets/demo/_base.py", "def _twice(x):\n    return 2 * x\n")
    write(tmp_path, "snippets/demo/_other.py", "")
    write(tmp_path, "snippets/demo/_middle.py", "from snippets.demo._base import _twice\n")
    unrelated = write(tmp_path, "snippets/demo/unrelated.py", "")
    main = write(tmp_path, "snippets/demo/main.py", "import numpy as np\n" + IMPORTS[form])
    found = concepts.Imports(tmp_path).of(main)
    assert {main, base} <= found
    assert unrelated not in found
    assert all(path.is_relative_to(tmp_path) for path in found)


def test_local_imports_hold_the_packages_on_the_way(tmp_path: Path) -> None:
    """Of what is imported, and of the module itself: Python runs their __init__ before it."""
    own = write(tmp_path, "snippets/demo/__init__.py", "from snippets.demo import _made\n")
    made = write(tmp_path, "snippets/demo/_made.py", "")
    top = write(tmp_path, "snippets/__init__.py", "")
    other = write(tmp_path, "snippets/shared/__init__.py", "")
    base = write(tmp_path, "snippets/shared/_base.py", "")
    main = write(tmp_path, "snippets/demo/main.py", "import snippets.shared._base\n")
    assert concepts.Imports(tmp_path).of(main) == {main, own, made, top, other, base}


def test_local_imports_of_two_that_import_one_another(tmp_path: Path) -> None:
    a = write(tmp_path, "snippets/demo/a.py", "from snippets.demo import b\n")
    b = write(tmp_path, "snippets/demo/b.py", "from snippets.demo import a\n")
    assert concepts.Imports(tmp_path).of(a) == {a, b}
