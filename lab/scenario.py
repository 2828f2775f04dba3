"""A scenario: servers, client steps, a device, and damage done to the captures afterwards. Each makes one fixture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.clients.step import Step
    from lab.damage.damage import Damage
    from lab.servers.server import Server


@dataclass(frozen=True)
class Device:
    """What stands in the path: a kind, and for an editor its treatments by name with their parameters."""

    says: str
    treatments: tuple[tuple[str, dict[str, Any]], ...] = ()
    kind: str = "editor"
    hide_clients_behind: dict[str, str] = field(default_factory=dict)
    balance: dict[str, list[str]] = field(default_factory=dict)
    randomise: bool = False
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """One fixture's recipe; `settle` is how long connections may take to end after the last client."""

    name: str
    description: str
    servers: tuple[Server, ...]
    steps: tuple[Step, ...]
    device: Device
    damage: tuple[Damage, ...] = ()
    settle: float = 3.0
    nano: bool = False
