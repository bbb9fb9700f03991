"""What goes wrong, and where: the one form in which every failure is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend.  ``str`` gives ``path:line: what; todo``: an editor opens it at the
    place.
    """

    path: str
    line: int
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}; {self.todo}"


class Failure(Exception):
    """Every problem of a run, together; nothing is written when it is raised."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[Failure], tuple[list[Problem]]]:
        return Failure, (self.problems,)  # it also comes out of worker processes
