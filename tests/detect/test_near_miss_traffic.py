"""Innocent traffic of several sessions, hosts or captures: nothing may be said of it, or with the doubt that it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.case import compare
from pcapsleuth.detect.finding import Finding
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST, SYN
from tests.building import START, Seg, Talk, endpoint, recut, transcript, write_pcap
from tests.detect.scene import SECOND, Scene, passed, serious
from tests.detect.script import sides
from tests.detect.test_near_misses import HELLO, LIST, MAIL, QUIT

WHOLE = HELLO + LIST + MAIL + QUIT
OTHER = "S: 220 mx2 Sendmail\nC: EHLO out.example.org\nS: 250-mx2 / 250-STARTTLS / 250 DSN\n"


def quiet(scene: Scene, folder: Path) -> list[Finding]:
    """Compare, and look at each capture alone: hold that nothing serious is said."""
    found = scene.compared(folder)
    assert serious(found) == []
    assert serious(scene.inspected(folder)) == []
    return found


# --- the end of a capture of a session ------------------------------------------------------------------------------


def ending(*, repeated: bool) -> Scene:
    """The outside capture lacks the answer to QUIT and all behind it; inside the server may repeat it in vain."""
    scene = Scene()
    scene.add(WHOLE, fins=False)
    answer = scene.outside.pop()
    while not answer.payload:
        answer = scene.outside.pop()
    if repeated:
        last = next(one for one in reversed(scene.inside) if one.payload)
        scene.inside = [one for one in scene.inside if one.time <= last.time]
        scene.inside += [replace(last, time=last.time + n * SECOND, ip_id=n) for n in (1, 3, 7)]
    scene.add(WHOLE.replace("<1@", "<2@"), at=60)
    return scene


def test_a_last_frame_that_one_capture_lacks_was_lost_by_it(tmp_path: Path) -> None:
    quiet(ending(repeated=False), tmp_path)


def test_a_last_frame_that_the_inner_capture_lacks_was_not_put_in_by_the_device(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE, fins=False)
    while not scene.inside.pop().payload:
        pass
    answer = next(one for one in reversed(scene.outside) if one.payload)
    heard = answer.time + SECOND // 1_000
    behind = answer.seq + len(answer.payload)
    scene.outside.append(Seg(answer.destination, answer.source, answer.ack, behind, time=heard))
    scene.add(WHOLE.replace("<1@", "<2@"), at=60)

    quiet(scene, tmp_path)


def test_of_a_capture_of_one_direction_nobody_can_say_that_an_answer_is_missing(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(HELLO + LIST + "C: XSECRET => -\nC: NOOP\nS: 250 ok\n" + MAIL + QUIT)
    assert "command-swallowed" in [one.label for one in scene.compared(tmp_path)]
    scene.outside = [one for one in scene.outside if one.destination.port == 25]

    assert "command-swallowed" not in [one.label for one in scene.compared(tmp_path)]


def test_the_end_of_a_session_that_one_capture_lacks_both_ways_was_lost_by_it(tmp_path: Path) -> None:
    """It has the handshake; in the other one what the client said last acknowledges all the answers."""
    scene = Scene()
    scene.add(WHOLE, fins=False)
    scene.outside = scene.outside[:3]
    while scene.inside[-1].destination.port != 25 or not scene.inside[-1].payload:
        scene.inside.pop()
    scene.add(WHOLE.replace("<1@", "<2@"), at=60)

    quiet(scene, tmp_path)


def test_of_answers_that_are_all_alike_behind_half_a_reply_the_lost_ones_are_found_by_their_place(
    tmp_path: Path,
) -> None:
    """The outside capture lost the first half of a line: what it has of it only seems to begin there."""
    talks = Talk(isns=(77, 99)), Talk()
    for talk in talks:
        talk.handshake()
        talk.send("S", b"220 mx.example.org serves ", PSH | ACK)
        talk.say("C", b"EHLO me\r\n")
        talk.send("S", b"250-or so users\r\n", PSH | ACK)
        for number in range(6):
            talk.say("C", b"MAIL FROM:<a@b.example>\r\n" if number == 0 else b"RCPT TO:<%d@c.example>\r\n" % number)
            talk.say("S", b"250 ok\r\n")
        for who, text in (("C", b"DATA\r\n"), ("S", b"354 go on\r\n"), ("C", b"x\r\n.\r\n"), ("S", b"250 taken\r\n")):
            talk.say(who, text)
        talk.goodbye()
    answers = [at for at, one in enumerate(talks[0].segments) if one.payload == b"250 ok\r\n"]
    half = next(at for at, one in enumerate(talks[0].segments) if one.payload.startswith(b"220"))
    scene = Scene()
    scene.outside = [one for at, one in enumerate(talks[0].segments) if at not in (half, *answers[:2])]
    scene.inside = [passed(one) for one in talks[1].segments]

    quiet(scene, tmp_path)


def test_a_last_answer_that_the_server_repeats_did_not_arrive(tmp_path: Path) -> None:
    found = ending(repeated=True).compared(tmp_path)

    assert [one.name for one in found if one.label == "reply-lost"] == ["reply-lost:QUIT"]


# --- several servers -----------------------------------------------------------------------------------------------


def test_a_load_balancer_with_unlike_servers(tmp_path: Path) -> None:
    scene = Scene()
    for number in range(6):
        script, behind = ((WHOLE, "10.0.0.1"), (OTHER + MAIL + QUIT, "10.0.0.2"))[number % 2]
        scene.add(script.replace("<1@", f"<{number}@"), at=number * 10, behind=behind)

    quiet(scene, tmp_path)


def test_a_load_balancer_with_sessions_at_once(tmp_path: Path) -> None:
    scene = Scene()
    for number in range(6):
        script, behind = ((WHOLE, "10.0.0.1"), (OTHER + MAIL + QUIT, "10.0.0.2"))[number % 2]
        scene.add(script.replace("<1@", f"<{number}@"), at=number / 1_000, behind=behind)

    quiet(scene, tmp_path)


OWN_SYN = bytes.fromhex("020405b4 0402 080a000900010000 0000 01 030307")
"""SYN options of another stack: its TSval is its own."""


def own_stack(segments: list[Seg]) -> list[Seg]:
    """The segments of a proxy's own connection."""
    return [replace(one, options=OWN_SYN) if one.flags & SYN else one for one in segments]


def test_servers_that_answer_past_the_device(tmp_path: Path) -> None:
    """Direct server return: the inside shows what the clients send, and none of the answers."""
    scene = Scene()
    for number in range(3):
        scene.add(WHOLE.replace("<1@", f"<{number}@"), at=number * 10)
    scene.inside = [one for one in scene.inside if one.destination.port == 25]

    quiet(scene, tmp_path)


def test_one_capture_sees_two_servers_the_other_one(tmp_path: Path) -> None:
    scene = Scene()
    for number in range(4):
        scene.add(WHOLE.replace("<1@", f"<{number}@"), at=number * 10)
        scene.add(OTHER + QUIT, at=number * 10 + 5, server="198.51.100.26", seen="outside")

    quiet(scene, tmp_path)


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 192.0.2.10 198.51.100.25 40001 25\r\n",
        bytes.fromhex("0d0a0d0a000d0a515549540a 21 11 000c c000020a c6336419 9c41 0019"),
    ],
    ids=["version 1", "version 2"],
)
def test_a_load_balancer_tells_the_server_who_the_client_is(header: bytes, tmp_path: Path) -> None:
    """The PROXY header is in the inside capture only."""
    scene = Scene()
    scene.add(WHOLE)
    lines = [("C", header), *sides(WHOLE)[1]]
    scene.inside = [passed(one) for one in transcript(*lines, client=endpoint("192.0.2.10", 40_001))]

    quiet(scene, tmp_path)


# --- the same message again ----------------------------------------------------------------------------------------


def test_greylisting(tmp_path: Path) -> None:
    scene = Scene()
    later = "S: 450 4.2.0 Greylisted, try again\n"
    scene.add(HELLO + LIST + "".join(MAIL.splitlines(keepends=True)[:3]) + later + QUIT)
    scene.add(WHOLE, at=600)

    quiet(scene, tmp_path)


def test_a_message_refused_at_its_end_for_now(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE.replace("250 2.0.0 queued as 4ABC", "451 4.7.1 try again later"))
    scene.add(WHOLE, at=600)

    quiet(scene, tmp_path)


def test_recipients_split_over_sessions(tmp_path: Path) -> None:
    scene = Scene()
    for number in range(3):
        scene.add(WHOLE.replace("<b@", f"<b{number}@"), at=number * 5)

    quiet(scene, tmp_path)


def test_a_monitor_sends_the_same_test_mail_each_minute(tmp_path: Path) -> None:
    scene = Scene()
    for number in range(5):
        scene.add(WHOLE.replace("Message-ID: <1@example.org> / ", ""), at=number * 60)

    quiet(scene, tmp_path)


def test_a_scanner_behind_the_server_makes_it_late(tmp_path: Path) -> None:
    """The client gives up before the answer comes, and sends again: both captures acquit the device."""
    scene = Scene()

    def impatient(segments: list[Seg]) -> list[Seg]:
        *before, reply = [one for one in segments if not one.flags & FIN][:-1]
        client = next(one for one in reversed(before) if one.payload and one.destination.port == 25)
        close = replace(
            client, seq=client.seq + len(client.payload), payload=b"", flags=FIN | ACK, time=client.time + SECOND
        )
        return [*before, close, replace(reply, time=client.time + 600 * SECOND)]

    tried = WHOLE.removesuffix(QUIT)
    scene.add(tried, change=impatient)
    scene.add(tried, at=900, change=impatient)
    scene.add(WHOLE, at=1800)

    found = quiet(scene, tmp_path)
    assert {one.label for one in found} >= {"duplicate-message", "reply-late"}


def test_a_server_that_takes_its_time_with_everything(tmp_path: Path) -> None:
    """A tarpit waits long before it greets, and longer before each answer; the client bears with it."""
    scene = Scene()

    def slow(segments: list[Seg]) -> list[Seg]:
        return [replace(one, time=one.time + 45 * SECOND * max(0, n - 2)) for n, one in enumerate(segments)]

    scene.add(WHOLE, change=slow)

    assert quiet(scene, tmp_path) == []


# --- what TCP does -------------------------------------------------------------------------------------------------


def test_late_resets_of_a_client_that_has_gone(tmp_path: Path) -> None:
    """The client answers the server's farewell with a RST; the capture of one side ends before it."""
    scene = Scene()

    def gone(segments: list[Seg]) -> list[Seg]:
        last = segments[-1]
        return [*segments, replace(last, flags=RST, ack=0, time=last.time + 5_000_000)]

    scene.add(WHOLE, change=gone)
    scene.inside.pop()
    scene.add(WHOLE.replace("<1@", "<2@"), at=60)

    quiet(scene, tmp_path)


def test_syn_cookies(tmp_path: Path) -> None:
    """A server under load answers without window scale, SACK and timestamps: nobody cleared them."""
    scene = Scene()
    mss = bytes.fromhex("02040218")
    scene.add(WHOLE, change=lambda segments: [segments[0], replace(segments[1], options=mss), *segments[2:]])

    found = quiet(scene, tmp_path)
    assert not [one.name for one in found if one.label in ("tcp-altered", "proxy-in-path")]


def _black_hole(scene: Scene, *, at_inside: bool) -> None:
    """A large segment of mail data is repeated and never acknowledged; the inside shows it, or does not."""
    sides = []
    for _ in range(2):
        talk = Talk(isns=(1_000, 5_000))
        talk.handshake()
        for line in (HELLO + LIST + MAIL).splitlines():
            who, _, text = line.partition(": ")
            if text.startswith("Message-ID"):
                break
            talk.say(who, text.replace(" / ", "\r\n").encode() + b"\r\n")
        body = talk.send("C", b"Subject: x\r\n\r\n" + (b"A" * 68 + b"\r\n") * 20, PSH | ACK)
        again = [replace(body, time=body.time + n * SECOND, ip_id=body.ip_id + n) for n in (1, 3, 7, 15)]
        sides.append((talk.segments, again))
    scene.outside = [*sides[0][0], *sides[0][1]]
    there = sides[1][0] + sides[1][1] if at_inside else sides[1][0][:-1]
    scene.inside = [passed(one) for one in there]
    scene.add(WHOLE, at=60, client="192.0.2.77")


def test_a_black_hole_behind_the_inner_capture(tmp_path: Path) -> None:
    scene = Scene()
    _black_hole(scene, at_inside=True)

    quiet(scene, tmp_path)


def test_a_black_hole_in_between_may_be_a_smaller_mtu(tmp_path: Path) -> None:
    scene = Scene()
    _black_hole(scene, at_inside=False)

    found = quiet(scene, tmp_path)
    assert [(one.label, one.confidence) for one in found] == [
        ("data-retransmitted", "likely"),
        ("large-segments-lost", "possible"),
    ]
    assert all(any("MTU" in doubt for doubt in one.doubts) for one in found)


@pytest.mark.parametrize("loud", [False, True])
def test_scans_of_addresses_that_serve_nobody(loud: bool, tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE)
    for number in range(50):
        talk = Talk(
            endpoint("203.0.113.9", 50_000 + number),
            endpoint(f"198.51.100.{100 + number}", 25),
            (number * 7_919, 0),
            start=START + number * SECOND // 10,
        )
        talk.send("C", flags=SYN)
        if loud:
            talk.send("S", flags=RST | ACK)
        scene.outside += talk.segments

    quiet(scene, tmp_path)


@pytest.mark.parametrize(
    ("server", "blocked"), [("10.1.1.99", False), ("203.0.113.99", True)], ids=["a neighbour", "somebody outside"]
)
def test_a_neighbour_that_does_not_answer(server: str, blocked: bool, tmp_path: Path) -> None:
    """What two hosts of the protected side have with each other crosses no device."""
    scene = Scene()
    scene.add(WHOLE, behind="10.1.1.25")
    scene.add(WHOLE, at=60, behind="10.1.1.25")
    for number in (0, 1, 3):
        talk = Talk(endpoint("10.1.1.77", 50_000), endpoint(server, 25), (7_919, 0), start=START + number * SECOND)
        talk.send("C", flags=SYN)
        scene.inside += talk.segments

    assert serious(scene.compared(tmp_path)) == ["connection-blocked"] * blocked


def test_half_open_scans_of_the_server(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE)
    for number in range(5):
        talk = Talk(endpoint("203.0.113.9", 50_000 + number), isns=(number * 7_919, 99), start=START + number * SECOND)
        talk.send("C", flags=SYN)
        talk.send("S", flags=SYN | ACK)
        talk.send("C", flags=RST)
        scene.outside += talk.segments
        scene.inside += [passed(one) for one in talk.segments]

    quiet(scene, tmp_path)


def test_monitors_that_look_and_leave(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE)
    for number in range(5):
        scene.add("S: 220 mx.example.com ESMTP\n" + QUIT, at=10 + number * 60, client="192.0.2.200")
        scene.add("S: 220 mx.example.com ESMTP", at=20 + number * 60, client="192.0.2.201")
        scene.add("S: 220 mx.example.com ESMTP\n" + QUIT, at=30 + number * 60, client="10.0.0.9", seen="inside")

    quiet(scene, tmp_path)


# --- typing, TLS ---------------------------------------------------------------------------------------------------


def typed(segments: list[Seg]) -> list[Seg]:
    """What a client sends goes out one character a segment."""
    typed_of: list[Seg] = []
    for one in segments:
        pieces = recut([one], 1) if one.destination.port == 25 and one.payload else [one]
        typed_of += [replace(piece, ip_id=(piece.ip_id + n) & 0xFFFF) for n, piece in enumerate(pieces)]
    return typed_of


def test_somebody_types(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(WHOLE, change=typed)

    assert {one.label for one in quiet(scene, tmp_path)} == {"char-mode-client"}
    assert [one.label for one in scene.inspected(tmp_path)] == ["char-mode-client"] * 2


def test_a_typed_verb_that_is_masked_says_that_it_was_typed(tmp_path: Path) -> None:
    scene = Scene()
    scene.add("S: 220 mx\nC: EHLO me => XXXXXXX\nS: 500 what?\n" + QUIT, change=typed)

    masked = [one for one in scene.compared(tmp_path) if one.label == "verb-masked"]
    assert masked
    assert all(any("typed" in doubt for doubt in one.doubts) for one in masked)


def test_a_typed_verb_that_the_server_quotes_as_xs_is_no_proof(tmp_path: Path) -> None:
    scene = Scene()
    scene.add('S: 220 mx\nC: NOOP\nS: 500 what is "XXXX"?\n' + QUIT, change=typed)

    masked = [one for one in scene.inspected(tmp_path) if one.label == "verb-masked"]
    assert masked
    assert {one.confidence for one in masked} == {"possible"}


TLS = HELLO + "S: 250-mx / 250 STARTTLS\nC: STARTTLS\nS: 220 go ahead\n"


SEALED = TLS + "C: \x16\x03\x01\x00\x05hello\nS: \x16\x03\x03\x00\x05world\nC: \x17\x03\x03\x00\x04text\n"
READABLE = "C: EHLO out.example.org\n" + LIST + MAIL + QUIT


@pytest.mark.parametrize("copy", [TLS + READABLE, READABLE], ids=["all of it", "what TLS carries"])
@pytest.mark.parametrize("tapped", ["outside", "inside"])
def test_a_tap_that_decrypts_for_one_capture(tapped: str, copy: str, tmp_path: Path) -> None:
    """One capture was made behind a decrypting tap: what follows the agreed TLS is clear text there.

    That it is so is said, and by whom it may be; not a word on the device, nor on a server that never greeted.
    """
    scene = Scene()
    for side in ("outside", "inside"):
        there = Scene()
        there.add(copy if side == tapped else SEALED, client="192.0.2.10", seen=side)
        setattr(scene, side, getattr(there, side))

    (found,) = scene.compared(tmp_path)
    assert (found.name, found.severity, found.confidence) == ("tls-intercepted", "info", "possible")
    assert "tap" in found.doubts[0]
    assert "tls-intercepted" not in {one.label for one in scene.inspected(tmp_path)}
    assert serious(scene.inspected(tmp_path)) == []


def test_whoever_takes_tls_off_on_the_way_greets_on_both_sides(tmp_path: Path) -> None:
    """What only looks like a tap: the server is spoken to in clear text, and greets."""
    scene = Scene()
    for side, script in (("outside", SEALED), ("inside", WHOLE)):
        there = Scene()
        there.add(script, seen=side)
        setattr(scene, side, getattr(there, side))

    (found,) = [one for one in scene.compared(tmp_path) if one.label == "tls-intercepted"]
    assert (found.severity, found.confidence) == ("critical", "proven")


# --- what captures do ----------------------------------------------------------------------------------------------


def test_a_lost_frame_behind_an_empty_last_chunk(tmp_path: Path) -> None:
    """`BDAT 0 LAST` has no bytes: what follows begins where its chunk does, and is not what became of it."""
    scene = Scene()
    chunked = MAIL[: MAIL.index("C: DATA")] + (
        "C: BDAT 12 / Subject: x\nS: 250 12 bytes\nC: BDAT 0 LAST\nS: 250 2.0.0 queued as 4ABC\n"
    )
    scene.add(HELLO + LIST + chunked + QUIT)
    assert any(one.payload == b"QUIT\r\n" for one in scene.inside)
    scene.inside = [one for one in scene.inside if one.payload != b"QUIT\r\n"]

    quiet(scene, tmp_path)


@pytest.mark.parametrize("outbound", [False, True])
def test_what_stands_on_the_servers_side_alone_came_through(outbound: bool, tmp_path: Path) -> None:
    """One capture lost whole connections in a burst: one that the server refused, one that it never answered."""
    scene = Scene()
    for number in range(3):
        scene.add(WHOLE.replace("<1@", f"<{number}@"), at=number * 10)
    scene.add("S: 421 4.7.0 too many connections", at=5, client="192.0.2.66", seen="inside")
    talk = Talk(endpoint("192.0.2.67", 50_000), start=START + 6 * SECOND)
    for _ in range(2):
        talk.send("C", flags=SYN)
        talk.time += SECOND
    scene.inside += talk.segments
    if outbound:
        scene.outside, scene.inside = scene.inside, scene.outside

    assert quiet(scene, tmp_path) == []


def test_ring_files_that_overlap(tmp_path: Path) -> None:
    scene = Scene()
    for number in range(4):
        scene.add(WHOLE.replace("<1@", f"<{number}@"), at=number / 100)
    outside, inside = scene.files(tmp_path)
    frames = sorted(scene.outside, key=lambda one: one.time)
    parts = [frames[:40], frames[30:]]
    paths = [tmp_path / f"ring{number}.pcap" for number in range(2)]
    for path, part in zip(paths, parts, strict=True):
        write_pcap(path, part)

    assert serious(list(compare([str(path) for path in paths], str(inside)).findings)) == []
    assert serious(list(compare(str(outside), str(inside)).findings)) == []


def test_a_buffer_of_512_kb_is_full(tmp_path: Path) -> None:
    """ASA stops capturing when its buffer is full, in the midst of a session."""
    scene = Scene()
    for number in range(8):
        scene.add(WHOLE.replace("<1@", f"<{number}@"), at=number)
    for kept in range(60, 100, 7):
        cut = Scene()
        cut.outside, cut.inside = scene.outside[:kept], scene.inside
        quiet(cut, tmp_path)
        cut.outside, cut.inside = scene.outside, scene.inside[:kept]
        quiet(cut, tmp_path)


@pytest.mark.parametrize("kept", [14, 42])
def test_a_few_bytes_of_each_packet(kept: int, tmp_path: Path) -> None:
    """PIX keeps 68 bytes of a packet unless it is told otherwise: Ethernet, IP and TCP take 54 of them."""

    def short(one: Seg) -> Seg:
        if len(one.payload) <= kept:
            return one
        return replace(one, payload=one.payload[:kept], length=len(one.payload))

    scene = Scene()
    for number in range(3):
        scene.add(WHOLE.replace("<1@", f"<{number}@"), at=number * 10)
    scene.outside = [short(one) for one in scene.outside]
    quiet(scene, tmp_path)
    scene.inside = [short(one) for one in scene.inside]
    quiet(scene, tmp_path)


@pytest.mark.parametrize("cut", ["outside", "inside", "both"])
def test_a_masked_greeting_of_which_a_few_bytes_are_known_is_no_other_one(cut: str, tmp_path: Path) -> None:
    scene = Scene()
    mask = " => 220-******************** / 220 **************\n"
    scene.add("S: 220-mx.example.com ESMTP / 220 no spam please" + mask + WHOLE.partition("\n")[2])
    for side in ("outside", "inside"):
        if cut in (side, "both"):
            some = [replace(one, payload=one.payload[:31], length=len(one.payload)) for one in getattr(scene, side)]
            setattr(scene, side, some)

    assert serious(scene.compared(tmp_path)) == ["banner-masked"]


@pytest.mark.parametrize(
    "shown",
    [
        "220 mail.example.com ESMTP",
        "220 mailX.example.com ESMTP",
        "220 m----.example.com ESMTP",
        "220 m**1*.example.com ESMTP",
    ],
)
def test_a_greeting_of_which_a_few_bytes_are_known_is_not_masked_by_one_of_them(shown: str, tmp_path: Path) -> None:
    scene = Scene()
    scene.add(f"S: 220 mail1.example.com ESMTP => {shown}\n" + WHOLE.partition("\n")[2])
    for side in ("outside", "inside"):
        some = [replace(one, payload=one.payload[:9], length=len(one.payload)) for one in getattr(scene, side)]
        setattr(scene, side, some)

    assert "banner-masked" not in serious(scene.compared(tmp_path))
