"""The text as a whole, and what hostile traffic does to it: nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import orjson
import pytest

from pcapsleuth.report.columns import width
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report, SessionFacts, SessionKey, Status, Verdict
from pcapsleuth.report.text import text
from tests.report.conftest import Pairs

EXPECTED = r"""
CHANGED: a device between the two points rewrites SMTP in 3 of 3 sessions.
1 of 3 deliveries failed because of it; 1 failed otherwise and 1 went through.

Chiefly    BDAT reached the server as XXXX, so that it read the chunk as
           commands; also banner-masked

Device     like Example 3000 SMTP filter (likely)
           it overwrites the greeting
           not Example 2000: ETRN passes
Remedy     first look, change nothing: `show filter`
           then: Allow BDAT
           `pcapsleuth explain example-3000` has the commands, their order and
           the risks

What was changed                        sessions  example outside / inside frame
  verb-masked:BDAT                             1  #2                     27 / 35
      `BDAT 14310 LAST` came in, `XXXX 14310 LAST` went out
  banner-masked                                3  #0                      6 / 14
      `220 mx1.example.com ESMTP` came in, `220 *********************` went out

Also seen                               sessions  example outside / inside frame
  tcp-altered:MSS                              1  #0                       3 / -
      The SYN asked for an MSS of 1460 and arrived with 1380.

What failed, and why
      1 cut        Caused by verb-masked:BDAT.
                   #2
      1 refused    The server answered `550 5.7.1 go \x1baway` to EHLO.
                   #1

Sessions of 2026-11-18
    #  start (UTC)  client             server         outcome    changes
  0/1  11:13:40     203.0.113.20:2690  198.51.100.26  delivered  banner
  1/2  11:13:41     203.0.113.21:2691  198.51.100.26  refused    banner
  2/3  11:13:42     203.0.113.22:2692  198.51.100.26  cut        banner, BDAT
  -/0  11:13:40     203.0.113.20:2690  10.1.1.26      delivered  no partner

Symptoms   seen S2: Mail with attachments cannot be sent. Mail data stops
           part-way or never ends (#2).
           cannot tell S6 S9 (no client tried AUTH here); not seen: 11
           `pcapsleuth explain S6` says which capture would tell
Read       outside: outside.pcap: 1,203 frames = 1,180 used + 20 other port + 3
           not ip; 3 sessions from 2026-11-18 11:13:40 to 11:14:40 UTC
           inside: inside.pcap: 1,203 frames = 1,189 used + 14 other port; 4
           sessions from 2026-11-18 11:13:40 to 11:14:40 UTC
Pairs      3 pairs, all certain; without a partner 0 outside, 1 inside
Clock      inside 17.304 s ahead of outside, drift 0.2 ppm, from 3 pairs
Wireshark  outside.pcap: ip.addr == 203.0.113.22 && tcp.port == 2692 &&
           frame.number >= 27
"""


def test_a_comparison(report: Report) -> None:
    assert "\n".join(text(report, Look())) + "\n" == EXPECTED.lstrip("\n")


@pytest.mark.parametrize("status", [Status.CLEAN, Status.CHANGED])
def test_what_a_verdict_does_not_rest_on_comes_right_below_it(report: Report, status: Status) -> None:
    verdict = Verdict(status, ("Sentence.", "And another."), ("The sides seem swapped.", "2 captured in part."), {})
    lines = list(text(replace(report, verdict=verdict, failures=("a detector crashed",)), Look()))

    at = lines.index("Doubt      The sides seem swapped.")
    assert lines[at + 1 : at + 3] == ["           2 captured in part.", "Trouble    a detector crashed"]
    assert at < next(number for number, line in enumerate(lines) if line.startswith("Device"))


def test_eighty_columns_hold_everything(report: Report) -> None:
    assert max(width(line) for line in text(report, Look())) <= 80


def test_times_are_shown_in_the_zone_asked_for(report: Report) -> None:
    shown = "\n".join(text(report, Look(zone=timezone(timedelta(hours=2)))))

    assert "start (UTC+02:00)" in shown
    assert "13:13:40" in shown


def test_colour_is_a_choice_and_never_needed(report: Report) -> None:
    plain = "\n".join(text(report, Look()))
    coloured = "\n".join(text(report, Look(colour=True)))

    assert "\x1b" not in plain
    assert coloured.startswith("\x1b[1;31mCHANGED\x1b[0m: a device")


def test_a_long_table_is_cut_and_says_so(report: Report) -> None:
    lines = list(text(_many(report, 100), Look()))

    assert "  and 60 sessions more; --all shows every one" in lines
    assert sum("203.0.113.20:2690" in line for line in lines) == 40


def test_all_shows_every_session(report: Report) -> None:
    lines = list(text(_many(report, 100), Look(all=True)))

    assert sum("203.0.113.20:2690" in line for line in lines) == 100


def test_nothing_hostile_gets_through(report: Report) -> None:
    attack = b"\x1b]0;owned\x07\x1b[2J\r\x00\xe2\x80\xae\xe2\x80\x8b\xff" + b"A" * 5000 + "漢".encode() * 200
    name = "verb-masked"
    for finding in report.findings:
        object.__setattr__(finding, "ingress", attack)
        object.__setattr__(finding, "egress", attack)
        object.__setattr__(finding, "summary", attack.decode("latin-1"))
        object.__setattr__(finding, "subject", "\x1b[31m" + "X" * 100 if finding.label == name else None)
    file = replace(report.captures[0], files=("\x1b[31mevil\n.pcap",))
    lines = list(text(replace(report, captures=(file,), failures=("\x1b[31m",)), Look()))

    assert all(line.isprintable() for line in lines)
    assert max(width(line) for line in lines if "X" * 100 not in line) <= 80


def test_refusals_are_grouped_by_their_code(report: Report) -> None:
    many = _many(report, 100)
    documents = many.sessions.json

    def refused(key: SessionKey) -> bytes:
        text = f"5.1.1 <user{key[1]}@example.com>: no such user"
        reply = {"code": 550, "text": text, "file": 0, "frame": 1, "time": 1}
        command = {"verb": "RCPT", "argument": "", "file": 0, "frame": 1, "time": 1, "reply": reply}
        return orjson.dumps(orjson.loads(documents(key)) | {"commands": [command], "transactions": []})

    many.sessions.json = refused  # type: ignore[method-assign]
    many.sessions.facts = lambda key: SessionFacts("refused", True, False, False, False)  # type: ignore[method-assign]
    lines = list(text(many, Look()))
    at = lines.index("What failed, and why")

    assert lines[at + 1 : at + 6] == [
        "    100 refused    The server answered `550 5.1.1 <user0@example.com>: no such",
        "                   user` to RCPT.",
        "                   #0 #1 #2 #3 #4 #5 #6 #7 #8 #9 #10 #11 and 88 more",
        "",
        "Sessions of 2026-11-18 with 198.51.100.26",
    ]
    assert max(width(line) for line in lines) <= 80


def test_what_was_refused_beside_deliveries_is_told_with_its_reason(report: Report) -> None:
    many = _many(report, 3)
    documents = many.sessions.json
    reply = {"code": 550, "text": "5.1.1 no such user", "file": 0, "frame": 1, "time": 1}
    command = {"verb": "RCPT", "argument": "", "file": 0, "frame": 1, "time": 1, "reply": reply}
    many.sessions.json = lambda key: orjson.dumps(orjson.loads(documents(key)) | {"commands": [command]})  # type: ignore[method-assign]
    facts = SessionFacts("delivered", True, False, False, False, refused=True)
    many.sessions.facts = lambda key: facts  # type: ignore[method-assign]
    lines = list(text(many, Look()))

    at = lines.index("What failed, and why")
    assert lines[at + 1] == "      3 in part    The server answered `550 5.1.1 no such user` to RCPT."


class _Repeated:
    """One session, many times."""

    def __init__(self, report: Report, number: int) -> None:
        self._report = report
        self._number = number

    def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
        return (("single", index) for index in range(self._number))

    def facts(self, key):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return self._report.sessions.facts(("outside", 0))

    def json(self, key):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        document = orjson.loads(self._report.sessions.json(("outside", 0)))
        return orjson.dumps(document | {"index": key[1]})


def _many(report: Report, number: int) -> Report:
    """The report of a single capture with many sessions."""
    return replace(report, mode="inspect", sessions=_Repeated(report, number))


def test_a_capture_that_ends_on_another_day_says_so(report: Report) -> None:
    long = replace(report.captures[0], last=(report.captures[0].first or 0) + 86_400 * 10**9)

    told = " ".join("\n".join(text(replace(report, captures=(long,)), Look())).split())
    assert "from 2026-11-18 11:13:40 to 2026-11-19 11:13:40 UTC" in told


def test_a_side_that_was_not_reached_is_not_an_empty_name(report: Report) -> None:
    unread = replace(report.captures[1], files=(), frames=0, used=0, sessions=0, first=None, last=None)

    assert "inside: nothing was read" in "\n".join(text(replace(report, captures=(report.captures[0], unread)), Look()))


def test_one_pair_is_not_all_of_them(report: Report) -> None:
    one = replace(report, pairs=Pairs([*report.pairs][:1]))

    assert "Pairs      1 pair, certain;" in "\n".join(text(one, Look()))


def test_a_dash_is_called_what_it_is(report: Report) -> None:
    piped = replace(report.captures[0], files=("-",))

    assert "outside: standard input: 1,203 frames" in "\n".join(text(replace(report, captures=(piped,)), Look()))
