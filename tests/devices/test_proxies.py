"""Devices that are known as editors and act as proxies where they filter: they are named all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.detect.proxied import DATA, HELLO, MAIL, Proxied


def named(session: Proxied, folder: Path) -> list[object]:
    """The devices that are named."""
    return [device["profile"] for device in session.report(folder).devices]


@pytest.mark.parametrize("passed", [len(MAIL) // 2, 0])
@pytest.mark.parametrize("leaves", [True, False])
def test_a_mail_is_cut_off_in_its_midst(passed: int, leaves: bool, tmp_path: Path) -> None:
    """A proxy that keeps the mail until it is whole, and then refuses it, is another."""
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    session.inside.time = session.outside.time
    if passed:
        session.inside.say("C", MAIL[:passed], acknowledge=True)
    session.outside.say("S", b"554 5.7.1 infected\r\n")
    if leaves:
        session.outside.say("C", b"QUIT\r\n")
        session.outside.say("S", b"221 bye\r\n")
    session.outside.goodbye()
    session.leaves_server()

    assert (named(session, tmp_path) == ["fortigate-splice"]) == bool(passed)


@pytest.mark.parametrize(("code", "known"), [(b"500", True), (b"252", False)])
def test_a_verb_that_the_filter_does_not_know(code: bytes, known: bool, tmp_path: Path) -> None:
    session = Proxied(HELLO)
    session.outside.say("C", b"XEXCH50 1020 2\r\n")
    session.outside.say("S", code + b" 5.5.1 Command unrecognized\r\n")
    session.inside.time = session.outside.time
    for who, text in (*DATA[len(HELLO) :], ("C", MAIL + b".\r\n"), ("S", b"250 Ok\r\n"), ("C", b"QUIT\r\n")):
        session.passes(who, text)
    session.passes("S", b"221 bye\r\n")
    session.outside.goodbye()
    session.leaves_server()

    assert (named(session, tmp_path) == ["isa-2000"]) == known
