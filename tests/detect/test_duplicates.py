"""Which tries of one message are further deliveries, and which are one delivery seen at two points."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.compare.pair import Pair
from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.detectors.duplicate_message import detect_case, detect_sessions
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.scope import Scope, Sessions, Side
from pcapsleuth.detect.tries import Try, tries
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST
from tests.building import START, Talk, cut, transcript
from tests.detect.scene import SECOND, Scene, passed, serious
from tests.detect.script import dialogue, sides
from tests.detect.test_near_misses import HELLO, LIST, MAIL, QUIT

WHOLE = HELLO + LIST + MAIL + QUIT
BOUNDS = Bounds(START, START + 9 * SECOND)
RELAYED = WHOLE.replace("out.example.org", "relay.example.com").replace("4ABC", "5DEF")


def side(name: str, scripts: list[str], begin: int) -> Side:
    """A capture of sessions without partners, one a second."""
    found = [
        dialogue(transcript(*sides(script)[0], start=START + (begin + n) * SECOND)) for n, script in enumerate(scripts)
    ]
    tried = {n: [one._replace(session=n) for one in tries(session)] for n, session in enumerate(found)}
    return Side(name, (), tried, range(len(found)), BOUNDS, found.__getitem__)


def duplicates(outside: list[str], inside: list[str]) -> list[Finding]:
    """What is said of sessions, those outside before those inside."""
    scope = Scope(side("outside", outside, 0), side("inside", inside, len(outside)), pairs=())
    return list(detect_case(scope))


def test_a_relay_passes_on_what_its_client_handed_over() -> None:
    """A lost frame may keep the two sessions of a relayed message apart: still they are one delivery."""
    assert duplicates([WHOLE], [RELAYED]) == []


def test_what_comes_twice_past_one_point_is_a_duplicate() -> None:
    assert [one.outside for one in duplicates([WHOLE, WHOLE], [RELAYED])] == [1]
    assert [one.inside for one in duplicates([WHOLE], [RELAYED, RELAYED])] == [1]


def test_one_capture_tells_who_was_never_answered_from_who_was() -> None:
    unended = WHOLE[: WHOLE.index("S: 250 2.0.0 queued")]
    refused = WHOLE.replace("250 2.0.0 queued as 4ABC", "451 4.7.1 later")

    for first, severities in ((unended, ["warning"]), (WHOLE, ["info"]), (refused, [])):
        sessions = side("outside", [first, WHOLE], 0)
        found = list(detect_sessions(Sessions([one for tried in sessions.tries.values() for one in tried])))
        assert [one.severity for one in found] == severities
        assert all((one.session, one.related) == (1, (0,)) for one in found)


def test_a_try_keeps_its_envelope_when_another_mail_is_refused() -> None:
    """A sender may ask for a second transaction within the first (RFC 5321 section 4.1.4)."""
    nested = WHOLE.replace("C: DATA", "C: MAIL FROM:<c@example.org>\nS: 503 5.5.1 nested MAIL command\nC: DATA", 1)

    assert [one.outside for one in duplicates([nested, WHOLE], [])] == [1]


def kept_back(scene: Scene) -> None:
    """Let the end of the mail reach the server a minute after its client, who had waited half of that, had gone."""
    *outside, reply = scene.outside
    data = next(one for one in reversed(outside) if one.payload and one.destination.port == 25)
    close = replace(data, seq=data.seq + len(data.payload), payload=b"", flags=FIN | ACK, time=data.time + 30 * SECOND)
    scene.outside = [*outside, close, replace(reply, time=data.time + 91 * SECOND)]
    *before, late, answer = scene.inside
    scene.inside = [*before, *(replace(one, time=one.time + 90 * SECOND) for one in (late, answer))]


def test_a_device_that_keeps_mail_back_is_not_acquitted_of_the_duplicate(tmp_path: Path) -> None:
    """The server answered at once what it got when the client was gone: no slow scanner behind it."""
    scene = Scene()
    scene.add(WHOLE.removesuffix(QUIT), fins=False)
    kept_back(scene)
    scene.add(WHOLE, at=1800)

    assert serious(scene.compared(tmp_path)) == ["duplicate-message"]


def test_an_answer_that_came_behind_its_proxys_client_acquits_the_proxy() -> None:
    """What acknowledges the late answer is the proxy, which still waited; its client did not."""
    client, server = (tries(dialogue(transcript(*sides(WHOLE)[0])))[0] for _ in range(2))
    gone = client._replace(answer=b"", stayed=2 * SECOND)
    again = client._replace(began=client.began + 60 * SECOND)

    for took, severity in ((4 * SECOND, Severity.INFO), (SECOND, Severity.WARNING)):
        heard = [server._replace(took=took), server]
        scope = paired([gone, again], heard)
        assert [one.severity for one in detect_case(scope)] == [severity]


def test_an_answer_to_a_mail_whose_end_one_capture_lost_is_not_called_quick() -> None:
    """How long the server took is not known then."""
    client, server = (tries(dialogue(transcript(*sides(WHOLE)[0])))[0] for _ in range(2))
    gone = client._replace(late=True, stayed=2 * SECOND)
    again = client._replace(began=client.began + 60 * SECOND)

    for took, severity in ((-1, Severity.INFO), (0, Severity.WARNING)):
        heard = [server._replace(ended=False, late=True, took=took), server]
        assert [one.severity for one in detect_case(paired([gone, again], heard))] == [severity]


def test_a_relay_may_split_the_recipients_over_several_sessions() -> None:
    """One of them has the session that the relay took the mail in for partner, which had all recipients."""
    both = WHOLE.replace("C: DATA", "C: RCPT TO:<c@example.com>\nS: 250 2.1.5 Ok\nC: DATA")
    taken, first, second = (
        tries(dialogue(transcript(*sides(script)[0])))[0]
        for script in (both, WHOLE, WHOLE.replace("<b@example.com>", "<c@example.com>"))
    )
    for other, times in ((second, 0), (first, 1)):
        scope = paired([taken], [first])
        scope.inside.tries[1] = [other._replace(session=1, began=other.began + SECOND)]
        scope.inside.unpaired = [1]
        assert len(list(detect_case(scope))) == times


def test_it_is_no_more_certain_than_the_pairs_of_its_sessions() -> None:
    first = tries(dialogue(transcript(*sides(WHOLE)[0])))[0]
    again = first._replace(began=first.began + SECOND)
    scope = paired([first, again], [first, again])
    unsure = [scope.pairs[0], scope.pairs[1]._replace(certain=False)]

    for pairs, confidence in ((scope.pairs, "proven"), (unsure, "likely")):
        (found,) = detect_case(replace(scope, pairs=pairs))
        assert found.confidence == confidence


def test_the_later_try_is_the_one_that_began_later() -> None:
    """The first hangs in its data until the second has been delivered."""
    first = tries(dialogue(transcript(*sides(WHOLE)[0])))[0]
    hung = first._replace(ended=False, answer=b"", took=-1, time=first.time + 600 * SECOND)
    again = first._replace(began=first.began + 300 * SECOND, time=first.time + 300 * SECOND)

    (found,) = detect_case(paired([hung, again], [hung._replace(ended=True), again]))
    assert (found.outside, found.related) == (1, (0,))


def paired(outside: list[Try], inside: list[Try]) -> Scope:
    """Sessions of one try each, paired in their order."""
    before, behind = (
        Side(name, (), {n: [one._replace(session=n)] for n, one in enumerate(tried)}, (), BOUNDS, no_dialogue)
        for name, tried in (("outside", outside), ("inside", inside))
    )
    return Scope(before, behind, pairs=[Pair(n, n, 1000, certain=True, why=("a test",)) for n in range(len(outside))])


def no_dialogue(_: int) -> Dialogue:
    """Paired sessions are not loaded."""
    raise AssertionError


@pytest.mark.parametrize(
    ("ended", "answer", "severity"), [(False, b"421", "warning"), (True, b"421", "info"), (False, b"250", "info")]
)
def test_who_waits_in_vain_for_the_end_of_a_mail_does_not_answer_it(ended: bool, answer: bytes, severity: str) -> None:
    """The device lost the end: the server's 421, minutes after the client had gone, acquits it of nothing."""
    sent = tries(dialogue(transcript(*sides(WHOLE)[0])))[0]
    first = sent._replace(answer=b"", took=-1, stayed=60 * SECOND)
    again = sent._replace(began=sent.began + 900 * SECOND, time=sent.time + 900 * SECOND)
    came = first._replace(ended=ended, answer=answer, took=300 * SECOND)

    (found,) = detect_case(paired([first, again], [came, again]))
    assert found.severity == severity


@pytest.mark.parametrize(
    ("farewell", "severity"), [("421 4.4.2 lost connection", "warning"), ("451 4.7.1 later", "info")]
)
def test_what_a_server_says_to_a_client_that_has_closed_is_no_refusal(farewell: str, severity: str) -> None:
    """The client never heard it: it sends the message again for want of an answer; a 421 is not even a late one."""
    talk = Talk()
    talk.handshake()
    for who, text in sides(HELLO + LIST + MAIL[: MAIL.index("S: 250 2.0.0 queued")])[0]:
        talk.say(who, text)
    talk.send("C", b"", FIN | ACK)
    talk.send("S", farewell.encode() + b"\r\n", PSH | ACK)
    talk.send("C", flags=RST)
    first, again = dialogue(talk.segments), side("outside", [WHOLE], 1)
    again.tries[1] = [one._replace(session=1) for one in again.tries[0]]

    tried = [one._replace(session=0) for one in tries(first)] + again.tries[1]
    assert [one.severity for one in detect_sessions(Sessions(tried))] == [severity]


@pytest.mark.parametrize("mail", ["DATA\nS: 354 go\nC: Subject: x // text / .", "BDAT 20 LAST / Subject: x // text"])
def test_an_answer_is_late_whatever_carried_the_mail(mail: str) -> None:
    """That to the last chunk answers the command that announced it (RFC 3030 section 2)."""
    talk = Talk()
    talk.handshake()
    for who, text in sides(f"{HELLO}{LIST}{MAIL[: MAIL.index('C: DATA')]}C: {mail}")[0]:
        talk.say(who, text)
    talk.time += 30 * SECOND
    talk.send("C", flags=FIN | ACK)
    talk.time += 30 * SECOND
    talk.send("S", b"250 2.0.0 Ok\r\n", PSH | ACK)
    talk.send("C", flags=RST)

    (tried,) = tries(dialogue(talk.segments))
    assert (tried.answer, tried.late, tried.took // SECOND, tried.stayed // SECOND) == (b"250", True, 60, 30)


UNANSWERED = HELLO + LIST + MAIL[: MAIL.index("S: 250 2.0.0 queued")]


def spoken(*behind: tuple[str, bytes, int], until: str = UNANSWERED) -> Talk:
    """A session up to a place, and single segments behind it."""
    talk = Talk()
    talk.handshake()
    for who, text in sides(until)[0]:
        talk.say(who, text)
    for who, text, flags in behind:
        talk.send(who, text, flags)
    return talk


def again_after(talk: Talk) -> list[Finding]:
    """What one observation point says of a whole delivery that follows a session."""
    first, later = tries(dialogue(talk.segments)), side("outside", [WHOLE], 1).tries[0]
    tried = [one._replace(session=0) for one in first] + [one._replace(session=1) for one in later]
    return list(detect_sessions(Sessions(tried)))


@pytest.mark.parametrize(("end", "found"), [((), 0), ((("C", b"", FIN | ACK),), 1), ((("S", b"", RST),), 1)])
def test_of_a_try_whose_end_is_not_captured_nobody_can_say_that_it_failed(
    end: tuple[tuple[str, bytes, int], ...], found: int
) -> None:
    """Who tries again has closed or was cut off: where a capture shows neither, it lost the answer with it."""
    assert len(again_after(spoken(*end))) == found


def test_what_stands_behind_a_reply_that_never_came_is_not_handed_to_the_client() -> None:
    """The 250 is lost on its way; the 421 behind it waits for it (RFC 9293 section 3.8)."""
    closing = ("S", b"421 4.4.2 timeout\r\n", PSH | ACK)
    talk = spoken(("S", b"250 2.0.0 queued as 4ABC\r\n", PSH | ACK), closing, ("C", b"", FIN | ACK))
    *before, lost, behind, gone = talk.segments
    talk.segments = [*before, behind, replace(gone, ack=lost.seq)]

    assert len(again_after(talk)) == 1
    assert again_after(spoken(closing, ("C", b"", FIN | ACK))) == []


def test_a_client_that_leaves_in_the_midst_of_its_data_sends_again_on_its_own_account() -> None:
    """Its own side shows it; the other one lost the try, or shows no more than that it was given up."""
    left = tries(dialogue(spoken(("C", b"Subject: x\r\n\r\nhal", PSH | ACK), until=BROKEN).segments))[0]
    whole = tries(dialogue(transcript(*sides(WHOLE)[0])))[0]
    gone = left._replace(answer=b"", unheard=False, left=True, message_id=whole.message_id)
    again = whole._replace(began=gone.began + 60 * SECOND)

    for first, severity in ((gone, Severity.INFO), (gone._replace(left=False), Severity.WARNING)):
        scope = paired([first, again], [whole._replace(answer=b""), again])
        assert [one.severity for one in detect_case(scope)] == [severity]


BROKEN = UNANSWERED[: UNANSWERED.rindex("C: ")]


@pytest.mark.parametrize(
    ("end", "left"),
    [
        ((("S", b"", ACK), ("C", b"", RST)), True),
        ((("C", b"", RST),), True),
        ((("S", b"", ACK), ("S", b"", FIN | ACK), ("C", b"", RST)), False),
    ],
    ids=["all had arrived", "something was just arriving", "the server had closed"],
)
def test_who_left_of_its_own_accord(end: tuple[tuple[str, bytes, int], ...], left: bool) -> None:
    data = ("C", b"Message-ID: <1@example.org>\r\n\r\nhalf of it", PSH | ACK)

    (tried,) = tries(dialogue(spoken(data, *end, until=BROKEN).segments))
    assert tried.left is left


def test_who_waits_in_vain_before_it_leaves_is_driven_away() -> None:
    """Its data was never acknowledged."""
    talk = spoken(("C", b"Message-ID: <1@example.org>\r\n\r\nhalf of it", PSH | ACK), until=BROKEN)
    talk.time += 10 * SECOND
    talk.reset("C")

    (tried,) = tries(dialogue(talk.segments))
    assert not tried.left


@pytest.mark.parametrize(("captured", "quick"), [(65_535, True), (120, False)])
def test_when_mail_ended_that_the_capture_cut_is_not_known(captured: int, quick: bool) -> None:
    """It is not read as the moment of the answer: a slow server would be taken for a quick one."""
    data = ("C", b"Message-ID: <1@example.org>\r\n\r\n" + b"x" * 300 + b"\r\n.\r\n", PSH | ACK)
    talk = spoken(data, ("S", b"250 2.0.0 queued as 4ABC\r\n", PSH | ACK), ("C", b"", FIN | ACK), until=BROKEN)

    (tried,) = tries(dialogue(cut(talk.segments, captured)))
    assert (tried.took >= 0, tried.stayed >= 0) == (quick, quick)


def test_what_comes_late_is_no_answer_to_a_chunk_either() -> None:
    """A chunk that is not whole leaves the answer to its command (RFC 3030 section 2)."""
    data = ("C", b"BDAT 900\r\nMessage-ID: <1@example.org>\r\n\r\nhalf", PSH | ACK)
    closing = ("S", b"421 4.4.2 timeout\r\n", PSH | ACK)
    begun = BROKEN[: BROKEN.rindex("C: DATA")]
    for end, answer in (((closing,), b"421"), ((("C", b"", FIN | ACK), closing, ("C", b"", RST)), b"")):
        (tried,) = tries(dialogue(spoken(data, *end, until=begun).segments))
        assert tried.answer == answer


def test_a_farewell_to_a_mail_without_end_acquits_nobody() -> None:
    """The server waited for an end that the device kept, and closed long after the client had gone."""
    first = tries(dialogue(transcript(*sides(WHOLE)[0])))[0]
    gone = first._replace(answer=b"", took=-1, stayed=5 * SECOND)
    again = first._replace(began=first.began + 60 * SECOND)
    for answer in (b"", b"421"):
        heard = first._replace(ended=False, answer=answer, took=300 * SECOND)
        (found,) = detect_case(paired([gone, again], [heard, first]))
        assert (found.severity, found.where) == (Severity.WARNING, "between")


def test_a_device_that_resets_both_ends_is_not_acquitted_of_the_duplicate(tmp_path: Path) -> None:
    """Both sides show the mail without its end, and that is the device's doing."""
    scene = Scene()
    for side in (scene.outside, scene.inside):
        talk = Talk()
        talk.handshake()
        for who, text in sides(WHOLE[: WHOLE.index("S: 250 2.0.0 queued")])[0]:
            talk.say(who, text.removesuffix(b".\r\n"))
        talk.reset("S" if side is scene.outside else "C")
        side.extend(talk.segments if side is scene.outside else map(passed, talk.segments))
    scene.add(WHOLE, at=60)

    assert serious(scene.compared(tmp_path)) == ["reset-injected", "duplicate-message"]
