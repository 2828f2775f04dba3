"""Find out what a firewall changed in SMTP traffic, from captures on both of its sides."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from pcapsleuth.version import VERSION

if TYPE_CHECKING:
    from pcapsleuth.analysis import Case, compare, inspect
    from pcapsleuth.case import Options
    from pcapsleuth.errors import CaptureError, OptionError, PcapsleuthError
    from pcapsleuth.report.model import Report

__version__ = VERSION

__all__ = [
    "CaptureError",
    "Case",
    "OptionError",
    "Options",
    "PcapsleuthError",
    "Report",
    "__version__",
    "compare",
    "inspect",
]

_HOME = {
    "CaptureError": "pcapsleuth.errors",
    "Case": "pcapsleuth.analysis",
    "OptionError": "pcapsleuth.errors",
    "Options": "pcapsleuth.case",
    "PcapsleuthError": "pcapsleuth.errors",
    "Report": "pcapsleuth.report.model",
    "compare": "pcapsleuth.analysis",
    "inspect": "pcapsleuth.analysis",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for (PEP 562): importing the package costs nothing."""
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)


class _Package(ModuleType):
    """Keeps `compare` the function that it is: importing the subpackage of that name would take its place."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute, unless a module would hide a public name."""
        if name not in _HOME or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
