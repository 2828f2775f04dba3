"""What was behind a masked greeting: texts that fit its length and kept digits.

A mask keeps the length, and some keep 2 and 0: enough to test candidates, seldom enough to be sure. Only the other
side of the device shows what it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Product(NamedTuple):
    """A mail server as its texts show it."""

    name: str
    greeting: str
    """Behind the code: {host}, {date} and {version} stand for what differs."""
    sign: str
    """A regular expression that finds it in texts that are not masked; empty: none is known."""


PRODUCTS = (
    Product(
        "Microsoft Exchange 2000 or IIS 5 SMTP",
        "{host} Microsoft ESMTP MAIL Service, Version: 5.0.2195.{version} ready at  {date}",
        r"Microsoft ESMTP MAIL Service, Version: 5\.0|2\.0\.0 \S+ Service closing transmission channel",
    ),
    Product(
        "Microsoft Exchange 2003 or IIS 6 SMTP",
        "{host} Microsoft ESMTP MAIL Service, Version: 6.0.3790.{version} ready at  {date}",
        r"Microsoft ESMTP MAIL Service, Version: 6\.0|2\.0\.0 \S+ Service closing transmission channel",
    ),
    Product("Microsoft Exchange 2007 or later", "{host} Microsoft ESMTP MAIL Service ready at {date}", ""),
    Product("Postfix", "{host} ESMTP Postfix", r"Ok: queued as|2\.0\.0 Bye$"),
    Product("Postfix (Debian)", "{host} ESMTP Postfix (Debian/GNU)", r"Ok: queued as|2\.0\.0 Bye$"),
    Product("Postfix (Ubuntu)", "{host} ESMTP Postfix (Ubuntu)", r"Ok: queued as|2\.0\.0 Bye$"),
    Product(
        "Sendmail",
        "{host} ESMTP Sendmail {version}; {date}",
        r"pleased to meet you|^221 2\.0\.0 \S+ closing connection$",
    ),
    Product(
        "Exim",
        "{host} ESMTP Exim {version} {date}",
        r"OK id=[0-9A-Za-z-]{13,}|^221 \S+ closing connection$",
    ),
    Product("qmail", "{host} ESMTP", r"250 ok \d+ qp \d+"),
)
DATES = (
    "Ddd, D Mmm YYYY HH:MM:SS ZZZZZ",
    "Ddd, DD Mmm YYYY HH:MM:SS ZZZZZ",
    "Ddd, D Mmm YYYY HH:MM:SS ZZZZZ (TTT)",
    "Ddd, DD Mmm YYYY HH:MM:SS ZZZZZ (TTTT)",
)
"""The forms of a date, letter by letter: D is a letter or a digit as it stands among letters or not."""

MARKS = re.compile(r"\{(\w+)\}")

KEPT, FILLER = "20", "*"
"""What a mask leaves of a text, blanks apart, and what it puts in the place of all else."""
ANY = f"[{re.escape(FILLER + KEPT)}]"


def greetings(masked: bytes, host: str = "") -> list[str]:
    """Products whose greeting would have given this mask (behind the code), with the host name if it is known.

    Without kept digits and without the host name a length alone says nothing: then there is no candidate.
    """
    text = masked.decode("latin-1")
    telling = any(c in KEPT for c in text) or bool(host)
    if not telling or text.strip(FILLER + KEPT + " "):
        return []
    return [product.name for product in PRODUCTS if _could_be(product.greeting, text, host)]


def _could_be(template: str, text: str, host: str) -> bool:
    """Tell whether a template gives the mask, in any form of the date."""
    forms = DATES if "{date}" in template else ("",)
    return any(re.fullmatch(_pattern(template, date, host), text) for date in forms)


def _pattern(template: str, date: str, host: str) -> str:
    """The masks that a template can give, as a regular expression."""
    parts = MARKS.split(template)
    pattern = ""
    for n, part in enumerate(parts):
        if n % 2 == 0:
            pattern += "".join(_shown(c) for c in part)
        elif part == "host":
            pattern += "".join(_shown(c) for c in host) if host else f"{ANY}{{4,40}}"
        elif part == "version":
            pattern += f"{ANY}{{3,16}}"
        else:
            pattern += _date(date)
    return pattern


def _date(form: str) -> str:
    """The masks of a date: its year begins with 2 and 0, its letters and signs are gone."""
    out = ""
    for word in re.split(r"([ ,:()])", form):
        if word == "YYYY":
            out += _shown("2") + _shown("0") + ANY * 2
        elif word in ("D", "DD", "HH", "MM", "SS"):
            out += ANY * len(word)
        elif word == "ZZZZZ":
            out += _shown("+") + ANY * 4
        else:
            out += "".join(_shown(c) for c in word)
    return out


def _shown(character: str) -> str:
    """What a known character looks like behind the mask; a blank may be left."""
    return re.escape(character if character in KEPT else FILLER)


def product(texts: Sequence[bytes]) -> Product | None:
    """The product that texts which are not masked give away: replies to HELO, QUIT, the end of data."""
    joined = [text.decode("latin-1").strip() for text in texts]
    for one in PRODUCTS:
        if one.sign and any(re.search(one.sign, text) for text in joined):
            return one
    return None
