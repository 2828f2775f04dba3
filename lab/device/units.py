"""What a treatment looks at (a unit of the dialogue) and what it may decide about it (an edit)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

TO_SERVER, TO_CLIENT = "to-server", "to-client"


@dataclass(frozen=True)
class Unit:
    """A whole line, part of a line, or a run of mail data, as the next bytes of a stream.

    `kind`: command, reply, data, end-of-data, blob, secret (an answer to an AUTH challenge), part (of a line),
    tail (the last part of a line), tls. `what` is the verb (the command's own, or the one a reply answers; GREETING
    and END-OF-DATA where there is none); `line` is the whole line, also where `raw` is only the tail of it.
    """

    kind: str
    direction: str
    raw: bytes
    line: bytes = b""
    what: str = ""
    number: int = 0
    last: bool = True

    @property
    def text(self) -> bytes:
        """The reply's text without code and line end."""
        return self.line.rstrip(b"\r\n")[4:]


@dataclass(frozen=True)
class Complaint:
    """An ICMP error about the packet in hand; `mtu` is the next hop's, where the packet was too big.

    `misquoted`: the device quotes the packet as it would have left, by which the sender does not know it.
    """

    kind: str
    mtu: int = 0
    misquoted: bool = False


@dataclass(frozen=True)
class Edit:
    """A decision: other bytes, an answer to the sender, nothing passed on, a complaint to the sender, a reset.

    `reset` names the direction in which a RST goes, or both; `neither` ends the connection here without a word.
    """

    out: bytes | None = None
    answer: bytes = b""
    drop: bool = False
    reset: str = ""
    complaint: Complaint | None = None


@dataclass
class Flow:
    """What treatments may know about a connection: its journal, its number, and room for their own notes."""

    number: int
    log: Callable[..., None]
    memory: dict[str, Any] = field(default_factory=dict)


class Treatment:
    """Something that a device does; a subclass overrides what it cares about."""

    def syn(self, flow: Flow) -> str:
        """Say what becomes of a new connection: pass, drop, refuse, or the kind of an ICMP error."""
        del flow
        return "pass"

    def handshake(self, options: list[tuple[int, bytes]], flow: Flow) -> list[tuple[int, bytes]]:
        """Return the TCP options that a SYN leaves with."""
        del flow
        return options

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Decide about the next unit; None leaves it to the next treatment."""
        del unit, flow
        return None
