"""The table of fixtures for the manual, made from their expected.json files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = ["fixture", "what happened", "device", "server", "client", "damage", "expected"]
_HEAD = f"| {' | '.join(_COLUMNS)} |\n|{' --- |' * len(_COLUMNS)}\n"


def table(fixtures: Path) -> str:
    """Return a Markdown table with a row for each fixture."""
    rows = [_row(path.parent.name, json.loads(path.read_text())) for path in sorted(fixtures.glob("*/expected.json"))]
    return _HEAD + "\n".join(rows)


def _row(name: str, expected: dict[str, Any]) -> str:
    labels = sorted({label for session in expected["sessions"] for label in session["expected"]})
    provenance = expected["provenance"]
    damage = "; ".join(_words(step) for step in expected["recipe"]["damage"])
    cells = [
        f"`{name}`",
        expected["description"],
        expected["device"],
        provenance["server"],
        provenance["client"],
        damage or "none",
        ", ".join(f"`{label}`" for label in labels) or "clean",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _words(step: dict[str, Any]) -> str:
    settings = [f"{key} {_printable(value)}" for key, value in step.items() if key not in {"do", "side"} and value]
    return f"{step['side']}: {step['do']}" + (f" ({', '.join(settings)})" if settings else "")


def _printable(value: object) -> str:
    """Write line ends as escapes: a table row is one line."""
    return str(value).encode("unicode_escape").decode()
