"""Mail data that does not come out: TCP repeats it in vain, and by what it repeats tells what is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.tcp.segments import ACK, PSH, RST
from tests.building import Seg, Talk
from tests.detect.scene import SECOND, Scene, passed
from tests.detect.script import compare_segments, names

BEFORE = (
    ("S", b"220 mx ESMTP\r\n"),
    ("C", b"HELO out.example.org\r\n"),
    ("S", b"250 mx\r\n"),
    ("C", b"MAIL FROM:<a@example.org>\r\n"),
    ("S", b"250 ok\r\n"),
    ("C", b"RCPT TO:<b@example.com>\r\n"),
    ("S", b"250 ok\r\n"),
    ("C", b"DATA\r\n"),
    ("S", b"354 go ahead\r\n"),
)
LINES = b"Subject: x\r\n\r\n" + (b"A" * 68 + b"\r\n") * 20


def begin() -> Talk:
    """A session up to the mail data."""
    talk = Talk()
    talk.handshake()
    for who, text in BEFORE:
        talk.say(who, text)
    return talk


def repeated(one: Seg) -> list[Seg]:
    """Repeats of a segment at growing intervals."""
    return [replace(one, time=one.time + n * SECOND, ip_id=one.ip_id + n) for n in (1, 3, 7)]


def labels(scene: Scene, folder: Path) -> dict[str, tuple[str, str]]:
    """What is said, how surely and how gravely."""
    return {one.name: (str(one.confidence), str(one.severity)) for one in scene.compared(folder)}


@pytest.mark.parametrize("passing", [0, 1])
def test_large_segments_are_lost_from_the_first_of_a_mail_on(passing: int, tmp_path: Path) -> None:
    """Of the mail data nothing (or one segment) comes out, though the client's RST does, long after."""
    talk = begin()
    data = [talk.send("C", LINES, PSH | ACK) for _ in range(3)]
    stuck = data[passing]
    talk.time += 10 * SECOND
    talk.reset("C")
    scene = Scene()
    scene.outside = sorted([*talk.segments, *repeated(stuck)], key=lambda one: one.time)
    scene.inside = [passed(one) for one in talk.segments if one not in data[passing:]]

    said = labels(scene, tmp_path)
    assert said["large-segments-lost"] == ("likely", "critical")
    assert "end-of-data-lost" not in said


@pytest.mark.parametrize("others", [False, True], ids=["alone", "another comes out meanwhile"])
def test_large_segments_may_be_lost_where_the_servers_capture_ends_with_the_session(
    others: bool, tmp_path: Path
) -> None:
    """Nothing comes out after the 354: whether the capture still ran, only what others sent may show."""
    talk = begin()
    data = talk.send("C", LINES, PSH | ACK)
    scene = Scene()
    scene.outside = [*talk.segments, *repeated(data)]
    scene.inside = [passed(one) for one in talk.segments[:-1]]
    if others:
        scene.add("S: 220 mx.example.com ESMTP", at=60, client="192.0.2.77")

    found = [one for one in scene.compared(tmp_path) if one.label == "large-segments-lost"]
    assert [(str(one.confidence), str(one.severity)) for one in found] == [("possible", "info")]
    assert any("may have been stopped" in doubt for doubt in found[0].doubts) is not others


def test_nothing_is_said_of_large_segments_that_came_when_the_servers_capture_was_over(tmp_path: Path) -> None:
    talk = begin()
    data = talk.send("C", LINES, PSH | ACK)
    scene = Scene()
    scene.add("S: 220 mx.example.com ESMTP", at=-60, client="192.0.2.77")
    scene.outside += [*talk.segments, *repeated(data)]
    scene.inside += [passed(one) for one in talk.segments[:-1]]
    scene.inside.append(passed(replace(scene.outside[0], time=data.time - 1)))

    assert "large-segments-lost" not in labels(scene, tmp_path)


def test_the_end_of_data_is_lost_in_part_and_the_client_resets(tmp_path: Path) -> None:
    """The dot comes out, the line end behind it never does; the RST stands behind bytes that never came."""
    talk = begin()
    talk.send("C", LINES + b".", PSH | ACK)
    talk.send("S")
    end = talk.send("C", b"\r\n", PSH | ACK)
    talk.time += 10 * SECOND
    talk.send("C", flags=RST)
    scene = Scene()
    scene.outside = sorted([*talk.segments, *repeated(end)], key=lambda one: one.time)
    scene.inside = [passed(one) for one in talk.segments if one is not end]

    assert labels(scene, tmp_path)["end-of-data-lost"][1] == "critical"


def test_a_small_mail_is_repeated_in_vain_and_a_later_segment_shows_its_place(tmp_path: Path) -> None:
    """The hole on the server's side is no loss of the capture: it went on, and the server acknowledged none of it."""
    talk = begin()
    mail = talk.send("C", b"Subject: x\r\n\r\ny\r\n.\r\n", PSH | ACK)
    talk.time += SECOND
    talk.send("C")
    scene = Scene()
    scene.outside = sorted([*talk.segments, *repeated(mail)], key=lambda one: one.time)
    scene.inside = [passed(one) for one in talk.segments if one is not mail]
    scene.add("S: 220 mx ESMTP\nC: QUIT\nS: 221 bye", at=30)

    assert labels(scene, tmp_path)["end-of-data-lost"][1] == "critical"


def test_a_reply_to_an_end_that_the_server_never_had_is_not_the_servers(tmp_path: Path) -> None:
    """The device lets a part of the mail pass, answers its end and resets the client; the server waits."""
    talk = begin()
    first = talk.send("C", LINES, PSH | ACK)
    end = talk.send("C", b".\r\n", PSH | ACK)
    heard = [one for one in talk.segments if one is not end]
    answer = [talk.send("S", b"541 5.4.1 Content blocked\r\n", PSH | ACK), talk.send("S", flags=RST | ACK)]
    taken = replace(answer[0], seq=first.ack, ack=first.seq + len(LINES), flags=ACK, payload=b"", time=end.time)
    scene = Scene()
    scene.outside = talk.segments
    scene.inside = [*(passed(one) for one in heard), taken]
    scene.add("S: 220 mx ESMTP\nC: QUIT\nS: 221 bye", at=30)

    said = labels(scene, tmp_path)
    assert {"end-of-data-lost", "reply-injected:END-OF-DATA"} <= said.keys()


@pytest.mark.parametrize(("copies", "cut"), [(3, True), (1, False)])
def test_what_the_server_acknowledged_is_repeated_in_vain(copies: int, cut: bool, tmp_path: Path) -> None:
    """A server that waits for more says nothing but its acknowledgments, and these do not come back."""
    talk = begin()
    data = talk.send("C", LINES, PSH | ACK)
    acknowledged = talk.send("S")
    scene = Scene()
    scene.outside = [one for one in talk.segments if one is not acknowledged] + repeated(data)[:copies]
    scene.inside = [passed(one) for one in talk.segments]

    assert ("session-cut" in labels(scene, tmp_path)) is cut


def test_an_acknowledgment_that_comes_at_last_cuts_nothing(tmp_path: Path) -> None:
    talk = begin()
    data = talk.send("C", LINES, PSH | ACK)
    acknowledged = talk.send("S")
    scene = Scene()
    late = replace(acknowledged, time=acknowledged.time + 9 * SECOND)
    scene.outside = [*(one for one in talk.segments if one is not acknowledged), *repeated(data), late]
    scene.inside = [passed(one) for one in talk.segments]

    assert "session-cut" not in labels(scene, tmp_path)


@pytest.mark.parametrize(("comes", "cut"), [(0, True), (9 * SECOND, False)])
def test_what_came_when_the_client_was_seen_no_more_was_not_repeated_in_vain(
    comes: int, cut: bool, tmp_path: Path
) -> None:
    """The outer capture ends while nothing came out yet: what is acknowledged then, the client may have heard."""
    talk = begin()
    data = talk.send("C", LINES, PSH | ACK)
    scene = Scene()
    scene.outside = [*talk.segments, *repeated(data)]
    talk.send("S")
    scene.inside = [
        passed(replace(one, time=one.time + comes) if one.time >= data.time else one) for one in talk.segments
    ]

    assert ("session-cut" in labels(scene, tmp_path)) == cut


def stuck(text: bytes, answer: bytes) -> tuple[Scene, Seg]:
    """The client repeats mail data, which the server never has, until it is answered; and the answer."""
    talk = begin()
    data = talk.send("C", text, PSH | ACK)
    again = repeated(data)
    talk.time = again[-1].time + SECOND
    said = replace(talk.send("S", answer, PSH | ACK), ack=data.seq)
    scene = Scene()
    scene.inside = [passed(one) for one in talk.segments if one.time < data.time]
    scene.outside = sorted([*talk.segments[:-1], *again, said], key=lambda one: one.time)
    return scene, said


@pytest.mark.parametrize("ran", [False, True])
def test_what_is_repeated_when_the_servers_capture_was_over_is_not_lost(ran: bool, tmp_path: Path) -> None:
    """The server talks on at the client's side alone: its 421, and the copies before it, nobody watched there."""
    scene, closing = stuck(LINES + b".\r\n", b"421 4.4.2 mx timeout\r\n")
    scene.inside += [passed(closing)] if ran else []

    found = labels(scene, tmp_path)
    assert ("end-of-data-lost" in found) is ran
    assert "reply-injected:END-OF-DATA" not in found


def chunk(*, small: bool) -> Scene:
    """BDAT goes out with the first bytes of its chunk, and none of it comes out; the client's RST does, or nothing."""
    talk = Talk()
    talk.handshake()
    for who, text in BEFORE[:-2]:
        talk.say(who, text)
    data = talk.send("C", b"BDAT %d LAST\r\n" % len(LINES) + LINES, PSH | ACK)
    talk.time += 10 * SECOND
    if small:
        talk.reset("C")
    scene = Scene()
    scene.outside = sorted([*talk.segments, *repeated(data)], key=lambda one: one.time)
    scene.inside = [passed(one) for one in talk.segments if one is not data]
    scene.add("S: 220 mx ESMTP\nC: QUIT\nS: 221 bye", at=30, client="192.0.2.77")
    return scene


def test_the_command_of_a_chunk_is_lost_with_its_large_segment(tmp_path: Path) -> None:
    """It is the segment that is too large, not the verb that is swallowed (RFC 3030 section 2)."""
    said = labels(chunk(small=True), tmp_path)

    assert said["large-segments-lost"][1] == "critical"
    assert "command-swallowed:BDAT" not in said


def test_a_chunk_behind_which_nothing_comes_out_may_have_been_swallowed_for_its_verb(tmp_path: Path) -> None:
    assert "command-swallowed:BDAT" in labels(chunk(small=False), tmp_path)


@pytest.mark.parametrize(("code", "blamed"), [(b"541", True), (b"421", False)])
def test_who_closes_by_421_need_not_have_had_the_question(code: bytes, blamed: bool, tmp_path: Path) -> None:
    """The server's capture is over when the answer comes: but for a 421 it cannot be the server's all the same."""
    scene, _ = stuck(b"Subject: x\r\n\r\ny\r\n.\r\n", code + b" 4.4.2 mx\r\n")
    scene.add("S: 220 mx ESMTP\nC: QUIT\nS: 221 bye", at=4, client="192.0.2.77")

    said = labels(scene, tmp_path)
    assert "end-of-data-lost" in said
    assert ("reply-injected:END-OF-DATA" in said) is blamed


def test_segments_sent_again_once_each_for_a_smaller_mtu_are_not_repeated_in_vain(tmp_path: Path) -> None:
    """The outside capture ends there; inside the server acknowledges it all."""
    talk = begin()
    data = [talk.send("C", LINES, PSH | ACK) for _ in range(3)]
    again = [replace(one, time=one.time + SECOND, ip_id=one.ip_id + 50) for one in data]
    scene = Scene()
    scene.outside = [*talk.segments, *again]
    talk.time += 2 * SECOND
    talk.send("S")
    scene.inside = [passed(one) for one in talk.segments]

    assert "session-cut" not in labels(scene, tmp_path)


def test_the_end_of_the_data_is_lost_behind_larger_segments(tmp_path: Path) -> None:
    """The last segment is large too, but not too large: those before it came out."""
    talk = begin()
    data = [talk.send("C", LINES, PSH | ACK) for _ in range(3)]
    end = talk.send("C", LINES[:1_200] + b"\r\n.\r\n", PSH | ACK)
    scene = Scene()
    scene.outside = [*talk.segments, *repeated(end)]
    scene.inside = [passed(one) for one in talk.segments if one is not end]
    scene.inside.append(passed(replace(data[-1], payload=b"", seq=end.seq + len(end.payload), time=end.time + SECOND)))
    scene.add("S: 220 mx.example.com ESMTP", at=60, client="192.0.2.77")

    said = labels(scene, tmp_path)
    assert "large-segments-lost" not in said
    assert said["end-of-data-lost"][1] == "critical"


def test_what_was_repeated_behind_bytes_that_the_device_put_in_did_pass() -> None:
    """The segment stands elsewhere there; it came as often as it was sent."""
    sides = []
    for more in (b"", b"X-Scanned: by a device\r\n"):
        talk = begin()
        talk.say("C", b"Subject: x\r\n" + more)
        data = talk.send("C", b"\r\n" + b"A" * 70 + b"\r\n", PSH | ACK)
        talk.segments.append(replace(data, time=talk.time, ip_id=data.ip_id + 900))
        talk.time += SECOND
        talk.say("C", b".\r\n")
        talk.say("S", b"250 ok\r\n")
        sides.append(talk.segments)

    assert names(compare_segments(*sides)) == {"header-added:X-SCANNED"}


@pytest.mark.parametrize("over", [False, True], ids=["runs on", "stops in the midst of a burst"])
def test_a_capture_that_stops_while_the_end_is_under_way(over: bool, tmp_path: Path) -> None:
    """The handshake does not tell how long bytes are on their way in this direction: they may have come out next."""
    talk = begin()
    talk.say("C", LINES)
    before = len(talk.segments)
    talk.step = 1_000
    for _ in range(3):
        talk.say("C", LINES)
    talk.say("C", b".\r\n")
    scene = Scene()
    scene.outside = list(talk.segments)
    scene.inside = [passed(one) for one in talk.segments[:-1]]
    if over:
        scene.inside = scene.inside[: before + 2]
    else:
        scene.inside.append(passed(replace(talk.segments[before - 1], payload=b"", time=talk.time + SECOND)))

    assert ("end-of-data-lost" in labels(scene, tmp_path)) is not over


def test_a_farewell_to_a_mail_without_end_is_the_servers_own(tmp_path: Path) -> None:
    """The server's capture cut the 421 off, so that it has no such reply: the server may say it at any time."""
    talk = begin()
    talk.say("C", b"Subject: x\r\n\r\ntext\r\n")
    end = talk.send("C", b".\r\n", PSH | ACK)
    talk.time += 300 * SECOND
    farewell = replace(talk.send("S", b"421 4.4.2 mx timeout exceeded\r\n", PSH | ACK), ack=end.seq)
    scene = Scene()
    scene.outside = [*talk.segments[:-1], *repeated(end), farewell]
    cut = replace(farewell, payload=b"", length=len(farewell.payload))
    scene.inside = [passed(one) for one in (*talk.segments[:-2], cut)]

    said = labels(scene, tmp_path)
    assert "end-of-data-lost" in said
    assert "reply-injected:END-OF-DATA" not in said


def test_nothing_is_lost_on_a_client_that_the_device_has_reset(tmp_path: Path) -> None:
    """What the server goes on to say has nobody left to be heard by; of the reset another finding tells."""
    talk = begin()
    talk.say("C", b"Subject: x\r\n")
    scene = Scene()
    scene.inside = [passed(one) for one in talk.segments]
    talk.time += SECOND
    farewell = passed(talk.send("S", b"421 4.4.2 mx timeout exceeded\r\n", PSH | ACK))
    scene.inside += [farewell, *(replace(farewell, time=farewell.time + n * SECOND, ip_id=n) for n in (1, 3))]
    talk.segments.pop()
    scene.outside = [*talk.segments, replace(farewell, payload=b"", flags=RST | ACK, time=talk.time - SECOND)]
    scene.add("S: 220 mx.example.com ESMTP", at=400, client="192.0.2.77")

    said = labels(scene, tmp_path)
    assert "reset-injected" in said
    assert not [name for name in said if name.startswith("reply-lost")]


@pytest.mark.parametrize("over", [False, True], ids=["runs on", "was over"])
def test_what_is_repeated_in_vain_came_out_nowhere_where_the_capture_still_ran(over: bool, tmp_path: Path) -> None:
    talk = begin()
    talk.send("C")
    scene = Scene()
    scene.outside = list(talk.segments)
    talk.time += 60 * SECOND
    late = talk.send("S", b"421 4.4.2 mx timeout exceeded\r\n", PSH | ACK)
    scene.inside = [passed(one) for one in (*talk.segments, *repeated(late))]
    if not over:
        scene.add("S: 220 mx.example.com ESMTP", at=400, client="192.0.2.77")

    lost = [name for name in labels(scene, tmp_path) if name.startswith("reply-lost")]
    assert bool(lost) is not over


def test_an_end_that_the_capture_shows_behind_its_answer(tmp_path: Path) -> None:
    """The capture lost the first copy; the answer to it was lost on its way, so that the client sent another one."""
    talk = begin()
    talk.say("C", b"Subject: x\r\n\r\ntext\r\n")
    end = talk.send("C", b".\r\n", PSH | ACK)
    answer = talk.send("S", b"250 2.0.0 Ok: queued\r\n", PSH | ACK)
    again = replace(end, time=end.time + SECOND, ip_id=end.ip_id + 9)
    talk.time += 2 * SECOND
    scene = Scene()
    scene.outside = [*(one for one in talk.segments if one is not answer), again]
    scene.inside = [passed(one) for one in (*(one for one in talk.segments if one is not end), again)]
    scene.add("S: 220 mx.example.com ESMTP", at=60, client="192.0.2.77")

    assert "end-of-data-lost" not in labels(scene, tmp_path)


def test_what_was_repeated_and_cut_anew_did_pass() -> None:
    """The device keeps half a line back until it has the rest: its segments begin elsewhere, with the same bytes."""
    whole = b"Subject: x\r\n\r\n" + b"A" * 70 + b"\r\n"
    sides = []
    for cut in (40, 16):
        talk = begin()
        talk.say("C", whole[:cut])
        data = talk.send("C", whole[cut:], PSH | ACK)
        talk.segments.append(replace(data, time=talk.time, ip_id=data.ip_id + 900))
        talk.time += SECOND
        talk.say("C", b".\r\n")
        talk.say("S", b"250 ok\r\n")
        sides.append(talk.segments)

    assert names(compare_segments(*sides)) == set()
