"""What becomes of a mail or a command in whose midst a proxy closes: it has two connections, and each its own end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.tcp.segments import ACK, FIN, RST
from tests.building import endpoint, transcript
from tests.detect.proxied import DATA, HELLO, MAIL, Proxied
from tests.detect.scene import TRANSIT, passed

MINUTE = 60_000_000_000


@pytest.mark.parametrize("farewell", [b"", b"421 4.4.2 mx.example.com lost connection\r\n"])
@pytest.mark.parametrize("half", [len(MAIL) // 2, 0])
def test_a_mail_is_refused_by_the_proxy_and_reaches_the_server_in_part_or_not_at_all(
    half: int, farewell: bytes, tmp_path: Path
) -> None:
    """What the server says to the proxy that has left it did not become what the proxy said before."""
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    if half:
        session.inside.time = session.outside.time
        session.inside.say("C", MAIL[:half], acknowledge=True)
    session.outside.say("S", b"554 5.7.1 infected\r\n")
    session.outside.goodbye()
    session.leaves_server(farewell=farewell)

    assert session.serious(tmp_path) == {"end-of-data-lost", "reply-injected:END-OF-DATA"}


def test_a_mail_is_taken_by_the_proxy_which_resets_the_client(tmp_path: Path) -> None:
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    session.outside.reset("S")
    session.leaves_server()

    assert session.serious(tmp_path) == {"end-of-data-lost", "reset-injected"}


def test_a_command_at_which_the_proxy_resets_the_client(tmp_path: Path) -> None:
    session = Proxied(HELLO)
    session.outside.say("C", b"BDAT 10 LAST\r\n0123456789")
    session.outside.reset("S")
    session.leaves_server()

    assert session.serious(tmp_path) == {"command-swallowed:BDAT", "reset-injected"}


@pytest.mark.parametrize("end", ["the server's RST", "the server's FIN", "421", "QUIT", "the client's own RST"])
def test_a_reset_that_is_not_the_proxys_doing(end: str, tmp_path: Path) -> None:
    session = Proxied(HELLO)
    if end == "QUIT":
        session.passes("C", b"QUIT\r\n")
        session.passes("S", b"221 bye\r\n")
    elif end == "421":
        session.passes("S", b"421 4.3.2 mx.example.com closing\r\n")
        session.outside.say("C", b"RSET\r\n")
    elif end == "the client's own RST":
        session.outside.reset("C")
        session.inside.time = session.outside.time + TRANSIT
        session.inside.reset("C")
        session.inside.send("S")
    else:
        session.inside.time = session.outside.time
        session.inside.send("S", flags=RST if "RST" in end else FIN | ACK)
        session.outside.time = session.inside.time + 20 * TRANSIT
    if end != "the client's own RST":
        session.outside.reset("S")
    if end in ("QUIT", "421", "the server's FIN"):
        session.leaves_server()

    assert "reset-injected" not in session.serious(tmp_path)


def test_a_proxy_that_resets_both_ends(tmp_path: Path) -> None:
    """Neither of them had closed, and neither says anything more."""
    session = Proxied(HELLO)
    session.outside.say("C", b"DATA\r\n", acknowledge=True)
    session.inside.time = session.outside.time
    session.inside.send("C", flags=RST | ACK)
    session.outside.send("S", flags=RST | ACK)

    assert session.serious(tmp_path) == {"reset-injected", "command-swallowed:DATA"}


@pytest.mark.parametrize("waits", [0, 300 * 1_000_000_000])
@pytest.mark.parametrize("asks", [b"DATA\r\n", b"BDAT 10\r\n0123456789"])
@pytest.mark.parametrize("answer", [b"", b"250 2.0.0 Ok\r\n"])
def test_a_proxy_gives_up_who_does_not_answer(answer: bytes, asks: bytes, waits: int, tmp_path: Path) -> None:
    """A server that is silent for minutes, and a client that has its answer, are reset for a good reason."""
    session = Proxied(HELLO)
    session.passes("C", asks)
    session.inside.send("S")
    if answer:
        session.passes("S", answer)
    session.outside.time = session.inside.time = session.inside.time + waits
    session.inside.send("C", flags=RST | ACK)
    session.outside.send("S", flags=RST | ACK)

    assert session.serious(tmp_path) == (set() if waits or answer else {"reset-injected"})


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_fell_silent_is_reset_for_a_good_reason(reset: bool, tmp_path: Path) -> None:
    session = Proxied(HELLO)
    session.outside.time += 300 * 1_000_000_000
    session.outside.reset("S")
    if reset:
        session.inside.time = session.outside.time
        session.inside.reset("C")
    else:
        session.leaves_server()

    assert session.serious(tmp_path) == set()


def test_a_mail_whose_server_crashed_is_not_lost_in_the_proxy(tmp_path: Path) -> None:
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    session.inside.time = session.outside.time
    session.inside.say("C", MAIL[:100])
    session.inside.reset("S")
    session.outside.time = session.inside.time + 50 * TRANSIT
    session.outside.reset("S")

    assert session.serious(tmp_path) == set()


def test_a_command_that_the_proxy_answers_and_closes(tmp_path: Path) -> None:
    """What the server says to a proxy that has gone is not lost on its way to the client."""
    session = Proxied(HELLO)
    session.outside.say("C", b"BDAT 10\r\n0123456789")
    session.outside.say("S", b"451 Timeout waiting for client input\r\n")
    session.outside.send("S", flags=FIN | ACK)
    session.outside.say("C", b"BDAT 0 LAST\r\n")
    session.outside.send("S", flags=RST)
    session.leaves_server(farewell=b"421 mx.example.com lost input connection\r\n")

    assert session.serious(tmp_path) == {"verb-blocked:BDAT", "reply-injected:BDAT"}


def test_a_command_behind_the_close_of_the_proxy_is_not_swallowed(tmp_path: Path) -> None:
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    session.outside.say("S", b"554 5.7.1 infected\r\n")
    session.outside.send("S", flags=FIN | ACK)
    session.outside.say("C", b"RSET\r\n")
    session.outside.send("S", flags=RST)
    session.leaves_server()

    assert session.serious(tmp_path) == {"end-of-data-lost", "reply-injected:END-OF-DATA"}


DISMISSED = b"421 4.4.2 mx.example.com closing\r\n"
TIMEOUT = 300 * 1_000_000_000
"""ns after which a server waits no more (RFC 5321 section 4.5.3.2.7)."""


def dismissed(session: Proxied, *, proxy_first: bool) -> None:
    """The server says 421 and is closed, by itself or by the proxy, which passes the 421 on."""
    session.passes("S", DISMISSED)
    session.inside.time = session.outside.time
    for who in "CS" if proxy_first else "SC":
        session.inside.send(who, flags=FIN | ACK)
    session.outside.send("S", flags=FIN | ACK)
    session.outside.send("C", flags=FIN | ACK)
    session.outside.send("S")


@pytest.mark.parametrize("proxy_first", [False, True])
@pytest.mark.parametrize(("waits", "said"), [(0, set()), (TIMEOUT, {"command-swallowed:BDAT"})])
def test_a_command_that_crosses_a_421(waits: int, said: set[str], proxy_first: bool, tmp_path: Path) -> None:
    """The client takes it for its answer, but the server had closed; one that waited for it first is another matter."""
    session = Proxied(HELLO)
    session.outside.say("C", b"BDAT 10\r\n0123456789")
    session.inside.time = session.outside.time + waits
    dismissed(session, proxy_first=proxy_first)

    assert session.serious(tmp_path) == said


@pytest.mark.parametrize("proxy_first", [False, True])
@pytest.mark.parametrize(("waits", "said"), [(0, set()), (TIMEOUT, {"end-of-data-lost"})])
def test_a_mail_in_whose_midst_the_server_says_421(
    waits: int, said: set[str], proxy_first: bool, tmp_path: Path
) -> None:
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    session.inside.time = session.outside.time
    session.inside.say("C", MAIL[:100], acknowledge=True)
    session.inside.time += waits
    dismissed(session, proxy_first=proxy_first)

    assert session.serious(tmp_path) == said


ENDS = ["the proxy", "the server's FIN", "421", "the client's FIN", "patience", "an answer", "QUIT"]


@pytest.mark.parametrize("end", ENDS)
def test_the_proxy_closes_on_a_client_that_waits(end: str, tmp_path: Path) -> None:
    """And who closes because its client or its server does, or does not speak, does right."""
    session = Proxied(HELLO)
    session.passes("C", b"QUIT\r\n" if end == "QUIT" else b"RCPT TO:<c@example.com>\r\n")
    session.inside.time = session.outside.time
    if end == "the server's FIN":
        session.inside.send("S", flags=FIN | ACK)
    elif end == "421":
        session.inside.say("S", b"421 4.3.2 mx.example.com closing\r\n")
    elif end == "the client's FIN":
        session.outside.send("C", flags=FIN | ACK)
    elif end == "an answer":
        session.passes("S", b"250 2.1.5 Ok\r\n")
    session.outside.time = session.inside.time + (TIMEOUT if end == "patience" else 20 * TRANSIT)
    session.outside.send("S", flags=FIN | ACK)
    session.outside.send("C", flags=FIN | ACK)
    session.leaves_server()

    assert ("session-cut" in session.serious(tmp_path)) == (end == "the proxy")


@pytest.mark.parametrize(("last", "cut"), [(b"", True), (b"421 4.3.2 busy\r\n", False), (b"354 go ahead\r\n", False)])
def test_the_proxy_closes_when_the_last_of_a_group_of_commands_is_not_answered(
    last: bytes, cut: bool, tmp_path: Path
) -> None:
    """Answers to those before it come when it was asked already (RFC 2920); who is told of the close was not cut."""
    session = Proxied(HELLO)
    session.passes("C", b"RCPT TO:<c@example.com>\r\nDATA\r\n")
    session.passes("S", b"250 2.1.5 Ok\r\n" + last)
    session.outside.time = session.inside.time + 20 * TRANSIT
    session.outside.send("S", flags=FIN | ACK)
    session.outside.send("C", flags=FIN | ACK)
    session.leaves_server()

    assert ("session-cut" in session.serious(tmp_path)) == cut


def test_a_session_that_ends_in_order_on_both_connections(tmp_path: Path) -> None:
    session = Proxied((*DATA, ("C", MAIL + b".\r\n"), ("S", b"250 2.0.0 Ok\r\n"), ("C", b"QUIT\r\n")))
    session.passes("S", b"221 2.0.0 Bye\r\n")
    session.outside.goodbye()
    session.leaves_server()

    assert not session.serious(tmp_path)


@pytest.mark.parametrize(("minutes", "lost"), [(0, set()), (2, {"end-of-data-lost"})])
def test_what_a_proxy_holds_when_the_captures_end_is_not_lost_yet(minutes: int, lost: set[str], tmp_path: Path) -> None:
    """It scans the whole mail before it passes it on; other connections show how long the captures run."""
    session = Proxied(DATA)
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    other = transcript(*HELLO, client=endpoint("192.0.2.77", 4_000), start=session.outside.time + minutes * MINUTE)
    session.outside.segments += other
    session.inside.segments += map(passed, other)

    assert session.serious(tmp_path) == lost


CHUNK = b"BDAT %d LAST\r\n" % len(MAIL)


@pytest.mark.parametrize(("before", "begin", "end"), [(DATA, b"", b".\r\n"), (HELLO, CHUNK, b"")])
def test_what_a_proxy_refused_it_holds_no_longer(
    before: tuple[tuple[str, bytes], ...], begin: bytes, end: bytes, tmp_path: Path
) -> None:
    session = Proxied(before)
    session.passes("C", begin + MAIL[:50])
    session.outside.say("C", MAIL[50:] + end, acknowledge=True)
    session.outside.say("S", b"554 5.7.1 infected\r\n")
    session.outside.say("C", b"QUIT\r\n")
    later = transcript(*HELLO, client=endpoint("192.0.2.77", 4_000), start=session.outside.time)
    session.outside.segments += later
    session.inside.segments += map(passed, later)

    assert "end-of-data-lost" in session.serious(tmp_path)


def test_a_command_that_a_proxy_holds_when_the_captures_end_is_not_swallowed(tmp_path: Path) -> None:
    """It answers DATA itself, and asks the server when it has scanned the mail."""
    session = Proxied(HELLO)
    session.outside.say("C", b"DATA\r\n")
    session.outside.say("S", b"354 go ahead\r\n")
    session.outside.say("C", MAIL + b".\r\n", acknowledge=True)
    session.inside.segments.append(replace(session.inside.segments[-1], time=session.outside.time + 1_000_000_000))

    assert session.serious(tmp_path) == set()


@pytest.mark.parametrize(("held", "late"), [(False, True), (True, False)])
def test_a_server_is_slow_from_the_end_of_a_chunk_on(held: bool, late: bool, tmp_path: Path) -> None:
    """One that had the rest of it only when the client was gone, by the doing of the proxy, was quick."""
    session = Proxied(HELLO)
    session.outside.say("C", CHUNK + MAIL, acknowledge=True)
    session.inside.time = session.outside.time
    session.inside.say("C", CHUNK + (MAIL[:50] if held else MAIL), acknowledge=True)
    session.outside.time += MINUTE
    session.outside.send("C", flags=FIN | ACK)
    session.inside.time += 2 * MINUTE
    if held:
        session.inside.say("C", MAIL[50:], acknowledge=True)
    session.inside.say("S", b"250 2.0.0 Ok\r\n")
    session.outside.time = session.inside.time
    session.leaves_server()

    assert ("reply-late:BDAT" in {one.name for one in session.report(tmp_path).findings}) is late
