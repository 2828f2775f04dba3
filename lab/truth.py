"""From what the device logged to what an analyser must say: the only place that knows both vocabularies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.numbering import Ends

Deed = dict[str, Any]
Labels = list[str]

_TLS = "starttls-stripped"


@dataclass
class Verdict:
    """What must and what may be said of one session."""

    expected: set[str] = field(default_factory=set)
    also_ok: set[str] = field(default_factory=set)
    touched: bool = False


def _capability(label: str) -> Callable[[Deed], tuple[Labels, Labels]]:
    def rule(deed: Deed) -> tuple[Labels, Labels]:
        keyword = deed["keyword"]
        if keyword in {"OK", "HELP"}:
            return [], [f"{label}:{keyword}"]
        if "=" in keyword:
            return [], [f"{label}:{keyword}", f"{label}:{keyword.split('=')[0]}"]
        return [f"{label}:{keyword}", *([_TLS] if keyword == "STARTTLS" else [])], []

    return rule


def _verb(*labels: str) -> Callable[[Deed], tuple[Labels, Labels]]:
    def rule(deed: Deed) -> tuple[Labels, Labels]:
        verb = deed["verb"]
        return [f"{label}:{verb}" for label in labels] + ([_TLS] if verb == "STARTTLS" else []), []

    return rule


def _plain(*labels: str, also: tuple[str, ...] = ()) -> Callable[[Deed], tuple[Labels, Labels]]:
    return lambda deed: ([label.format(**deed) for label in labels], [label.format(**deed) for label in also])


_RULES: dict[str, Callable[[Deed], tuple[Labels, Labels]]] = {
    "banner-masked": _plain("banner-masked"),
    "banner-rewritten": _plain("banner-rewritten"),
    "capability-masked": _capability("capability-masked"),
    "capability-removed": _capability("capability-removed"),
    "capability-added": _plain("capability-added:{keyword}"),
    "capability-changed": _plain("capability-changed:{keyword}"),
    "mechanism-removed": _plain("auth-mechanism-removed:{mechanism}"),
    "verb-masked": _verb("verb-masked"),
    "verb-answered": _verb("verb-blocked", "reply-injected"),
    "verb-rewritten": _verb("verb-rewritten"),
    "command-swallowed": _verb("command-swallowed"),
    "command-lost-in-reset": lambda deed: ([], [f"command-swallowed:{deed['verb']}"]),
    "argument-rewritten": _plain("argument-rewritten:{verb}"),
    "reply-injected": _plain("reply-injected:{what}"),
    "reply-rewritten": _plain("reply-rewritten:{what}"),
    "proxy-rewrote-reply": _plain(also=("reply-rewritten:{what}", "reply-injected:{what}")),
    "reply-lost": _plain("reply-lost:{what}", also=("session-cut",)),
    "end-of-data-lost": _plain("end-of-data-lost", also=("session-cut",)),
    "end-of-data-lost-again": _plain("data-retransmitted"),
    "body-altered": _plain("body-altered"),
    "header-overwritten": _plain("body-altered", also=("header-changed:{name}",)),
    "header-changed": _plain("header-changed:{name}"),
    "header-removed": _plain("header-removed:{name}"),
    "header-added": _plain("header-added:{name}"),
    "proxy-added-header": _plain(also=("header-added:{name}",)),
    "connection-blocked": _plain("connection-blocked"),
    "reset-injected": _plain("reset-injected", also=("session-cut", "data-retransmitted", "end-of-data-lost")),
    "large-segment-lost": _plain("large-segments-lost", also=("data-retransmitted", "session-cut")),
    "limit-exceeded": _plain("limit-exceeded:{what}"),
    "tcp-options-changed": _plain(also=("tcp-altered",)),
    "char-mode-client": _plain("char-mode-client"),
    "proxied": _plain("proxy-in-path"),
    "relayed": _plain("proxy-in-path:RELAY"),
    "tls-ended-here": _plain(
        "tls-intercepted",
        also=("starttls-stripped", "verb-blocked:STARTTLS", "reply-injected:STARTTLS", "command-swallowed:STARTTLS"),
    ),
    "command-injected": _plain("command-injected:{verb}", also=("reply-lost:{verb}",)),
    "turned-away": _plain("connection-blocked", "reply-injected:GREETING", also=("proxy-in-path",)),
    "went-silent": _plain("session-cut", also=("command-swallowed:{verb}", "data-retransmitted")),
}
_INFO_ONLY = {"tcp-options-changed"}


def judge(journal: list[Deed]) -> dict[int, Verdict]:
    """Work out the verdict on each connection of a journal."""
    verdicts: dict[int, Verdict] = {}
    for deed in journal:
        verdict = verdicts.setdefault(deed["flow"], Verdict())
        rule = _RULES.get(deed["did"])
        if rule is None:
            continue
        must, may = rule(deed)
        verdict.expected.update(must)
        verdict.also_ok.update(may)
        verdict.touched = verdict.touched or deed["did"] not in _INFO_ONLY
    for flow, verdict in verdicts.items():
        _downgraded([deed for deed in journal if deed["flow"] == flow], verdict)
    _downgraded_elsewhere(journal, verdicts)
    _duplicates(journal, verdicts)
    for verdict in verdicts.values():
        verdict.also_ok -= verdict.expected
    return verdicts


def _downgraded(deeds: list[Deed], verdict: Verdict) -> None:
    """Say what the client made of it: EHLO spoilt and HELO afterwards; keys one by one."""
    spoilt = False
    for deed in deeds:
        if deed.get("verb") == "EHLO" and deed["did"] in {"verb-masked", "verb-answered", "verb-rewritten"}:
            spoilt = True
        helo = deed["did"] == "saw-greeting-verb" and deed["verb"] == "HELO"
        if helo and spoilt:
            verdict.expected.add("esmtp-downgraded")
        elif helo and verdict.touched:
            verdict.also_ok.add("esmtp-downgraded")
        if deed["did"] == "saw-characters":
            verdict.also_ok.add("char-mode-client")
    if "verb-rewritten:EHLO" in verdict.expected:
        verdict.also_ok.add("esmtp-downgraded")


def _downgraded_elsewhere(journal: list[Deed], verdicts: dict[int, Verdict]) -> None:
    """Say which clients say EHLO behind a greeting that passed, and HELO, never EHLO, behind every masked one."""
    clients: dict[str, list[int]] = {}
    for deed in journal:
        if deed["did"] == "open" and deed.get("outside"):
            clients.setdefault(_client(deed), []).append(deed["flow"])
    for flows in clients.values():
        masked = [flow for flow in flows if "banner-masked" in verdicts[flow].expected]
        before = [flow for flow in flows if flow not in masked]
        if _said(journal, masked) == {"HELO"} and _said(journal, before) == {"EHLO"}:
            for flow in masked:
                verdicts[flow].expected.add("esmtp-downgraded")


def _said(journal: list[Deed], flows: list[int]) -> set[str]:
    """What clients greeted with in some connections."""
    return {deed["verb"] for deed in journal if deed["did"] == "saw-greeting-verb" and deed["flow"] in flows}


def _client(deed: Deed) -> str:
    """The client's address of an opened connection, on its own side."""
    return str((deed["outside"] if deed["direction"] == "inbound" else deed["inside"])[0])


def _duplicates(journal: list[Deed], verdicts: dict[int, Verdict]) -> None:
    """A message is a duplicate if an earlier try had no refusal that reached the client."""
    seen: list[Deed] = []
    refused = {
        deed["flow"]
        for deed in journal
        if deed["did"] == "saw-final-reply" and deed["passed"] and deed["code"][0] in "45"
    }
    for deed in journal:
        if deed["did"] != "saw-message":
            continue
        earlier = [old for old in seen if _same(old, deed) and old["flow"] != deed["flow"]]
        if earlier and not any(old["flow"] in refused for old in earlier):
            verdicts[deed["flow"]].expected.add("duplicate-message")
            verdicts[earlier[0]["flow"]].also_ok.add("duplicate-message")
        seen.append(deed)


def _same(one: Deed, two: Deed) -> bool:
    shared = set(one["recipients"]) & set(two["recipients"])
    return one["ident"] == two["ident"] and one["sender"] == two["sender"] and bool(shared)


def sessions(journal: list[Deed], outside: dict[Ends, int], inside: dict[Ends, int]) -> list[dict[str, Any]]:
    """Return the sessions of expected.json, in the order in which they were opened."""
    verdicts = judge(journal)
    listed = []
    for deed in journal:
        if deed["did"] != "open":
            continue
        verdict = verdicts[deed["flow"]]
        places = [_index(deed.get("outside"), outside), _index(deed.get("inside"), inside)]
        if places == [None, None]:
            continue
        listed.append(
            {
                "outside": places[0],
                "inside": places[1],
                "direction": deed["direction"],
                "expected": sorted(verdict.expected),
                "also_ok": sorted(verdict.also_ok),
                "clean": not verdict.expected and not verdict.touched,
            },
        )
    return listed


def _index(ends: list[Any] | None, numbers: dict[Ends, int]) -> int | None:
    return numbers.get((ends[0], ends[1], ends[2], ends[3])) if ends else None
