"""Everything that can be said in seconds, without running a snippet: lint, types, and the words
of the pages.
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from gen import bibliography, concepts, lint, review
from gen.errors import Failure, Problem
from gen.paths import Paths

RUFF = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+):\d+: (?P<what>.+)$")
MYPY = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+): error: (?P<what>.+)$")


def run(paths: Paths) -> str:
    """Raises Failure with every problem; else says in a line what was looked at."""
    with ThreadPoolExecutor() as pool:
        tools = [pool.submit(_ruff, paths), pool.submit(_format, paths), pool.submit(_mypy, paths)]
        pages = review.read_pages(paths)
        problems = review.words(pages, paths)
        problems += _modules(paths) + _twins_of_modules(pages, paths)
        try:
            bibliography.read(paths.bibliography, paths.show(paths.bibliography))
        except Failure as failure:
            problems += failure.problems
        for tool in tools:
            problems += tool.result()
    if problems:
        raise Failure(problems)
    typed = sum(lint.literals(page) for one in pages.values() for page in one.values())
    many = sum(len(one) for one in pages.values())
    return f"{many} pages and all code checked; {typed} typed numbers, each with its reason"


def _modules(paths: Paths) -> list[Problem]:
    """Names in the concept modules that fit no kind."""
    problems = []
    for concept in concepts.discover(paths):
        try:
            concepts.declared(concept, paths)
        except Failure as failure:
            problems += failure.problems
    return problems


def _twins_of_modules(pages: review.Pages, paths: Paths) -> list[Problem]:
    """A concept is four files: snippet, test and two pages."""
    problems = []
    for concept in concepts.discover(paths):
        shown = paths.show(concept.path)
        test = paths.root / f"tests/snippets/{concept.topic}/test_{concept.name}.py"
        if not test.is_file():
            todo = f"write {paths.show(test)}"
            problems.append(Problem(shown, 1, "the concept has no test", todo))
        for lang, names in pages.items():
            if f"{concept.page}.md" not in names:
                todo = f"write docs/{lang}/{concept.page}.md"
                problems.append(Problem(shown, 1, f"the concept has no {lang} page", todo))
    return problems


def _tool(
    paths: Paths, form: re.Pattern[str], todo: str, tool: str, *arguments: str
) -> list[Problem]:
    """What a tool complains about; one that failed without a complaint did not do its work."""
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=paths.root,
        capture_output=True,
        text=True,
        check=False,
    )
    problems = [
        Problem(match["path"], int(match["line"]), match["what"], todo)
        for match in map(form.match, done.stdout.splitlines())
        if match
    ]
    if problems or done.returncode == 0:
        return problems
    first = next((line for line in (done.stdout + done.stderr).splitlines() if line.strip()), "")
    what = f"{tool} did not run: {first}"
    return [Problem("pyproject.toml", 1, what, "run make setup, or mend its settings")]


def _ruff(paths: Paths) -> list[Problem]:
    todo = "mend it, or run ruff check --fix"
    return _tool(paths, RUFF, todo, "ruff", "check", "--output-format=concise", ".")


def _format(paths: Paths) -> list[Problem]:
    return _tool(
        paths, RUFF, "run ruff format", "ruff", "format", "--check", "--output-format=concise", "."
    )


def _mypy(paths: Paths) -> list[Problem]:
    return _tool(paths, MYPY, "give it the right type", "mypy", "--no-error-summary")
