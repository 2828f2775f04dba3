"""The scenarios, grouped by theme; every module here has a list SCENARIOS."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for module in pkgutil.iter_modules(__path__)
    for scenario in importlib.import_module(f"{__name__}.{module.name}").SCENARIOS
}
