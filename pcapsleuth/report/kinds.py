"""What sort of thing a finding says was done, for the one verb of the first sentence."""

from __future__ import annotations

from collections.abc import Iterable

_REWRITING = (
    "argument-rewritten",
    "auth-mechanism-",
    "banner-",
    "capability-",
    "command-injected",
    "reply-injected",
    "reply-rewritten",
    "starttls-stripped",
    "verb-",
)
_MAIL = ("body-altered", "header-")
_STOPPING = (
    "command-swallowed",
    "connection-blocked",
    "end-of-data-lost",
    "large-segments-lost",
    "reply-lost",
    "reset-injected",
    "session-cut",
)


_HINDERING = ("verb-", "command-", "reply-injected", "reply-lost", "tls-intercepted", *_STOPPING)


def hinders(name: str) -> bool:
    """Whether it takes something from the dialogue, not only from what is offered."""
    return name.startswith(_HINDERING)


def interference(labels: Iterable[str]) -> str:
    """The strongest verb that the labels allow: `rewrites SMTP`, `rewrites mail`, ..."""
    names = tuple(labels)
    if any(name.startswith("tls-intercepted") for name in names):
        return "intercepts TLS"
    if any(name.startswith(_REWRITING) for name in names):
        return "rewrites SMTP"
    if any(name.startswith(_MAIL) for name in names):
        return "rewrites mail"
    if any(name.startswith("connection-blocked") for name in names):
        return "blocks connections"
    if any(name.startswith(_STOPPING) for name in names):
        return "disrupts SMTP"
    return "alters TCP" if any(name.startswith("tcp-altered") for name in names) else "interferes with SMTP"


def short(name: str) -> str:
    """A finding in one word for a narrow column: its subject, or its label without the participle."""
    label, _, subject = name.partition(":")
    if subject:
        return subject
    for ending in ("-masked", "-rewritten", "-stripped", "-altered", "-lost"):
        label = label.removesuffix(ending)
    return label
