"""The verdict in words: changed is not caused, and nothing is claimed that was not seen."""

from __future__ import annotations

import pytest

from pcapsleuth.detect.finding import Confidence, Effect, Severity, Where
from pcapsleuth.report.judging import Judged
from pcapsleuth.report.model import Brief, Status
from pcapsleuth.report.verdict import judge


def sessions(number: int, outcome: str = "delivered", **facts: bool) -> list[Judged]:
    known = {"comparable": True, "partial": False, "tls": False} | facts
    return [Judged((k, k, None), outcome, **known) for k in range(number)]


def brief(session: int, name: str, effect: Effect = Effect.NONE_SEEN, where: Where = Where.BETWEEN) -> Brief:
    return Brief(name, Severity.WARNING, where, effect, session, session, None)


CAUSED, COULD = Effect.CAUSED, Effect.COULD_HAVE_CAUSED


@pytest.mark.parametrize(
    ("judged", "findings", "text"),
    [
        (
            sessions(14),
            [brief(k, "banner-masked") for k in range(14)],
            (
                "A device between the two points rewrites SMTP in 14 of 14 sessions. "
                "All 14 deliveries went through all the same."
            ),
        ),
        (
            sessions(2, "refused"),
            [brief(k, "reply-injected:GREETING", CAUSED) for k in range(2)],
            (
                "A device between the two points answers in the server's place in 2 of 2 sessions. "
                "2 of 2 deliveries failed because of it."
            ),
        ),
        (
            sessions(3, "cut") + sessions(14)[3:],
            [brief(k, "verb-masked:BDAT", CAUSED) for k in range(3)],
            (
                "A device between the two points rewrites SMTP in 3 of 14 sessions. "
                "3 of 14 deliveries failed because of it; the other 11 went through."
            ),
        ),
        (
            sessions(1, "cut") + sessions(2)[1:],
            [brief(0, "end-of-data-lost", CAUSED)],
            (
                "A device between the two points disrupts SMTP in 1 of 2 sessions. "
                "1 of 2 deliveries failed because of it; the other one went through."
            ),
        ),
        (
            sessions(1, "unknown") + sessions(2)[1:],
            [brief(0, "large-segments-lost")],
            (
                "A device between the two points disrupts SMTP in 1 of 2 sessions. "
                "1 delivery went through all the same; how 1 session ended cannot be seen here."
            ),
        ),
        (
            sessions(1, "cut"),
            [brief(0, "reset-injected", CAUSED)],
            "A device between the two points disrupts SMTP in 1 of 1 session. 1 of 1 delivery failed because of it.",
        ),
        (
            sessions(3, "cut"),
            [brief(0, "reset-injected", COULD)],
            (
                "A device between the two points disrupts SMTP in 1 of 3 sessions. "
                "3 of 3 deliveries failed, 1 of them possibly because of it."
            ),
        ),
        (
            sessions(4, "cut") + sessions(5)[4:],
            [brief(0, "reset-injected", CAUSED), brief(1, "reply-lost", COULD), brief(2, "reply-lost", COULD)],
            (
                "A device between the two points disrupts SMTP in 3 of 5 sessions. "
                "1 of 5 deliveries failed because of it; 2 possibly so, 1 failed otherwise and 1 went through."
            ),
        ),
        (
            sessions(2, "cut"),
            [brief(0, "reset-injected", CAUSED), brief(1, "reply-lost", COULD)],
            (
                "A device between the two points disrupts SMTP in 2 of 2 sessions. "
                "1 of 2 deliveries failed because of it; 1 possibly so."
            ),
        ),
        (
            sessions(2, "refused"),
            [brief(0, "banner-masked")],
            (
                "A device between the two points rewrites SMTP in 1 of 2 sessions. "
                "2 of 2 deliveries failed, but nothing shows that it was because of this."
            ),
        ),
        (
            sessions(2),
            [brief(0, "body-altered")],
            (
                "A device between the two points rewrites mail in 1 of 2 sessions. "
                "Both deliveries went through, but 1 with an altered body."
            ),
        ),
        (
            sessions(2),
            [brief(k, "body-altered") for k in range(2)],
            (
                "A device between the two points rewrites mail in 2 of 2 sessions. "
                "Both deliveries went through, but each with an altered body."
            ),
        ),
        (
            sessions(1),
            [brief(0, "body-altered")],
            (
                "A device between the two points rewrites mail in 1 of 1 session. "
                "The delivery went through, but with an altered body."
            ),
        ),
        (
            sessions(1, "unknown"),
            [brief(0, "tls-intercepted")],
            (
                "A device between the two points intercepts TLS in 1 of 1 session. "
                "Whether mail failed because of it cannot be seen here."
            ),
        ),
    ],
)
def test_changed(judged: list[Judged], findings: list[Brief], text: str) -> None:
    verdict = judge("compare", judged, findings)

    assert verdict.status is Status.CHANGED
    assert verdict.text == text


def test_blocked_connections_are_judged_though_they_have_no_partner() -> None:
    blocked = [Brief("connection-blocked", Severity.WARNING, Where.BETWEEN, CAUSED, k, None, None) for k in range(3)]
    verdict = judge("compare", [], blocked, (3, 0))

    assert verdict.status is Status.CHANGED
    assert verdict.text == (
        "A device between the two points blocks connections in 3 of 3 sessions. 3 of 3 deliveries failed because of it."
    )


@pytest.mark.parametrize(
    ("judged", "text"),
    [
        (
            sessions(31),
            "Nothing was changed between the two points in 31 sessions compared. All 31 deliveries went through.",
        ),
        (sessions(1), "Nothing was changed between the two points in 1 session compared. The delivery went through."),
        (
            sessions(2, "refused") + sessions(5)[2:],
            (
                "Nothing was changed between the two points in 5 sessions compared. "
                "2 of 5 deliveries failed, but not because of anything between the two points."
            ),
        ),
        (
            sessions(1, "cut", partial=True) + sessions(3, "delivered", partial=True)[1:],
            (
                "Nothing was changed between the two points in 3 sessions compared. "
                "1 of 3 deliveries failed, but not because of anything that was seen between the two points."
            ),
        ),
        (
            sessions(1, "cut") + sessions(3, "delivered", partial=True)[1:],
            (
                "Nothing was changed between the two points in 3 sessions compared. "
                "1 of 3 deliveries failed, but not because of anything between the two points."
            ),
        ),
    ],
)
def test_clean(judged: list[Judged], text: str) -> None:
    verdict = judge("compare", judged, [])

    assert verdict.status is Status.CLEAN
    assert verdict.text == text


@pytest.mark.parametrize(("outcome", "told"), [("cut", True), ("delivered", False)])
def test_a_hint_at_what_stopped_a_mail_is_no_acquittal(outcome: str, told: bool) -> None:
    hint = brief(0, "reset-injected")._replace(severity=Severity.INFO)
    verdict = judge("compare", [*sessions(1, outcome), *sessions(3)[1:]], [hint])

    assert verdict.status is Status.CLEAN
    assert ("perhaps because of reset-injected" in verdict.text) is told
    assert ("not because of anything" in verdict.text) is False


def test_a_relay_is_named_where_its_own_words_differ() -> None:
    relay = brief(0, "proxy-in-path:RELAY")._replace(severity=Severity.INFO)

    said = judge("compare", sessions(2), [relay])
    assert said.status is Status.CLEAN
    assert said.sentences[0].startswith("A relay takes the mail in 1 of 2 sessions, in its own words to either side;")


def test_a_session_without_a_visible_end_is_not_told_to_have_gone_well() -> None:
    judged = sessions(2)[:1] + sessions(3, "unknown")[1:]

    said = judge("compare", judged, [])
    assert said.sentences[1] == "1 delivery went through; how 2 sessions ended cannot be seen here."
    assert said.coverage["unseen"] == 2
    # Of those under TLS the limits tell.
    under_tls = sessions(2)[:1] + sessions(3, "unknown", tls=True)[1:]
    assert judge("compare", under_tls, []).sentences[1] == "The delivery went through."


def test_a_monitor_is_no_failed_delivery() -> None:
    looked = [Judged((0, 0, None), "gave-up", comparable=True, partial=False, tls=False, idle=True)]

    assert judge("compare", looked, []).coverage["failed"] == 0
    assert judge("compare", looked, [brief(0, "capability-masked:CHUNKING", COULD)]).coverage["failed"] == 1


def test_what_is_said_of_elsewhere_is_not_said_of_the_device() -> None:
    elsewhere = Brief("banner-masked", Severity.INFO, Where.SERVER_SIDE, Effect.NONE_SEEN, 0, 0, None)

    assert judge("compare", sessions(1), [elsewhere]).status is Status.CLEAN


@pytest.mark.parametrize(
    ("judged", "unpaired", "first"),
    [
        ([], (4, 5), "No session was seen on both sides (4 sessions outside, 5 inside)."),
        (
            sessions(12, "unknown", comparable=False, tls=True),
            (0, 0),
            "None of 12 pairs shows greeting, first command and reply on both sides (TLS).",
        ),
        (
            sessions(1, "unknown", comparable=False, partial=True),
            (0, 0),
            "The only pair does not show greeting, first command and reply on both sides (captured in part).",
        ),
        ([], (0, 0), "There is no SMTP session in either capture."),
    ],
)
def test_cannot_tell(judged: list[Judged], unpaired: tuple[int, int], first: str) -> None:
    verdict = judge("compare", judged, [], unpaired)

    assert verdict.status is Status.CANNOT_TELL
    assert verdict.sentences[0] == first
    assert verdict.sentences[1].startswith("Capture ")


def test_what_hides_a_session_is_what_the_advice_is_about() -> None:
    under_tls = sessions(1, "unknown", comparable=False, tls=True)
    cut = sessions(1, "unknown", comparable=False, tls=True, partial=True)

    assert "begin in the clear" in judge("compare", under_tls, []).sentences[1]
    assert "from their SYN" in judge("compare", cut, []).sentences[1]


def test_a_clean_verdict_counts_what_it_does_not_rest_on() -> None:
    judged = sessions(2)[:1] + sessions(2, comparable=False, partial=True)[1:]

    assert judge("compare", judged, []).sentences[0].endswith("in 1 session compared; 1 more could not be.")
    assert "in 1 of 2 sessions, as far" in judge("inspect", judged, []).sentences[0]


def test_who_never_came_to_mail_is_no_failed_delivery() -> None:
    scanned = sessions(6, "cut", offered=False) + sessions(8)[6:]

    assert judge("compare", scanned, []).sentences[1] == (
        "6 of 8 sessions delivered no mail, but not because of anything between the two points."
    )
    assert judge("compare", scanned, [brief(0, "verb-blocked:EHLO", COULD)]).sentences[1] == (
        "6 of 8 sessions delivered no mail, 1 of them possibly because of it."
    )
    assert judge("compare", scanned, []).coverage["unoffered"] == 6


@pytest.mark.parametrize(
    ("surest", "what"),
    [
        (Confidence.PROVEN, "rewrites SMTP"),
        (Confidence.LIKELY, "most likely rewrites SMTP"),
        (Confidence.POSSIBLE, "possibly rewrites SMTP"),
    ],
)
def test_the_verdict_is_no_surer_than_its_surest_finding(surest: Confidence, what: str) -> None:
    findings = [
        brief(0, "verb-masked:MASKED-1")._replace(confidence=Confidence.POSSIBLE),
        brief(1, "banner-masked")._replace(confidence=surest),
    ]

    assert judge("compare", sessions(2), findings).sentences[0].startswith(f"A device between the two points {what} in")
    assert judge("inspect", sessions(2), findings).sentences[0].startswith(f"Something on the way {what}: its marks")


def test_one_capture_does_not_say_why_mail_came_again() -> None:
    again = [brief(k, "duplicate-message") for k in (1, 2)]

    assert judge("inspect", sessions(3), again).sentences[0] == "Mail was sent again in 2 of 3 sessions."
    assert "rewrites SMTP" in judge("inspect", sessions(3), [*again, brief(0, "banner-masked")]).sentences[0]


def test_one_capture_is_modest() -> None:
    masked = Brief("banner-masked", Severity.WARNING, Where.SERVER_SIDE, Effect.NONE_SEEN, None, None, 0)
    judged = [Judged((None, None, k), "delivered", comparable=True, partial=False, tls=False) for k in range(2)]

    assert judge("inspect", judged, [masked]).sentences[0] == (
        "Something between here and the server rewrites SMTP: its marks are in 1 of 2 sessions."
    )
    assert judge("inspect", judged, []).sentences[0] == (
        "Nothing looks rewritten in 2 sessions, as far as one capture can tell."
    )
    assert judge("inspect", [], []).status is Status.CANNOT_TELL


def test_one_capture_does_not_say_who_ends_what_is_too_long() -> None:
    long = Brief("limit-exceeded:RECIPIENTS", Severity.WARNING, Where.UNKNOWN, Effect.NONE_SEEN, None, None, 0)
    judged = [Judged((None, None, k), "cut", comparable=True, partial=False, tls=False) for k in range(2)]

    assert judge("inspect", judged, [long]).sentences[0] == (
        "The client exceeds a limit that devices have in 1 of 2 sessions, and there the connection dies."
    )


@pytest.mark.parametrize("outcome", ["refused", "gave-up"])
def test_of_one_capture_a_session_counts_that_had_less_to_say(outcome: str) -> None:
    alone = [Judged((None, None, 0), outcome, comparable=False, partial=False, tls=False)]
    partly = [Judged((None, None, 0), outcome, comparable=False, partial=True, tls=False)]

    assert judge("inspect", alone, []).status is Status.CLEAN
    assert judge("inspect", partly, []).status is Status.CANNOT_TELL
    assert judge("compare", sessions(1, outcome, comparable=False), []).status is Status.CANNOT_TELL


@pytest.mark.parametrize("outcome", ["cut", "timed-out", "unknown"])
def test_a_session_in_which_nobody_may_have_spoken_does_not_count(outcome: str) -> None:
    alone = [Judged((None, None, 0), outcome, comparable=False, partial=False, tls=False)]

    assert judge("inspect", alone, []).status is Status.CANNOT_TELL


def test_one_capture_does_not_acquit_what_it_suspects() -> None:
    masked = Brief("banner-masked", Severity.WARNING, Where.SERVER_SIDE, Effect.NONE_SEEN, None, None, 0)
    judged = [Judged((None, None, 0), "refused", comparable=True, partial=False, tls=False)]

    assert judge("inspect", judged, [masked]).sentences[1] == (
        "1 of 1 delivery failed; whether because of it one capture cannot say."
    )


def test_a_proxy_is_no_change_and_yet_worth_a_word() -> None:
    proxy = Brief("proxy-in-path", Severity.INFO, Where.SERVER_SIDE, Effect.NONE_SEEN, None, None, 0)
    judged = [Judged((None, None, 0), "delivered", comparable=True, partial=False, tls=False)]
    verdict = judge("inspect", judged, [proxy])

    assert verdict.status is Status.CLEAN
    assert verdict.sentences[0].endswith("can tell; the greeting is that of a proxy or gateway.")


def test_a_session_that_delivered_may_have_been_refused_something() -> None:
    verdict = judge("compare", [*sessions(1, refused=True), *sessions(2)[1:]], [])

    assert verdict.sentences[1] == "Both deliveries went through."
    assert verdict.limits == ("1 session delivered mail, and had a recipient or another mail refused.",)


def test_the_limits_are_named() -> None:
    verdict = judge("compare", sessions(2, tls=True, partial=True), [], (0, 0), ("Something else.",))

    assert verdict.limits == (
        "Something else.",
        "2 sessions captured in part: judged on what is there.",
        "2 sessions went on under TLS: nothing behind that could be read.",
    )
