"""Populations of sessions as two captures would show them, with the truth of which is which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from pcapsleuth.compare.signature import Signature
from pcapsleuth.tcp.connection import Endpoint

MS = 1_000_000
SECOND = 1_000 * MS
HOUR = 3_600 * SECOND
EPOCH = 1_700_000_000 * SECOND
V4 = 0xFFFF << 32
SERVERS = 3


@dataclass(frozen=True)
class World:
    """How sessions come about and what the device and the captures make of them."""

    sessions: int = 20
    seed: int = 0
    spacing: int = 2 * SECOND
    """Mean time between starts."""
    nat: str = "static"
    """`none`, `static` (the server's address), `pat` (and the client's address and port)."""
    keeps_isn: bool = True
    timestamps: str = "kept"
    """`kept`, `none`, `replaced` (by a proxy)."""
    offset: int = 0
    """Inside clock less outside clock."""
    drift_ppb: int = 0
    latency: int = MS // 2
    jitter: int = MS // 5
    lost_outside: float = 0.0
    lost_inside: float = 0.0
    """Sessions that a capture missed."""
    monitor: bool = False
    """All sessions are alike."""
    tries: int = 1
    """How many sessions carry each message; all but the last are refused."""
    try_after: int = HOUR
    proxy: bool = False
    relay_delay: int = 0
    """At most so long a relay keeps each message."""
    syn_only: bool = False
    outbound: bool = False
    masked: bool = True
    """Greeting and EHLO reply are overwritten on the client's side."""


@dataclass
class Views:
    """Both captures and the truth."""

    outside: list[Signature] = field(default_factory=list)
    inside: list[Signature] = field(default_factory=list)
    truth: list[tuple[int, int]] = field(default_factory=list)


def populate(world: World) -> Views:
    """Both captures of a world, each ordered and numbered by start."""
    random = Random(world.seed)
    both: list[tuple[Signature | None, Signature | None]] = []
    start = EPOCH
    for number in range(world.sessions):
        start += int(random.expovariate(1) * world.spacing) + 1
        message = 0 if world.monitor else number // world.tries + 1
        attempt = number % world.tries
        last = attempt == world.tries - 1
        when = start + attempt * world.try_after
        client_side, server_side = _session(world, random, message, when, accepted=last)
        outside, inside = (server_side, client_side) if world.outbound else (client_side, server_side)
        inside = _shifted(inside, world)
        both.append(
            (
                None if random.random() < world.lost_outside else outside,
                None if random.random() < world.lost_inside else inside,
            )
        )
    return _numbered(both)


def _session(world: World, random: Random, message: int, start: int, *, accepted: bool) -> tuple[Signature, Signature]:
    """One session, as seen before and behind the device by one clock."""
    number = random.getrandbits(30)
    kind = 0 if world.monitor else message
    server = kind % SERVERS
    clients = V4 | (0x0A020100 if world.outbound else 0xCB007100)
    servers = V4 | (0xC6336419 if world.nat != "none" or world.outbound else 0x0A010119)
    near = _Facts(random, world.timestamps != "none")
    length = random.randrange(50, 400) * MS
    base = Signature(
        index=0,
        client=Endpoint(0, clients + kind % 50, 1024 + number % 60000),
        server=Endpoint(0, servers + server, 25),
        start=start, end=start + length,
        **near.numbers(),
        greeting=100 + server if not world.masked else 7, greeting_length=60 + server,
        ehlo=1000 + kind % 40, envelope=2000 + kind,
        messages=() if world.monitor else (3000 + kind,), bodies=(4000 + kind,),
        queue_ids=(random.getrandbits(60),) if accepted and not world.monitor else (),
        tls=0, commands=5000 + kind, replies=6000 + kind + accepted,
        lengths=(800 + kind % 97, 400 + kind % 13), segments=(14, 12), complete=True,
        syn_time=start, synack_time=start + 3 * world.latency,
        envelope_time=start + length // 3, envelope_reply_time=start + length // 3 + 4 * world.latency,
        accepted=int(accepted),
    )  # fmt: skip
    if world.syn_only:
        base = base._replace(
            server_isn=-1, server_timestamp=-1, greeting=0, greeting_length=0, ehlo=0, envelope=0, messages=(),
            bodies=(), queue_ids=(), commands=0, replies=0, lengths=(0, 0), segments=(3, 0), complete=False,
            synack_time=-1, envelope_time=-1, envelope_reply_time=-1, accepted=0,
        )  # fmt: skip
    return base, _behind(world, random, base)


def _behind(world: World, random: Random, seen: Signature) -> Signature:
    """What the device lets through."""
    through = world.latency + int(random.random() * world.jitter)
    back = world.latency + int(random.random() * world.jitter)
    held = int(random.random() * world.relay_delay)
    passed = {
        name: getattr(seen, name) + sign * (through if sign > 0 else back) + held
        for name, sign in (
            ("start", 1), ("end", 1), ("syn_time", 1), ("synack_time", -1),
            ("envelope_time", 1), ("envelope_reply_time", -1),
        )
        if getattr(seen, name) >= 0
    }  # fmt: skip
    result = _with(seen, passed | {"greeting": seen.greeting + 50 if seen.greeting else 0})
    if world.nat != "none" and not world.outbound:
        result = result._replace(server=Endpoint(0, seen.server.low - 0xC6336419 + 0x0A010119, 25))
    if world.nat == "static" and world.outbound:
        result = result._replace(client=seen.client._replace(low=seen.client.low - 0x0A020100 + 0xC6336440))
    if world.nat == "pat" or world.proxy:
        result = result._replace(
            client=Endpoint(0, V4 | (0xC6336401 if world.outbound else 0x0A010101), 1024 + random.randrange(60000))
        )
    if world.proxy or not world.keeps_isn:
        fresh = _Facts(random, timestamps=False).numbers()
        result = result._replace(client_isn=fresh["client_isn"])
        result = result._replace(server_isn=fresh["server_isn"] if seen.server_isn >= 0 else -1)
    if world.proxy or world.timestamps == "replaced":
        fresh = _Facts(random, timestamps=True).numbers()
        result = result._replace(client_timestamp=fresh["client_timestamp"])
        result = result._replace(server_timestamp=fresh["server_timestamp"])
    if world.proxy:
        result = result._replace(ehlo=99, replies=98, lengths=(77, 78))
    if world.relay_delay:
        result = result._replace(queue_ids=(random.getrandbits(60),))
    return result


class _Facts:
    """Random numbers that a TCP stack makes up."""

    def __init__(self, random: Random, timestamps: bool) -> None:
        self._random, self._timestamps = random, timestamps

    def numbers(self) -> dict[str, int]:
        stamp = self._random.getrandbits
        return {
            "client_isn": stamp(32),
            "server_isn": stamp(32),
            "client_timestamp": stamp(32) if self._timestamps else -1,
            "server_timestamp": stamp(32) if self._timestamps else -1,
        }


def _shifted(signature: Signature, world: World) -> Signature:
    """The same by the inside clock."""

    def shift(time: int) -> int:
        return time if time < 0 else time + world.offset + (time - EPOCH) * world.drift_ppb // SECOND

    names = ("start", "end", "syn_time", "synack_time", "envelope_time", "envelope_reply_time")
    return _with(signature, {name: shift(getattr(signature, name)) for name in names})


def _with(signature: Signature, times: dict[str, int]) -> Signature:
    return Signature._make(times.get(name, getattr(signature, name)) for name in Signature._fields)


def _numbered(both: list[tuple[Signature | None, Signature | None]]) -> Views:
    """Number the sessions of each side by their starts."""
    numbers: list[dict[int, int]] = []
    views = Views()
    for side, capture in ((0, views.outside), (1, views.inside)):
        present = [(seen.start, place, seen) for place, pair in enumerate(both) if (seen := pair[side]) is not None]
        present.sort(key=lambda item: item[:2])
        numbers.append({place: index for index, (_, place, _) in enumerate(present)})
        capture.extend(seen._replace(index=index) for index, (_, _, seen) in enumerate(present))
    views.truth = sorted(
        (numbers[0][place], numbers[1][place])
        for place in range(len(both))
        if place in numbers[0] and place in numbers[1]
    )
    return views


__all__ = ["EPOCH", "HOUR", "MS", "SECOND", "Views", "World", "populate", "replace"]
