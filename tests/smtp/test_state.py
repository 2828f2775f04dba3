"""The state table is whole: what the documentation draws of it is what the parser does."""

from __future__ import annotations

import pytest

from pcapsleuth.smtp.state import TRANSITIONS, WANTS, Signal, State, Want, after


def test_every_state_has_a_want_and_its_transitions() -> None:
    assert set(WANTS) == set(TRANSITIONS) == set(State)


def test_every_state_is_reached_and_left() -> None:
    reached = {target for events in TRANSITIONS.values() for target in events.values()}

    assert reached == set(State)
    assert [state for state, events in TRANSITIONS.items() if not events] == [State.TLS]


@pytest.mark.parametrize("state", [state for state, want in WANTS.items() if want is Want.HELD])
def test_held_bytes_are_released_by_any_refusal(state: State) -> None:
    for event in (b"4", b"5", b"", Signal.END):
        assert after(state, event) is State.COMMANDS
