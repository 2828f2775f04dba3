"""Imports point to the left, and only capture touches the world: read from the code, not promised in a document.

    version, errors <- tcp <- smtp <- compare <- profiles <- detect <- devices <- symptoms <- report   the core, pure
    capture imports errors and tcp                                                                     the adapter
    ASSEMBLY puts them together, each module importing what stands before it                           cli comes last

A package or module that is new at the top must be given its place here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "pcapsleuth"
ROOT = Path(__file__).parents[1] / PACKAGE

CORE = ("version", "errors", "tcp", "smtp", "compare", "profiles", "detect", "devices", "symptoms", "report")
ASSEMBLY = ("spool", "case", "analysis", "probe", "live", "cli", "__main__")

ALLOWED: dict[str, tuple[str, ...]] = (
    {name: CORE[: place + 1] for place, name in enumerate(CORE)}
    | {"capture": ("errors", "tcp", "capture")}
    | {name: (*CORE, "capture", *ASSEMBLY[: place + 1]) for place, name in enumerate(ASSEMBLY)}
    | {"__init__": (*CORE, "capture", *ASSEMBLY[: ASSEMBLY.index("cli")])}
)
"""What each part may import of the package."""

WORLD = ("scapy", "pyshark", "socket", "ssl", "select", "selectors", "subprocess", "asyncio", "urllib", "http")
"""Libraries that reach outside the process: not for the core."""

OPENING = ("open", "read_bytes", "read_text", "write_bytes", "write_text")
"""Calls that reach a file: not for the core either, except ..."""

OPENERS = {
    "profiles/profile.py": "reads the device profiles, which are data of the package",
}

HOMES = {
    "scapy": ("capture/",),
    "pyshark": ("capture/",),
    "pandas": ("report/tables.py", "analysis.py"),
    "matplotlib": ("report/charts.py",),
    "rich": ("report/text.py", "cli/"),
    "jinja2": ("report/html.py",),
}
"""Slow or replaceable libraries: the only places that may know them."""


@dataclass(frozen=True)
class Use:
    """An import or a call that reaches for something, and where it stands."""

    file: str
    line: int
    name: str


def part(file: str) -> str:
    """Name the part of the package that a file belongs to."""
    return file.partition("/")[0].removesuffix(".py")


def imports(file: str, tree: ast.Module) -> Iterator[Use]:
    """Yield every module that a file imports, at its top or within functions, with full names."""
    here = [PACKAGE, *file.removesuffix(".py").split("/")]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Use(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (Use(file, node.lineno, f"{module}.{alias.name}") for alias in node.names)


def openings(file: str, tree: ast.Module) -> Iterator[Use]:
    """Yield every call that opens a file, by its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in OPENING:
                yield Use(file, node.lineno, name)


def wrong_import(use: Use) -> str | None:
    """Say what is wrong with an import; None if nothing is."""
    own = part(use.file)
    top, *rest = use.name.split(".")
    if top == PACKAGE:
        target = rest[0] if rest else "__init__"
        if target in ALLOWED and target not in ALLOWED[own]:
            return f"{own} may not import {target}"
        return None if target in ALLOWED or own == "__init__" else f"{target} has no place"
    if own in CORE and top in WORLD:
        return f"{own} is pure and may not import {top}"
    if top in HOMES and not use.file.startswith(HOMES[top]):
        return f"{top} is known to {', '.join(HOMES[top])} only"
    return None


def violations(root: Path) -> list[str]:
    """Read a source tree and list what is wrong in it."""
    found = []
    for path in sorted(root.rglob("*.py")):
        file = path.relative_to(root).as_posix()
        if part(file) not in ALLOWED:
            found.append(f"{file}: {part(file)} has no place in tests/test_layers.py")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        judged = ((use, wrong_import(use)) for use in imports(file, tree))
        found += [f"{file}:{use.line}: {wrong}" for use, wrong in judged if wrong]
        if part(file) in CORE and file not in OPENERS:
            found += [f"{use.file}:{use.line}: {use.name}() in the core" for use in openings(file, tree)]
    return found


def test_imports_point_to_the_left() -> None:
    assert violations(ROOT) == []


def test_every_exception_is_in_use() -> None:
    idle = [file for file in OPENERS if not list(openings(file, ast.parse((ROOT / file).read_text(encoding="utf-8"))))]

    assert idle == []


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        ("tcp/a.py", "from pcapsleuth.smtp.parser import Parser", "tcp may not import smtp"),
        ("tcp/a.py", "def f():\n    import pcapsleuth.report.html", "tcp may not import report"),
        ("tcp/a.py", "from ..smtp import parser", "tcp may not import smtp"),
        ("detect/detectors/a.py", "from ...report import model", "detect may not import report"),
        ("smtp/a.py", "from pcapsleuth.capture import containers", "smtp may not import capture"),
        ("capture/a.py", "from pcapsleuth.smtp.parser import Parser", "capture may not import smtp"),
        ("report/a.py", "from pcapsleuth import case", "report may not import case"),
        ("report/a.py", "from pcapsleuth import Case", "Case has no place"),
        ("case.py", "from pcapsleuth.cli.main import main", "case may not import cli"),
        ("compare/a.py", "from scapy.layers.inet import TCP", "compare is pure and may not import scapy"),
        ("detect/a.py", "import subprocess", "detect is pure and may not import subprocess"),
        ("case.py", "import matplotlib.figure", "matplotlib is known to report/charts.py only"),
        ("detect/a.py", "open('x')", "open() in the core"),
        ("detect/a.py", "from pathlib import Path\nPath('x').read_text()", "read_text() in the core"),
        ("utilities.py", "", "utilities has no place in tests/test_layers.py"),
    ],
)
def test_the_checker_sees_what_is_wrong(tmp_path: Path, file: str, text: str, wrong: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

    (found,) = violations(tmp_path)

    assert found.startswith(file)
    assert found.endswith(wrong)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("smtp/a.py", "from pcapsleuth.tcp.connection import Gap\nfrom pcapsleuth.smtp import grammar"),
        ("smtp/a.py", "from . import grammar\nfrom .grammar import VERB"),
        ("capture/a.py", "import socket\nfrom scapy.layers.inet import TCP\nopen('x')"),
        ("cli/a.py", "from pcapsleuth.case import compare\nfrom pcapsleuth.report import model"),
        ("__init__.py", "from pcapsleuth.case import compare"),
    ],
)
def test_the_checker_lets_pass_what_is_right(tmp_path: Path, file: str, text: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

    assert violations(tmp_path) == []
