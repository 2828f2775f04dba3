"""Make the project's virtual environment, with whatever this machine's Python has to make it with.

`python3 tools/environment.py FOLDER [EXTRA,... [lowest]]` needs nothing but a Python. Debian ships one that cannot make
a complete environment until `python3-venv` is installed, so other ways are tried before anybody is asked to install
anything. With `lowest`, the base dependencies are installed in the oldest releases that setup.cfg admits.
"""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

OLDEST = (3, 11)

HELP = f"""\
This Python ({sys.executable}) cannot make a virtual environment. On Debian and Ubuntu, install what it lacks:

    apt-get install python3-venv

or, without root: any pip or virtualenv that `{Path(sys.executable).name} -m pip` or `virtualenv` can find will do.
"""


def main(arguments: list[str]) -> int:
    """Make or refresh the environment; the exit status is 0 if it is there."""
    folder = Path(arguments[0])
    extras = f"[{arguments[1]}]" if len(arguments) > 1 else ""
    if sys.version_info < OLDEST:
        print(f"pcapsleuth needs Python {'.'.join(map(str, OLDEST))} or newer; name one: make PYTHON=python3.12 ...")
        return 1
    pip = next((pip for pip in working(folder)), None)
    if pip is None:
        shutil.rmtree(folder, ignore_errors=True)
        print(HELP)
        return 1
    print(f"installing pcapsleuth{extras} and what it needs into {folder}", flush=True)
    quietly = ["--quiet", "--disable-pip-version-check"]
    pins = lowest() if "lowest" in arguments[2:] else []
    status = subprocess.call([*pip, "install", *quietly, "pip", *pins, "--editable", f".{extras}"])
    return status or compiled(folder)


def compiled(folder: Path) -> int:
    """Compile the package, which pip does not where it leaves it in place: else the first start takes twice as long.

    Where Python is told to write no bytecode (PYTHONDONTWRITEBYTECODE), every start would.
    """
    return subprocess.call([str(folder / "bin" / "python"), "-m", "compileall", "-q", "pcapsleuth"])


def lowest() -> list[str]:
    """Pin each base dependency to its lower bound."""
    setup = configparser.ConfigParser()
    setup.read("setup.cfg", encoding="utf-8")
    return [line.replace(" >= ", "==") for line in setup["options"]["install_requires"].split("\n") if line]


def working(folder: Path) -> Iterator[list[str]]:
    """Yield commands that run a pip for the environment, making it on the way: what is there, else each way in turn."""
    python = folder / "bin" / "python"
    own = [str(python), "-m", "pip"]
    foreign = [sys.executable, "-m", "pip", "--python", str(python)]
    ways: list[tuple[Callable[[], bool], list[str]]] = [
        (python.exists, own),
        (python.exists, foreign),
        (lambda: made(folder, [sys.executable, "-m", "venv", str(folder)]), own),
        (lambda: made(folder, [sys.executable, "-m", "virtualenv", "--quiet", str(folder)]), own),
        (lambda: made(folder, ["virtualenv", "--quiet", "--python", sys.executable, str(folder)]), own),
        (lambda: made(folder, [sys.executable, "-m", "venv", "--without-pip", str(folder)]), foreign),
    ]
    for make, pip in ways:
        if make() and runs([*pip, "--version"]):
            yield pip


def made(folder: Path, command: list[str]) -> bool:
    """Try one way to make the environment; leave nothing half made."""
    if folder.exists() and not (folder / "pyvenv.cfg").exists():
        sys.exit(f"{folder} is there and is not a virtual environment: move it away")
    shutil.rmtree(folder, ignore_errors=True)
    return runs(command)


def runs(command: list[str]) -> bool:
    """Run a command quietly and say whether it worked."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
