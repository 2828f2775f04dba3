"""Sessions that a capture has not whole: TCP's own numbers still say what came out where it came in."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.tcp.connection import MOST_GAPS
from pcapsleuth.tcp.segments import ACK, FIN, RST
from tests.building import Seg, Talk, drop, recut, transcript
from tests.detect.scene import Scene, passed, serious
from tests.detect.script import compare_segments, names, sides

HELLO = (
    "S: 220 mx.example.com ESMTP\nC: EHLO out.example.org => {}\nS: 500 5.5.1 unrecognized\nC: HELO out.example.org\n"
)
MAIL = """S: 250 mx.example.com
C: MAIL FROM:<a@example.org>
S: 250 ok
C: RCPT TO:<b@example.com>
S: 250 ok
C: RCPT TO:<c@example.com>
S: 250 ok
C: DATA
S: 354 go ahead
C: Message-ID: <{0}@example.org> / Subject: x // text {0} / . => {1}
S: 250 ok 77
"""
LOSS = 0.25
"""What part of its frames a capture loses."""

SAME = "Message-ID: <{0}@example.org> / Subject: x // text {0} / ."


def test_a_wholly_overwritten_command_of_a_session_left_open(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(HELLO.format("X" * 20) + MAIL.format(1, SAME.format(1)) + "C: QUIT\nS: 221 bye", fins=False)

    assert serious(scene.compared(tmp_path)) == ["verb-masked:EHLO", "esmtp-downgraded"]


def test_an_overwritten_message_id_of_a_session_left_open(tmp_path: Path) -> None:
    """The id is what the mails of both sides are paired by: their place in the stream pairs them as well."""
    scene = Scene()
    masked = "Message-ID: XXXXXXXXXXXXXXX / Subject: x // text 2 / ."
    talk = "S: 220 mx.example.com ESMTP\nC: HELO out.example.org\n" + MAIL.format(1, SAME.format(1))
    later = MAIL.format(2, masked).partition("\n")[2]
    scene.add(talk + later + "C: QUIT\nS: 221 bye", fins=False)

    assert serious(scene.compared(tmp_path)) == ["body-altered"]


@pytest.mark.parametrize("seed", [3, 27, 32, 43, 45, 63, 92, 95, 106, 109])
def test_each_capture_lost_others_of_many_equal_answers(seed: int, tmp_path: Path) -> None:
    asked = "".join(f"C: RCPT TO:<{name}@example.com>\nS: 250 ok\n" for name in "bcdefg")
    scene = Scene()
    scene.add("S: 220 mx.example.com ESMTP\nC: HELO out.example.org\nS: 250 mx\n" + asked + "C: QUIT\nS: 221 bye")
    rng = random.Random(seed)
    scene.outside = [one for one in scene.outside if rng.random() > LOSS]
    scene.inside = [one for one in scene.inside if rng.random() > LOSS]

    assert serious(scene.compared(tmp_path)) == []


def test_a_capture_that_begins_among_equal_replies(tmp_path: Path) -> None:
    """Its first answer is the second of its kind: the one before it, and what stood between, was before its begin."""
    asked = "C: X-EXPS GSSAPI\nS: 500 no\nC: HELP\nS: 214 help\nC: GOODMORNING\nS: 500 no\nC: VRFY a\nS: 252 maybe\n"
    scene = Scene()
    scene.add("S: 220 mx.example.com ESMTP\nC: HELO out.example.org\nS: 250 mx\n" + asked + "C: QUIT\nS: 221 bye")
    begin = max(i for i, one in enumerate(scene.outside) if one.payload == b"500 no\r\n")
    scene.outside = scene.outside[begin:]

    assert serious(scene.compared(tmp_path)) == []


def test_a_command_behind_mail_data_of_which_a_capture_kept_the_begin_only(tmp_path: Path) -> None:
    """Where the data ended is not known, and RSET counts into it; the other capture has both."""
    mail = """C: MAIL FROM:<a@example.org>
S: 250 2.1.0 a@example.org....Sender OK
C: RCPT TO:<b@example.com>
S: 250 2.1.5 b@example.com
C: DATA
S: 354 Start mail input; end with <CRLF>.<CRLF>
C: Message-ID: <{0}@example.org> / Subject: x // a longer text {0} / .
S: 250 2.6.0 <{0}@mx.example.com> Queued mail for delivery
"""
    start = "S: 220 mx.example.com ESMTP\nC: EHLO out.example.org => -\nS: - => OK\n"
    scene = Scene()
    scene.add(start + mail.format(1) + "C: RSET\nS: 250 flushed\n" + mail.format(2) + "C: QUIT\nS: 221 bye")
    scene.outside = [replace(one, payload=one.payload[:36], length=len(one.payload)) for one in scene.outside]

    assert serious(scene.compared(tmp_path)) == ["verb-blocked:EHLO"]


def test_a_line_taken_out_that_is_as_long_as_the_answers_behind_it(tmp_path: Path) -> None:
    """Answers then stand where others stood: equal ones at one place are not one for that."""
    scene = Scene()
    scene.add(
        "S: 220 mx.example.com ESMTP\nC: EHLO out.example.org\n"
        "S: 250-mx.example.com / 250-STARTTLS / 250 8BITMIME => 250-mx.example.com / 250 8BITMIME\n"
        "C: MAIL FROM:<a@example.org>\nS: 250 2.1.0 Ok\n"
        + "".join(f"C: RCPT TO:<{name}@example.com>\nS: 250 2.1.5 Ok\n" for name in "bcde")
        + "C: QUIT\nS: 221 2.0.0 Bye",
        fins=False,
    )

    assert serious(scene.compared(tmp_path)) == ["capability-removed:STARTTLS", "starttls-stripped"]


def test_one_of_equal_answers_is_the_devices_own_and_its_command_tells_which(tmp_path: Path) -> None:
    """The client, who never sent that RSET, misses no answer."""
    asked = "".join(f"C: RCPT TO:<{name}@example.com>\nS: 250 ok\n" for name in "bcde")
    scene = Scene()
    scene.add(
        "S: 220 mx.example.com ESMTP\nC: HELO out.example.org\nS: 250 mx.example.com\n"
        "C: - => RSET\nS: 250 ok => -\nC: MAIL FROM:<a@example.org>\nS: 250 ok\n" + asked + "C: QUIT\nS: 221 bye",
        fins=False,
    )

    assert serious(scene.compared(tmp_path)) == ["command-injected:RSET"]


def test_what_a_lost_command_was_answered_need_not_have_been_for_the_client(tmp_path: Path) -> None:
    """The inside capture lost the RSET, which a device sent, and shows its answer."""
    scene = Scene()
    scene.add(
        "S: 220 mx.example.com ESMTP\nC: HELO out.example.org\nS: 250 mx.example.com\n"
        "C: - => RSET\nS: 250 flushed => -\nC: MAIL FROM:<a@example.org>\nS: 250 ok\nC: QUIT\nS: 221 bye",
    )
    scene.inside = [one for one in scene.inside if one.payload != b"RSET\r\n"]

    assert serious(scene.compared(tmp_path)) == []


CHUNKED = """S: 220 mx.example.com ESMTP
C: EHLO out.example.org
S: 250-mx.example.com / 250 CHUNKING
C: MAIL FROM:<a@example.org>
S: 250 ok
C: RCPT TO:<b@example.com>
S: 250 ok
C: BDAT 25 / Subject: x // first part
S: 250 25 octets
C: BDAT 13 / second part
S: 250 13 octets
C: BDAT 12 LAST / third part
S: 250 queued
C: QUIT
S: 221 bye"""


@pytest.mark.parametrize("chunk", [b"BDAT 25", b"BDAT 13"])
def test_a_chunk_that_one_capture_lost_with_its_command(chunk: bytes, tmp_path: Path) -> None:
    """Nothing of it is left but a hole between two chunks: neither header nor body were changed for that."""
    scene = Scene()
    scene.add(CHUNKED)
    scene.outside = [one for one in scene.outside if not one.payload.startswith(chunk)]

    assert serious(scene.compared(tmp_path)) == []


def test_an_empty_line_of_the_server_where_a_capture_lacks_the_begin(tmp_path: Path) -> None:
    """What is no SMTP crashes nobody: `Scene.compared` holds that no detector failed."""
    scene = Scene()
    scene.add(
        "S: 220 f\nC: EHLO / STARTTLS\nS: 220 start / 220 start\nS: HTTP/1.1 101 // what",
        change=lambda all_: [replace(one, payload=one.payload.replace(b"what\r\n", b"")) for one in all_],
        fins=False,
    )
    scene.outside = scene.outside[3:]

    assert serious(scene.compared(tmp_path)) == []


def test_who_is_heard_last_by_a_reset_is_no_witness(tmp_path: Path) -> None:
    """One capture lost the end of the data with all that followed, but for the FIN and the server's RST."""
    scene = Scene()
    talk = "S: 220 mx.example.com ESMTP\nC: HELO out.example.org\n" + MAIL.format(1, SAME.format(1))

    def reset(segments: list[Seg]) -> list[Seg]:
        *rest, client, server, _ = segments
        return [*rest, client, replace(server, flags=RST, ack=0)]

    scene.add(talk.replace("text 1 / .", "text 1 / more / ."), change=lambda all_: reset(recut(all_, 60)))
    end = next(i for i, one in enumerate(scene.inside) if one.payload.endswith(b"\r\n.\r\n"))
    scene.inside = scene.inside[:end] + [one for one in scene.inside[end:] if one.flags & (FIN | RST)]

    assert serious(scene.compared(tmp_path)) == []


@pytest.mark.parametrize("late", [True, False])
def test_a_server_that_was_reset_closes_nothing(late: bool, tmp_path: Path) -> None:
    """A scanner resets the server within the mail and answers in its place: no close of the server's was lost.

    Where the client's side shows the close before the reset, it may have been.
    """
    scene = Scene()
    begun = MAIL.format(1, "{1}").partition("C: Message-ID")[0]
    text = "C: Subject: x // text / more / . => Subject: x // text\nS: - => 554 hit"
    scene.add("S: 220 mx.example.com ESMTP\nC: HELO out.example.org\n" + begun + text)
    *rest, client, _, _ = scene.inside
    scene.inside = [*rest, replace(client, flags=RST, ack=0, time=client.time + (0 if late else 10**10))]
    # The captures go on.
    scene.add("S: 220 mx.example.com ESMTP\nC: QUIT\nS: 221 bye", at=60)

    found = ["end-of-data-lost", "reset-injected", "reply-injected:END-OF-DATA"] if late else []
    assert sorted(serious(scene.compared(tmp_path))) == sorted(found)


@pytest.mark.parametrize(("lost", "said"), [(b"RCPT TO:<b@", []), (None, ["reset-injected"] * 3)])
def test_a_capture_that_lost_more_than_the_resets(lost: bytes | None, said: list[str], tmp_path: Path) -> None:
    """Three sessions end by a RST that one capture lacks: no chance, unless it lacks other frames of theirs too."""
    scene = Scene()
    for number in range(3):
        scene.add(
            "S: 220 mx.example.com ESMTP\nC: HELO out.example.org\n" + MAIL.format(number, SAME.format(number)),
            at=number * 10,
            change=lambda segments: [*segments[:-3], replace(segments[-3], flags=RST | ACK)],
        )
    scene.add("S: 220 mx.example.com ESMTP\nC: QUIT\nS: 221 bye", at=60)
    scene.outside = [one for one in scene.outside if not one.flags & RST]
    if lost:
        scene.outside = [one for one in scene.outside if not one.payload.startswith(lost)]

    assert serious(scene.compared(tmp_path)) == said


@pytest.mark.parametrize("lost", [(8, 11), (6, 8, 11), (8, 10, 13)])
def test_a_reply_of_which_only_the_neighbour_was_captured_is_not_changed(lost: tuple[int, ...]) -> None:
    """A command that the device sent itself, and answers around it that the capture lost, shift all by one."""
    client, server = sides(
        "S: 220 mx\nC: EHLO me\nS: 250-mx / 250 SIZE\nC: - => RSET\nS: 250 2.0.0 Ok => -\n"
        "C: MAIL FROM:<a@example.org>\nS: 250 2.1.0 Ok\nC: RCPT TO:<b@example.com>\nS: 250 2.1.5 Ok\nC: DATA\n"
        "S: 354 go\nC: Subject: x // text / .\nS: 250 2.0.0 Ok queued\nC: QUIT\nS: 221 bye"
    )
    found = names(compare_segments(transcript(*client), drop(transcript(*server), *lost)))

    assert not {name for name in found if name.startswith("reply-rewritten")}


@pytest.mark.parametrize(
    ("lost", "found"),
    [((4,), {"verb-masked:GOODMORNING", "verb-masked:KILL"}), ((0, 1, 2, 4), {"verb-masked:KILL"})],
)
def test_a_command_behind_a_lost_one_is_known_by_its_place(lost: tuple[int, ...], found: set[str]) -> None:
    """What stands behind a gap may be anything, unless it fills the very place of a command: counted from the SYN."""
    client, server = sides(
        "S: 220 mx\nC: EHLO me => XXXX me\nS: 500 5.3.3 no\nC: GOODMORNING => XXXXXXXXXXX\nS: 500 5.3.3 no\n"
        "C: KILL => XXXX\nS: 500 5.3.3 no\nC: QUIT\nS: 221 bye"
    )
    assert names(compare_segments(transcript(*client), drop(transcript(*server), *lost))) == found


def test_of_more_gaps_than_are_kept_none_is_taken_for_silence() -> None:
    """A capture lost every other command, and behind the device all are shifted by a longer first one."""
    lines = [("S", b"220 mx\r\n"), ("C", b"EHLO me\r\n"), ("S", b"250 mx\r\n")]
    for n in range(2 * MOST_GAPS + 200):
        lines += [("C", b"VRFY u%04d\r\n" % n), ("S", b"252 2.5.2 u%04d\r\n" % n)]
    client = transcript(*lines)
    lines[1] = "C", b"EHLO me.example.org\r\n"
    lost = [at for at, one in enumerate(client) if one.payload.startswith(b"VRFY") and int(one.payload[6:10]) % 2]

    found = names(compare_segments(client, drop(transcript(*lines), *lost)))
    assert found == {"argument-rewritten:EHLO"}


def test_a_capture_at_the_client_that_lost_all_behind_the_mail_is_no_witness(tmp_path: Path) -> None:
    """The other one shows that the client went on, and lost the close itself."""
    scene = Scene()
    said = "S: 220 mx.example.com ESMTP\nC: HELO out.example.org\n" + MAIL.format(1, SAME.format(1))
    scene.add(said + "C: RSET\nS: 250 ok 78\nC: QUIT\nS: 221 bye")
    answer = next(one for one in scene.outside if one.payload.startswith(b"250 ok 77"))
    goodbye = next(one for one in scene.inside if one.payload.startswith(b"QUIT"))
    scene.outside = [one for one in scene.outside if one.time < answer.time]
    scene.inside = [one for one in scene.inside if one.time <= goodbye.time]
    scene.add("S: 220 mx ESMTP\nC: QUIT\nS: 221 bye", at=30)

    assert serious(scene.compared(tmp_path)) == []


def test_one_of_answers_that_are_all_alike_is_changed_in_a_session_that_has_no_end(tmp_path: Path) -> None:
    """Both captures end before the session does, and lost nothing before: each answer has its own place."""
    begin = "S: 220 mx ESMTP\nC: HELO me\nS: 250 OK\nC: MAIL FROM:<a@b.example>\n"
    behind = "\nC: RCPT TO:<c@d.example>\nS: 250 OK\nC: DATA\nS: 354 go"
    scene = Scene()
    for side, answer in (("outside", "250 it is taken"), ("inside", "250 OK")):
        there = Scene()
        there.add(f"{begin}S: {answer}{behind}", seen=side, fins=False)
        setattr(scene, side, getattr(there, side))

    assert serious(scene.compared(tmp_path)) == ["reply-rewritten:MAIL"]


def test_one_of_equal_answers_in_a_row_that_the_capture_lost(tmp_path: Path) -> None:
    """The greeting is shorter on one side, so that nothing tells by its place which of them is missing."""
    scene = Scene()
    scene.add(
        "S: 220 mx.example.com ESMTP => 220 fw.example.com\nC: EHLO out.example.org\nS: 250-mx / 250 PIPELINING\n"
        "C: MAIL FROM:<a@example.org> / RCPT TO:<b@example.com> / RCPT TO:<c@example.com> / RCPT TO:<d@example.com>"
        " / DATA\n"
        "S: 250 2.1.0 Ok\nS: 250 2.1.5 Ok\nS: 250 2.1.5 Ok\nS: 250 2.1.5 Ok\nS: 354 go\n"
        "C: Message-ID: <1@example.org> / Subject: x // text / .\nS: 250 2.0.0 Ok\nC: QUIT\nS: 221 2.0.0 Bye",
    )
    lost = next(one for one in scene.outside if one.payload == b"250 2.1.5 Ok\r\n")
    scene.outside.remove(lost)

    assert serious(scene.compared(tmp_path)) == ["banner-rewritten"]


@pytest.mark.parametrize("at", [0, 1])
def test_a_header_is_compared_though_the_body_is_not_whole(at: int, tmp_path: Path) -> None:
    """A frame of the mail that one capture lost: of the body nothing can be said, of a whole header all."""
    scene = Scene()
    header, body = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\n", b"text\r\n" * 20
    for more, side in ((b"", scene.outside), (b"X-Scanned: yes\r\n", scene.inside)):
        talk = Talk()
        talk.handshake()
        for who, text in sides("S: 220 mx\nC: HELO out.example.org\n" + MAIL.partition("C: Message")[0])[0]:
            talk.say(who, text)
        parts = [header, body, body, b".\r\n"]
        parts[at] = more * (at == 0) + parts[at]
        first = len(talk.segments)
        talk.say("C", more * (at == 1) + parts[0])
        for part in parts[1:]:
            talk.say("C", part)
        talk.say("S", b"250 ok\r\n")
        side.extend(talk.segments)
        if side is scene.outside:
            del side[first + 2]
    scene.inside = [passed(one) for one in scene.inside]
    scene.add("S: 220 mx\nC: QUIT\nS: 221 bye", at=9)

    assert serious(scene.compared(tmp_path)) == ["header-added:X-SCANNED"]


@pytest.mark.parametrize("seed", [72, 80, 151, 173, 188, 294])
def test_equal_answers_of_which_a_capture_has_neither_all_nor_the_last(seed: int, tmp_path: Path) -> None:
    """Those at the end are alike as well: what stands behind the last that both show is no witness."""
    asked = "".join(f"C: RCPT TO:<{name}@example.com>\nS: 250 ok\n" for name in "bcdefghij")
    greeting = "S: 220 mx.example.com ESMTP => 220 fw.example.com\n"
    rng = random.Random(seed)
    scene = Scene()
    scene.add(greeting + "C: EHLO out.example.org\nS: 250-mx / 250 DSN\n" + asked + "C: QUIT\nS: 221 bye", fins=False)
    scene.outside = [one for one in scene.outside if rng.random() > 0.2][: rng.choice([-4, -6, 99])]
    scene.inside = [one for one in scene.inside if rng.random() > 0.1]
    scene.add(greeting + "C: QUIT\nS: 221 bye", at=5)

    assert set(serious(scene.compared(tmp_path))) <= {"banner-rewritten"}
