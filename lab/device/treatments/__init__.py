"""Treatments: one thing that a device does per file. The file `mask_banner.py` holds the class `MaskBanner`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.device.units import Treatment


def build(name: str, options: dict[str, Any]) -> Treatment:
    """Make a treatment from its name and parameters."""
    module = importlib.import_module(f"{__name__}.{name}")
    made: Treatment = getattr(module, name.title().replace("_", ""))(**options)
    return made
