"""Postfix, as a server and as a real sending MTA: an instance with its own queue, never the system's."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.network import INSIDE
from lab.servers.certificate import certificate

if TYPE_CHECKING:
    from lab.room import Room

_SERVICES = """\
{listen}
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
showq     unix  n - n - - showq
"""


_POSTSCREEN = """\
{door} inet n - n - 1 postscreen
smtpd     pass  - - n - - smtpd
dnsblog   unix  - - n - 0 dnsblog
tlsproxy  unix  - - n - 0 tlsproxy"""


@dataclass
class Postfix:
    """An instance of Postfix; without `listen` it only sends, with `postscreen` that program opens the door."""

    host: str = "mx1.example.com"
    address: str = "10.1.1.25"
    side: str = INSIDE
    tls: bool = True
    listen: bool = True
    postscreen: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    home: Path = Path()

    def software(self) -> str:
        """Return Postfix and its version."""
        done = subprocess.run(["postconf", "-d", "-h", "mail_version"], check=True, capture_output=True, text=True)
        return f"Postfix {done.stdout.strip()}"

    def start(self, room: Room) -> None:
        """Write the configuration and start the instance."""
        self.home = room.scratch / f"postfix-{self.address.replace(':', '-')}"
        for name in ("queue", "data"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        shutil.chown(self.home / "data", "postfix")
        door = f"{'[' + self.address + ']' if ':' in self.address else self.address}:25"
        listen = _POSTSCREEN.format(door=door) if self.postscreen else f"{door} inet n - n - - smtpd"
        (self.home / "master.cf").write_text(_SERVICES.format(listen=listen if self.listen else ""))
        settings = self._settings(room) | self.settings
        (self.home / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        done = room.run(self.side, ["postfix", "-c", str(self.home), "start"], self.host)
        if done.returncode:
            raise RuntimeError(done.stderr)
        if self.listen:
            room.await_port(self.side, self.address)

    def stop(self, room: Room) -> None:
        """Stop this instance, by the pid file in its own queue directory."""
        room.run(self.side, ["postfix", "-c", str(self.home), "stop"], self.host)

    def _settings(self, room: Room) -> dict[str, str]:
        settings = {
            "compatibility_level": "3.6",
            "myhostname": self.host,
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "queue_directory": f"{self.home}/queue",
            "data_directory": f"{self.home}/data",
            "maillog_file": f"{self.home}/log",
            "maillog_file_prefixes": str(room.scratch),
            "inet_protocols": "all",
            "alias_maps": "",
            "alias_database": "",
            "smtpd_peername_lookup": "no",
            "relay_domains": "example.com, example.org" if self.listen else "",
            "relay_transport": "discard",
            "default_transport": "discard" if self.listen else "smtp",
            "local_transport": "discard",
            "smtpd_timeout": "20s",
            "smtp_bind_address": "" if self.listen else self.address,
            "smtp_tls_security_level": "",
            "smtp_dns_support_level": "disabled",
        }
        if self.tls:
            cert, key = certificate(room.scratch, self.host)
            settings |= {
                "smtpd_tls_security_level": "may",
                "smtpd_tls_cert_file": str(cert),
                "smtpd_tls_key_file": str(key),
            }
        return settings
