"""A capture may be damaged in any way that captures are, and nobody may be accused of what the damage did.

Each fixture is damaged on one side: frames lost here and there or in a row, the begin or the end cut off, frames cut by
a snaplen, copied, written in another order, one direction left out, the clock set wrong. Nothing may then be said of
it that the fixture does not hold; clean traffic must stay quiet.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapsleuth.detect.finding import Confidence, Finding, Severity
from tests.fixtures import Fixture, Said, altered, covers, fixture, others, said

SOME = (
    "asa-postfix-client",
    "char-mode-masked",
    "clean-both-ways",
    "clean-exim-chunking",
    "clean-mails-in-one-session",
    "clean-one-direction",
    "final-reply-lost-smtplib",
    "pix4-exim-mail",
    "proxy-ehlo-as-helo",
    "silent-at-data",
)
"""Fixtures of each family, for the suite that takes minutes."""

Records = list[bytes]
HEAD = struct.Struct("<IIII")
SMTP = 25


def damaged(records: Records, rng: random.Random) -> Iterator[tuple[str, Records]]:
    """Every kind of damage once, each with its name."""
    count = len(records)
    yield "some lost", [one for one in records if rng.random() > 1 / 20]
    yield "many lost", [one for one in records if rng.random() > 1 / 5]
    start = rng.randrange(count)
    yield f"lost from {start} on", records[:start] + records[start + rng.randrange(1, max(2, count // 4)) :]
    start = rng.randrange(1, max(2, count // 2))
    yield f"begins at {start}", records[start:]
    end = rng.randrange(count // 2, count)
    yield f"ends at {end}", records[:end]
    for snaplen in (68, 96, 200):
        yield f"cut to {snaplen}", [_cut(one, snaplen) for one in records]
    yield "each twice", [one for one in records for _ in range(2)]
    yield "mixed up", _mixed(records, rng)
    yield "an hour late", [_later(one, 3_600) for one in records]
    yield "to the server only", [one for one in records if _port(one, 2) == SMTP]
    yield "to the client only", [one for one in records if _port(one, 0) == SMTP]


def _cut(record: bytes, snaplen: int) -> bytes:
    seconds, fraction, captured, wire = HEAD.unpack_from(record)
    kept = min(captured, snaplen)
    return HEAD.pack(seconds, fraction, kept, wire) + record[HEAD.size : HEAD.size + kept]


def _later(record: bytes, seconds: int) -> bytes:
    time, *rest = HEAD.unpack_from(record)
    return HEAD.pack(time + seconds, *rest) + record[HEAD.size :]


def _mixed(records: Records, rng: random.Random) -> Records:
    mixed = list(records)
    for _ in range(len(mixed) // 10):
        at = rng.randrange(len(mixed) - 1)
        mixed[at], mixed[at + 1] = mixed[at + 1], mixed[at]
    return mixed


def _port(record: bytes, at: int) -> int:
    """A port of IPv4 over Ethernet: the source's at 0, the destination's at 2. Of anything else that of SMTP."""
    frame = record[HEAD.size :]
    if frame[12:14] != b"\x08\x00":
        return SMTP
    header = 14 + 4 * (frame[14] & 15)
    return int.from_bytes(frame[header + at : header + at + 2])


def _wrong(one: Fixture, before: Said, after: Said) -> list[str]:
    """What is said of damaged captures that is not so."""
    known = {label for session in one.sessions for label in session.labels | session.allowed}
    told = {found.name: found for found in before.findings}
    wrong = list(after.failures)
    for found in after.findings:
        if any(_is(label, found) for label in known):
            continue
        accuses = found.severity is not Severity.INFO and (one.clean or found.name not in told)
        proves = found.confidence is Confidence.PROVEN and (
            found.name not in told or told[found.name].confidence is not Confidence.PROVEN
        )
        # With much of a session gone a likely finding may be of the wrong kind, on traffic that was tampered with.
        if (accuses and one.clean) or proves:
            wrong.append(f"{found.confidence} {found.name}")
    return wrong


def _is(label: str, found: Finding) -> bool:
    """Tell whether a finding is an expected one; what a reply answers may be lost, and whether a verb was answered."""
    of_it = found.label == "command-swallowed" and label == f"verb-blocked:{found.subject}"
    return covers(label, found) or of_it or (found.subject == "UNASKED" and label.partition(":")[0] == found.label)


def _accusations(name: str, folder: Path) -> list[str]:
    """Damage a fixture in every way and return what is then said wrongly."""
    one = fixture(name)
    before = said(one.outside, one.inside)
    after = altered(one, folder, lambda side, records: damaged(records, random.Random(name + side)))
    return [f"{what}: {label}" for what, result in after for label in _wrong(one, before, result)]


@pytest.mark.parametrize("name", SOME)
def test_damage_accuses_nobody(name: str, tmp_path: Path) -> None:
    assert _accusations(name, tmp_path) == []


@pytest.mark.heavy
@pytest.mark.parametrize("name", others(SOME))
def test_damage_of_any_fixture_accuses_nobody(name: str, tmp_path: Path) -> None:
    assert _accusations(name, tmp_path) == []


@pytest.mark.parametrize("name", ["relay-postfix-to-exim", "relay-store-and-forward"])
def test_a_relay_is_known_by_its_trace_where_replies_are_missing(name: str, tmp_path: Path) -> None:
    one = fixture(name)
    kept = altered(one, tmp_path, lambda _, records: [("to the server", [r for r in records if _port(r, 2) == SMTP])])

    for _, result in kept:
        assert "proxy-in-path:RELAY" in {found.name for found in result.findings}
        assert {found.severity for found in result.findings} == {Severity.INFO}


@pytest.mark.parametrize("name", ["proxy-firebox-postfix", "proxy-header-added"])
def test_one_time_that_is_wrong_makes_no_relay_of_a_proxy(name: str, tmp_path: Path) -> None:
    one = fixture(name)

    def early(_: str, records: Records) -> Iterator[tuple[str, Records]]:
        first = next(at for at, record in enumerate(records) if b"MAIL FROM:" in record)
        yield "a second early", [*records[:first], _later(records[first], -1), *records[first + 1 :]]

    for _, result in altered(one, tmp_path, early):
        assert {found.name for found in result.findings if found.label == "proxy-in-path"} == {"proxy-in-path"}
