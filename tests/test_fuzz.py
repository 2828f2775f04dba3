"""Damaged captures by the thousand: the command ends with 0, 1 or 2, whatever it is given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs

FUZZ = Path(__file__).parent.parent / "tools" / "fuzz.py"
MUTANTS = 20_000


def fuzz(*arguments: str) -> str:
    done = subprocess.run([sys.executable, str(FUZZ), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def test_a_few_mutants_do_not_break_the_command() -> None:
    assert "300 mutants" in fuzz("300")


@pytest.mark.heavy
def test_thousands_of_mutants_do_not_break_the_command() -> None:
    assert f"{MUTANTS:,} mutants" in fuzz(str(MUTANTS), "1000")


@pytest.mark.heavy
@needs.captures
def test_mutants_of_foreign_captures_do_not_break_the_command() -> None:
    assert "5,000 mutants" in fuzz("5000", "900000", str(needs.CAPTURES))
