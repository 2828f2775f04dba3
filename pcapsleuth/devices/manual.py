"""The manual of a device, made from its profile: the same text in the documents and in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pcapsleuth.devices.apart import differences
from pcapsleuth.devices.treatments import doings
from pcapsleuth.profiles.profile import Profile, Remedy, Sure, Treatment, quoted
from pcapsleuth.profiles.vocabulary import TERMS, Value

MARK = {
    Sure.DOCUMENTED: "documented",
    Sure.REPORTED: "one report",
    Sure.INFERRED: "inferred",
    Sure.RECALLED: "**recalled, no source found**",
}
PROBES = 2
"""What tells a device from another of its maker: so much is named."""


def manual(profile: Profile, profiles: Mapping[str, Profile]) -> str:
    """The manual as Markdown; `profiles` are those from which it is told apart."""
    parts = [
        f"# {profile.name}",
        profile.summary,
        f"Releases: {profile.releases}. Connection: {profile.connection}. As a whole: {MARK[profile.sure]}.",
        *_section("What it does on the wire", map(_treatment, profile.treatments)),
        *_section(
            "Limits",
            (f"{one.what}, {one.value}: {one.action} ({_marks(one.sure, one.sources)})" for one in profile.limits),
        ),
        *_section("How to recognise it", profile.recognise),
        *_section("What it could be instead", [*profile.doubts, *_neighbours(profile, profiles)]),
        *_section(
            "Look first, change nothing",
            (f"{quoted(one.command)}: {one.tells} ({MARK[one.sure]})" for one in profile.checks),
        ),
        *_remedies(profile),
        *_section("Sources", (f"{name}: {text}" for name, text in sorted(_used(profile).items()))),
    ]
    return "\n\n".join(parts) + "\n"


def _section(head: str, lines: Iterable[str]) -> list[str]:
    """A section with a list; nothing where there is nothing to list."""
    items = [f"- {line}" for line in lines]
    return [f"## {head}", "\n".join(items)] if items else []


def _treatment(one: Treatment) -> str:
    """What it does, with its parameters."""
    given = {name: value for name, value in one.parameters.items() if value != TERMS[one.does].parameters[name].default}
    words = "; ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in given.items() if name != "pattern")
    tail = f" Unless: {one.unless}." if one.unless else ""
    note = f" {one.note}" if one.note else ""
    return f"It {TERMS[one.does].meaning}{f' ({words})' if words else ''}: {_marks(one.sure, one.sources)}.{tail}{note}"


def _value(value: Value) -> str:
    """A parameter in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"`{value}`" if value != "" else "nothing"


def _marks(sure: Sure, sources: Iterable[str]) -> str:
    """How sure it is, and by which sources."""
    return ", ".join([MARK[sure], *sources])


def _neighbours(profile: Profile, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Other releases of the maker, with what tells them apart."""
    others = [other for other in profiles.values() if other.vendor == profile.vendor and other.id != profile.id]
    if profile.vendor == "any":
        return
    for other in others:
        probes = differences(doings(profile), doings(other))
        told = f"told by {' or '.join(probes[:PROBES])}" if probes else "nothing on the wire tells them apart"
        yield f"{other.name}: {told}"


def _remedies(profile: Profile) -> list[str]:
    """The remedies in order, smallest first, with the warning and the order of work."""
    if not profile.remedies:
        return []
    work = profile.work
    order = [
        "Confirm with the looks above that this device does it.",
        work.save,
        "Take the first remedy below that cures what was found, no larger one.",
        work.test,
        work.keep,
        work.last,
    ]
    steps = "\n".join(f"{n}. {step}" for n, step in enumerate(filter(None, order), 1))
    warning = [f"**Warning.** {profile.warning}"] if profile.warning else []
    return [
        "## Remedies, smallest first",
        *warning,
        steps,
        *(part for one in profile.remedies for part in _remedy(one)),
    ]


def _remedy(one: Remedy) -> Iterator[str]:
    """A remedy."""
    yield f"### {one.title}"
    cured = "all that is found" if "*" in one.cures else ", ".join(f"`{cure}`" for cure in one.cures)
    yield f"Cures {cured}. {_marks(one.sure, one.sources).capitalize()}."
    if one.commands:
        yield "\n".join(["```", *one.commands, "```"])
    yield from filter(None, [one.warning, one.verify and f"Verify: {one.verify}"])


def _used(profile: Profile) -> dict[str, str]:
    """The sources that are cited."""
    cited = {name for one in profile.treatments for name in one.sources}
    cited |= {name for one in profile.limits for name in one.sources}
    cited |= {name for one in profile.remedies for name in one.sources}
    return {name: text for name, text in profile.sources.items() if name in cited}


def vocabulary() -> str:
    """The treatments that a profile may name, as Markdown."""
    parts = []
    for name, term in TERMS.items():
        lines = [f"- `{key}` ({_kind(one.default)}): {one.meaning}" for key, one in term.parameters.items()]
        labels = ", ".join(f"`{label}`" for label in term.labels)
        parts.append("\n".join([f"**`{name}`** {term.meaning}; found as {labels}", "", *lines]).rstrip())
    return "\n\n".join(parts)


def _kind(default: Value | None) -> str:
    """The type of a parameter."""
    if default is None:
        return "text, must be given"
    kinds: dict[type, str] = {bool: "true or false", int: "number", str: "text", tuple: "list of texts"}
    return kinds[type(default)]
