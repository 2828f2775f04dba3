"""Device profiles: what a device does to SMTP, how it is recognised, and what ends it, as data.

A profile is one TOML file; its name is the file's. `docs/devices/index.md` has the format for those who write one. What
is not understood is refused with the file, the key and what is allowed, never skipped.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pcapsleuth.errors import OptionError
from pcapsleuth.profiles.check import Table
from pcapsleuth.profiles.vocabulary import TERMS, Value

API = 1
GROUP = "pcapsleuth.profiles"
NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")

SIGNATURE = 7
"""Letters that a text has at least to name a product."""

ANYBODYS = (
    "unrecogni",
    "toomanyconnections",
    "timeoutwaiting",
    "domaininvalid",
    "talkingto",
    "serviceready",
    "unsupportedcommand",
    "closingconnection",
)
"""Words that many a server says of its own accord, without their blanks; the last are RFC 5321's for a 220."""


class Sure(StrEnum):
    """How sure a fact is."""

    DOCUMENTED = "documented"
    """A vendor's document, source code, or several independent captures."""
    REPORTED = "reported"
    """One public report or one fingerprint."""
    INFERRED = "inferred"
    """Follows from other facts; the note says how."""
    RECALLED = "recalled"
    """No source was found: it never decides alone."""


class Family(StrEnum):
    """How the device handles the connection."""

    IN_PLACE = "in-place"
    TRANSLATED = "translated"
    PROXY = "proxy"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Treatment:
    """Something that the device does."""

    does: str
    """A term of the vocabulary."""
    parameters: Mapping[str, Value]
    sure: Sure
    sources: tuple[str, ...]
    unless: str = ""
    """Why it may not be seen though the device is there; empty: it is always seen."""
    note: str = ""

    def says(self, text: bytes) -> bool:
        """Tell whether a text is one of the device's, however its lines end."""
        pattern = str(self.parameters.get("pattern") or re.escape(str(self.parameters.get("reply", ""))))
        return bool(pattern) and re.fullmatch(pattern, _words(text), re.IGNORECASE) is not None

    @property
    def signed(self) -> bool:
        """Whether the device's text is nobody else's: it names a product, where `220 .*` may be anybody's."""
        text = str(self.parameters.get("pattern") or self.parameters.get("reply", ""))
        letters = re.sub(r"\\.|\[.*?\]|[^A-Za-z]", "", text)
        long = len(letters) >= SIGNATURE or re.search(r"\{\d{2,}\}", text) is not None
        return long and not any(words in letters.lower() for words in ANYBODYS)


@lru_cache(64)
def _words(text: bytes) -> str:
    """A text without what its lines end with; one text is held against all devices."""
    return "\n".join(line.rstrip() for line in text.decode("latin-1").strip().split("\n"))


@dataclass(frozen=True, slots=True)
class Limit:
    """A size beyond which the device acts; `what` is a subject of `limit-exceeded`."""

    what: str
    value: int
    action: str
    sure: Sure
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A read-only look at the device."""

    command: str
    tells: str
    sure: Sure


def quoted(command: str) -> str:
    """A command as something to type; what is a place to look at (`the threat log`) as it stands."""
    return command if command.startswith("the ") else f"`{command}`"


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that ends some of what the device does; a profile lists them smallest first."""

    id: str
    title: str
    cures: tuple[str, ...]
    """Findings, as `label` or `label:SUBJECT`; `*` is all of the dialogue."""
    commands: tuple[str, ...]
    verify: str
    warning: str
    sure: Sure
    sources: tuple[str, ...]
    pair_only: bool = False
    """It may be limited to one pair of hosts."""


@dataclass(frozen=True, slots=True)
class Work:
    """The order of work around a remedy: what comes before, and what behind."""

    save: str = ""
    test: str = ""
    keep: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """A device of some releases."""

    id: str
    name: str
    vendor: str
    releases: str
    summary: str
    connection: Family
    sure: Sure
    treatments: tuple[Treatment, ...]
    recognise: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """What it could be instead."""
    limits: tuple[Limit, ...] = ()
    checks: tuple[Check, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    warning: str = ""
    work: Work = field(default_factory=Work)
    sources: Mapping[str, str] = field(default_factory=dict)
    rare: bool = False
    """Few of its kind are left or were made: of several that fit equally well it is named last."""


def load(directories: Iterable[str | Path] = (), *, plugins: bool = False) -> dict[str, Profile]:
    """Read the profiles of the package, of installed plug-ins if wanted, and of these folders, by name.

    A later profile takes the place of an earlier one of its name.
    """
    files = _files(resources.files("pcapsleuth.profiles"))
    if plugins:
        for folder in _plugins():
            files |= _files(folder)
    for directory in directories:
        folder = Path(directory)
        if not folder.is_dir():
            raise OptionError(f"{folder}: no such folder; --profiles takes a folder with TOML files")
        files |= _files(folder)
    tables = {name: _read(file) for name, file in files.items()}
    return {name: _profile(name, tables) for name in sorted(tables) if not tables[name].get("abstract")}


def _plugins() -> list[Traversable]:
    """The folders of installed plug-ins: packages with `api = 1` that hold TOML files."""
    folders = []
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        module = entry.load()
        if getattr(module, "api", None) != API:
            raise OptionError(f"plug-in {entry.name}: declares no `api = {API}`; another version of it is needed")
        folders.append(resources.files(module))
    return folders


def _files(folder: Traversable) -> dict[str, Traversable]:
    """The TOML files of a folder by their stems."""
    found = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            if not NAME.fullmatch(name):
                raise OptionError(f"{file.name}: a profile's name has lower case letters, digits, dots and hyphens")
            found[name] = file
    return found


def _read(file: Traversable) -> dict[str, object]:
    """Read a file as TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{file.name}: is not TOML ({error})") from error
    except OSError as error:
        raise OptionError(f"{file.name}: cannot be read ({error.strerror})") from error


def _inherited(name: str, tables: Mapping[str, dict[str, object]], seen: tuple[str, ...] = ()) -> dict[str, object]:
    """A table with what it inherits: what it states itself replaces that; sources are added."""
    own = tables[name]
    parent = own.get("inherits")
    if parent is None:
        return own
    if not isinstance(parent, str) or parent not in tables or parent in (name, *seen):
        raise OptionError(f"{name}.toml: inherits: {parent!r} is no other profile that leads to an end")
    above = _inherited(parent, tables, (*seen, name))
    merged = {key: value for key, value in above.items() if key not in ("abstract", "inherits", "rare")} | own
    sources, more = above.get("sources"), own.get("sources")
    if isinstance(sources, dict) and isinstance(more, dict):
        merged["sources"] = sources | more
    return merged


def _profile(name: str, tables: Mapping[str, dict[str, object]]) -> Profile:
    """Make the profile of a table and refuse what it does not know."""
    table = Table(f"{name}.toml", _inherited(name, tables))
    table.number("api", allowed=(API,))
    table.flag("abstract")
    table.text("inherits")
    sources = table.names("sources")
    profile = Profile(
        id=name,
        name=table.text("name", required=True),
        vendor=table.text("vendor", required=True),
        releases=table.text("releases"),
        summary=table.text("summary", required=True),
        connection=Family(table.text("connection", required=True, allowed=tuple(Family))),
        sure=_sure(table),
        treatments=tuple(_treatment(one, sources) for one in table.tables("treatments")),
        recognise=table.texts("recognise"),
        doubts=table.texts("doubts"),
        limits=tuple(_limit(one, sources) for one in table.tables("limits")),
        checks=tuple(_check(one) for one in table.tables("checks")),
        remedies=tuple(_remedy(one, sources) for one in table.tables("remedies")),
        warning=table.text("warning"),
        work=_work(table.table("work")),
        sources=sources,
        rare=table.flag("rare"),
    )
    table.close()
    return profile


def _sure(table: Table) -> Sure:
    """How sure an entry is."""
    return Sure(table.text("sure", required=True, allowed=tuple(Sure)))


def _sources(table: Table, sources: Mapping[str, str]) -> tuple[str, ...]:
    """The sources of an entry, each of which the file must name."""
    return table.texts("sources", allowed=tuple(sources))


def _treatment(table: Table, sources: Mapping[str, str]) -> Treatment:
    """Read a treatment by the vocabulary."""
    does = table.text("does", required=True, allowed=tuple(TERMS))
    parameters = {name: table.value(name, what) for name, what in TERMS[does].parameters.items()}
    for name, check in (("pattern", table.pattern), ("field", table.field_name)):
        if name in parameters:
            check(name, str(parameters[name]))
    treatment = Treatment(
        does, parameters, _sure(table), _sources(table, sources), table.text("unless"), table.text("note")
    )
    table.close()
    return treatment


def _limit(table: Table, sources: Mapping[str, str]) -> Limit:
    """Read a limit."""
    limit = Limit(
        table.text("what", required=True, allowed=LIMITS),
        table.number("value"),
        table.text("action", required=True),
        _sure(table),
        _sources(table, sources),
    )
    table.close()
    return limit


def _check(table: Table) -> Check:
    """Read a check."""
    check = Check(table.text("command", required=True), table.text("tells", required=True), _sure(table))
    table.close()
    return check


def _remedy(table: Table, sources: Mapping[str, str]) -> Remedy:
    """Read a remedy."""
    remedy = Remedy(
        id=table.text("id", required=True),
        title=table.text("title", required=True),
        cures=table.texts("cures", required=True),
        commands=table.texts("commands"),
        verify=table.text("verify"),
        warning=table.text("warning"),
        sure=_sure(table),
        sources=_sources(table, sources),
        pair_only=table.flag("pair_only"),
    )
    table.close()
    return remedy


def _work(table: Table) -> Work:
    """Read the order of work."""
    work = Work(table.text("save"), table.text("test"), table.text("keep"), table.text("last"))
    table.close()
    return work


LIMITS = ("COMMAND-LINE", "RECIPIENTS", "ADDRESS", "HEADER-LINE", "BODY-LINE", "FILE-NAME", "MESSAGE")
