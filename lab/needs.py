"""What must be present before anything can be recorded, by the name under which it is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil

from lab.servers.exim import binary

_PROGRAMS = {
    "ip": "iproute2",
    "ss": "iproute2",
    "ethtool": "ethtool",
    "unshare": "util-linux",
    "sysctl": "procps",
    "openssl": "openssl",
    "tcpdump": "tcpdump",
    "postfix": "postfix",
    "swaks": "swaks",
    "curl": "curl",
}


def missing() -> list[str]:
    """Return what is missing, as something to tell the user."""
    wanted = [f"the Debian package {package}" for name, package in _PROGRAMS.items() if not shutil.which(name)]
    if not binary():
        wanted.append(
            "Exim 4 (exim4-daemon-light; beside Postfix: `apt-get download` it, unpack it with `dpkg -x` and point "
            "LAB_EXIM at usr/sbin/exim4; it needs libidn12, libgnutls-dane0 and a system user Debian-exim)",
        )
    if importlib.util.find_spec("aiosmtpd") is None:
        wanted.append("the Python package aiosmtpd")
    if os.geteuid() != 0:
        wanted.append("root, for network namespaces and packet sockets")
    return list(dict.fromkeys(wanted))
