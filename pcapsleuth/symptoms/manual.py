"""The manual of a symptom, made from its row of the table: the same text in the documents and in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapsleuth.symptoms.facts import Fact
from pcapsleuth.symptoms.table import Blind, Entry, Way

WORDS = {
    Fact.HEARD: "shows a greeting, a command and its reply",
    Fact.INBOUND: "comes from outside",
    Fact.DELIVERED: "delivered its mail",
    Fact.FAILED: "failed",
    Fact.EARLY: "stopped before mail was offered, or waiting for the last answer",
    Fact.AMID: "stopped within the mail data, or at its end",
    Fact.CARRIED: "carries mail data",
    Fact.SAID_EHLO: "has an EHLO",
    Fact.FRUITLESS: "got no keywords for EHLO",
    Fact.BARE_OK: "got `OK` without a code for EHLO",
    Fact.ECHOED: "got an error that quotes a row of X",
    Fact.NO_8BITMIME: "was not shown 8BITMIME",
    Fact.LEFT: "said hello, then RSET or QUIT, and nothing else",
    Fact.BODY_TYPE: "got a refusal with 5.6.1 or words about the body type",
    Fact.TRIED_AUTH: "tried AUTH",
    Fact.AUTHENTICATED: "authenticated",
    Fact.RELAY_DENIED: "had a recipient refused with 5.7.1 or because of relaying",
    Fact.MAIL_CLIENT: "says hello as a mail client does (a name without a dot, or an address)",
    Fact.EXCHANGE_SERVER: "has an Exchange server (its keywords or its greeting)",
    Fact.EXCHANGE_CLIENT: "has an Exchange client (its verbs or its Received field)",
    Fact.TESTED: "tried a command that does not exist",
    Fact.TYPED: "was typed by hand",
    Fact.MEDDLED: "had a command changed, withheld or answered on the way",
    Fact.TAKEN: "had its mail taken by the server, whose answer it never heard",
}

DOMAINS = (
    "- at least two sessions fail because of a change, others go through, and all that fail have something in common "
    "that at most one in ten of the others has. Compared are client, server, the domains of the envelope, EHLO or "
    "HELO, AUTH, PIPELINING, CHUNKING, TLS, window scaling, 8-bit mail, DKIM signatures, messages above 64 KiB, "
    "and lines, addresses or names that are too long. The counts are told."
)


def manual(entry: Entry) -> str:
    """The manual of a symptom as Markdown."""
    seen = "\n".join(_way(way) for way in entry.ways) or DOMAINS
    blind = "\n".join(_blind(one) for one in entry.blind)
    parts = [
        f"## {entry.id}: {entry.notice}",
        f"**On the wire.** {entry.wire}",
        f"**What is not it.** {entry.exclusions}",
        f"**Seen** if\n\n{seen}",
        *([f"**Cannot be told** if\n\n{blind}"] if blind else []),
        f"**Not seen** otherwise: {entry.absent}.",
    ]
    return "\n\n".join(parts) + "\n"


def _way(way: Way) -> str:
    """One way in which it shows."""
    found = f"a finding {_labels(way.labels)}" if way.labels else ""
    facts = [*_words(way.needs), *(f"not one that {words}" for words in _words(way.unless))]
    session = f"a session that {', and '.join(facts)}" if facts else ""
    return f"- {way.said}: {' in '.join(filter(None, (found, session)))}."


def _labels(labels: Iterable[str]) -> str:
    """Labels with their subjects: those that have the same labels stand together."""
    by_subject: dict[str, list[str]] = {}
    for label in labels:
        name, _, subject = label.partition(":")
        by_subject.setdefault(subject, []).append(f"`{name}`")
    groups: dict[str, list[str]] = {}
    for subject, names in by_subject.items():
        groups.setdefault(" or ".join(names), []).append(subject)
    return "; ".join(
        names if subjects == [""] else f"{names} of {' or '.join(subjects)}" for names, subjects in groups.items()
    )


def _blind(one: Blind) -> str:
    """What leaves it open, and the capture that would tell."""
    alone = " (one capture alone)" if one.single else ""
    return f"- {one.said}{alone}. Capture {one.ask}."


def _words(facts: Fact) -> Iterator[str]:
    """The facts in words."""
    return (words for fact, words in WORDS.items() if fact in facts)
