"""The page of near misses names tests that exist, and doubts that findings really have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.detect.test_doubts import DOUBTS
from tests.detect.test_near_misses import ALIKE

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "near-misses.md"
NAME = re.compile(r"`([^`]+)`")
DOUBT = re.compile(r'`([^`]+)` "([^"]+)"')


class Row(NamedTuple):
    """One line of the table."""

    cause: str
    tests: list[str]
    doubts: list[tuple[str, str]]


def rows() -> Iterator[Row]:
    """Read the table."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and "`" in cells[1]:
            yield Row(cells[0], NAME.findall(cells[1]), DOUBT.findall(cells[2]))


def functions() -> set[str]:
    """Name the tests of this folder."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in HERE.glob("test_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_cause_has_tests_that_exist() -> None:
    there = functions() | ALIKE.keys()

    assert [(row.cause, name) for row in rows() for name in row.tests if name not in there] == []


def test_every_near_miss_is_on_the_page() -> None:
    named = {name for row in rows() for name in row.tests}

    assert named >= ALIKE.keys()


def test_every_doubt_is_on_the_page_and_has_its_case() -> None:
    assert {doubt for row in rows() for doubt in row.doubts} == DOUBTS.keys()
