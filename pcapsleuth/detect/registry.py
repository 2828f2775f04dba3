"""Find the detectors: every module of `pcapsleuth.detect.detectors`, and no list to keep.

A detector is a module with a docstring (its manual), `LABELS` (what it may say) and at least one of

    detect_pair(comparison: Comparison) -> Iterator[Finding]      two views of one session
    detect_case(scope: Scope) -> Iterator[Finding]                all sessions of a comparison
    detect_session(session: Session) -> Iterator[Finding]         one view of one session
    detect_opening(session: Session) -> Iterator[Finding]         the same, by nothing but its `opening`
    detect_sessions(sessions: Sessions) -> Iterator[Finding]      all sessions of one observation point
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from pcapsleuth.detect import detectors

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
def entries(name: str) -> tuple[tuple[str, Callable[..., Any]], ...]:
    """The functions called `name`, each with the name of its module."""
    return tuple(
        (module.__name__.rpartition(".")[2], getattr(module, name)) for module in modules() if hasattr(module, name)
    )
