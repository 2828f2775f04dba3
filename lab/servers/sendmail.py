"""Sendmail, which takes mail and queues it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import unpacked
from lab.network import INSIDE

if TYPE_CHECKING:
    from lab.room import Room

_PROGRAM = "/usr/libexec/sendmail/sendmail"
_MACROS = """\
divert(0)dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `{host}')dnl
define(`confPID_FILE', `/run/sendmail.pid')dnl
define(`STATUS_FILE', `/run/statistics')dnl
define(`QUEUE_DIR', `/var/spool/mqueue')dnl
define(`confDEF_USER_ID', `mail:mail')dnl
define(`confTO_IDENT', `0')dnl
define(`confDIRECT_SUBMISSION_MODIFIERS', `')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupReadableKeyFile')dnl
FEATURE(`nocanonify')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`delay_checks')dnl
DAEMON_OPTIONS(`Name=MTA, Addr={address}, Port=25')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
_START = """\
mkdir -p /var/spool/mqueue
m4 /usr/share/sendmail/cf/m4/cf.m4 /etc/lab.mc > /run/sendmail.cf
exec {program} -C /run/sendmail.cf -bD -odq
"""


@dataclass
class Sendmail:
    """One instance."""

    host: str = "mx5.example.com"
    address: str = "10.1.1.29"
    side: str = INSIDE

    def software(self) -> str:
        """Return Sendmail and the version that was unpacked."""
        return "Sendmail " + unpacked.version("sendmail-bin")

    def start(self, room: Room) -> None:
        """Make the configuration from its macros and start the daemon in the foreground."""
        settings = {
            "lab.mc": _MACROS.format(host=self.host, address=self.address),
            "hosts": f"{self.address} {self.host}\n127.0.0.1 localhost\n",
            "mail/local-host-names": f"{self.host}\n",
            "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        }
        command = ["sh", "-ec", _START.format(program=_PROGRAM)]
        room.start(self.side, unpacked.laid_over(room, "sendmail", command, settings), self.host)
        room.await_port(self.side, self.address)

    def stop(self, room: Room) -> None:
        """Leave it to the room, which started the process."""
        del room
