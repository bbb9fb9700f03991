"""Runs one concept module in a process of its own and writes what it made into a folder.

Each artifact is made in both languages.  All problems of the module are collected; a folder is
complete, and so kept by the cache, only when there were none.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from gen import aside, warm
from gen.concepts import Concept, Declared, Imports, declared
from gen.errors import Failure, Problem
from gen.guard import Guard, no_global_randomness, time_limit
from gen.listing import listing
from gen.paths import Paths
from snippets import kit

Result = dict[str, Any]


class Worker:
    """What a worker process knows while it makes the artifacts of one concept."""

    def __init__(
        self,
        concept: Concept,
        paths: Paths,
        out: Path,
        seconds: float,
        imports: Imports,
        *,
        spare: bool = False,
    ) -> None:
        self.concept, self.paths, self.out, self.seconds = concept, paths, out, seconds
        self.spare = spare
        """Whether a core is free beside that of this process."""
        self.imported = imports.of(*concept.files)
        self.guard = Guard(paths.root, self.imported | imports.of(Path(__file__)))
        self.problems: list[Problem] = []
        # With the formula itself, so that its id stays its own.
        self.outcomes: dict[int, tuple[kit.Formula, Result]] = {}

    def run(self) -> tuple[dict[str, Result], list[Problem]]:
        """The artifacts by name, and what went wrong."""
        made: dict[str, Result] = {}
        try:
            things = declared(self.concept, self.paths)
        except Failure as failure:
            return {}, failure.problems
        warm.torch("".join(path.read_text(encoding="utf-8") for path in self.imported))
        modules = self._guarded(None, self._import)
        if modules is None:
            return {}, self.problems
        for thing in things:
            shown = self.paths.show(thing.path)
            (self.out / "current").write_text(f"{thing.name} {thing.line} {shown}")
            make = partial(self._make, thing, modules[thing.path])
            result = self._guarded(thing, make)
            if result is not None:
                made[thing.name] = {
                    "kind": thing.kind,
                    "path": self.paths.show(thing.path),
                    "line": thing.line,
                    **result,
                }
        return made, self.problems

    def _import(self) -> dict[Path, ModuleType]:
        """The modules of the concept by file."""
        concept = self.concept
        with self.guard.armed():
            return {path: importlib.import_module(concept.module(path)) for path in concept.files}

    def _guarded(self, thing: Declared | None, act: Callable[[], Any]) -> Any:
        """Run a piece of the snippet under the guard; None when it failed, with the problem
        noted.
        """
        said = io.StringIO()
        result = None
        try:
            with (
                contextlib.redirect_stdout(said),
                contextlib.redirect_stderr(said),
                warnings.catch_warnings(),
                time_limit(self.seconds),
            ):
                warnings.simplefilter("error")
                result = act()
        except Failure as failure:
            self.problems += failure.problems
        except Exception as error:
            self._note(thing, *_told(error), error.__traceback__)
        if said.getvalue().strip():
            first = said.getvalue().strip().splitlines()[0]
            self._note(thing, f"it prints {first!r}", "return what the page should show")
            return None
        return result

    def _note(
        self, thing: Declared | None, what: str, todo: str, trace: TracebackType | None = None
    ) -> None:
        """A problem, at the last line of this concept that the error came through."""
        places = [
            (Path(frame.filename), frame.lineno)
            for frame in traceback.extract_tb(trace)
            if Path(frame.filename) in self.concept.files and frame.lineno
        ]
        otherwise = (thing.path, thing.line) if thing else (self.concept.path, 1)
        path, line = places[-1] if places else otherwise
        name = thing.name if thing else "import"
        self.problems.append(Problem(self.paths.show(path), line, f"{name}: {what}", todo))

    # ------------------------------------------------------------------ one artifact

    def _make(self, thing: Declared, module: ModuleType) -> Result:
        if thing.kind == "listing":
            code = listing(thing.path, thing.name, self.paths.root)
            both = {"code": code, "first": thing.line, "last": thing.last}
            return {"zh": both, "en": both}
        from gen import render

        declaration = getattr(module, thing.name)
        if thing.kind == "formula":
            return self._formula(declaration)
        if thing.kind == "figure":
            made = self._figure(thing, declaration)
        else:
            made = {lang: self._in_language(thing, declaration, kit.Tr(lang)) for lang in kit.LANGS}
        if _numbers(made["zh"]) != _numbers(made["en"]):
            raise render.Refused(
                "its numbers differ between Chinese and English",
                "seed it with np.random.default_rng(seed), or keep what was measured: @cache",
            )
        return made

    def _returned(self, thing: Declared, make: Callable[..., Any], tr: kit.Tr) -> Any:
        """What the snippet returns, under the guard."""
        with no_global_randomness(), self.guard.armed():
            return make(tr) if thing.takes_tr else make()

    def _figure(self, thing: Declared, make: Callable[..., Any]) -> Result:
        """Both languages, drawn at once where a core is free."""
        from gen import render

        warm.figures(self.paths)
        name = f"{self.concept.name}.{thing.name}"
        tasks = []
        for lang in kit.LANGS:
            tr = kit.Tr(lang)
            made = self._returned(thing, make, tr)
            tasks.append(partial(render.figure, made, tr, name))
        drawn = aside.both(*tasks) if self.spare else [task() for task in tasks]
        result: Result = {}
        for lang, (payload, svg) in zip(kit.LANGS, drawn, strict=True):
            file = self.out / f"{thing.name}.{lang}.svg"
            file.write_text(svg, encoding="utf-8")
            result[lang] = {**payload, "svg": file.name}
        return result

    def _in_language(self, thing: Declared, make: Callable[..., Any], tr: kit.Tr) -> Result:
        from gen import render

        made = self._returned(thing, make, tr)
        if thing.kind == "table":
            payload, formulas = render.table(made, tr)
            outcomes = [self._outcome(f) for f in formulas]
            return {**payload, "formulas": len(outcomes)}
        if thing.kind == "value":
            return render.value(made)
        result = render.check(made)
        return {**result, "against": result["against"][tr.lang]}

    def _outcome(self, formula: kit.Formula) -> Result:
        """The evidence for a formula; one in the tables of both languages is executed once."""
        from gen.formula import check

        if id(formula) not in self.outcomes:
            with no_global_randomness(), self.guard.armed():
                self.outcomes[id(formula)] = formula, asdict(check(formula))
        return self.outcomes[id(formula)][1]

    def _formula(self, formula: Any) -> Result:
        if not isinstance(formula, kit.Formula):
            raise TypeError("a formula_ is not a kit.Formula")
        outcome = self._outcome(formula)
        return {
            lang: {
                "latex": formula.latex,
                **outcome,
                "symbols": [
                    {
                        "latex": latex,
                        "meaning": kit.Tr(lang).pair(symbol.meaning),
                        "shape": symbol.shape,
                        "unit": symbol.unit,
                    }
                    for latex, symbol in formula.where.items()
                    if any(symbol.meaning)
                ],
            }
            for lang in kit.LANGS
        }


def _numbers(payload: Any) -> list[Any]:
    """The numbers of a payload in order: what both languages must share."""
    if isinstance(payload, dict):
        return [number for value in payload.values() for number in _numbers(value)]
    if isinstance(payload, list):
        return [number for value in payload for number in _numbers(value)]
    return [payload] if isinstance(payload, int | float) else []


def _told(error: Exception) -> tuple[str, str]:
    """An exception as the two halves of a problem."""
    if hasattr(error, "what") and hasattr(error, "todo"):
        return str(error.what), str(error.todo)
    text = " ".join(str(error).split()) or "no message"
    if isinstance(error, Warning):
        return f"{type(error).__name__}: {text}", "a warning is an error here: mend its cause"
    if isinstance(error, kit.KitError):
        what, _, todo = text.rpartition("; ")
        return (what, todo) if what else (text, "correct the snippet")
    return f"{type(error).__name__}: {text}", "run it in Python and mend it"


def main(
    concept: Concept, paths: Paths, out: Path, seconds: float, imports: Imports, *, spare: bool
) -> int:
    """Make everything the concept declares, into ``out``.  Returns 0 when nothing went wrong."""
    sys.path.insert(0, str(paths.root))
    made, problems = Worker(concept, paths, out, seconds, imports, spare=spare).run()
    (out / "current").unlink(missing_ok=True)
    if problems:
        told = [asdict(p) for p in problems]
        (out / "problems.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        return 1
    text = json.dumps(made, ensure_ascii=False, sort_keys=True, indent=1)
    (out / "made.json").write_text(text, encoding="utf-8")
    return 0
