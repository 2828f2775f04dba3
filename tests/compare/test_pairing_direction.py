"""Which way sessions run, and files given the wrong way round."""

from __future__ import annotations

import pytest

from pcapsleuth.compare.direction import by_addresses, directions, is_private, transit
from pcapsleuth.compare.pairing import pair
from tests.building import endpoint
from tests.compare.populations import HOUR, World, populate, replace


@pytest.mark.parametrize("nat", ["none", "static", "pat"])
@pytest.mark.parametrize(("outbound", "direction"), [(False, "inbound"), (True, "outbound")])
def test_who_asks_waits_longer(nat: str, outbound: bool, direction: str) -> None:
    views = populate(World(nat=nat, outbound=outbound, offset=HOUR))
    pairing = pair(views.outside, views.inside)

    assert {found.direction for found in pairing.pairs} == {direction}
    assert not pairing.swapped


@pytest.mark.parametrize("nat", ["none", "static", "pat"])
@pytest.mark.parametrize(("outbound", "direction"), [(False, "outbound"), (True, "inbound")])
def test_swapped_files_are_said_and_not_corrected(nat: str, outbound: bool, direction: str) -> None:
    views = populate(World(nat=nat, outbound=outbound))
    pairing = pair(views.inside, views.outside)

    assert {found.direction for found in pairing.pairs} == {direction}
    assert pairing.swapped


def test_mail_both_ways_in_one_capture() -> None:
    inbound, outbound = populate(World()), populate(World(outbound=True, seed=1))
    shift = len(inbound.outside)
    outside = inbound.outside + [one._replace(index=one.index + shift) for one in outbound.outside]
    inside = inbound.inside + [one._replace(index=one.index + shift) for one in outbound.inside]
    pairing = pair(outside, inside)

    assert [found.direction for found in pairing.pairs] == ["inbound"] * shift + ["outbound"] * len(outbound.outside)
    assert not pairing.swapped


def test_a_proxy_answers_itself_and_is_asked_by_its_dialogue() -> None:
    views = populate(World(proxy=True, sessions=10))
    outside, inside = views.outside[0], views.inside[0]

    assert transit(outside, inside, None) == 0
    assert {found.direction for found in pair(views.outside, views.inside).pairs} == {"inbound"}


@pytest.mark.parametrize(("others", "direction"), [(0, "outbound"), (1, "inbound"), (6, "inbound")])
def test_a_dialogue_that_waits_for_another_by_chance_does_not_turn_a_relay(others: int, direction: str) -> None:
    """It has the mail before it asks the server; by its steady delay the clock is wrong, and one pair seems nested."""
    views = populate(World(proxy=True, sessions=8))
    clock = pair(views.outside, views.inside).clock
    assert clock is not None
    outside, inside = views.outside[0], views.inside[0]._replace(greeting=0, greeting_time=-1)
    asked, answered = (clock.to_inside(time) for time in (outside.envelope_time, outside.envelope_reply_time))
    nested = inside._replace(envelope_time=asked - 1, envelope_reply_time=answered + 1)
    later = inside._replace(envelope_time=asked + HOUR, envelope_reply_time=answered + HOUR)

    assert directions([(outside, nested), *[(outside, later)] * others], clock) == [direction] * (others + 1)


def test_stamps_of_zero_do_not_make_one_connection_of_two() -> None:
    """Stacks without a clock stamp 0: a proxy's handshakes are still two."""
    views = populate(World(proxy=True, sessions=10))
    outside, inside = (
        one._replace(client_timestamp=0, server_timestamp=0) for one in (views.outside[0], views.inside[0])
    )

    assert transit(outside, inside, None) == 0


def test_what_contradicts_itself_says_nothing() -> None:
    views = populate(World(sessions=1))
    late = views.outside[0]
    early = views.inside[0]._replace(envelope_reply_time=views.inside[0].envelope_reply_time + HOUR)

    assert transit(late, early, None) == 0


def test_an_answer_before_its_question_says_nothing() -> None:
    views = populate(World(sessions=1, nat="static"))
    outside, inside = (
        side[0]._replace(envelope_time=-1, envelope_reply_time=-1, greeting_time=-1)
        for side in (views.outside, views.inside)
    )
    disordered = outside._replace(synack_time=outside.syn_time - 1_000)

    assert transit(outside, inside, None) > 0
    assert transit(disordered, inside, None) == 0


def test_without_times_addresses_are_a_hint() -> None:
    (outside,), (inside,) = populate(World(sessions=1)).outside, populate(World(sessions=1)).inside

    assert by_addresses(outside, inside) == "inbound"
    assert by_addresses(inside, outside) == "outbound"
    public = outside._replace(server=endpoint("198.51.100.25", 25))
    assert by_addresses(public, public) is None


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("10.1.2.3", True), ("172.31.0.1", True), ("192.168.1.1", True), ("100.64.0.1", True), ("127.0.0.1", True),
        ("172.32.0.1", False), ("198.51.100.1", False), ("fd00::1", True), ("fe80::1", True), ("::1", True),
        ("2001:db8::1", False),
    ],
)  # fmt: skip
def test_private_addresses(address: str, private: bool) -> None:
    assert is_private(endpoint(address, 25)) is private


def test_one_stray_pair_does_not_turn_a_server() -> None:
    views = populate(World(sessions=12))
    odd = views.inside[3]
    # The inside capture stamped this SYN-ACK late: taken alone, it would turn the session round.
    views.inside[3] = odd._replace(synack_time=odd.synack_time + HOUR, envelope=0)
    pairing = pair(views.outside, views.inside)

    assert {found.direction for found in pairing.pairs} == {"inbound"}


def test_the_same_world_the_other_way() -> None:
    views = populate(replace(World(), outbound=True, nat="pat"))

    assert not pair(views.outside, views.inside).swapped


def test_a_proxy_that_keeps_the_port_is_asked_by_its_dialogue() -> None:
    views = populate(World(proxy=True, sessions=1))
    outside, inside = views.outside[0], views.inside[0]
    outside = outside._replace(client=inside.client, synack_time=outside.syn_time + 1)

    assert inside.synack_time - inside.syn_time > 1
    assert transit(outside, inside, None) > 0


def test_a_proxy_that_keeps_the_port_lets_its_client_wait_for_the_greeting() -> None:
    """No mail was sent: nothing but the greeting tells that the two handshakes are not one."""
    views = populate(World(proxy=True, sessions=1))
    outside, inside = views.outside[0], views.inside[0]
    inside = inside._replace(envelope_time=-1, greeting_time=inside.synack_time + 1_000)
    outside = outside._replace(
        client=inside.client,
        synack_time=outside.syn_time + 1,
        envelope_time=-1,
        greeting_time=outside.syn_time + 2 * (inside.greeting_time - inside.syn_time),
    )

    other = outside._replace(greeting=outside.greeting + 1)
    assert transit(other, inside, None) > 0
    assert transit(other._replace(greeting_time=-1), inside, None) < 0


def test_who_shows_the_servers_own_greeting_has_waited_for_it() -> None:
    """A proxy may answer MAIL at once, and its server late: the greeting is what it cannot have by itself."""
    views = populate(World(proxy=True, sessions=1, masked=False))
    outside, inside = views.outside[0], views.inside[0]._replace(greeting=views.outside[0].greeting)
    inside = inside._replace(greeting_time=inside.syn_time + 1_000, envelope_reply_time=inside.envelope_time + HOUR)
    outside = outside._replace(client=inside.client, greeting_time=outside.syn_time + 2_000)

    assert transit(outside, inside, None) == 1_000
    assert transit(outside._replace(greeting=outside.greeting + 1), inside, None) < 0
