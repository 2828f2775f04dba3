"""A capture compared with itself: nothing can have been changed between a point and the same point."""

from __future__ import annotations

import pytest

from tests.fixtures import fixture, names, said


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("side", ["outside", "inside"])
def test_a_capture_is_quiet_beside_itself(name: str, side: str) -> None:
    path = getattr(fixture(name), side)
    result = said(path, path)

    assert result.warnings == []
    assert all(outside == inside for outside, inside in result.pairs)
