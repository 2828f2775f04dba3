"""What is installed is what was tried: the wheel's content, and the demo run from it in a clean environment."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.environment import working

ROOT = Path(__file__).parents[1]
DEMO = re.search(r"^DEMO \?= (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

pytestmark = pytest.mark.heavy


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command away from the source tree."""
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, by way of the source distribution: so it is complete as well."""
    folder = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel and its base dependencies into an environment of its own; the folder of its programs."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    pip = next(working(folder))
    done = run(*pip, "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bin"


def shipped() -> set[str]:
    """List the package's files as the source tree has them and setup.cfg means to ship them."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = setup["options.package_data"]["pcapsleuth"].split()
    package = ROOT / "pcapsleuth"
    data = {path for pattern in patterns for path in package.glob(pattern) if path.is_file()}
    return {path.relative_to(ROOT).as_posix() for path in {*package.rglob("*.py"), *data}}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    metadata = {name for name in names if ".dist-info/" in name}

    assert names - metadata == shipped()
    assert any(name.endswith("/licenses/LICENSE") for name in metadata)


def test_every_file_of_the_package_is_meant_to_ship() -> None:
    ignored = {"__pycache__"}
    files = {path for path in (ROOT / "pcapsleuth").rglob("*") if path.is_file() and not ignored & {*path.parts}}

    assert {path.relative_to(ROOT).as_posix() for path in files} == shipped()


def test_the_licence_and_the_bounds_are_in_the_metadata(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    text = archive.read(name).decode()

    assert "License-Expression: GPL-2.0-or-later\n" in text
    assert "Requires-Python: >=3.11\n" in text
    bounds = [line for line in text.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert bounds
    assert [line for line in bounds if ">=" not in line] == []


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    assert DEMO is not None
    pair = ROOT / "fixtures" / "pcaps" / DEMO[1]
    done = run(installed / "pcapsleuth", "compare", pair / "outside.pcap", pair / "inside.pcap", cwd=tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("CHANGED: ")


def test_a_report_is_written_as_well(installed: Path, tmp_path: Path) -> None:
    assert DEMO is not None
    pair = ROOT / "fixtures" / "pcaps" / DEMO[1]
    files = pair / "outside.pcap", pair / "inside.pcap"
    done = run(installed / "pcapsleuth", "compare", *files, "-o", "report.json", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert json.loads((tmp_path / "report.json").read_bytes())["verdict"]["status"] == "changed"


def test_the_package_runs_as_a_module(installed: Path, tmp_path: Path) -> None:
    as_module = run(installed / "python", "-m", "pcapsleuth", "--help", cwd=tmp_path)
    as_program = run(installed / "pcapsleuth", "--help", cwd=tmp_path)

    assert as_module.returncode == as_program.returncode == 0
    assert as_module.stdout == as_program.stdout
