"""No detector is idle: without it, some fixture would no longer be told rightly."""

from __future__ import annotations

import pytest

from pcapsleuth.detect import registry
from tests.fixtures import covers, fixture, names
from tests.test_fixtures import compared

UNRECORDED: dict[str, str] = {
    "reply_late": "the lab's journal does not say when a client closed; see test_timing.py",
    "tcp_altered": "information that no fixture demands; see test_handshake.py",
}
"""Detectors whose labels no fixture expects, each with the reason; another test has their cases."""


def _demanded(module: str) -> set[str]:
    """The labels of a detector that some fixture expects, as far as the detector is what says them."""
    labels = {label for label, home in registry.labels().items() if home.__name__.endswith(f".{module}")}
    return {
        label
        for name in names()
        for session in fixture(name).sessions
        for expected in session.labels
        for label in labels
        if expected.split(":")[0] == label and any(covers(expected, found) for found in compared(name).of(session))
    }


@pytest.mark.parametrize("module", sorted(module.__name__.rpartition(".")[2] for module in registry.modules()))
def test_a_fixture_fails_without_it(module: str) -> None:
    assert _demanded(module) or module in UNRECORDED
