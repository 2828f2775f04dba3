"""What is too long: named by what it is, and a warning only where the device ended the session at it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.detectors import limit_exceeded
from pcapsleuth.detect.finding import Severity
from pcapsleuth.detect.scope import Session
from pcapsleuth.tcp.segments import FIN, RST
from tests.building import SERVER, START, Talk
from tests.detect.scene import SECOND
from tests.detect.script import compare_segments, dialogue

BEGIN = (
    ("S", b"220 mx ESMTP\r\n"),
    ("C", b"EHLO out.example.org\r\n"),
    ("S", b"250 mx\r\n"),
    ("C", b"MAIL FROM:<a@example.org>\r\n"),
    ("S", b"250 Ok\r\n"),
    ("C", b"RCPT TO:<b@example.com>\r\n"),
    ("S", b"250 Ok\r\n"),
    ("C", b"DATA\r\n"),
    ("S", b"354 go ahead\r\n"),
)
END = (("S", b"250 Ok\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
LONG = b"o" * 1_200
HEADER = b"Subject: x\r\n\r\n"
PART = b'--b\r\nContent-Disposition: attachment;\r\n filename="%s"\r\n\r\ntext\r\n--b--\r\n'
FILLING = b"and so on\r\n" * 2_000

MAILS = {
    "HEADER-LINE": b"X: " + LONG + b"\r\n" + HEADER,
    "BODY-LINE": HEADER + b"first\r\n" + LONG + b"\r\n",
    "FILE-NAME": HEADER + PART % LONG[:256],
}


def passing(data: bytes) -> Comparison:
    """A session that nobody ended."""
    talks = [Talk(), Talk()]
    for talk in talks:
        talk.handshake()
        for who, text in (*BEGIN, ("C", data + b".\r\n"), *END):
            talk.say(who, text)
        talk.goodbye()
    return compare_segments(*(talk.segments for talk in talks))


def cut(sent: bytes, came: bytes) -> Comparison:
    """A session that a device ended by resetting both ends, when so much of the mail had come out."""
    talks = [Talk(), Talk()]
    for talk, data, fooled in zip(talks, (sent, came), "SC", strict=True):
        talk.handshake()
        for who, text in (*BEGIN, ("C", data)):
            talk.say(who, text)
        talk.reset(fooled)
    return compare_segments(*(talk.segments for talk in talks))


def said(comparison: Comparison) -> dict[str | None, str]:
    return {found.subject: str(found.severity) for found in limit_exceeded.detect_pair(comparison)}


@pytest.mark.parametrize("what", MAILS)
def test_what_passes_is_information(what: str) -> None:
    assert said(passing(MAILS[what])) == {what: "info"}


@pytest.mark.parametrize("what", MAILS)
def test_a_session_that_dies_at_it_is_a_warning(what: str) -> None:
    assert said(cut(MAILS[what], MAILS[what][:5])) == {what: "warning"}


@pytest.mark.parametrize("what", MAILS)
def test_a_session_that_dies_later_did_not_die_of_it(what: str) -> None:
    data = MAILS[what] + FILLING

    assert said(cut(data + b"and more", data)) == {what: "info"}


def test_the_place_is_where_the_line_begins_and_nothing_of_it_is_shown() -> None:
    (found,) = limit_exceeded.detect_pair(passing(MAILS["BODY-LINE"]))

    (evidence,) = found.evidence
    assert evidence.text == b""
    assert evidence.offset == sum(len(text) for who, text in BEGIN if who == "C") + len(HEADER) + len(b"first\r\n")
    assert found.summary.endswith("body line: 1,202")


def test_what_is_within_its_limit_is_nothing() -> None:
    data = b"X: " + b"y" * 995 + b"\r\n" + HEADER + b"." + b"." * 998 + b"\r\n" + PART % (b"n" * 255)

    assert said(passing(data)) == {}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"NOOP " + b"n" * 510, "COMMAND-LINE"),
        (b"MAIL FROM:<" + b"n" * 320 + b"@example.org>", "ADDRESS"),
    ],
)
def test_a_command_is_a_warning_where_it_did_not_come_out(line: bytes, what: str) -> None:
    talks = [Talk(), Talk()]
    for talk, fooled in zip(talks, "SC", strict=True):
        talk.handshake()
        for who, text in BEGIN[:3]:
            talk.say(who, text)
        if fooled == "S":
            talk.say("C", line + b"\r\n")
        talk.reset(fooled)

    assert said(compare_segments(*(talk.segments for talk in talks))) == {what: str(Severity.WARNING)}


LIMITED = {
    "RECIPIENTS": b"".join(b"RCPT TO:<b%d@example.com>\r\n" % n for n in range(101)),
    "COMMAND-LINE": b"RSET\r\nNOOP " + b"n" * 510 + b"\r\n",
    "HEADER-LINE": MAILS["HEADER-LINE"],
}
"""What an ASA drops without a word, with all that follows of its connection."""


def in_vain(what: str, *, later: bool = False, stopped: bool = False, small: bool = False) -> Comparison:
    """A session of which nothing comes out from what is too long on, though the client repeats it.

    Or something `later` does, or the capture of the server's side was `stopped`; or what is repeated is not too long.
    """
    begin = BEGIN if what == "HEADER-LINE" else BEGIN[:5]
    talks = [Talk(mss=5_000), Talk(mss=5_000)]
    for talk, side in zip(talks, ("outside", "inside"), strict=True):
        talk.handshake()
        for who, text in begin:
            talk.say(who, text)
        if side == "outside" or small:
            talk.say("C", LIMITED[what])
        if side == "outside":
            again = talk.segments[-1]
            talk.segments += [replace(again, time=again.time + n * SECOND, ip_id=900 + n) for n in (1, 3)]
        if later:
            talk.time = START + 9 * SECOND
            talk.send("C")
    return compare_segments(*(talk.segments for talk in talks), stopped=stopped)


@pytest.mark.parametrize("what", LIMITED)
def test_what_is_repeated_in_vain_until_nothing_comes_out_is_a_warning(what: str) -> None:
    (found,) = [one for one in limit_exceeded.detect_pair(in_vain(what)) if one.subject == what]

    assert (found.severity, found.confidence) == ("warning", "likely")
    assert [doubt.split(" ")[0] for doubt in found.doubts] == ["what"] + ["any"] * (what != "COMMAND-LINE")


@pytest.mark.parametrize("how", ["later", "stopped", "small"])
@pytest.mark.parametrize("what", LIMITED)
def test_a_session_that_goes_on_or_was_not_watched_did_not_die_of_it(what: str, how: str) -> None:
    assert said(in_vain(what, later=how == "later", stopped=how == "stopped", small=how == "small"))[what] == "info"


def alone(talk: Talk) -> dict[str | None, str]:
    """What one capture alone says of its limits."""
    found = limit_exceeded.detect_session(Session(0, dialogue(talk.segments)))
    return {one.subject: f"{one.severity}, {one.confidence}" for one in found}


LINES = {
    "COMMAND-LINE": (3, b"NOOP " + b"n" * 510 + b"\r\n"),
    "ADDRESS": (3, b"MAIL FROM:<" + b"n" * 320 + b"@example.org>\r\n"),
    **{what: (len(BEGIN), data + b".\r\n") for what, data in MAILS.items()},
}


ENDS = ["reset", "silence", "refusal", "later", "client's reset", "a reset of its own", "server's close", "one way"]


@pytest.mark.parametrize("what", LINES)
@pytest.mark.parametrize("end", ENDS)
def test_one_capture_alone_warns_where_the_session_dies_at_it(what: str, end: str) -> None:
    """What the server refuses in words, received, or never was asked in this capture is information."""
    said_before, long = LINES[what]
    talk = Talk(mss=5_000)
    talk.handshake()
    for who, text in BEGIN[:said_before]:
        talk.say(who, text)
    talk.say("C", long, acknowledge=end == "later")
    if end in ("silence", "server's close"):
        again = talk.segments[-1]
        talk.segments += [replace(again, time=again.time + n * SECOND, ip_id=900 + n) for n in (1, 3)]
    elif end == "refusal":
        talk.say("S", b"500 5.5.2 line too long\r\n")
        talk.reset("S")
    else:
        talk.send("C" if end in ("client's reset", "a reset of its own") else "S", flags=RST)
    if end == "a reset of its own":
        talk.send("S", flags=RST)
    elif end == "server's close":
        talk.send("S", flags=FIN)
    if end == "one way":
        talk.segments = [one for one in talk.segments if one.destination.port == SERVER.port]

    dies = end in ("reset", "silence")
    # A capture of one direction does not show when mail data begins: they are commands in it.
    if end != "one way":
        assert alone(talk) == {what: "warning, possible" if dies else "info, likely"}
    assert ("warning, possible" in alone(talk).values()) == dies


def test_a_session_that_was_dead_before_did_not_die_of_it() -> None:
    """Nothing was acknowledged for more than is on its way at once."""
    talk = Talk()
    talk.handshake()
    for who, text in BEGIN:
        talk.say(who, text)
    talk.say("C", HEADER + FILLING + LONG + b"\r\n.\r\n")
    talk.send("S", flags=RST)

    assert alone(talk) == {"BODY-LINE": "info, likely"}


@pytest.mark.parametrize("what", ["HEADER-LINE", "BODY-LINE"])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_refused_in_words_is_not_what_the_session_dies_of(what: str, chunked: bool) -> None:
    """Whoever refuses it may do so before he acknowledges it."""
    talk = Talk(mss=5_000)
    talk.handshake()
    for who, text in BEGIN[:-2] if chunked else BEGIN:
        talk.say(who, text)
    begin, end = (b"BDAT %d LAST\r\n" % len(MAILS[what]), b"") if chunked else (b"", b".\r\n")
    talk.say("C", begin + MAILS[what] + end)
    asked = talk.segments[-1]
    talk.say("S", b"500 5.5.2 line too long\r\n")
    talk.segments[-1] = replace(talk.segments[-1], ack=asked.seq)
    talk.send("S", flags=RST)

    assert alone(talk) == {what: "info, likely"}
