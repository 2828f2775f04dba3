"""The manuals of findings, devices and symptoms by name: one text for the documents and for the terminal."""

from __future__ import annotations

import difflib
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType

from pcapsleuth.detect import registry
from pcapsleuth.devices import manual as devices
from pcapsleuth.profiles.profile import Profile
from pcapsleuth.report.columns import paragraph
from pcapsleuth.symptoms import manual as symptoms
from pcapsleuth.symptoms.table import TABLE

NEAREST = 4

_FENCED = re.compile(r"^(```.*?^```\n)", re.MULTILINE | re.DOTALL)
"""A block of commands."""

_BROKEN = re.compile(r"(?<=[^\n])\n(?=[^\n #|*`0-9-]|`[^`]|[0-9](?![0-9]?\. ))")
"""Where a paragraph was broken into lines."""


def find(name: str, profiles: Mapping[str, Profile]) -> str | None:
    """The manual of a label (a subject may stand behind it), a device profile or a symptom; None for none of them."""
    label = name.partition(":")[0].lower()
    if label in registry.labels():
        return chapter(registry.labels()[label])
    profile = profiles.get(name) or profiles.get(name.lower())
    if profile is not None:
        return devices.manual(profile, profiles)
    return next((symptoms.manual(entry) for entry in TABLE if entry.id == name.upper()), None)


def nearest(name: str, profiles: Mapping[str, Profile]) -> list[str]:
    """Names that somebody may have meant."""
    known = [*registry.labels(), *profiles, *(entry.id for entry in TABLE)]
    parts = [one for one in known if len(name) > 2 and name.lower() in one]  # noqa: PLR2004  a word, not a syllable
    close = difflib.get_close_matches(name.partition(":")[0].lower(), known, NEAREST, 0.5)
    return list(dict.fromkeys([*close, *parts]))[:NEAREST]


def contents(profiles: Mapping[str, Profile]) -> str:
    """The lists of all that has a manual."""
    findings = [f"- {label}: {summary(module)}" for label, module in sorted(registry.labels().items())]
    named = [f"- {name}: {one.name}" for name, one in profiles.items()]
    noticed = [f"- {entry.id}: {entry.notice}" for entry in TABLE]
    parts = ["## Symptoms", "\n".join(noticed), "## Findings", "\n".join(findings), "## Devices", "\n".join(named)]
    return "\n\n".join(parts) + "\n"


def chapter(module: ModuleType) -> str:
    """The manual of a detector: its docstring as Markdown."""
    lines = inspect.cleandoc(module.__doc__ or "").splitlines()
    return "\n".join([f"## {', '.join(module.LABELS)}", "", lines[0], *_sections(lines[1:])]) + "\n"


def summary(module: ModuleType) -> str:
    """The first sentence of a detector's docstring."""
    return inspect.cleandoc(module.__doc__ or "").splitlines()[0]


def _sections(lines: list[str]) -> Iterator[str]:
    """Turn the sections of a docstring, headings with indented text below, into Markdown."""
    text: list[str] = []
    for line in [*lines, "end"]:
        if line and not line.startswith(" "):
            yield from textwrap.dedent("\n".join(text)).rstrip().splitlines()
            text = []
            if line != "end":
                yield from ("", f"**{line}**", "")
        else:
            text.append(line)


def wrapped(text: str, cells: int) -> Iterator[str]:
    """Markdown for a terminal: lines broken between words, commands left alone."""
    for number, part in enumerate(_FENCED.split(text)):
        for line in (part if number % 2 else _BROKEN.sub(" ", part)).splitlines():
            if number % 2 or len(line) <= cells:
                yield line
            else:
                yield from paragraph(line, cells, "  " if line.startswith("- ") else "", "")
