"""The version of the package: apart, so that a report can state it without importing the package that writes it."""

from __future__ import annotations

VERSION = "0.1.0"
