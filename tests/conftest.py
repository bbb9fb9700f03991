"""What every test relies on: no network, one thread, and the same random examples each time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Before NumPy and torch are imported: two workers share two cores, and sums keep their order.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / "build" / "hypothesis"))

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("youju", derandomize=True, database=None, deadline=None)
settings.load_profile("youju")


def pytest_configure() -> None:
    sys.addaudithook(refuse_the_network)


def refuse_the_network(event: str, arguments: tuple[object, ...]) -> None:
    """A test that reaches beyond this machine fails where it does so, network or not."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"a test connects to {address[0]}; tests run without a network")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(ROOT / "tests" / "site"):
            item.add_marker("site")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests recorded: they are asked for, not only their floors."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "figures":
                terminalreporter.write_sep("-", report.nodeid.rsplit("/", 1)[-1])
                terminalreporter.write_line(text)
