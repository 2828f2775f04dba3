"""Numbers, lists and times in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Write `1 session` or `1,203 sessions`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[str], most: int = 12) -> str:
    """Write `a, b and c`, or `a, b, c and 7 more`."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most:,} more"
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def numbers(indices: Iterable[int], most: int = 12) -> str:
    """Write sessions as `#4 #19 and 3 more`."""
    found = sorted(set(indices))
    text = " ".join(f"#{index}" for index in found[:most])
    return text if len(found) <= most else f"{text} and {len(found) - most:,} more"


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "`", "!", "?")) else ".")


def endpoint(address: str, port: int) -> str:
    """Write an address with its port; brackets keep the colons of IPv6 apart (RFC 5952 section 6)."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def moment(time: int, zone: tzinfo, *, date: bool = False, fraction: int = 0) -> str:
    """Write a time of the capture in a zone: `08:13:40`, with its date and digits of a second if asked for."""
    seconds, rest = divmod(time, SECOND)
    there = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    digits = f".{rest:09d}"[: fraction + 1] if fraction else ""
    return there.strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M:%S") + digits


def duration(nanoseconds: int) -> str:
    """Write a span of time in a unit that suits it: `3 ms`, `17.304 s`, `2 h 05 min`."""
    span = abs(nanoseconds)
    if span < 1_000_000:  # noqa: PLR2004  a millisecond
        return f"{span // 1000} µs"
    if span < SECOND:
        return f"{span // 1_000_000} ms"
    if span < 600 * SECOND:
        return f"{span // SECOND}.{span % SECOND // 1_000_000:03d} s"
    minutes = span // (60 * SECOND)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def since(time: int, start: int) -> str:
    """Seconds since the session began."""
    passed = time - start
    sign = "+" if passed >= 0 else "-"
    return f"{sign}{abs(passed) // SECOND}.{abs(passed) % SECOND // 1_000_000:03d}"
