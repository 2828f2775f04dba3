"""A throw-away certificate for STARTTLS: made anew for each recording, never kept."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def certificate(scratch: Path, host: str) -> tuple[Path, Path]:
    """Return the files of a certificate and its key."""
    cert, key = scratch / f"{host}.pem", scratch / f"{host}.key"
    if not cert.exists():
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        names = ["-subj", f"/CN={host}", "-days", "30", "-keyout", str(key), "-out", str(cert)]
        subprocess.run([*make, *names], check=True, capture_output=True)
        key.chmod(0o644)
    return cert, key
