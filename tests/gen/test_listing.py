"""The code that a page shows: complete, so that it runs where a reader pastes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gen import concepts
from gen.concepts import Concept, Declared
from gen.listing import NotListed, listing
from gen.paths import here

FILES = {
    "snippets/demo/_base.py": '''"""What others share."""
import math as m

FACTOR = 2


def _twice(x):
    return FACTOR * x


def angle(x):
    return m.sin(_twice(x))
''',
    "snippets/demo/_other.py": """def _twice(x):
    return x + x


def _scaled(x):
    return _twice(x)
""",
    "snippets/demo/__init__.py": "",
    "snippets/demo/main.py": '''"""The module that is listed."""
from __future__ import annotations

import os.path
import numpy as np
import numpy.linalg
from functools import cache, wraps
from numpy.typing import ArrayLike
from snippets.demo._base import _twice, _twice as doubled, angle
from snippets.demo._other import _scaled
from ._base import FACTOR
from . import _base
from snippets.demo import _base as again
import snippets.demo._base as third

LOW, HIGH = 0, 1
np_shape = 3


def plain(x):
    """No need of anything."""
    return [y + 1 for y in x]


def annotated(x: ArrayLike) -> np.ndarray:
    return np.asarray(x)


def across(x):
    return _twice(x) + angle(x)


def renamed(x):
    return doubled(x)


def clashing(x):
    return _twice(x) + _scaled(x)


def relative(x):
    return FACTOR * x


@cache
def decorated(
    x,
):
    # a comment that stays
    return x


def default(x=HIGH):
    return x


def recursive(n):
    return 1 if n == 0 else n * recursive(n - 1)


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


def shadowed(x):
    def inner(np):
        return np
    return inner(x) + np.sum(x)


def local_import(x):
    import math
    return math.sqrt(x)


def whole_relative(x):
    return _base._twice(x)


def whole_absolute(x):
    return again._twice(x)


def whole_import(x):
    return third._twice(x)


def unknown(x):
    return nowhere(x)


def rank(x):
    return numpy.linalg.matrix_rank(x)


class Holder:
    size = HIGH

    def get(self):
        return self.size, LOW
''',
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("listing")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def shown(root: Path, name: str) -> str:
    return listing(root / "snippets/demo/main.py", name, root)


TEXTS = {
    "plain": '''def plain(x):
    """No need of anything."""
    return [y + 1 for y in x]
''',
    "annotated": """import numpy as np
from numpy.typing import ArrayLike


def annotated(x: ArrayLike) -> np.ndarray:
    return np.asarray(x)
""",
    "relative": """FACTOR = 2


def relative(x):
    return FACTOR * x
""",
    "decorated": """from functools import cache


@cache
def decorated(
    x,
):
    # a comment that stays
    return x
""",
    "default": """LOW, HIGH = 0, 1


def default(x=HIGH):
    return x
""",
    "recursive": """def recursive(n):
    return 1 if n == 0 else n * recursive(n - 1)
""",
    "even": """def odd(n):
    return n != 0 and even(n - 1)


def even(n):
    return n == 0 or odd(n - 1)
""",
    "shadowed": """import numpy as np


def shadowed(x):
    def inner(np):
        return np
    return inner(x) + np.sum(x)
""",
    "local_import": """def local_import(x):
    import math
    return math.sqrt(x)
""",
    "rank": """import numpy.linalg


def rank(x):
    return numpy.linalg.matrix_rank(x)
""",
    "Holder": """LOW, HIGH = 0, 1


class Holder:
    size = HIGH

    def get(self):
        return self.size, LOW
""",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(root: Path, name: str) -> None:
    assert shown(root, name) == TEXTS[name]


def test_what_another_module_defines_stands_before_its_use(root: Path) -> None:
    """Imports of both modules on top, each definition once."""
    code = shown(root, "across")
    assert code.startswith("import math as m\n\n\n")
    assert code.count("def _twice") == code.count("FACTOR = 2") == 1
    order = [code.index(part) for part in ("FACTOR = 2", "def _twice", "def angle", "def across")]
    assert order == sorted(order)


REFUSED = {
    "whole_relative": "'whole_relative' uses the module '_base', which a reader does not have",
    "whole_absolute": "'whole_absolute' uses the module 'again', which a reader does not have",
    "whole_import": "'whole_import' uses the module 'third', which a reader does not have",
    "renamed": "'renamed' uses '_twice' under the name 'doubled'",
    "clashing": "'clashing' needs two different '_twice', of _other.py and _base.py",
    "unknown": "'unknown' uses 'nowhere', which nothing in its module binds",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(root: Path, name: str) -> None:
    with pytest.raises(NotListed) as told:
        shown(root, name)
    assert told.value.what == REFUSED[name]


def _public() -> list[tuple[Concept, Declared]]:
    paths = here()
    return [
        (concept, thing)
        for concept in concepts.discover(paths)
        for thing in concepts.declared(concept, paths)
        if thing.kind == "listing"
    ]


@pytest.mark.parametrize(
    ("concept", "thing"), _public(), ids=lambda part: getattr(part, "name", None)
)
def test_every_listed_function_runs_where_it_is_pasted(concept: Concept, thing: Declared) -> None:
    code = listing(concept.path, thing.name, here().root)
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile(code, thing.name, "exec"), names)
    assert callable(names[thing.name])
    assert "snippets" not in code


def test_a_pasted_function_computes() -> None:
    """One that needs others is run, not only defined: softplus'(0) = 1/2, by hand."""
    code = listing(here().snippets / "activations/relu_variants.py", "softplus_grad", here().root)
    names: dict[str, object] = {}
    exec(code, names)
    slope = names["softplus_grad"]
    assert callable(slope)
    assert slope(np.zeros(1)) == pytest.approx(0.5, abs=1e-15)
