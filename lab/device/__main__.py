"""Run one device inside its namespace: `python -m lab.device PLAN.json`, where the plan says all that it shall do."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from lab.device.addresses import Translation
from lab.device.forwarder import Forwarder
from lab.device.journal import Journal
from lab.device.treatments import build


def main() -> None:
    """Read the plan, open the wires, say so, and forward until stopped."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    with Path(plan["journal"]).open("w") as stream:
        journal = Journal(stream)
        if plan["kind"] == "editor":
            _edit(plan, journal)
        else:
            importlib.import_module(f"lab.device.{plan['kind']}").run(plan, journal)


def _edit(plan: dict[str, Any], journal: Journal) -> None:
    macs = {side: (bytes.fromhex(own), bytes.fromhex(peer)) for side, (own, peer) in plan["macs"].items()}
    translation = Translation(hide_clients_behind=plan["hide_clients_behind"], balance=plan["balance"])
    treatments = [build(name, options) for name, options in plan["treatments"]]
    forwarder = Forwarder(treatments, translation, journal, macs, plan["randomise"])
    forwarder.open(plan["interfaces"])
    print("ready", flush=True)  # noqa: T201 - the recorder waits for this line
    forwarder.run()


main()
