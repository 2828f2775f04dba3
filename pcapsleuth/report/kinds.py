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
_TURNED_AWAY = "reply-injected:GREETING"
"""Who is greeted so never reaches the server: nothing is rewritten."""
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


def stops(name: str) -> bool:
    """Whether it ends a session, or keeps it from going on."""
    return name.startswith(_STOPPING)


_VERBS = (
    (("tls-intercepted",), "intercepts TLS"),
    (_REWRITING, "rewrites SMTP"),
    (_MAIL, "rewrites mail"),
    ((_TURNED_AWAY,), "answers in the server's place"),
    (("connection-blocked",), "blocks connections"),
    (_STOPPING, "disrupts SMTP"),
    (("tcp-altered",), "alters TCP"),
)
"""The strongest first."""


def interference(labels: Iterable[str]) -> str:
    """The strongest verb that the labels allow: `rewrites SMTP`, `rewrites mail`, ..."""
    names = tuple(labels)
    for beginnings, verb in _VERBS:
        if any(name.startswith(beginnings) and (name != _TURNED_AWAY or _TURNED_AWAY in beginnings) for name in names):
            return verb
    return "interferes with SMTP"


def short(name: str) -> str:
    """A finding in one word for a narrow column: its subject, or its label without the participle."""
    label, _, subject = name.partition(":")
    if subject:
        return subject
    for ending in ("-masked", "-rewritten", "-stripped", "-altered", "-lost"):
        label = label.removesuffix(ending)
    return label
