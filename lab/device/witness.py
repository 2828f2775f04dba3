"""What the device saw without touching it: which messages passed and whether their answers got through.

Whether a delivery is a duplicate, or a client fell back to HELO, depends on what happened in other places than the
one where the device acted; these notes let the truth be worked out from the journal alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab.device.units import TO_SERVER, Edit, Flow, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

_ADDRESS = re.compile(rb"<([^>]*)>")
_IDENT = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
_SHORT, _FEW = 2, 3


def witness(unit: Unit, edit: Edit, flow: Flow) -> None:
    """Take note of one unit and of what was decided about it."""
    if unit.direction == TO_SERVER and unit.kind == "part" and len(unit.raw) <= _SHORT:
        flow.memory["keys"] = flow.memory.get("keys", 0) + 1
        if flow.memory["keys"] == _FEW:
            flow.log("saw-characters")
    note = _NOTES.get(unit.kind)
    if note is not None:
        note(unit, edit, flow)


def _command(unit: Unit, edit: Edit, flow: Flow) -> None:
    del edit
    if unit.what in {"EHLO", "HELO"}:
        flow.log("saw-greeting-verb", verb=unit.what)
    found = _ADDRESS.search(unit.line)
    if unit.what == "MAIL" and found:
        flow.memory["envelope"] = [found.group(1).decode()]
    elif unit.what == "RCPT" and found and "envelope" in flow.memory:
        flow.memory["envelope"].append(found.group(1).decode())


def _data(unit: Unit, edit: Edit, flow: Flow) -> None:
    found = _IDENT.search(unit.raw)
    if found and not edit.drop and flow.memory.get("ident") != found.group(1):
        flow.memory["ident"] = found.group(1)
        sender, *recipients = flow.memory.get("envelope", [""])
        flow.log("saw-message", ident=found.group(1).decode(), sender=sender, recipients=recipients)


def _reply(unit: Unit, edit: Edit, flow: Flow) -> None:
    if unit.what == "END-OF-DATA" and unit.last:
        shown = unit.raw if edit.out is None else edit.out
        flow.log("saw-final-reply", code=shown[:3].decode(), passed=not edit.drop)


_NOTES: dict[str, Callable[[Unit, Edit, Flow], None]] = {
    "command": _command,
    "tail": lambda unit, edit, flow: _command(unit, edit, flow) if unit.direction == TO_SERVER else None,
    "data": _data,
    "reply": _reply,
}
