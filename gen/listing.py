"""The source of a function as a reader copies it: complete, so that it runs where it is pasted.

A function that calls another of this repository, or reads a constant beside it, is listed with
them, whichever module they stand in; the imports that are needed stand on top.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


class NotListed(LookupError):
    """A function cannot be shown complete; ``what`` and ``todo`` make the problem's text."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what}; {todo}")
        self.what, self.todo = what, todo


@dataclass
class _Module:
    """One source file: where each top-level name is bound."""

    source: str
    bound: dict[str, ast.stmt] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> _Module:
        module = cls(path.read_text(encoding="utf-8"))
        for node in ast.parse(module.source).body:
            for name in _binds(node):
                module.bound[name] = node
        return module


def _binds(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.split(".")[0]
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def listing(path: Path, name: str, root: Path) -> str:
    """The code of ``name`` in the module at ``path``, with all that it needs, imports first.

    Raises NotListed where a name is bound by nothing, by a whole module of this repository (which a
    reader does not have), under another name than its definition's, or by two definitions.
    """
    imports: dict[str, None] = {}
    pieces: dict[tuple[Path, int], str] = {}
    modules: dict[Path, _Module] = {}
    owners: dict[str, Path] = {}

    def add(path: Path, name: str, user: str) -> None:
        if path not in modules:
            modules[path] = _Module.read(path)
        module = modules[path]
        if name not in module.bound:
            if hasattr(builtins, name):
                return
            raise NotListed(
                f"'{user}' uses '{name}', which nothing in its module binds", "define or import it"
            )
        node = module.bound[name]
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = _origin(node, name, path, root)
            if found is None:
                imports.setdefault(ast.unparse(_only(node, name)))
            elif not found[1]:
                raise NotListed(
                    f"'{user}' uses the module '{name}', which a reader does not have",
                    "import from it the functions that are used",
                )
            elif found[1] != name:
                raise NotListed(
                    f"'{user}' uses '{found[1]}' under the name '{name}'",
                    "import it under its own name: the listing shows its definition",
                )
            else:
                add(*found, user)
        elif owners.setdefault(name, path) != path:
            raise NotListed(
                f"'{user}' needs two different '{name}', of {owners[name].name} and {path.name}",
                "rename one of them",
            )
        elif (path, node.lineno) not in pieces:
            pieces[path, node.lineno] = ""
            code = _segment(module.source, node)
            for used in sorted(_free_names(code)):
                add(path, used, name)
            del pieces[path, node.lineno]
            pieces[path, node.lineno] = code

    add(path, name, name)
    head = "\n".join(sorted(imports, key=lambda line: (line.startswith("from"), line)))
    return "\n\n\n".join(part for part in (head, *pieces.values()) if part) + "\n"


def _origin(
    node: ast.Import | ast.ImportFrom, name: str, path: Path, root: Path
) -> tuple[Path, str] | None:
    """The file of this repository that an import takes ``name`` from, and its name there.

    That is empty where the name stands for the module itself.  None for what is installed.
    """

    def file(module: str) -> Path | None:
        folder = root.joinpath(*module.split("."))
        for candidate in (folder.with_suffix(".py"), folder / "__init__.py"):
            if candidate.is_file():
                return candidate
        return None

    alias = next(a for a in node.names if (a.asname or a.name.split(".")[0]) == name)
    if isinstance(node, ast.Import):
        whole = file(alias.name)
        return (whole, "") if whole else None
    package = path.relative_to(root).parts[: -node.level] if node.level else ()
    module = ".".join([*package, *filter(None, [node.module])])
    whole = file(f"{module}.{alias.name}")
    if whole:
        return whole, ""
    source = file(module)
    return (source, alias.name) if source else None


def _only(node: ast.Import | ast.ImportFrom, name: str) -> ast.Import | ast.ImportFrom:
    kept = [a for a in node.names if (a.asname or a.name.split(".")[0]) == name]
    if isinstance(node, ast.Import):
        return ast.Import(names=kept)
    return ast.ImportFrom(module=node.module, names=kept, level=node.level)


def _segment(source: str, node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def _free_names(code: str) -> set[str]:
    """Names that a statement takes from its module, as Python itself resolves them."""

    def read(table: symtable.SymbolTable) -> Iterator[str]:
        at_top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (at_top or symbol.is_global()):
                yield symbol.get_name()
        for child in table.get_children():
            yield from read(child)

    top = symtable.symtable(code, "listing", "exec")
    return set(read(top)) - {s.get_name() for s in top.get_symbols() if s.is_assigned()}
