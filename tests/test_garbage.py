"""Reading much is not slowed down by the garbage collector, whichever way it was started."""

from __future__ import annotations

import gc
import runpy
import sys

import pytest

from pcapsleuth import case
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.spool.garbage import SELDOM, collected_seldom
from tests.test_case import example


def test_what_the_reader_had_set_comes_back() -> None:
    before = gc.get_threshold()
    with collected_seldom():
        assert gc.get_threshold()[0] >= SELDOM
    assert gc.get_threshold() == before


@pytest.mark.parametrize("way", ["python", "module"])
def test_captures_are_read_so(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def watched(*given: object, **more: object) -> object:
        seen.append(gc.get_threshold()[0])
        return CaptureReader(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("pcapsleuth.spool.reading.CaptureReader", watched)
    outside, _ = example("clean-ipv6")
    if way == "python":
        case.inspect(outside)
    else:
        monkeypatch.setattr(sys, "argv", ["pcapsleuth", "inspect", "--exit-zero", str(outside)])
        with pytest.raises(SystemExit):
            runpy.run_module("pcapsleuth", run_name="__main__")
    assert seen
    assert min(seen) >= SELDOM
