"""The exceptions that pcapsleuth raises: each is something its user can fix.

What was sent on the wire never raises; it is evidence and becomes a gap, an anomaly or a finding.
"""

from __future__ import annotations


class PcapsleuthError(Exception):
    """The base of everything raised on purpose; its text says what to do."""


class CaptureError(PcapsleuthError):
    """A capture cannot be opened, or is in a format that cannot be read."""


class OptionError(PcapsleuthError):
    """An option or argument does not make sense."""
