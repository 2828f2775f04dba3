"""Whether one capture shows no session but a copy of its text: what a tap that decrypts writes beside the path."""

from __future__ import annotations

from pcapsleuth.compare.view import View
from pcapsleuth.smtp.dialogue import Flag
from pcapsleuth.tcp.segments import TO_CLIENT


def decrypted(one: View, other: View) -> bool:
    """Tell whether one of two views is clear text without a greeting, where the other one is encrypted."""
    return (other.encrypted and _never_greeted(one)) or (one.encrypted and _never_greeted(other))


def _never_greeted(view: View) -> bool:
    """Tell whether the server's first words answer a command: a server speaks first (RFC 5321 section 3.1)."""
    first = view.replies[0].row if view.replies and not view.encrypted else None
    begun = view.stream(TO_CLIENT).syn is not None
    return begun and first is not None and first.offset == 0 and not first.flags & Flag.GREETING
