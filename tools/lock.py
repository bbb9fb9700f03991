"""Writes every pinned requirement file from its ``.in`` file: ``make lock``.

uv resolves once for all supported Pythons and systems.  Versions that are already pinned stay;
``make lock ARGS=--upgrade`` takes the newest.
"""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from pathlib import Path

UV = "uv==0.13.8"
ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "build" / "lock"
UV_PATH = HOME / "bin" / "uv"

# PyTorch and the packages that only its default Linux build asks for.  They are pinned without
# hashes: which build of torch is installed is the user's choice, and each build has its own files.
OF_TORCH = re.compile(r"(torch|triton|cuda-[\w-]+|nvidia-[\w-]+)==")

HEAD = "# Written by `make lock` from {source}: change that, not this.\n"
TORCH_HEAD = """\
# Written by `make lock` from requirements.in.  No hash here: the CPU build of PyTorch is another
# file than the default one, and both will do.
--constraint constraints-torch.txt
"""
CUDA_HEAD = """\
# Written by `make lock`: what the default Linux build of PyTorch brings besides (CUDA).
"""


def resolve(source: str, pinned: str, *options: str) -> list[str]:
    """The pinned packages that ``source`` needs, each with its markers, hashes and reasons.

    Versions in the text ``pinned`` are kept where they still fit.
    """
    result = HOME / "resolved.txt"
    result.write_text(pinned, encoding="utf-8")
    subprocess.run(
        [
            *(str(UV_PATH), "pip", "compile", "--quiet", "--universal", "--no-header"),
            *("--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes"),
            *(source, "--output-file", str(result), *options),
        ],
        cwd=ROOT,
        check=True,
    )
    return re.findall(r"^\S.*\n(?:[ ].*\n)*", result.read_text(encoding="utf-8"), re.MULTILINE)


def read(name: str) -> str:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def write(name: str, head: str, packages: list[str]) -> None:
    (ROOT / name).write_text(head + "".join(packages), encoding="utf-8")


def main(options: list[str]) -> None:
    """Write the pinned files; ``options`` go to uv (``--upgrade``)."""
    if not UV_PATH.exists():
        venv.create(HOME, with_pip=True)
        subprocess.run([HOME / "bin" / "pip", "install", "--quiet", UV], check=True)

    files = ("requirements.txt", "requirements-torch.txt", "constraints-torch.txt")
    pinned = "".join(map(read, files)).replace("--constraint", "#")
    packages = resolve("requirements.in", pinned, *options)
    of_torch = [package for package in packages if OF_TORCH.match(package)]
    write(
        "requirements.txt",
        HEAD.format(source="requirements.in"),
        [package for package in packages if package not in of_torch],
    )
    # The first line of each only: its version and its marker, no hashes.
    pins = [package.splitlines()[0].removesuffix("\\").rstrip() + "\n" for package in of_torch]
    torch = [pin for pin in pins if pin.startswith("torch==")]
    write("requirements-torch.txt", TORCH_HEAD, torch)
    write("constraints-torch.txt", CUDA_HEAD, [pin for pin in pins if pin not in torch])
    for name in ("requirements-dev", "requirements-node", "bench/requirements"):
        packages = resolve(
            f"{name}.in", read(f"{name}.txt"), "--constraint", "requirements.txt", *options
        )
        write(f"{name}.txt", HEAD.format(source=f"{name}.in"), packages)


if __name__ == "__main__":
    main(sys.argv[1:])
