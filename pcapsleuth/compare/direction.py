"""On which side a session's client is, and whether the files were given the wrong way round.

With d1 and d2 the inside-minus-outside times of what the client and what the server sent, the clocks cancel in
d1 - d2, and what is left is the time through the device, there and back: positive if the client is outside.
Said otherwise: whoever asks waits longer. Addresses are a hint at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.signature import Signature
from pcapsleuth.tcp.connection import Endpoint

INBOUND, OUTBOUND = "inbound", "outbound"
CLEAR = 3
"""How many times as often as its opposite something must be seen to be believed."""
INDEPENDENT = 3
"""Pairs that a clock must rest on to say something of one that it was not made from alone."""

Couple = tuple[Signature, Signature]
"""The outside and the inside view of a session."""


def directions(couples: Sequence[Couple], clock: Clock | None) -> list[str | None]:
    """The direction of each pair: by its own times, confirmed over the pairs with the same server.

    Where a relay delivers after about the same time always, its clock and chance make a few of its dialogues waits for
    one another: it is no proxy while most of them are not.
    """
    transits = [_between(outside, inside) or transit(outside, inside, clock) for outside, inside in couples]
    votes: Counter[tuple[tuple[int, int], tuple[int, int], bool]] = Counter()
    apart: Counter[tuple[tuple[int, int], tuple[int, int]]] = Counter()
    for (outside, inside), time in zip(couples, transits, strict=True):
        if time:
            votes[outside.server[:2], inside.server[:2], time > 0] += 1
        else:
            apart[outside.server[:2], inside.server[:2]] += _both_waited(outside, inside)
    result: list[str | None] = []
    for outside, inside in couples:
        servers = outside.server[:2], inside.server[:2]
        inbound, outbound = votes[(*servers, True)], votes[(*servers, False)]
        if max(inbound, outbound) > apart[servers]:
            result.append(_leader(inbound, outbound))
        else:
            result.append(by_addresses(outside, inside))
    return result


def _between(outside: Signature, inside: Signature) -> int:
    """Where a device greets its client by the name by which it greets the server: positive if its client is outside.

    Times tell little of a relay, which may keep each message as long as the last.
    """
    inbound = 0 < outside.host == inside.ehlo
    outbound = 0 < inside.host == outside.ehlo
    return inbound - outbound


def _leader(inbound: int, outbound: int) -> str | None:
    if inbound >= CLEAR * outbound:
        return INBOUND
    return OUTBOUND if outbound >= CLEAR * inbound else None


def transit(outside: Signature, inside: Signature, clock: Clock | None) -> int:
    """The time through the device and back: positive if the client is outside; 0 where it is not known."""
    named, one = _same_numbers(outside, inside), same_connection(outside, inside)
    greeted = 0 if named else _greeted(outside, inside)
    if greeted and outside.greeting == inside.greeting:
        # Who shows the server's own greeting has waited for it, whatever else it answers by itself.
        return greeted
    # A proxy answers the client's SYN itself: only one and the same connection is asked twice.
    handshake = _answered(outside, inside) if one else 0
    if _contradict(handshake, greeted):
        # It may keep the client's port: then it answers at once, and lets it wait for the greeting.
        handshake = greeted
    together = _both_waited(outside, inside) and (one or _nested(outside, inside, clock))
    dialogue = _waited(outside) - _waited(inside) if together else 0
    if _contradict(handshake, dialogue):
        # Likewise: its two handshakes tell nothing, who waits for whom does.
        return 0 if named else dialogue
    return handshake or dialogue


def _both_waited(outside: Signature, inside: Signature) -> bool:
    """Tell whether both asked the same, and the answers to both are there."""
    return outside.envelope == inside.envelope and _waited(outside) > 0 and _waited(inside) > 0


def _contradict(one: int, other: int) -> bool:
    """Tell whether two times that are known point to different sides."""
    return one * other < 0


def _answered(outside: Signature, inside: Signature) -> int:
    """How much longer the SYN waited for its answer outside; 0 where that is not known."""
    return _longer((outside.syn_time, outside.synack_time), (inside.syn_time, inside.synack_time))


def _greeted(outside: Signature, inside: Signature) -> int:
    """The same of the greeting, which the server sends of itself."""
    return _longer((outside.syn_time, outside.greeting_time), (inside.syn_time, inside.greeting_time))


def _longer(outside: tuple[int, int], inside: tuple[int, int]) -> int:
    """How much longer it was from a question to its answer outside; 0 where one is missing.

    Nor does a capture tell that has the answer before the question: its times are in disorder.
    """
    if min(*outside, *inside) < 0 or outside[1] < outside[0] or inside[1] < inside[0]:
        return 0
    return (outside[1] - outside[0]) - (inside[1] - inside[0])


def _waited(signature: Signature) -> int:
    """How long the answer to the first MAIL took; 0 where that is not known."""
    if min(signature.envelope_time, signature.envelope_reply_time) < 0:
        return 0
    return max(signature.envelope_reply_time - signature.envelope_time, 0)


def _nested(outside: Signature, inside: Signature, clock: Clock | None) -> bool:
    """Whether one side asked and was answered while the other waited: a proxy does that, a relay does not."""
    if clock is None or clock.pairs < INDEPENDENT or not _waited(outside) or not _waited(inside):
        return False
    asked = clock.to_inside(outside.envelope_time) - inside.envelope_time
    answered = clock.to_inside(outside.envelope_reply_time) - inside.envelope_reply_time
    return (asked <= 0 <= answered) or (answered <= 0 <= asked)


def same_connection(outside: Signature, inside: Signature) -> bool:
    """Whether both views are of one TCP connection, as far as what a proxy hardly keeps tells."""
    return _same_numbers(outside, inside) or outside.client.port == inside.client.port


def _same_numbers(outside: Signature, inside: Signature) -> bool:
    """Whether a number that only the end hosts choose is the same in both views; a stack without a clock stamps 0."""
    isns = (outside.client_isn, inside.client_isn), (outside.server_isn, inside.server_isn)
    stamps = (
        (outside.client_timestamp, inside.client_timestamp),
        (outside.server_timestamp, inside.server_timestamp),
    )
    return any(one == other >= 0 for one, other in isns) or any(one == other > 0 for one, other in stamps)


def by_addresses(outside: Signature, inside: Signature) -> str | None:
    """What private addresses suggest: they are at home on the protected side."""
    server_out, server_in = is_private(outside.server), is_private(inside.server)
    client_out, client_in = is_private(outside.client), is_private(inside.client)
    if server_out != server_in:
        return INBOUND if server_in else OUTBOUND
    if server_in:
        return None if client_out and client_in else INBOUND
    return OUTBOUND if client_out or client_in else None


def swapped(couples: Sequence[Couple], found: Sequence[str | None]) -> str:
    """Why the files seem to be the wrong way round; empty if they do not.

    A private server address that is public in the other capture was translated by the device, and is private on
    the protected side. Where nothing is translated, times tell on which side the private end is.
    """
    against: Counter[str] = Counter()
    in_favour = 0
    for (outside, inside), direction in zip(couples, found, strict=True):
        said = _home(outside, inside, direction)
        if said is None:
            continue
        if said:
            against[said] += 1
        else:
            in_favour += 1
    if not against or sum(against.values()) < CLEAR * in_favour:
        return ""
    reason, _ = max(against.items(), key=lambda item: (item[1], item[0]))
    return f"{reason} ({sum(against.values())} of {sum(against.values()) + in_favour} pairs that tell)"


def _home(outside: Signature, inside: Signature, direction: str | None) -> str | None:
    """What speaks against the names of the sides; empty if something speaks for them, None if nothing tells."""
    server_out, server_in = is_private(outside.server), is_private(inside.server)
    client_out, client_in = is_private(outside.client), is_private(inside.client)
    if server_out != server_in:
        if direction is not None and (direction == OUTBOUND) != server_out:
            return None
        return "the server's private address is in the outside capture, its public one in the inside" * server_out
    if client_out != client_in and not server_out:
        return "the client's private address is in the outside capture, its public one in the inside" * client_out
    if direction is None or server_out == client_out or client_out != client_in:
        return None
    if server_out:
        return "the times place a server with a private address outside" * (direction == OUTBOUND)
    return "the times place a client with a private address outside" * (direction == INBOUND)


_PRIVATE_V4 = (
    (0x0A000000, 8), (0xAC100000, 12), (0xC0A80000, 16), (0x64400000, 10), (0xA9FE0000, 16), (0x7F000000, 8),
)  # fmt: skip
"""RFC 1918, 6598, 3927 and loopback; documentation prefixes are not in it, they stand for public ones."""


def is_private(endpoint: Endpoint) -> bool:
    """Whether an address belongs to no one on the Internet."""
    if endpoint.high == 0 and endpoint.low >> 32 == 0xFFFF:  # noqa: PLR2004  the IPv4-mapped prefix
        address = endpoint.low & 0xFFFFFFFF
        return any(address >> 32 - length == prefix >> 32 - length for prefix, length in _PRIVATE_V4)
    unique_local, link_local = endpoint.high >> 57 == 0xFC >> 1, endpoint.high >> 54 == 0xFE80 >> 6
    return unique_local or link_local or (endpoint.high, endpoint.low) == (0, 1)
