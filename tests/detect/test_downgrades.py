"""A client's sessions compared with each other: HELO after what a device did, and every innocent HELO beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.detect.finding import Finding
from tests.building import SYN_OPTIONS, Seg
from tests.detect.scene import Scene

GREETING = "S: 220 mx.example.com ESMTP => 220 **********************\n"
ESMTP = "S: 220 mx.example.com ESMTP\n"
LIST = "S: 250-mx.example.com / 250-SIZE 1000 / 250 8BITMIME\n"
QUIT = "C: QUIT\nS: 221 bye"
EHLO = ESMTP + "C: EHLO out.example.org\n" + LIST + QUIT
HELO = "C: HELO out.example.org\nS: 250 mx.example.com\n" + QUIT
MASKED = ESMTP + "C: EHLO out.example.org => XXXX out.example.org\nS: 500 what?\n" + QUIT
BLOCKED = ESMTP + "C: EHLO out.example.org => -\nS: - => 500 Command unrecognized\n" + QUIT
REFUSED = ESMTP + "C: EHLO out.example.org\nS: 500 what?\n" + QUIT
OTHER = "198.51.100.26"

Build = Callable[[Scene], None]


def scene(*scripts: str, server: str = "198.51.100.25") -> Scene:
    """One client's sessions, a minute apart; all but the first go to `server`."""
    made = Scene()
    for number, script in enumerate(scripts):
        made.add(script, at=60 * number, server=server if number else "198.51.100.25")
    return made


def downgrades(findings: list[Finding]) -> list[Finding]:
    return [found for found in findings if found.label == "esmtp-downgraded"]


@pytest.mark.parametrize(
    ("scripts", "cause"),
    [
        ((EHLO, GREETING + HELO), "banner-masked"),
        ((EHLO, ESMTP.replace("\n", " => 220 fw.example.net\n") + HELO), "banner-rewritten"),
        ((MASKED, ESMTP + HELO), "verb-masked:EHLO"),
        ((BLOCKED, ESMTP + HELO), "verb-blocked:EHLO"),
    ],
)
def test_helo_after_what_a_device_did(scripts: tuple[str, ...], cause: str, tmp_path: Path) -> None:
    (found,) = downgrades(scene(*scripts).compared(tmp_path))

    assert (found.outside, found.inside, found.related) == (1, 1, (0,))
    assert (found.where, found.severity, found.confidence) == ("between", "warning", "likely")
    assert f"{cause} " in found.summary.replace(")", " ")
    assert found.evidence[-1].text == b"HELO out.example.org"
    assert "several programs" in " ".join(found.doubts)


def test_the_session_with_ehlo_may_come_later(tmp_path: Path) -> None:
    (found,) = downgrades(scene(GREETING + HELO, EHLO).compared(tmp_path))

    assert (found.outside, found.related) == (0, (1,))


def test_the_session_with_ehlo_may_be_with_another_server(tmp_path: Path) -> None:
    assert len(downgrades(scene(EHLO, GREETING + HELO, server=OTHER).compared(tmp_path))) == 1


INNOCENT = {
    "a client that always says HELO": (GREETING + HELO, GREETING + HELO),
    "HELO where nothing was done as well": (EHLO, GREETING + HELO, ESMTP + HELO),
    "EHLO behind the mask as well": (EHLO, GREETING + HELO, GREETING + EHLO.removeprefix(ESMTP)),
    "a server whose greeting never had the word": (EHLO, "S: 220 mx ready => 220 ********\n" + HELO),
    "another server of a load balancer": (EHLO, "S: 220 mx2.example.com ready\n" + HELO),
    "a greeting that kept the word": (EHLO, "S: 220 mx ESMTP => 220 fw ESMTP\n" + HELO),
    "a server that knows no EHLO": (REFUSED, ESMTP + HELO),
    "HELO before the EHLO that was masked": (ESMTP + HELO, MASKED),
    "another name": (EHLO, GREETING + HELO.replace("out.", "in.")),
    "a name that is everybody's": tuple(
        one.replace("out.example.org", "localhost.localdomain") for one in (EHLO, GREETING + HELO)
    ),
    "stars of the server's own": (EHLO, "S: 220 **************\n" + HELO),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_helo_is_no_finding(name: str, tmp_path: Path) -> None:
    assert downgrades(scene(*INNOCENT[name]).compared(tmp_path)) == []


def test_a_masked_ehlo_tells_nothing_of_another_server(tmp_path: Path) -> None:
    assert downgrades(scene(MASKED, ESMTP + HELO, server=OTHER).compared(tmp_path)) == []


def _other_machine(segments: list[Seg]) -> list[Seg]:
    """The same conversation from a machine that scales no windows."""
    plain = SYN_OPTIONS.replace(bytes.fromhex("01030307"), b"")
    return [replace(one, options=plain if one.options else b"") for one in segments]


@pytest.mark.parametrize(("address", "machine"), [("192.0.2.11", list), ("192.0.2.10", _other_machine)])
def test_another_machine_is_another_client(
    address: str, machine: Callable[[list[Seg]], list[Seg]], tmp_path: Path
) -> None:
    made = scene(EHLO)
    made.add(GREETING + HELO, at=60, client=address, change=machine)

    assert downgrades(made.compared(tmp_path)) == []


def test_one_capture_alone_shows_it_with_less_certainty(tmp_path: Path) -> None:
    (found,) = downgrades(scene(EHLO, GREETING + HELO).inspected(tmp_path))

    assert (found.session, found.related) == (1, (0,))
    assert (found.where, found.severity, found.confidence) == ("server-side", "warning", "possible")
    assert "what the greeting was before is not known" in " ".join(found.doubts)


def test_the_capture_at_the_server_shows_the_masked_ehlo(tmp_path: Path) -> None:
    (found,) = downgrades(scene(MASKED, ESMTP + HELO).inspected(tmp_path))

    assert (found.session, found.related, found.where, found.confidence) == (1, (0,), "client-side", "likely")


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_helo_is_no_finding_of_one_capture(name: str, tmp_path: Path) -> None:
    shown = {"a server whose greeting never had the word", "stars of the server's own"}
    # What the stars stand for is not seen from here: said, but possible at most.
    grades = {str(found.confidence) for found in downgrades(scene(*INNOCENT[name]).inspected(tmp_path))}
    assert grades == ({"possible"} if name in shown else set())


def test_nothing_is_said_of_a_session_that_one_side_lacks(tmp_path: Path) -> None:
    made = scene(BLOCKED, ESMTP + HELO)
    begin = min(one.time for one in made.inside)
    made.inside = [one for one in made.inside if one.time < begin + 30 * 1_000_000_000]

    found = made.compared(tmp_path)

    assert any(one.name == "verb-blocked:EHLO" for one in found)
    assert not downgrades(found)
