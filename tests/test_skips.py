"""The rule on skipped tests, tried on a suite of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")


def run(folder: Path, reason: str, *, ci: bool) -> subprocess.CompletedProcess[str]:
    """Run a suite of one passing and one skipped test."""
    (folder / "conftest.py").write_text(CONFTEST.read_text())
    (folder / "test_it.py").write_text(
        f"import pytest\ndef test_passes(): pass\n@pytest.mark.skip(reason={reason!r})\ndef test_skipped(): pass\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | ({"CI": "true"} if ci else {})
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("reason", "ci", "status"),
    [
        ("not installed: tshark", True, 1),
        ("capability: root", True, 0),
        ("not installed: tshark", False, 0),
    ],
)
def test_ci_accepts_only_named_capabilities(tmp_path: Path, reason: str, ci: bool, status: int) -> None:
    done = run(tmp_path, reason, ci=ci)

    assert done.returncode == status, done.stdout + done.stderr
    assert f"1  {reason}" in done.stdout


def test_a_module_that_skips_itself_counts(tmp_path: Path) -> None:
    (tmp_path / "test_whole.py").write_text("import pytest\npytest.skip('no mood', allow_module_level=True)\n")

    done = run(tmp_path, "capability: root", ci=True)

    assert done.returncode == 1
    assert "1  no mood  <- not accepted in CI" in done.stdout
