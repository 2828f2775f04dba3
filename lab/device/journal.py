"""What the device did, one JSON object a line: the only source of what a recording is expected to show."""

from __future__ import annotations

import json
import time
from typing import IO, Any


class Journal:
    """Writes deeds as they are done, so that a device that is stopped has lost none."""

    def __init__(self, stream: IO[str]) -> None:
        """Write to an open text stream."""
        self._stream = stream

    def write(self, flow: int, did: str, **details: Any) -> None:  # noqa: ANN401 - JSON values
        """Note one deed."""
        entry = {"time": time.time_ns(), "flow": flow, "did": did, **details}
        self._stream.write(json.dumps(entry) + "\n")
        self._stream.flush()
