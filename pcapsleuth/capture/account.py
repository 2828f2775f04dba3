"""What was read, and what was not: the account of one capture, file by file.

Every frame is counted once: `frames == used + sum(skipped.values())`, for a file and for the whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class FileAccount:
    """What one file held."""

    path: str
    frames: int = 0
    bytes: int = 0
    """Bytes on the wire, not bytes captured."""
    first: int | None = None
    """Time of the earliest frame; None without frames that have a time."""
    last: int | None = None
    """Time of the latest frame."""
    link_types: list[int] = field(default_factory=list)
    """The link types of the frames, in the order of their appearance."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Frames that gave no segment, by reason."""
    used: int = 0
    """Frames that gave a segment."""
    dropped: int = 0
    """Frames that the capturing machine says it lost (pcapng interface statistics)."""
    notes: Counter[str] = field(default_factory=Counter)
    """What was odd about the file itself: `truncated-file`, `damaged-record`, `block-of-type-10` ..."""


_UNREADABLE = ("cut-header", "malformed", "unknown-interface", "link-type-")
"""Beginnings of the reasons to skip a frame that do not say what it was: it may have been any."""


@dataclass(slots=True)
class CaptureAccount:
    """What the files of one capture held, each and together."""

    files: list[FileAccount]

    @property
    def frames(self) -> int:
        """Frames in all files."""
        return sum(file.frames for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes on the wire in all files."""
        return sum(file.bytes for file in self.files)

    @property
    def first(self) -> int | None:
        """Time of the earliest frame."""
        return min((file.first for file in self.files if file.first is not None), default=None)

    @property
    def last(self) -> int | None:
        """Time of the latest frame."""
        return max((file.last for file in self.files if file.last is not None), default=None)

    @property
    def link_types(self) -> list[int]:
        """The link types of all files, each once."""
        return list(dict.fromkeys(kind for file in self.files for kind in file.link_types))

    @property
    def skipped(self) -> Counter[str]:
        """Frames that gave no segment, by reason."""
        return sum((file.skipped for file in self.files), Counter[str]())

    @property
    def unreadable(self) -> int:
        """Frames of which nobody can say what they were."""
        return sum(number for reason, number in self.skipped.items() if reason.startswith(_UNREADABLE))

    @property
    def used(self) -> int:
        """Frames that gave a segment."""
        return sum(file.used for file in self.files)

    @property
    def dropped(self) -> int:
        """Frames that the capturing machines say they lost."""
        return sum(file.dropped for file in self.files)

    @property
    def notes(self) -> Counter[str]:
        """What was odd about the files themselves."""
        return sum((file.notes for file in self.files), Counter[str]())
