"""What a dialogue leaves behind to be paired by, and the pairs of the recorded captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.compare.direction import is_private
from pcapsleuth.compare.pairing import pair
from pcapsleuth.compare.signature import Signature, sign
from pcapsleuth.compare.view import Bounds
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.table import ConnectionTable
from tests.building import Seg, batches, drop, transcript

RECORDED = sorted(Path(__file__).parents[2].glob("fixtures/pcaps/*/expected.json"))
OPENING = (
    ("S", b"220 mx.example ESMTP\r\n"),
    ("C", b"EHLO client.example\r\n"),
    ("S", b"250-mx.example\r\n250 SIZE\r\n"),
)
ENVELOPE = (
    ("C", b"MAIL FROM:<a@client.example> SIZE=100\r\n"), ("S", b"250 ok\r\n"),
    ("C", b"RCPT TO:<b@mx.example>\r\n"), ("S", b"250 ok\r\n"),
)  # fmt: skip
MESSAGE = (
    ("C", b"DATA\r\n"), ("S", b"354 go\r\n"),
    ("C", b"Message-ID: <1@client.example>\r\nSubject: s\r\n\r\nbody\r\n.\r\n"),
    ("S", b"250 2.0.0 Ok: queued as 4F2A1B03C5\r\n"),
)  # fmt: skip
CLOSING = (("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))


def dialogue(segments: list[Seg]) -> Dialogue:
    table = ConnectionTable(DialogueBuilder, (25,))
    finished = [done for batch in batches(segments) for done in table.feed(batch)] + table.close()
    return cast(Dialogue, finished[0])


def signed(*lines: tuple[str, bytes]) -> Signature:
    return sign(dialogue(transcript(*lines)))


def swapped_in(lines: tuple[tuple[str, bytes], ...], old: bytes, new: bytes) -> tuple[tuple[str, bytes], ...]:
    return tuple((who, text.replace(old, new)) for who, text in lines)


WHOLE = (*OPENING, *ENVELOPE, *MESSAGE, *CLOSING)


def test_everything_that_a_whole_session_shows_is_known() -> None:
    signature = signed(*WHOLE)

    assert 0 not in {signature.greeting, signature.ehlo, signature.envelope, signature.commands, signature.replies}
    assert [len(found) for found in (signature.messages, signature.bodies, signature.queue_ids)] == [1, 1, 1]
    assert (signature.accepted, signature.tls, signature.complete) == (1, 0, True)
    assert signature.start == signature.syn_time < signature.synack_time < signature.envelope_time
    assert signature.envelope_time < signature.envelope_reply_time < signature.end
    assert signature.greeting_length == len(OPENING[0][1])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"220 mx.example ESMTP", b"220 ****************"),
        (b"EHLO", b"XXXX"),
        (b"EHLO", b"HELO"),
        (b"250 SIZE", b"250 XXXA"),
        (b"DATA", b"XXXX"),
        (b" SIZE=100", b""),
    ],
)
def test_what_a_device_masks_changes_no_other_feature(old: bytes, new: bytes) -> None:
    plain, masked = signed(*WHOLE), signed(*swapped_in(WHOLE, old, new))

    assert (masked.ehlo, masked.envelope) == (plain.ehlo, plain.envelope)
    if old not in {b"DATA", b" SIZE=100"}:
        assert (masked.commands, masked.replies, masked.messages) == (plain.commands, plain.replies, plain.messages)


def test_masked_verbs_of_the_envelope() -> None:
    masked = swapped_in(swapped_in(WHOLE, b"MAIL FROM", b"XXXX FROM"), b"RCPT TO", b"XXXX TO")

    assert signed(*masked).envelope == signed(*WHOLE).envelope


def test_the_first_command_names_the_client_if_its_verb_is_unknown() -> None:
    assert signed(*swapped_in(WHOLE, b"EHLO", b"goodmorning")).ehlo == signed(*WHOLE).ehlo
    assert signed(OPENING[0], *ENVELOPE, *CLOSING).ehlo == 0


@pytest.mark.parametrize(
    ("reply", "known"),
    [
        (b"250 2.0.0 Ok: queued as 4F2A1B03C5", True),
        (b"250 OK id=1abcDE-0003Zy-AB", True),
        (b"250 2.6.0 <a@b.example> [InternalId=1234567] Queued mail for delivery", True),
        (b"250 2.0.0 x2A3B4c5012345 Message accepted for delivery", True),
        (b"250 OK", False),
        (b"250 2.0.0 Message accepted for delivery", False),
        (b"250 2.0.0 mx01.example.com took it", False),
        (b"451 4.7.1 4F2A1B03C5 try later", False),
    ],
)
def test_a_queue_id_is_a_word_with_digits(reply: bytes, known: bool) -> None:
    lines = swapped_in(WHOLE, b"250 2.0.0 Ok: queued as 4F2A1B03C5", reply)

    assert bool(signed(*lines).queue_ids) == known


def test_a_message_is_known_with_its_envelope() -> None:
    other = swapped_in(WHOLE, b"b@mx.example", b"c@mx.example")

    assert signed(*other).messages != signed(*WHOLE).messages
    assert signed(*other).bodies == signed(*WHOLE).bodies


def test_several_mails_are_known_apart() -> None:
    second = swapped_in((*ENVELOPE, *MESSAGE), b"1@client", b"2@client")
    signature = signed(*OPENING, *ENVELOPE, *MESSAGE, *second, *CLOSING)

    assert signature.messages[:1] == signed(*WHOLE).messages
    assert (len(set(signature.messages)), signature.accepted) == (2, 2)


def test_a_lost_syn_is_unknown_and_not_zero() -> None:
    signature = sign(dialogue(drop(transcript(*WHOLE), 0, 1)))

    assert (signature.client_isn, signature.server_isn, signature.syn_time, signature.synack_time) == (-1,) * 4
    assert (signature.client_timestamp, signature.server_timestamp) == (-1, -1)
    assert not signature.complete
    assert signature.messages == signed(*WHOLE).messages


def test_a_lone_syn() -> None:
    signature = sign(dialogue(transcript(*WHOLE)[:1]))

    assert signature.segments == (1, 0)
    assert signature.lengths == (0, 0)
    assert (signature.greeting, signature.ehlo, signature.envelope, signature.commands, signature.replies) == (0,) * 5


def signatures(path: Path) -> tuple[list[Signature], Bounds]:
    reader = CaptureReader([str(path)], (25,), None)
    table = ConnectionTable(DialogueBuilder, (25,))
    finished = [done for batch in reader for done in table.feed(batch)] + table.close()
    bounds = Bounds(reader.account.first or 0, reader.account.last or 0)
    return [sign(cast(Dialogue, done)) for done in finished], bounds


@pytest.mark.parametrize("expected", RECORDED, ids=lambda path: path.parent.name)
def test_recorded_captures_are_paired_as_they_were_recorded(expected: Path) -> None:
    truth = json.loads(expected.read_text())
    outside, inside = (signatures(expected.with_name(truth["recipe"]["files"][side])) for side in ("outside", "inside"))
    pairing = pair(outside[0], inside[0], outside[1], inside[1])

    assert [[found.outside, found.inside] for found in pairing.pairs] == truth["pairs"]
    directions = {(one["outside"], one["inside"]): one["direction"] for one in truth["sessions"]}
    assert all(directions[found[:2]] == found.direction for found in pairing.pairs)
    assert not pairing.swapped


@pytest.mark.parametrize("expected", RECORDED[::3], ids=lambda path: path.parent.name)
def test_recorded_captures_given_the_wrong_way_round(expected: Path) -> None:
    truth = json.loads(expected.read_text())
    outside, inside = (signatures(expected.with_name(truth["recipe"]["files"][side])) for side in ("outside", "inside"))
    pairing = pair(inside[0], outside[0], inside[1], outside[1])

    assert sorted([found.inside, found.outside] for found in pairing.pairs) == truth["pairs"]
    tell = [one for one in outside[0] + inside[0] if is_private(one.client) or is_private(one.server)]
    assert pairing.swapped == bool(pairing.pairs and tell)
