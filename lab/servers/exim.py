"""Exim 4, as a server and as a sending MTA.

Debian does not install it beside Postfix; the lab therefore also finds one that was only unpacked, at LAB_EXIM.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.network import INSIDE
from lab.servers.certificate import certificate

if TYPE_CHECKING:
    from lab.room import Room

_CONFIGURATION = """\
exim_path = {binary}
primary_hostname = {host}
local_interfaces = <; {address}
daemon_smtp_ports = 25
spool_directory = {home}/spool
log_file_path = {home}/%slog
pid_file_path = {home}/pid
disable_ipv6 = {no_ipv6}
host_lookup =
helo_accept_junk_hosts = *
rfc1413_query_timeout = 0s
keep_environment =
tls_advertise_hosts = {tls_hosts}
{tls}
{main}
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
acl_smtp_vrfy = deny
begin acl
acl_rcpt:
{rcpt}
  accept
acl_data:
  accept
begin routers
out:
  driver = {router}
begin transports
wire:
  driver = smtp
  {wire}
begin authenticators
{auth}
"""
_AUTH = """\
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if eq{$auth3}{tauben}}
  server_set_id = $auth2
  server_advertise_condition = yes
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if eq{$auth2}{tauben}}
  server_set_id = $auth1
  server_advertise_condition = yes
"""


UNPACKED = "/opt/lab-exim/usr/sbin/exim4"
"""Where `.ci/run` unpacks it."""


def binary() -> str:
    """Return the path of an Exim binary, or an empty string."""
    places = [os.environ.get("LAB_EXIM", UNPACKED), shutil.which("exim4") or ""]
    return next((place for place in places if place and Path(place).exists()), "")


@dataclass
class Exim:
    """An Exim daemon; `router` decides what becomes of accepted mail."""

    host: str = "mx2.example.com"
    address: str = "10.1.1.26"
    side: str = INSIDE
    tls: bool = False
    auth: bool = False
    main: list[str] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    router: str = "redirect\n  data = :blackhole:"
    wire: str = ""
    home: Path = Path()

    def software(self) -> str:
        """Return Exim and its version."""
        done = subprocess.run([binary(), "-bV"], check=False, capture_output=True, text=True)
        return " ".join(done.stdout.split()[:3]).replace("version ", "")

    def configure(self, room: Room) -> Path:
        """Write the configuration and return its path."""
        self.home = room.scratch / f"exim-{self.address.replace(':', '-')}"
        (self.home / "spool").mkdir(parents=True)
        for place in (self.home, self.home / "spool"):
            shutil.chown(place, "Debian-exim", "Debian-exim")
        cert, key = certificate(room.scratch, self.host) if self.tls else ("", "")
        text = _CONFIGURATION.format(
            binary=binary(),
            host=self.host,
            address=self.address,
            home=self.home,
            no_ipv6="false" if ":" in self.address else "true",
            tls_hosts="*" if self.tls else "",
            tls=f"tls_certificate = {cert}\ntls_privatekey = {key}" if self.tls else "",
            main="\n".join(self.main),
            rcpt="\n".join(f"  {line}" for line in self.rcpt),
            router=self.router,
            wire=self.wire,
            auth=_AUTH if self.auth else "",
        )
        path = self.home / "exim.conf"
        path.write_text(text)
        return path

    def start(self, room: Room) -> None:
        """Start the daemon in the foreground of its own process."""
        path = self.configure(room)
        room.start(self.side, [binary(), "-C", str(path), "-bdf", "-q1h"], self.host)
        room.await_port(self.side, self.address)

    def stop(self, room: Room) -> None:
        """Leave it to the room, which started the process."""
        del room
