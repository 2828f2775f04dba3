"""Reasons in words: why a device was named, and why another was not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pcapsleuth.devices.event import (
    BODY,
    CONNECTION,
    END,
    GREETING,
    HEADER,
    LIMIT,
    REPLY,
    RESET,
    SYN,
    TCP,
    TLS,
    VERB,
    Event,
)
from pcapsleuth.devices.fit import Fit
from pcapsleuth.profiles.profile import Family, Sure

SHOWN = 60
"""Characters of an example."""

NAMED = 4
"""Names in a list before it is cut."""

SERVER = "it answers as the mail server itself; whether another stands behind it cannot be seen from here"


def why(fit: Fit) -> list[str]:
    """What speaks for a device: a sentence for each of its treatments that was seen, with an example."""
    by_doing: dict[int, tuple[str, list[Event]]] = {}
    for event, doing in fit.explained.items():
        spec = doing.spec
        mark = "; this is recalled, no source was found" if spec.sure is Sure.RECALLED else ""
        by_doing.setdefault(id(doing), (f"it {doing.meaning}{mark}", []))[1].append(event)
    lines = [f"{words}: {_examples(events)}" for words, events in by_doing.values()]
    return lines + [f"against it: {reason}" for reason in against(fit)]


def in_person(fit: Fit) -> list[str]:
    """What speaks for a gateway that is the server to its clients; nothing for a device of another kind.

    Its greeting is lawfully its own (RFC 5321 section 2.3.10): that a server behind it said otherwise nobody knows.
    """
    if fit.profile.connection is not Family.RELAY:
        return []
    own = [f"{_name(event)} is in its words: {_quote(event.went or event.answer)}" for event in fit.explained]
    return [SERVER, *own[:NAMED], *(f"against it: {reason}" for reason in against(fit))]


def kind(fit: Fit) -> str:
    """What sort of thing it is: a proxy edits nothing, it speaks for itself."""
    return "a proxy" if fit.profile.connection is Family.PROXY else "an editor"


def against(fit: Fit) -> list[str]:
    """What speaks against a device."""
    reasons = []
    if fit.passed:
        reasons.append(_pass(fit.passed))
    if costly := [event for event in fit.unexplained if fit.price(event.element)]:
        reasons.append(f"it is not known to do this: {_examples(costly)}")
    return reasons


def _pass(events: Sequence[Event]) -> str:
    """Write `ETRN and 8BITMIME pass`."""
    names = list(dict.fromkeys(_name(event) for event in events))
    return f"{listed(names)} {'passes' if len(names) == 1 else 'pass'}"


def listed(names: Sequence[str]) -> str:
    """Write `a, b and c`, and how many more there are."""
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _examples(events: Iterable[Event]) -> str:
    """One example of each kind of thing, at most two."""
    kinds: dict[str, Event] = {}
    names: list[str] = []
    for event in events:
        kinds.setdefault(event.element, event)
        names.append(_name(event))
    others = len(set(names)) - len(kinds)
    more = f" (and {others} more)" if others > 0 else ""
    return "; ".join(_example(event) for event in list(kinds.values())[:2]) + more


def _name(event: Event) -> str:
    """Name an event in a list."""
    words = {
        GREETING: "the greeting",
        END: "a split end of data" if event.detail == "split" else "the end of data",
        BODY: "the body",
        CONNECTION: "the undivided TCP connection",
        SYN: "the connection",
        TLS: "the client's TLS",
        RESET: f"{event.name} without a reset",
        REPLY: f"the reply to {event.name}",
        HEADER: f"the field {event.name}",
    }
    return words.get(event.element, event.name)


def _example(event: Event) -> str:
    """Tell an event."""
    said = {
        CONNECTION: "two TCP connections stand in the place of one",
        TCP: f"{event.name} differs",
        TLS: "the handshake that the client began never came out",
        SYN: "the SYN never came out",
        LIMIT: f"a session ended after a {event.name} beyond it",
        BODY: f"a body came out {_body(event)}",
        END: f"{_name(event)} never came out",
        HEADER: f"{_name(event)} {_field(event)}",
    }
    if event.element in said:
        return said[event.element]
    if event.reset:
        who = "both ends were" if event.reset == "both" else f"the {event.reset} was"
        return f"{who} reset at {event.name or 'the start'}{_answer(event)}"
    if event.came is None and event.detail:
        return f"{_quote(event.went)} is shown"
    if event.came is None:
        return f"{_quote(event.went or event.answer)} was shown, though no server sent it"
    if event.went is None:
        went = "never came out" if event.element == VERB else "was not shown"
        return f"{_quote(event.came)} {went}{_answer(event)}"
    return f"{_quote(event.came)} came in, {_quote(event.went)} went out"


def _field(event: Event) -> str:
    """What became of a header field; its value is mail, and is not shown."""
    if event.came is None:
        return "came out, and never came in"
    return "never came out" if event.went is None else "passed with another value"


def _body(event: Event) -> str:
    """What became of a body."""
    if event.went is not None and len(set(event.went)) == 1:
        return f"as nothing but {event.went[:1].decode('latin-1')}, as long as it was"
    return "altered, as long as it was" if event.detail == "as long" else f"altered and {event.detail}"


def _answer(event: Event) -> str:
    """What the device said itself."""
    return f", and was answered {_quote(event.answer)}" if event.answer is not None else ""


def _quote(text: bytes | None) -> str:
    """Bytes as text that a terminal can bear; what is long is cut."""
    words = (text or b"").replace(b"\r\n", b" / ").decode("latin-1")
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in words[:SHOWN])
    return f"`{shown}{'...' if len(words) > SHOWN else ''}`"
