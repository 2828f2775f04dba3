"""What detectors need of a script are parts that scripts have."""

from __future__ import annotations

import pytest

from pcapsleuth.detect import registry
from pcapsleuth.smtp.script import Script, find

NEEDED = sorted({need for module in registry.modules() for need in getattr(module, "NEEDS", ())})


@pytest.mark.parametrize("part", NEEDED)
def test_a_script_has_it(part: str) -> None:
    assert part in vars(Script)


def test_who_needs_something_is_not_asked_of_silence() -> None:
    asked = {name for name, _ in registry.concerned(find((), ()))}

    assert asked == {"char_mode_client", "connection_blocked"}
