"""What was behind a mask: greetings that fit its length and kept digits, keywords that fit length and order.

A mask keeps the length, and some keep 2 and 0: enough to test candidates, seldom enough to be sure. Only the other
side of the device shows what it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pcapsleuth.devices.event import Event


class Product(NamedTuple):
    """A mail server as its texts show it."""

    name: str
    greeting: str
    """Behind the code: {host}, {date} and {version} stand for what differs."""
    sign: str
    """A regular expression that finds it in texts that are not masked; empty: none is known."""
    keywords: tuple[str, ...]
    """Its EHLO list, in order, by default."""


EXCHANGE = (
    *("TURN", "SIZE", "ETRN", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "8bitmime", "BINARYMIME", "CHUNKING", "VRFY"),
    *("X-EXPS GSSAPI NTLM LOGIN", "X-EXPS=LOGIN", "AUTH GSSAPI NTLM LOGIN", "AUTH=LOGIN", "X-LINK2STATE", "XEXCH50"),
)
POSTFIX = (
    *("PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "STARTTLS", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES", "8BITMIME"),
    *("DSN", "SMTPUTF8", "CHUNKING"),
)
SENDMAIL = (
    *("ENHANCEDSTATUSCODES", "PIPELINING", "EXPN", "VERB", "8BITMIME", "SIZE", "DSN", "ETRN", "AUTH", "STARTTLS"),
    *("DELIVERBY", "HELP"),
)
PRODUCTS = (
    Product(
        "Microsoft Exchange 2000 or IIS 5 SMTP",
        "{host} Microsoft ESMTP MAIL Service, Version: 5.0.2195.{version} ready at  {date}",
        r"Microsoft ESMTP MAIL Service, Version: 5\.0|2\.0\.0 \S+ Service closing transmission channel",
        EXCHANGE,
    ),
    Product(
        "Microsoft Exchange 2003 or IIS 6 SMTP",
        "{host} Microsoft ESMTP MAIL Service, Version: 6.0.3790.{version} ready at  {date}",
        r"Microsoft ESMTP MAIL Service, Version: 6\.0|2\.0\.0 \S+ Service closing transmission channel",
        EXCHANGE,
    ),
    Product("Microsoft Exchange 2007 or later", "{host} Microsoft ESMTP MAIL Service ready at {date}", "", EXCHANGE),
    Product("Postfix", "{host} ESMTP Postfix", r"Ok: queued as|2\.0\.0 Bye$", POSTFIX),
    Product("Postfix (Debian)", "{host} ESMTP Postfix (Debian/GNU)", r"Ok: queued as|2\.0\.0 Bye$", POSTFIX),
    Product("Postfix (Ubuntu)", "{host} ESMTP Postfix (Ubuntu)", r"Ok: queued as|2\.0\.0 Bye$", POSTFIX),
    Product(
        "Sendmail",
        "{host} ESMTP Sendmail {version}; {date}",
        r"pleased to meet you|^221 2\.0\.0 \S+ closing connection$",
        SENDMAIL,
    ),
    Product(
        "Exim",
        "{host} ESMTP Exim {version} {date}",
        r"OK id=[0-9A-Za-z-]{13,}|^221 \S+ closing connection$",
        ("SIZE 52428800", "8BITMIME", "PIPELINING", "CHUNKING", "STARTTLS", "AUTH PLAIN LOGIN", "PRDR", "HELP"),
    ),
    Product("qmail", "{host} ESMTP", r"250 ok \d+ qp \d+", ("PIPELINING", "8BITMIME")),
)
DATES = (
    "Ddd, D Mmm YYYY HH:MM:SS ZZZZZ",
    "Ddd, DD Mmm YYYY HH:MM:SS ZZZZZ",
    "Ddd, D Mmm YYYY HH:MM:SS ZZZZZ (TTT)",
    "Ddd, DD Mmm YYYY HH:MM:SS ZZZZZ (TTTT)",
)
"""The forms of a date, letter by letter: D is a letter or a digit as it stands among letters or not."""

ENOUGH = 3
"""Masked lines whose lengths speak for a product."""

RARE = ("ATRN", "HELP", "VRFY", "VERB", "ONEX", "EXPN", "SMTPUTF8", "REQUIRETLS", "DELIVERBY", "XCLIENT", "XFORWARD")
"""Keywords that no product's list here has."""

MARKS = re.compile(r"\{(\w+)\}")


def greetings(masked: bytes, host: str = "", keep: str = "20", filler: str = "*") -> list[str]:
    """Products whose greeting would have given this mask (behind the code), with the host name if it is known.

    Without kept digits and without the host name a length alone says nothing: then there is no candidate.
    """
    text = masked.decode("latin-1")
    telling = any(c in keep for c in text) or bool(host)
    if not telling or text.strip(filler + keep + " "):
        return []
    return [product.name for product in PRODUCTS if _could_be(product.greeting, text, host, keep, filler)]


def _could_be(template: str, text: str, host: str, keep: str, filler: str) -> bool:
    """Tell whether a template gives the mask, in any form of the date."""
    forms = DATES if "{date}" in template else ("",)
    return any(re.fullmatch(_pattern(template, date, host, keep, filler), text) for date in forms)


def _pattern(template: str, date: str, host: str, keep: str, filler: str) -> str:
    """The masks that a template can give, as a regular expression."""
    any_ = f"[{re.escape(filler + keep)}]"
    parts = MARKS.split(template)
    pattern = ""
    for n, part in enumerate(parts):
        if n % 2 == 0:
            pattern += "".join(_shown(c, keep, filler) for c in part)
        elif part == "host":
            pattern += "".join(_shown(c, keep, filler) for c in host) if host else f"{any_}{{4,40}}"
        elif part == "version":
            pattern += f"{any_}{{3,16}}"
        else:
            pattern += _date(date, keep, filler)
    return pattern


def _date(form: str, keep: str, filler: str) -> str:
    """The masks of a date: its year begins with 2 and 0, its letters and signs are gone."""
    digit = f"[{re.escape(filler + keep)}]"
    out = ""
    for word in re.split(r"([ ,:()])", form):
        if word == "YYYY":
            out += _shown("2", keep, filler) + _shown("0", keep, filler) + digit * 2
        elif word in ("D", "DD", "HH", "MM", "SS"):
            out += digit * len(word)
        elif word == "ZZZZZ":
            out += _shown("+", keep, filler) + digit * 4
        else:
            out += "".join(_shown(c, keep, filler) for c in word)
    return out


def _shown(character: str, keep: str, filler: str) -> str:
    """What a known character looks like behind the mask; a blank may be left."""
    return re.escape(character if character in keep else filler)


def product(texts: Sequence[bytes]) -> Product | None:
    """The product that texts which are not masked give away: replies to HELO, QUIT, the end of data."""
    joined = [text.decode("latin-1").strip() for text in texts]
    for one in PRODUCTS:
        if one.sign and any(re.search(one.sign, text) for text in joined):
            return one
    return None


def keywords(lines: Sequence[Event], server: Product | None = None) -> dict[int, list[str]]:
    """Candidates for each masked line of an EHLO reply, best first, by its index in `lines`.

    By length; then the product's own list comes first, in its order: a keyword between two that are known is tried
    before others. What is shown unmasked elsewhere in the reply is no candidate.
    """
    own = list((server or _likely(lines) or Product("", "", "", ())).keywords)
    taken = {(event.went or b"").decode("latin-1").upper() for event in lines if not event.changed}
    taken |= {words.split()[0] for words in taken if words}
    found: dict[int, list[str]] = {}
    after = -1
    for n, event in enumerate(lines):
        if not event.changed or event.went is None:
            after = max(after, _place(own, event.name))
            continue
        fitting = _fitting(own, len(event.went), taken, after)
        if len(event.went) == len("OK") and n == len(lines) - 1:
            fitting = ["OK", *fitting]
        found[n] = fitting
        if fitting and fitting[0] in own:
            after = own.index(fitting[0])
            taken.add(fitting[0].upper())
    return found


def _fitting(own: list[str], length: int, taken: set[str], after: int) -> list[str]:
    """Keywords of a length that were not shown elsewhere: the product's own first, those behind `after` before."""
    words = [word for word in _all(own) if len(word) == length and word.upper() not in taken]
    return sorted(words, key=lambda word: (word not in own, word in own and own.index(word) < after))


def _likely(lines: Sequence[Event]) -> Product | None:
    """The product whose list has a keyword of the length of most masked lines, three at least."""
    masked = [len(event.went) for event in lines if event.changed and event.went]
    rated = [
        (sum(size in {len(word) for word in one.keywords} for size in masked), -n) for n, one in enumerate(PRODUCTS)
    ]
    best, place = max(rated, default=(0, 0))
    return PRODUCTS[-place] if best >= ENOUGH else None


def _place(own: Sequence[str], name: str) -> int:
    """Where a keyword stands in a product's list; -1 if it does not."""
    return next((n for n, word in enumerate(own) if word.split()[0].upper() == name), -1)


def _all(own: Sequence[str]) -> list[str]:
    """All keywords that are known, those of the product first."""
    others = [word for one in PRODUCTS for word in one.keywords]
    rare = (
        "ATRN",
        "HELP",
        "VRFY",
        "VERB",
        "ONEX",
        "EXPN",
        "SMTPUTF8",
        "REQUIRETLS",
        "DELIVERBY",
        "XCLIENT",
        "XFORWARD",
    )
    return list(dict.fromkeys([*own, *others, *rare]))
