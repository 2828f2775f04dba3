"""The sessions whose mail failed, grouped by what became of them and why."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pcapsleuth.detect.finding import Effect, Place
from pcapsleuth.report.columns import fit
from pcapsleuth.report.escape import harmless
from pcapsleuth.report.judging import judged
from pcapsleuth.report.kinds import hinders
from pcapsleuth.report.model import Report, SessionKey
from pcapsleuth.report.words import listed
from pcapsleuth.smtp.outcome import FAILED

READ = 2000
"""Failed sessions whose dialogue is read for the reason; the rest is counted without one."""

REFUSAL = 400
"""Reply codes from here on refuse (RFC 5321 section 4.2.1)."""


_OWN = re.compile(r"(?<=`\d\d\d )(\d\.\d+\.\d+ )?.*(?=` to |` unasked|` was)")
"""The text of a refusal behind its code: names and numbers make nearly each of them unique."""


@dataclass(slots=True)
class Failure:
    """Sessions that failed alike."""

    outcome: str
    why: str
    """In the words of the first of them."""
    sessions: list[int] = field(default_factory=list)


def failures(report: Report) -> list[Failure]:
    """Group the failed sessions, the largest group first."""
    causes = _causes(report)
    doubted = _doubted(report)
    tested = {one.place for one in report.tests}
    groups: dict[tuple[str, str], Failure] = {}
    read = 0
    for place, key in _with_blocked(report, causes):
        facts = report.sessions.facts(key)
        outcome = facts.outcome
        why = causes.get(place)
        if facts.refused:
            outcome = "in part"
        elif outcome not in FAILED or (facts.idle and (why is None or place in tested)):
            continue
        if why is None:
            read += 1
            who = "somebody" if place in doubted else "the server"
            why = reason(orjson.loads(report.sessions.json(key)), who) if read <= READ else "not looked into"
        number = next(index for index in place if index is not None)
        alike = _OWN.sub(r"\1", why)
        groups.setdefault((outcome, alike), Failure(outcome, why)).sessions.append(number)
    return sorted(groups.values(), key=lambda one: (-len(one.sessions), one.outcome, one.why))


def _doubted(report: Report) -> set[Place]:
    """The sessions of one capture of which a finding says that the words of a refusal are not the server's."""
    return {one.place for one in report.findings.briefs() if one.matters and one.name.startswith("reply-injected")}


def _with_blocked(report: Report, causes: Mapping[Place, str]) -> Iterator[tuple[Place, SessionKey]]:
    """What is judged, and the sessions that have no partner because they were blocked."""
    met = set()
    for place, key in judged(report):
        met.add(place)
        yield place, key
    for place in causes if report.mode == "compare" else ():
        if place not in met:
            points = zip(("outside", "inside"), place, strict=False)
            yield place, next((side, index) for side, index in points if index is not None)


def _causes(report: Report) -> dict[Place, str]:
    """What the findings give as the cause, for each session that has one."""
    sure: dict[Place, list[str]] = defaultdict(list)
    maybe: dict[Place, list[str]] = defaultdict(list)
    for brief in report.findings.briefs():
        if brief.matters and brief.effect is not Effect.NONE_SEEN:
            (sure if brief.effect is Effect.CAUSED else maybe)[brief.place].append(brief.name)
    suspected = {place: f"possibly caused by {_names(names)}" for place, names in maybe.items()}
    return suspected | {place: f"caused by {_names(names)}" for place, names in sure.items()}


def _names(names: list[str]) -> str:
    """The names, each once, in an order that makes like failures one: first what takes something from the dialogue."""
    return listed(sorted(set(names), key=lambda name: (not hinders(name), name)), 3)


def reason(session: dict[str, Any], who: str = "the server") -> str:
    """What the dialogue itself says, where no finding explains the failure; `who` is it that answers."""
    refusal = _refusal(session, who)
    if refusal is not None:
        return refusal
    if session["banner"] is None and not session["commands"]:
        return "no greeting"
    unanswered = [command["verb"] for command in session["commands"] if not command["reply"]]
    mails = session["transactions"]
    # Who says QUIT right behind its mail data waits for the answer to the mail.
    if unanswered and not (unanswered == ["QUIT"] and mails):
        return f"no answer to {harmless(unanswered[-1])}"
    if mails and mails[-1]["reply"] is None:
        return _unanswered(mails[-1])
    return "nothing here tells"


def _refusal(session: dict[str, Any], who: str) -> str | None:
    """The last refusal: of a command or the mail data, else one that nobody asked for, else the greeting."""
    replies = [(command["reply"], command["verb"]) for command in session["commands"]]
    replies += [(mail["reply"], "the mail data") for mail in session["transactions"]]
    refused = [one for one in replies if _refuses(one[0])]
    if refused:
        reply, verb = max(refused, key=lambda one: int(one[0]["time"]))
        return f"{who} answered `{_said(reply)}` to {harmless(verb)}"
    unasked = list(filter(_refuses, session["unasked"]))
    if unasked:
        return f"{who} said `{_said(unasked[-1])}` unasked"
    # A session comes out as refused by a reply, and no other is left.
    if session["outcome"] == "refused" and session["greeting"]:
        return f"the greeting `{_said(session['greeting'])}` was a refusal"
    return None


def _refuses(reply: dict[str, Any] | None) -> bool:
    """Whether it is a reply with a code that refuses."""
    return reply is not None and (reply["code"] or 0) >= REFUSAL


def _said(reply: dict[str, Any]) -> str:
    """A reply with its code."""
    return _line(f"{reply['code']} {reply['text']}")


def _line(text: str) -> str:
    """The first line of a reply, as far as there is room."""
    return fit(harmless(text.partition("\n")[0]), 60)


def _unanswered(mail: dict[str, Any]) -> str:
    """How far a mail came that was not answered."""
    if mail["complete"]:
        return "no answer to the mail data"
    return "the mail data stop part-way" if mail["bytes"] else "no mail data was seen"
