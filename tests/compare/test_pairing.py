"""Pairing on worlds with the truth known: whatever the device and the captures did, the pairs are right."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapsleuth.compare.pair import Pair, Pairing
from pcapsleuth.compare.pairing import pair
from pcapsleuth.compare.view import Bounds
from tests.compare.populations import EPOCH, HOUR, MS, SECOND, Views, World, populate, replace

NOTHING_KEPT = World(nat="pat", keeps_isn=False, timestamps="none")


def pairs_of(pairing: Pairing) -> list[tuple[int, int]]:
    return [(found.outside, found.inside) for found in pairing.pairs]


def run(world: World) -> tuple[Views, Pairing]:
    views = populate(world)
    return views, pair(views.outside, views.inside)


@pytest.mark.parametrize(
    "world",
    [
        World(),
        World(sessions=1, offset=-9 * HOUR),
        World(nat="none", offset=200 * HOUR),
        World(nat="pat"),
        NOTHING_KEPT,
        replace(NOTHING_KEPT, lost_outside=0.3, lost_inside=0.3, sessions=100),
        replace(NOTHING_KEPT, offset=5 * HOUR, drift_ppb=120_000, sessions=300, spacing=60 * SECOND),
        replace(NOTHING_KEPT, tries=4, sessions=80),
        replace(NOTHING_KEPT, tries=4, sessions=80, lost_outside=0.2, lost_inside=0.4, offset=HOUR),
        World(proxy=True, sessions=60, offset=HOUR, lost_outside=0.2, lost_inside=0.2),
        World(proxy=True, sessions=60, relay_delay=HOUR),
        World(syn_only=True, sessions=60),
        World(monitor=True, nat="pat", sessions=200, offset=-3 * HOUR),
        World(monitor=True, keeps_isn=False, timestamps="none", sessions=200),
        World(outbound=True, nat="pat", sessions=30),
    ],
)
def test_what_something_names_is_paired_for_certain(world: World) -> None:
    views, pairing = run(world)

    assert pairs_of(pairing) == views.truth
    assert all(found.certain and found.confidence >= 900 for found in pairing.pairs)


@pytest.mark.parametrize(
    "world",
    [
        replace(NOTHING_KEPT, monitor=True, sessions=3),
        replace(NOTHING_KEPT, monitor=True, sessions=200, offset=7 * HOUR),
        replace(NOTHING_KEPT, monitor=True, sessions=2_000, spacing=20 * SECOND, drift_ppb=-100_000, offset=-HOUR),
        replace(NOTHING_KEPT, syn_only=True, sessions=60, offset=HOUR),
        replace(NOTHING_KEPT, syn_only=True, sessions=1, offset=20 * SECOND),
        World(proxy=True, monitor=True, sessions=60, offset=HOUR),
    ],
)
def test_what_only_time_tells_is_paired_and_not_certain(world: World) -> None:
    views, pairing = run(world)

    assert pairs_of(pairing) == views.truth
    assert not any(found.certain for found in pairing.pairs)
    assert all(found.confidence < 900 for found in pairing.pairs)


worlds = st.builds(
    World,
    sessions=st.integers(0, 40),
    seed=st.integers(0, 1 << 30),
    spacing=st.sampled_from([200 * MS, 2 * SECOND, 60 * SECOND]),
    nat=st.sampled_from(["none", "static", "pat"]),
    keeps_isn=st.booleans(),
    timestamps=st.sampled_from(["kept", "none", "replaced"]),
    offset=st.integers(-30 * HOUR, 30 * HOUR),
    drift_ppb=st.integers(-150_000, 150_000),
    lost_outside=st.sampled_from([0, 0.2]),
    lost_inside=st.sampled_from([0, 0.2]),
    monitor=st.booleans(),
    proxy=st.booleans(),
    syn_only=st.booleans(),
    outbound=st.booleans(),
    masked=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(worlds)
def test_nothing_wrong_is_certain(world: World) -> None:
    views, pairing = run(world)

    assert {found for found in pairing.pairs if found.certain and found[:2] not in views.truth} == set()


@settings(max_examples=100, deadline=None)
@given(worlds)
def test_every_session_is_accounted_for_once(world: World) -> None:
    views, pairing = run(world)

    outside = [found.outside for found in pairing.pairs] + [left.index for left in pairing.unpaired_outside]
    inside = [found.inside for found in pairing.pairs] + [left.index for left in pairing.unpaired_inside]
    assert sorted(outside) == list(range(len(views.outside)))
    assert sorted(inside) == list(range(len(views.inside)))
    assert pairing.pairs == sorted(pairing.pairs)
    assert all(left.reason for left in pairing.unpaired_outside + pairing.unpaired_inside)
    assert all(0 <= found.confidence <= 1000 for found in pairing.pairs)


@settings(max_examples=100, deadline=None)
@given(worlds)
def test_the_sides_can_be_exchanged(world: World) -> None:
    views, pairing = run(world)
    mirrored = pair(views.inside, views.outside)

    def turned(found: Pair) -> tuple[int, int, int, bool]:
        return found.inside, found.outside, found.confidence, found.certain

    assert sorted(map(turned, pairing.pairs)) == [found[:4] for found in mirrored.pairs]
    assert (
        pairing.clock == mirrored.clock
        or (pairing.clock and pairing.clock.mirrored() == mirrored.clock)
        or (mirrored.clock and mirrored.clock.mirrored() == pairing.clock)
    )
    assert [left.index for left in pairing.unpaired_outside] == [left.index for left in mirrored.unpaired_inside]


@settings(max_examples=100, deadline=None)
@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_the_sessions_does_not_matter(world: World, random: Random) -> None:
    views, pairing = run(world)
    outside, inside = views.outside.copy(), views.inside.copy()
    random.shuffle(outside)
    random.shuffle(inside)

    assert pair(outside, inside) == pairing


@settings(max_examples=100, deadline=None)
@given(worlds)
def test_a_capture_is_paired_with_itself(world: World) -> None:
    views = populate(world)
    pairing = pair(views.outside, views.outside)

    assert pairs_of(pairing) == [(index, index) for index in range(len(views.outside))]
    assert pairing.clock is None or (pairing.clock.offset, pairing.clock.drift_ppb) == (0, 0)


@settings(max_examples=50, deadline=None)
@given(worlds)
def test_identical_twins_are_paired_in_order(world: World) -> None:
    (twin,) = populate(replace(world, sessions=1, lost_outside=0.0)).outside
    outside = [twin._replace(index=index) for index in range(5)]
    inside = [twin._replace(index=index, start=twin.start + index, end=twin.end + index) for index in range(5)]
    pairing = pair(outside, inside)

    assert pairs_of(pairing) == [(index, index) for index in range(5)]
    assert not any(found.certain for found in pairing.pairs)
    assert all("as good" in found.why[-1] for found in pairing.pairs)


def test_a_retry_is_not_taken_for_the_try_that_the_other_side_missed() -> None:
    views = populate(replace(NOTHING_KEPT, tries=2, sessions=20))
    first_try = views.outside[0]
    # The inside capture lost the first try, the outside capture its retry.
    retry = next(one for one in views.outside if one.messages == first_try.messages and one.index)
    inside = [one for one in views.inside if abs(one.start - first_try.start) > SECOND]
    outside = [one for one in views.outside if one != retry]
    pairing = pair(outside, inside)

    assert first_try.index in [left.index for left in pairing.unpaired_outside]
    assert pairs_of(pairing) == [found for found in views.truth if found[0] not in {first_try.index, retry.index}]


def test_a_port_used_again_is_another_session() -> None:
    views = populate(World(sessions=10, keeps_isn=False))
    one, other = views.outside[2], views.inside[7]
    inside = [session for session in views.inside if session.index not in {2, 7}]
    pairing = pair(views.outside, [*inside, other._replace(client=one.client)])

    assert (2, 7) not in pairs_of(pairing)


def test_what_contradicts_is_not_paired_by_its_time() -> None:
    one = populate(World(sessions=1)).outside[0]
    other = populate(World(sessions=3, seed=5)).inside[2]._replace(start=one.start, end=one.end, syn_time=one.syn_time)
    pairing = pair([one], [other])

    assert pairing.pairs == []
    assert [left.reason for left in pairing.unpaired_outside] == ["only seen here"]


def test_clients_that_both_sides_know_are_not_exchanged() -> None:
    """Two sessions at once through a proxy that keeps the clients' addresses: who came from where is no question."""
    views = populate(World(sessions=2, nat="none", proxy=True, monitor=True, timestamps="none", spacing=MS, seed=3))
    for side in (views.outside, views.inside):
        side[:] = [one._replace(envelope=0, messages=(), bodies=(), queue_ids=(), ehlo=1 + one.index) for one in side]
    ours = [one._replace(client=one.client._replace(low=one.client.low + one.index)) for one in views.outside]
    theirs = [one._replace(client=ours[1 - n].client._replace(port=5_000 + n)) for n, one in enumerate(views.inside)]
    assert {one.client[:2] for one in ours} == {one.client[:2] for one in theirs}

    assert not {(0, 0), (1, 1)} & set(pairs_of(pair(ours, theirs)))


def test_a_late_start_and_an_early_end_are_told() -> None:
    views = populate(World(sessions=12, offset=HOUR))
    late, early = 3, 9
    outside, inside = views.outside, [one for one in views.inside if late <= one.index < early]
    bounds = Bounds(inside[0].start, inside[-1].end)
    pairing = pair(outside, inside, None, bounds)

    assert pairs_of(pairing) == [found for found in views.truth if late <= found[1] < early]
    reasons = [left.reason for left in pairing.unpaired_outside]
    assert {"ended before the inside capture begins", "began after the inside capture ends"} >= set(reasons)


def test_a_session_cut_by_a_late_start_is_still_paired() -> None:
    views = populate(World(sessions=6, nat="pat", timestamps="none", offset=HOUR))
    cut = views.inside[0]
    views.inside[0] = cut._replace(
        start=cut.start + 50 * MS, syn_time=-1, synack_time=-1, client_isn=-1, server_isn=-1, complete=False,
        greeting=0, greeting_length=0, ehlo=0, commands=1, replies=1, lengths=(1, 1),
    )  # fmt: skip
    pairing = pair(views.outside, views.inside)

    assert pairs_of(pairing) == views.truth


def test_rivals_are_named() -> None:
    _, pairing = run(replace(NOTHING_KEPT, monitor=True, sessions=40, spacing=MS))

    assert any(reason.startswith("rival: ") for found in pairing.pairs for reason in found.why)


def test_reasons_begin_with_the_best() -> None:
    _, pairing = run(World())

    assert pairing.pairs[0].why[:2] == ("same client address and port", "same initial sequence numbers")
    assert "same time after clock correction" in pairing.pairs[0].why


def test_nothing_on_one_side() -> None:
    views = populate(World(sessions=2, syn_only=True))
    pairing = pair(views.outside, [])

    assert pairing == Pairing(pairing.pairs, pairing.unpaired_outside, [], None)
    assert [left.reason for left in pairing.unpaired_outside] == ["only seen here, and nothing answered"] * 2


def test_scans_seen_outside_alone_do_not_disturb() -> None:
    views = populate(replace(NOTHING_KEPT, monitor=True, sessions=30))
    scans = populate(replace(NOTHING_KEPT, syn_only=True, sessions=30, seed=9)).outside
    outside = views.outside + [scan._replace(index=30 + scan.index) for scan in scans]
    pairing = pair(outside, views.inside)

    assert pairs_of(pairing) == views.truth
    assert len(pairing.unpaired_outside) == 30


def test_a_relay_shows_no_clock() -> None:
    _, pairing = run(World(proxy=True, sessions=60, relay_delay=HOUR))

    assert pairing.clock is None


@pytest.mark.parametrize("seed", range(5))
def test_the_clock_is_found(seed: int) -> None:
    world = World(sessions=200, spacing=30 * SECOND, offset=-4 * HOUR, drift_ppb=80_000, seed=seed)
    _, pairing = run(world)

    assert pairing.clock is not None
    expected = world.offset + (pairing.clock.at - EPOCH) * world.drift_ppb // SECOND
    assert abs(pairing.clock.offset - expected) < MS // 5
    assert abs(pairing.clock.drift_ppb - world.drift_ppb) < 200
    assert pairing.clock.error < MS


def other_day(world: World) -> Pairing:
    """The outside capture of one day and the inside capture of another."""
    return pair(populate(world).outside, populate(replace(world, seed=1_000, offset=30 * HOUR)).inside)


@pytest.mark.parametrize(
    "world",
    [
        World(monitor=True),
        World(monitor=True, sessions=1),
        World(syn_only=True),
        replace(NOTHING_KEPT, monitor=True),
        replace(NOTHING_KEPT, monitor=True, sessions=1_000),
        replace(NOTHING_KEPT, syn_only=True),
        replace(NOTHING_KEPT, syn_only=True, sessions=1),
        replace(NOTHING_KEPT, syn_only=True, sessions=2),
    ],
)
def test_captures_of_different_days_have_nothing_in_common(world: World) -> None:
    pairing = other_day(world)

    assert pairing.pairs == []
    assert pairing.clock is None


def test_two_lone_sessions_without_contradiction_may_be_one() -> None:
    pairing = other_day(replace(NOTHING_KEPT, monitor=True, sessions=1))

    assert [found.confidence <= 600 and not found.certain for found in pairing.pairs] == [True]


def test_timestamps_read_off_one_clock_name_nobody() -> None:
    views = populate(World(monitor=True, nat="pat", keeps_isn=False, sessions=6, spacing=MS))
    outside, inside = (
        [one._replace(client_timestamp=77, server_timestamp=78) for one in side]
        for side in (views.outside, views.inside)
    )

    assert not any(found.certain for found in pair(outside, inside).pairs)


def test_a_timestamp_of_zero_is_none() -> None:
    views = populate(World(monitor=True, nat="pat", keeps_isn=False, sessions=1))
    outside, inside = (
        [one._replace(client_timestamp=0, server_timestamp=0) for one in side] for side in (views.outside, views.inside)
    )
    pairing = pair(outside, inside)

    assert not any(found.certain for found in pairing.pairs)


def test_a_transparent_proxy_may_take_other_ports() -> None:
    views = populate(World(proxy=True, sessions=12))
    inside = [
        one._replace(client=one.client._replace(low=views.outside[other].client.low))
        for other, one in zip([outside for outside, _ in views.truth], views.inside, strict=True)
    ]
    pairing = pair(views.outside, inside)

    assert pairs_of(pairing) == views.truth
    assert all(found.certain for found in pairing.pairs)


def test_a_relay_among_direct_sessions() -> None:
    direct = populate(World(sessions=12))
    relayed = populate(World(proxy=True, sessions=4, relay_delay=HOUR, seed=3))
    fresh = [
        [
            one._replace(index=12 + one.index, messages=(900_000 + one.messages[0],), bodies=(one.messages[0],))
            for one in side
        ]
        for side in (relayed.outside, relayed.inside)
    ]
    pairing = pair(direct.outside + fresh[0], direct.inside + fresh[1])

    assert pairs_of(pairing) == direct.truth + [(12 + one, 12 + other) for one, other in relayed.truth]
    assert pairing.clock is not None
    assert abs(pairing.clock.offset) < MS


@pytest.mark.parametrize(("offset", "found"), [(0, [(0, 0)]), (20 * SECOND, [(0, 0)]), (HOUR, [])])
def test_the_only_session_of_a_client_is_known_by_its_address(offset: int, found: list[tuple[int, int]]) -> None:
    """A proxy kept it and took another port; no mail was sent. An hour apart it may be the next session."""
    views = populate(World(proxy=True, sessions=1, offset=offset))
    bare: dict[str, Any] = {"envelope": 0, "messages": (), "bodies": (), "queue_ids": ()}
    (outside,), (inside,) = views.outside, views.inside
    kept = outside.client._replace(port=inside.client.port)
    assert kept.port != outside.client.port

    pairing = pair([outside._replace(**bare)], [inside._replace(client=kept, **bare)])

    assert pairs_of(pairing) == found


@pytest.mark.parametrize(
    ("shown", "offset", "found"),
    [
        ((slice(0, 9), slice(0, 9)), 0, 9),
        ((slice(0, 9), slice(0, 9)), 4 * SECOND, 9),
        ((slice(0, 9), slice(0, 9)), 6 * SECOND, 0),
        ((slice(0, 9), slice(1, 9)), 0, 0),
        ((slice(0, 8), slice(1, 9)), 0, 0),
    ],
    ids=["all", "clocks differ", "clocks differ by more than half the time between two", "one more", "other ones"],
)
def test_sessions_of_a_client_are_known_by_their_turn(shown: tuple[slice, slice], offset: int, found: int) -> None:
    """As the only one is, if there are as many on either side and no clock may have moved one to the next."""
    views = populate(World(proxy=True, sessions=1))
    bare: dict[str, Any] = {"envelope": 0, "messages": (), "bodies": (), "queue_ids": ()}
    (outside,), (inside,) = views.outside, views.inside
    sides = [
        [
            one._replace(
                index=number,
                client=outside.client._replace(port=port + number),
                start=one.start + number * 10 * SECOND + late,
                syn_time=one.syn_time + number * 10 * SECOND + late,
                end=one.end + number * 10 * SECOND + late,
                **bare,
            )
            for number in range(9)
        ]
        for one, port, late in ((outside, 30_000, 0), (inside, 40_000, offset))
    ]

    pairing = pair(sides[0][shown[0]], sides[1][shown[1]])

    assert pairs_of(pairing) == [(number, number) for number in range(found)]
    assert not any(one.certain for one in pairing.pairs)


def test_two_mails_show_that_a_proxy_keeps_addresses_and_then_monitors_are_told_apart() -> None:
    """Of sessions without mail the clients' addresses tell which is which, once it is known that they are kept."""
    views = populate(World(proxy=True, sessions=4))
    clients = {outside: views.outside[outside].client for outside, _ in views.truth}
    inside_of = dict(views.truth)
    alike: dict[str, Any] = {
        "envelope": 0,
        "messages": (),
        "bodies": (),
        "queue_ids": (),
        "ehlo": 7,
        "commands": 7,
        "replies": 7,
    }
    for number, (outside, client) in enumerate(clients.items()):
        inside = views.inside[inside_of[outside]]
        kept = client._replace(port=inside.client.port)
        changes = alike if number > 1 else {}
        views.outside[outside] = views.outside[outside]._replace(**changes)
        views.inside[inside.index] = inside._replace(client=kept, **changes)
    # The two without mail begin together, and in the other order inside.
    one, other = (views.inside[inside_of[at]] for at in list(clients)[2:])
    views.inside[one.index] = one._replace(start=other.start + MS, syn_time=other.syn_time + MS)

    assert sorted(pairs_of(pair(views.outside, views.inside))) == sorted(views.truth)


def test_a_transparent_proxy_that_ends_tls_is_seen_through() -> None:
    """It keeps the client's address and greets as the server does; ports, TCP stack and handshake are its own."""
    views = populate(World(sessions=2, spacing=3 * MS, nat="none"))
    outside, inside = (
        [
            one._replace(envelope=0, messages=(), bodies=(), queue_ids=(), envelope_time=-1, envelope_reply_time=-1)
            for one in side
        ]
        for side in (views.outside, views.inside)
    )
    outside = [one._replace(tls=10 + one.index, accepted=0, lengths=(1_500, 900)) for one in outside]
    inside = [
        one._replace(client=one.client._replace(port=one.client.port % 60_000 + 1_024), tls=20 + one.index)._replace(
            client_isn=one.client_isn ^ 0x55555,
            server_isn=one.server_isn ^ 0x55555,
            client_timestamp=-1,
            server_timestamp=-1,
            accepted=0,
            lengths=(1_700, 1_100),
        )
        for one in inside
    ]

    pairing = pair(outside, inside)

    assert pairs_of(pairing) == views.truth == [(0, 0), (1, 1)]
    assert not any(found.certain for found in pairing.pairs)
