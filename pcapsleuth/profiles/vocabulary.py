"""The closed vocabulary of treatments: what a device may be said to do, and with which parameters.

Only words stand here, for the reader of profiles; what the words do to bytes stands in `pcapsleuth.devices`.
"""

from __future__ import annotations

from typing import NamedTuple

Value = str | int | bool | tuple[str, ...]


class Parameter(NamedTuple):
    """A parameter of a treatment."""

    default: Value | None
    """Its type is the parameter's; None: it must be given, as text."""
    meaning: str
    choices: tuple[str, ...] = ()
    """What is allowed; empty: anything of its type."""


class Term(NamedTuple):
    """A treatment."""

    meaning: str
    labels: tuple[str, ...]
    """What detectors say of it; one of them at least."""
    parameters: dict[str, Parameter]


_FILLER = Parameter("X", "the character written over others")
_REPLY = Parameter(None, "what the device says, with its code if it has one; lines separated by a line feed")
_PATTERN = Parameter("", "a regular expression for all forms of that text; without it, the text itself")
_POINTS = (
    *("EHLO", "STARTTLS", "TLS", "MAIL", "DATA", "BDAT"),
    *("ATRN", "ETRN", "X-EXPS", "X-LINK2STATE", "XEXCH50"),
)
_ADJUSTABLE = Parameter(False, "the list is a setting of the device: any other choice looks the same")


def _lists(of: str, *, adjustable: bool = False) -> dict[str, Parameter]:
    """Say which names a treatment is for: all but some, or some only."""
    lists = {
        "allowed": Parameter((), f"{of} that pass; all others are treated"),
        "only": Parameter((), f"{of} that are treated; all others pass"),
    }
    return lists | ({"adjustable": _ADJUSTABLE} if adjustable else {})


TERMS: dict[str, Term] = {
    "mask-banner": Term(
        "overwrites the text of the greeting, character by character",
        ("banner-masked",),
        {
            "filler": Parameter("*", "the character written over others"),
            "keep": Parameter("", "characters that are left as they are"),
            "keep_space": Parameter(True, "the blank behind the code is left"),
            "later_codes": Parameter(True, "the codes of further lines are left"),
        },
    ),
    "replace-banner": Term(
        "shows a greeting of its own in place of the server's",
        ("banner-rewritten", "banner-masked"),
        {
            "reply": _REPLY,
            "pattern": _PATTERN,
            "pad": Parameter("", "the character that fills it up to the length of the server's greeting"),
        },
    ),
    "prepend-banner": Term(
        "puts a line of its own before the server's greeting",
        ("banner-rewritten",),
        {"reply": _REPLY, "pattern": _PATTERN},
    ),
    "mask-keywords": Term(
        "overwrites keyword lines of the EHLO reply",
        ("capability-masked",),
        _lists("keywords")
        | {
            "either": Parameter((), "keywords that some releases treat and others do not"),
            "filler": _FILLER,
            "at": Parameter(0, "the one character of the line that is overwritten, counted from 1; 0: all of them"),
            "letters": Parameter(True, "the n-th masked line ends in the n-th letter"),
            "last_line": Parameter(False, "a last line that is no keyword (`250 OK`) is overwritten as well"),
        },
    ),
    "remove-keywords": Term(
        "leaves keyword lines out of the EHLO reply",
        ("capability-removed",),
        _lists("keywords", adjustable=True),
    ),
    "limit-keyword": Term(
        "shows a keyword with fewer or lower parameters",
        ("capability-changed", "auth-mechanism-removed"),
        {
            "keyword": Parameter(None, "the keyword"),
            "parameters": Parameter((), "parameters that pass"),
            "maximum": Parameter(0, "the highest number that passes; 0: no bound"),
            "adjustable": _ADJUSTABLE,
        },
    ),
    "add-keyword": Term(
        "adds a keyword line to the EHLO reply",
        ("capability-added", "auth-mechanism-added"),
        {"line": Parameter(None, "the line, without code")},
    ),
    "mask-verbs": Term(
        "overwrites the verb of a command; its length stays",
        ("verb-masked",),
        _lists("verbs")
        | {"either": Parameter((), "verbs that some releases treat and others do not"), "filler": _FILLER},
    ),
    "rewrite-verbs": Term(
        "turns a command into another one",
        ("verb-rewritten",),
        _lists("verbs")
        | {
            "to": Parameter(None, "the verb that arrives"),
            "pad": Parameter(False, "filled up with blanks to the length of the verb that was sent"),
        },
    ),
    "block-verbs": Term(
        "keeps a command from the server and answers it itself",
        ("verb-blocked",),
        _lists("verbs", adjustable=True) | {"reply": _REPLY, "pattern": _PATTERN},
    ),
    "swallow-verbs": Term(
        "keeps a command from the server and says nothing",
        ("command-swallowed",),
        _lists("verbs", adjustable=True),
    ),
    "replace-reply": Term(
        "puts a reply of its own in the place of the server's",
        ("reply-rewritten",),
        {
            "to": Parameter((), "verbs whose replies are replaced"),
            "classes": Parameter((), "first digits of the codes that are replaced; without, all"),
            "reply": _REPLY,
            "pattern": _PATTERN,
        },
    ),
    "lose-split-end": Term(
        "loses the end of the mail data where its five bytes come in several segments",
        ("end-of-data-lost",),
        {},
    ),
    "fill-body": Term(
        "overwrites the body of a message",
        ("body-altered",),
        {"filler": _FILLER},
    ),
    "change-header": Term(
        "overwrites or replaces the value of a header field",
        ("header-changed", "body-altered"),
        {"field": Parameter(None, "the name of the field"), "to": Parameter(None, "what stands there afterwards")},
    ),
    "add-header": Term(
        "adds a header field to a message",
        ("header-added",),
        {"field": Parameter(None, "the name of the field"), "value": Parameter(None, "its value")},
    ),
    "reset": Term(
        "resets the connection at some point of the dialogue",
        ("reset-injected", "session-cut"),
        {
            "at": Parameter(None, "what is answered by a reset", _POINTS),
            "to": Parameter("both", "who is reset", ("both", "client", "server")),
            "reply": Parameter("", "what the client is told before"),
            "pattern": _PATTERN,
        },
    ),
    "drop-connections": Term(
        "lets no connection to the server come about",
        ("connection-blocked",),
        {},
    ),
    "refuse-greeting": Term(
        "accepts the connection, greets the client with a refusal, and asks no server",
        ("reply-injected", "banner-rewritten", "connection-blocked"),
        {"reply": _REPLY, "pattern": _PATTERN},
    ),
    "own-connection": Term(
        "ends the client's connection and talks to the server over one of its own",
        ("proxy-in-path",),
        {"relay": Parameter(False, "takes the whole message before it turns to the server")},
    ),
    "intercept-tls": Term(
        "ends the client's TLS session, under a certificate of its own",
        ("tls-intercepted",),
        {},
    ),
    "change-tcp": Term(
        "changes TCP options or sequence numbers",
        ("tcp-altered",),
        {"what": Parameter((), "ISN, MSS, WSCALE, SACK, TIMESTAMPS")},
    ),
}
"""Every treatment by its name."""
