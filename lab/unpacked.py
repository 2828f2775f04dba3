"""Mail software that is only unpacked, never installed: laid over /usr, for one process and its children.

Debian's mail servers exclude each other and start when they are installed. Unpacked with `dpkg -x` into LAB_SOFTWARE
and laid over the file system in a mount namespace of its own, each finds itself where it expects to be.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lab.room import LabError

if TYPE_CHECKING:
    from lab.room import Room

PACKAGES = (
    "dma esmtp libesmtp6 msmtp libgsasl18 libntlm0 libsecret-1-0 mutt libgpgme11 libtokyocabinet9 nullmailer opensmtpd "
    "s-nail sendmail-base sendmail-bin sendmail-cf m4 libwrap0 liblockfile1 ssmtp"
)
_ACCOUNTS = ("opensmtpd", "opensmtpq", "smmta", "smmsp")
_LAY_OVER = """\
mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$2:/etc" /etc
for place in /run /var/lib /var/spool; do mount -t tmpfs tmpfs "$place"; done
mkdir -p /var/lib/opensmtpd/empty
shift 2
exec "$@"
"""


def prefix() -> Path:
    """Return where the packages were unpacked."""
    return Path(os.environ.get("LAB_SOFTWARE", "/opt/lab-software"))


def missing() -> str:
    """Return what to do if nothing was unpacked; a few scenarios need it."""
    if (prefix() / "usr/sbin/smtpd").exists():
        return ""
    return f"more mail software, unpacked below LAB_SOFTWARE (`apt-get download` and `dpkg -x`): {PACKAGES}"


def laid_over(room: Room, name: str, command: list[str], settings: dict[str, str] | None = None) -> list[str]:
    """Return the command line that runs a command among the unpacked programs, with these files below /etc."""
    if lacking := missing():
        raise LabError(f"missing: {lacking}")
    etc = room.scratch / f"etc-{name}"
    passwd = Path("/etc/passwd").read_text()
    group = Path("/etc/group").read_text()
    for number, account in enumerate(_ACCOUNTS, 64000):
        passwd += f"{account}:x:{number}:{number}::/var/lib/opensmtpd/empty:/usr/sbin/nologin\n"
        group += f"{account}:x:{number}:\n"
    for path, text in {"passwd": passwd, "group": group, **(settings or {})}.items():
        (etc / path).parent.mkdir(parents=True, exist_ok=True)
        (etc / path).write_text(text)
    return ["unshare", "--mount", "--", "sh", "-ec", _LAY_OVER, "sh", str(prefix()), str(etc), *command]


def version(package: str) -> str:
    """Return a package's version without Debian's own part, from the changelog that was unpacked with it."""
    places = sorted((prefix() / "usr/share/doc" / package).glob("changelog.Debian*"))
    if not places:
        return ""
    opener = gzip.open if places[0].suffix == ".gz" else open
    with opener(places[0], "rt", encoding="utf-8", errors="replace") as stream:
        stated = stream.readline().split("(")[1].split(")")[0]
    return stated.rpartition(":")[2].rpartition("-")[0]
