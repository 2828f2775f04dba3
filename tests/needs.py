"""What a test needs that not every machine has, as marks that skip it and say so by name.

@needs.program("tshark")          skipped on a machine without it; a failure in CI, which installs it
@needs.captures                   skipped where nobody named a collection of foreign captures
@needs.namespaces                 skipped where the kernel forbids it
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

CAPTURES = Path(os.environ.get("PCAPSLEUTH_CAPTURES", "/nonexistent"))
"""A folder of captures from other projects, too many to ship; named by an environment variable."""


def program(*names: str) -> pytest.MarkDecorator:
    """Skip unless every program is installed."""
    missing = [name for name in names if shutil.which(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@cache
def _works(*command: str) -> bool:
    """Whether a command can be run here, and succeeds."""
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _capability(name: str, held: bool) -> pytest.MarkDecorator:
    """Skip, in CI too, where the machine truly lacks something that no package can install."""
    return pytest.mark.skipif(not held, reason=f"capability: {name}")


captures = _capability("foreign captures (PCAPSLEUTH_CAPTURES)", CAPTURES.is_dir())
root = _capability("root", os.geteuid() == 0)
namespaces = _capability("network namespaces", os.geteuid() == 0 and _works("unshare", "--net", "--mount", "true"))
