"""Finds the concept modules, and classifies by name what each declares.

Nothing is imported: the source is read as a syntax tree, so a module that cannot run is still
located, and a build in which nothing changed costs no import.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from gen.errors import Failure, Problem
from gen.paths import Paths

Kind = Literal["figure", "table", "value", "check", "formula", "listing"]

KINDS: dict[str, Kind] = {
    "figure": "figure",
    "table": "table",
    "value": "value",
    "check": "check",
    "formula": "formula",
}
PREFIXES = tuple(KINDS)
RESULT_TYPES = {"Figure": "figure", "Table": "table", "Check": "check", "Spread": "value"}


@dataclass(frozen=True)
class Declared:
    """One thing that a module declares: ``relu.figure_curve`` at line 41."""

    name: str
    kind: Kind
    path: Path
    line: int
    last: int
    takes_tr: bool


@dataclass(frozen=True)
class Concept:
    """One concept: its module, and the parts beside it, read but not imported.

    ``relu_variants.py`` holds the functions that are listed; figures, tables and the like may
    also stand in ``_relu_variants_dying.py`` and so on, so that no file grows beyond what one
    reads in a sitting.
    """

    name: str
    topic: str
    path: Path
    parts: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.path, *self.parts)

    @property
    def page(self) -> str:
        """The page of the concept, without language and suffix: ``activations/relu-variants``."""
        return f"{self.topic}/{self.name}".replace("_", "-")

    @cached_property
    def source(self) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for path in self.files)

    def module(self, path: Path) -> str:
        """The dotted name of one of its files."""
        return f"snippets.{self.topic}.{path.stem}"


def discover(paths: Paths) -> list[Concept]:
    """All concepts, by name; two of one name are a failure, since pages call them by it."""
    modules: dict[str, Path] = {}
    parts: dict[str, list[Path]] = {}
    problems = []
    for path in sorted(paths.snippets.glob("*/[!_]*.py")):
        other = modules.setdefault(path.stem, path)
        if other is not path:
            problems.append(
                Problem(
                    paths.show(path),
                    1,
                    f"a concept named '{path.stem}' exists already in {paths.show(other)}",
                    "rename one: pages call a concept by its name alone",
                )
            )
    if problems:
        raise Failure(problems)
    for path in sorted(paths.snippets.glob("*/_[!_]*.py")):
        owner = _owner(path, modules)
        if owner:
            parts.setdefault(owner, []).append(path)
    return [
        Concept(name, path.parent.name, path, tuple(parts.get(name, ())))
        for name, path in modules.items()
    ]


def _owner(part: Path, modules: Mapping[str, Path]) -> str | None:
    """The concept that ``_relu_variants_dying.py`` is a part of: relu_variants, and not relu."""
    owners = [
        name
        for name, path in modules.items()
        if path.parent == part.parent and part.stem.startswith(f"_{name}_")
    ]
    return max(owners, key=len, default=None)


def declared(concept: Concept, paths: Paths) -> list[Declared]:
    """What the concept declares, in its order.  Raises Failure with every name that fits no
    kind.
    """
    things: list[Declared] = []
    problems: list[Problem] = []
    for path in concept.files:
        shown = paths.show(path)
        try:
            body = ast.parse(path.read_text(encoding="utf-8"), str(path)).body
        except SyntaxError as error:
            what = f"this is not Python: {error.msg}"
            problems.append(Problem(shown, error.lineno or 1, what, "correct the syntax"))
            continue
        for node in body:
            for name, line in _names(node):
                kind, complaint = (None, None) if name.startswith("_") else _classify(name, node)
                if complaint:
                    problems.append(Problem(shown, line, *complaint))
                elif kind and (kind != "listing" or path == concept.path):
                    last = node.end_lineno or line
                    takes_tr = "tr" in _parameters(node)
                    things.append(Declared(name, kind, path, line, last, takes_tr))
    first: dict[str, Declared] = {}
    for thing in things:
        if first.setdefault(thing.name, thing).path != thing.path:
            what = f"'{thing.name}' is declared in {paths.show(first[thing.name].path)} already"
            problems.append(Problem(paths.show(thing.path), thing.line, what, "rename one"))
    if problems:
        raise Failure(problems)
    return things


def _names(node: ast.stmt) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        yield node.name, first
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.lineno
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, node.lineno


def _parameters(node: ast.stmt) -> list[str]:
    if not isinstance(node, ast.FunctionDef):
        return []
    return [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]


def _classify(name: str, node: ast.stmt) -> tuple[Kind | None, tuple[str, str] | None]:
    prefix = name.split("_", 1)[0]
    is_function = isinstance(node, ast.FunctionDef)
    if prefix in PREFIXES and name != prefix:
        if is_function == (prefix == "formula"):
            if is_function:
                return None, (f"'{name}' is a function", f"declare {name} = Formula(...)")
            return None, (f"'{name}' is not a function", f"write def {name}(...), or rename it")
        extra = [p for p in _parameters(node) if p != "tr"]
        if is_function and extra:
            return None, (
                f"'{name}' takes parameters ({', '.join(extra)})",
                "an artifact takes `tr` or nothing; move the parameters inside",
            )
        if prefix in ("figure", "table") and "tr" not in _parameters(node):
            return None, (
                f"'{name}' does not take `tr`",
                f"write def {name}(tr: Tr), and its texts as tr('中文', 'English')",
            )
        return KINDS[prefix], None
    intended = _intended(node)
    if intended is None and is_function and "_" in name:
        near = difflib.get_close_matches(prefix, PREFIXES, 1, cutoff=0.75)
        intended = near[0] if near else None
    if intended:
        rest = name.split("_", 1)[-1]
        return None, (
            f"'{name}' has a prefix that means nothing here",
            f"call it {intended}_{rest} (prefixes: {', '.join(PREFIXES)}), "
            f"or _{name} if it is a helper",
        )
    return ("listing" if isinstance(node, ast.FunctionDef | ast.ClassDef) else None), None


def _intended(node: ast.stmt) -> str | None:
    """The prefix that a declaration without one should have had, judged by what it is."""
    if isinstance(node, ast.FunctionDef):
        if isinstance(node.returns, ast.Name) and node.returns.id in RESULT_TYPES:
            return RESULT_TYPES[node.returns.id]
        return "figure" if "tr" in _parameters(node) else None
    value = getattr(node, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return "formula" if value.func.id == "Formula" else None
    return None


class Imports:
    """Which files of the repository run when a file is imported; each file is read once.

    To be made anew for each build, since it does not see a file change.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.direct: dict[Path, frozenset[Path]] = {}
        self.named: dict[str, tuple[Path, ...]] = {}

    def of(self, *paths: Path) -> set[Path]:
        """These files, and all that run with them."""
        seen: set[Path] = set()
        waiting = list(paths)
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting.extend(self._direct(current))
        return seen

    def _direct(self, path: Path) -> frozenset[Path]:
        if path not in self.direct:
            package = path.parent.relative_to(self.root).parts
            # Python runs the packages on the way first.
            names = [".".join(package), *_imported(path.read_text(encoding="utf-8"), package)]
            self.direct[path] = frozenset(file for name in names for file in self._files(name))
        return self.direct[path]

    def _files(self, module: str) -> tuple[Path, ...]:
        if module not in self.named:
            self.named[module] = tuple(_files(module, self.root))
        return self.named[module]


# Read by pattern, not by syntax tree, since a build begins by reading them all.  What merely
# looks like an import, in a docstring, makes a key depend on a file too many, which does no harm.
IMPORT = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n;]*)"
    r"|import[ \t]+(?P<modules>[^\n;]*))",
    re.MULTILINE,
)


def _imported(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """The dotted names that a module of ``package`` imports."""
    plain = re.sub(r"#[^\n]*", "", source).replace("\\\n", " ")
    for match in IMPORT.finditer(plain):
        if match["modules"]:
            yield from (part.split()[0] for part in match["modules"].split(",") if part.split())
            continue
        name = match["module"].lstrip(".")
        level = len(match["module"]) - len(name)
        base = list(package[: len(package) - level + 1]) if level else []
        module = ".".join([*base, *([name] if name else [])])
        yield module
        names = match["names"].strip("()").split(",")
        yield from (f"{module}.{part.split()[0]}" for part in names if part.split())


def _files(module: str, root: Path) -> Iterator[Path]:
    """The file of a dotted name, and the __init__ of each package on the way to it."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        folder = root.joinpath(*parts[:depth])
        for candidate in (folder.with_suffix(".py"), folder / "__init__.py"):
            if candidate.is_file():
                yield candidate
        if not folder.is_dir():
            return
