"""Find the detectors: every module of `pcapsleuth.detect.detectors`, and no list to keep.

A detector is a module with a docstring (its manual), `LABELS` (what it may say) and at least one of

    detect_pair(comparison: Comparison) -> Iterator[Finding]      two views of one session
    detect_case(scope: Scope) -> Iterator[Finding]                all sessions of a comparison
    detect_session(session: Session) -> Iterator[Finding]         one view of one session
    detect_opening(session: Session) -> Iterator[Finding]         the same, by nothing but its `opening`
    detect_sessions(sessions: Sessions) -> Iterator[Finding]      all sessions of one observation point

An opening that gave no finding is remembered, and `detect_opening` is not called for later sessions with the same. So
it may find nothing that the opening alone does not show; it may leave out what the rest of the session shows better
(`starttls_stripped` does).

Where `detect_session` has something to say only of sessions with certain parts, `NEEDS` names them as `Script` does: at
least one must be there.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

from pcapsleuth.detect import detectors
from pcapsleuth.smtp.script import KEPT, Script

Entry = tuple[str, Callable[..., Any]]

ENTRIES = ("detect_pair", "detect_case", "detect_session", "detect_opening", "detect_sessions")


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every detector, by name."""
    names = sorted(info.name for info in pkgutil.iter_modules(detectors.__path__))
    found = tuple(importlib.import_module(f"{detectors.__name__}.{name}") for name in names)
    for module in found:
        if not getattr(module, "LABELS", ()) or not any(hasattr(module, entry) for entry in ENTRIES):
            message = f"{module.__name__} is no detector: it needs LABELS and one of {', '.join(ENTRIES)}"
            raise TypeError(message)
    return found


@cache
def labels() -> dict[str, ModuleType]:
    """Every label with the module that says it."""
    return {label: module for module in modules() for label in module.LABELS}


@cache
def entries(name: str) -> tuple[Entry, ...]:
    """The functions called `name`, each with the name of its module."""
    return tuple(_entry(module, name) for module in modules() if hasattr(module, name))


@lru_cache(KEPT)
def concerned(script: Script) -> tuple[Entry, ...]:
    """The functions called `detect_session` that may say something of a session of this script."""
    return tuple(entry for entry, needs in _needy() if not needs or any(getattr(script, part) for part in needs))


@cache
def _needy() -> tuple[tuple[Entry, tuple[str, ...]], ...]:
    """All of them, each with what it needs."""
    able = (module for module in modules() if hasattr(module, "detect_session"))
    return tuple((_entry(module, "detect_session"), getattr(module, "NEEDS", ())) for module in able)


def _entry(module: ModuleType, name: str) -> Entry:
    """A function of a module, with the name of the module."""
    return module.__name__.rpartition(".")[2], getattr(module, name)
