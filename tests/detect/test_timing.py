"""What depends on when things happened: late replies, resets, repeats, connections that die."""

from __future__ import annotations

from dataclasses import replace

from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.run import detect_pair, review
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST
from tests.building import MILLISECOND, Seg, Talk
from tests.detect.script import compare_segments, names

TRANSIT = 100_000
"""ns through the device."""


class Both:
    """Writes one session as both sides see it; `cross` tells what passes."""

    def __init__(self) -> None:
        self.client = Talk(step=MILLISECOND)
        self.server = Talk(step=MILLISECOND, start=self.client.time + TRANSIT)
        for talk in (self.client, self.server):
            talk.handshake()
            talk.say("S", b"220 mx ESMTP\r\n")
            talk.say("C", b"HELO me\r\n")
            talk.say("S", b"250 mx\r\n")

    def say(self, who: str, text: bytes) -> None:
        """Let it pass."""
        self.client.say(who, text)
        self.server.say(who, text)

    def names(self) -> set[str]:
        """What is said of it."""
        return names(compare_segments(self.client.segments, self.server.segments))


def mail(both: Both) -> None:
    for who, text in (
        ("C", b"MAIL FROM:<a@example.org>\r\n"),
        ("S", b"250 ok\r\n"),
        ("C", b"RCPT TO:<b@example.com>\r\n"),
        ("S", b"250 ok\r\n"),
        ("C", b"DATA\r\n"),
        ("S", b"354 go\r\n"),
        ("C", b"Subject: x\r\n\r\ntext\r\n.\r\n"),
    ):
        both.say(who, text)


def test_a_reply_behind_the_clients_close_is_late_and_not_lost() -> None:
    both = Both()
    mail(both)
    for talk in (both.client, both.server):
        talk.send("C", flags=FIN | ACK)
        talk.time += 30_000 * MILLISECOND
        talk.say("S", b"250 2.0.0 queued\r\n")
        talk.send("S", flags=FIN | ACK)

    assert both.names() == {"reply-late:END-OF-DATA"}


def test_what_the_device_kept_back_is_not_the_servers_delay() -> None:
    """The end of the data came out when the client had gone, and was answered at once: the server was not slow."""
    both = Both()
    mail(both)
    end = both.server.segments.pop()
    both.client.time += 20_000 * MILLISECOND
    both.client.send("C", flags=FIN | ACK)
    for talk in (both.client, both.server):
        talk.time += 30_000 * MILLISECOND
    both.server.segments.append(replace(end, time=both.server.time))
    both.server.time += MILLISECOND
    both.server.send("C", flags=FIN | ACK)
    for talk in (both.client, both.server):
        talk.say("S", b"250 2.0.0 queued\r\n")
        talk.send("S", flags=FIN | ACK)

    assert "reply-late:END-OF-DATA" not in both.names()


def test_a_farewell_to_a_client_whose_close_was_not_captured_is_not_lost() -> None:
    """Its own side shows only the RST with which it answers; the server's side shows that its FIN came before."""
    both = Both()
    both.server.send("C", flags=FIN | ACK)
    both.server.say("S", b"421 mx lost input connection\r\n")
    close = both.server.segments[-2]
    reset = replace(close, seq=close.seq + 1, ack=0, flags=RST, time=both.server.time)
    both.server.segments.append(reset)
    both.client.segments.append(replace(reset, time=reset.time - TRANSIT))

    assert both.names() == set()


def test_a_farewell_behind_a_close_that_the_client_never_sent_is_lost() -> None:
    both = Both()
    both.server.send("C", flags=FIN | ACK)
    both.server.say("S", b"421 mx lost input connection\r\n")
    both.server.send("S", flags=FIN | ACK)
    both.client.time += 30_000 * MILLISECOND
    both.client.send("C", flags=FIN | ACK)
    both.client.send("S", flags=FIN | ACK)

    assert "reply-lost:UNASKED" in both.names()


def test_a_client_that_closes_its_half_early_still_reads() -> None:
    both = Both()
    mail(both)
    for talk in (both.client, both.server):
        talk.send("C", flags=FIN | ACK)
        talk.say("S", b"250 2.0.0 queued\r\n")
        talk.send("C")
        talk.send("S", flags=FIN | ACK)
        talk.send("C")

    assert both.names() == set()


def test_an_answer_in_the_servers_name_needs_no_common_clock() -> None:
    """The clocks run out of step: by the client's alone it is told that the client had not closed yet."""
    both = Both()
    mail(both)
    both.client.time += 5_000 * MILLISECOND
    both.client.say("S", b"541 5.4.1 Content blocked\r\n")
    for talk in (both.client, both.server):
        talk.goodbye()

    assert both.names() == {"reply-injected:END-OF-DATA"}


def test_a_reply_in_time_is_not_late() -> None:
    both = Both()
    mail(both)
    both.say("S", b"250 2.0.0 queued\r\n")
    for talk in (both.client, both.server):
        talk.goodbye()

    assert both.names() == set()


def test_the_last_of_two_equal_answers_is_not_the_first() -> None:
    """A capture that begins at it does not tell which it is, unless the other side has one of them only."""
    both = Both()
    for verb in (b"VRFY bob", b"goodmorning"):
        both.say("C", verb + b"\r\n")
        both.say("S", b"500 unrecognized command\r\n")
    began = len(both.client.segments) - 1
    both.say("C", b"QUIT\r\n")
    both.say("S", b"221 bye\r\n")
    for talk in (both.client, both.server):
        talk.goodbye()
    both.client.segments = both.client.segments[began:]

    assert both.names() == set()


def test_a_reset_that_both_sides_show_is_the_servers_own() -> None:
    both = Both()
    for talk in (both.client, both.server):
        talk.reset("S")

    assert both.names() == set()


def test_resets_of_both_ends_that_neither_sent_are_injected() -> None:
    both = Both()
    both.client.send("S", flags=RST | ACK)
    both.server.send("C", flags=RST | ACK)

    assert both.names() == {"reset-injected"}


def test_a_reset_is_injected_where_its_sender_goes_on() -> None:
    both = Both()
    both.client.send("S", flags=RST | ACK)
    both.server.time += 10 * MILLISECOND
    both.server.say("S", b"421 timeout\r\n")

    assert "reset-injected" in both.names()


def test_a_lone_reset_may_be_one_lost_frame() -> None:
    both = Both()
    both.client.send("S", flags=RST | ACK)

    (found,) = compare(both)
    assert (found.label, found.confidence, found.severity) == ("reset-injected", "possible", "info")
    assert review([found]) == [found]


def test_lone_resets_of_several_sessions_are_no_lost_frames() -> None:
    both = Both()
    both.client.send("S", flags=RST | ACK)

    again = review([replace(found, outside=number) for number in range(2) for found in compare(both)])
    assert [(one.confidence, one.severity) for one in again] == [("likely", "critical")] * 2


def compare(both: Both) -> list[Finding]:
    comparison = compare_segments(both.client.segments, both.server.segments)
    return detect_pair(comparison, "unknown").findings


def test_the_end_of_data_repeated_in_vain_is_lost() -> None:
    both = Both()
    mail(both)
    end = both.client.segments[-1]
    both.server.segments.pop()
    for number in range(1, 4):
        both.client.segments.append(again(end, number))

    assert {"data-retransmitted"} <= both.names()


def again(segment: Seg, number: int) -> Seg:
    """A retransmission: the same bytes under another IP id, later."""
    return replace(
        segment, time=segment.time + number * 200 * MILLISECOND, ip_id=segment.ip_id + number, flags=PSH | ACK
    )
