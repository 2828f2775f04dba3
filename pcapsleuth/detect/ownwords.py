"""Texts by which a device gives itself away to one capture alone: greetings and replies that name a product.

Only the shipped profiles are asked: what a session shows must not depend on where it is read.
"""

from __future__ import annotations

from functools import cache, lru_cache

from pcapsleuth.profiles.profile import Family, Profile, Treatment, load

GREETINGS = frozenset({"replace-banner", "prepend-banner"})
"""What devices do to a greeting in their own words; `refuse-greeting` is an answer in the server's place."""

ANSWERS = frozenset({"block-verbs", "reset"})
TURN_AWAY = frozenset({"refuse-greeting"})

REPLIES = frozenset({"replace-reply"})
"""What they do to a reply that says what the server can."""

PROXIES = frozenset({Family.PROXY, Family.RELAY})
GATEWAYS = frozenset({Family.RELAY})
"""What stores and forwards is the server to its clients."""

WRITTEN = "somebody may have written the greeting of a server so"


@cache
def _signed() -> tuple[tuple[Treatment, Profile], ...]:
    """All texts that are one device's own."""
    return tuple((one, profile) for profile in load().values() for one in profile.treatments if one.signed)


@lru_cache(4096)
def speaker(text: bytes, does: frozenset[str]) -> Profile | None:
    """The device whose words a text is; what was put before the server's own greeting is its first line."""
    first = text.partition(b"\n")[0]
    for one, profile in _signed():
        if one.does in does and one.says(first if one.does == "prepend-banner" else text):
            return profile
    return None
