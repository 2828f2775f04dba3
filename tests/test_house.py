"""House rules that a linter does not know: sizes, names, loose ends, docstrings, and a start that is quick.

A limit may be passed where the code reads better for it: the exception stands in REVIEWED with its reason, and goes
when the code no longer needs it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("pcapsleuth", "lab", "tools", "benchmarks", "tests")

LINES_OF_FILE = 400
LINES_OF_FUNCTION = 50
BRANCHES = 12

REVIEWED: dict[str, str] = {}
"""`path function` or `path`: why it is better as it is than cut in two."""

NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "types"}
"""Module names that say nothing of what is inside."""

BRANCHING = (ast.If, ast.For, ast.While, ast.Try, ast.BoolOp, ast.IfExp, ast.comprehension, ast.match_case)
SLOW = ("numpy", "pandas", "matplotlib", "scapy", "pyshark", "rich", "jinja2")


class Function(NamedTuple):
    """The measures of a function."""

    file: str
    name: str
    lines: int
    """Its docstring, which may be a contract of any length, is not counted."""
    branches: int


@cache
def sources() -> tuple[Path, ...]:
    """List the Python files of the project, tests included."""
    return tuple(sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")))


def code() -> Iterator[tuple[str, ast.Module]]:
    """Yield the files of the project, tests excepted, parsed."""
    for path in sources():
        file = path.relative_to(ROOT).as_posix()
        if not file.startswith("tests/"):
            yield file, ast.parse(path.read_text(encoding="utf-8"))


def functions(file: str, tree: ast.Module) -> Iterator[Function]:
    """Yield every function of a file with its measures."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            documentation = (ast.get_docstring(node, clean=False) or "").count("\n") + 1
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - documentation
            yield Function(file, node.name, lines, sum(isinstance(part, BRANCHING) for part in ast.walk(node)))


def too_large() -> Iterator[tuple[str, str]]:
    """Yield what is over a limit, as REVIEWED names it, and by how much."""
    for file, tree in code():
        lines = len((ROOT / file).read_text(encoding="utf-8").splitlines())
        if lines > LINES_OF_FILE:
            yield file, f"{lines} lines"
        for function in functions(file, tree):
            if function.lines > LINES_OF_FUNCTION or function.branches > BRANCHES:
                yield f"{file} {function.name}", f"{function.lines} lines, {function.branches} branches"


def test_files_and_functions_can_be_held_in_the_head() -> None:
    assert [f"{what}: {size}" for what, size in too_large() if what not in REVIEWED] == []


def test_no_exception_outlives_its_need() -> None:
    assert sorted(set(REVIEWED) - {what for what, _ in too_large()}) == []


def test_a_long_function_is_seen() -> None:
    body = "".join(f"    if x:\n        y = {i}\n" for i in range(30))
    (function,) = functions("a.py", ast.parse(f'def long(x):\n    """Say\n    it."""\n{body}'))

    assert function == Function("a.py", "long", 61, 30)


def test_modules_are_named_for_what_they_hold() -> None:
    assert [str(path.relative_to(ROOT)) for path in sources() if path.stem in NAMELESS] == []


def test_nothing_is_left_for_later() -> None:
    promise = re.compile(r"#\s*(TODO|FIXME|HACK)\b")
    loose = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if promise.search(line)
    ]

    assert loose == []


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield the public functions and classes of a module, and the public methods of those classes."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(ast.Module(node.body, []))


def test_what_is_public_is_documented() -> None:
    missing = []
    for file, tree in code():
        if tree.body and ast.get_docstring(tree) is None:
            missing.append(file)
        missing += [f"{file}:{node.lineno} {node.name}" for node in public(tree) if ast.get_docstring(node) is None]

    assert missing == []


@pytest.mark.parametrize(
    "start",
    ["import pcapsleuth", "import sys; sys.argv[1:] = ['--help']; from pcapsleuth.cli.main import main; main()"],
)
def test_a_start_loads_nothing_slow(start: str) -> None:
    report = f"import atexit, sys\natexit.register(lambda: print(*sys.modules.keys() & {set(SLOW)}, file=sys.stderr))"
    done = subprocess.run([sys.executable, "-c", f"{report}\n{start}"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr.strip()) == (0, "")
