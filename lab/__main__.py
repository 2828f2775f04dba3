"""`python -m lab list | record NAME... | record --all | table`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from lab import needs, table
from lab.record import record
from lab.scenarios import SCENARIOS

_TARGET = Path("fixtures/pcaps")


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m lab", description="Record fixtures from real mail software.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="name every scenario")
    recorder = commands.add_parser("record", help="record scenarios")
    recorder.add_argument("names", nargs="*", metavar="NAME")
    recorder.add_argument("--all", action="store_true", help="record every scenario")
    recorder.add_argument("--into", type=Path, default=_TARGET, help="where to put the directories")
    commands.add_parser("table", help="print the table of docs/fixtures.md")
    chosen = parser.parse_args()
    if chosen.command == "list":
        _say("\n".join(f"{name:34} {scenario.description}" for name, scenario in SCENARIOS.items()))
    elif chosen.command == "table":
        _say(table.table(_TARGET))
    else:
        return _record(list(SCENARIOS) if chosen.all else chosen.names, chosen.into)
    return 0


def _record(names: list[str], into: Path) -> int:
    lacking = needs.missing()
    unknown = [name for name in names if name not in SCENARIOS]
    if lacking or unknown or not names:
        reasons = [f"missing: {what}" for what in lacking] + [f"no scenario is called {name}" for name in unknown]
        sys.stderr.write("\n".join(reasons or ["name scenarios, or say --all"]) + "\n")
        return 2
    for name in names:
        begun = time.monotonic()
        record(SCENARIOS[name], into)
        sys.stderr.write(f"{name} ({time.monotonic() - begun:.1f} s)\n")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


sys.exit(main())
