"""Three network namespaces in a row: outside, the device, inside. Nothing that is sent here leaves them."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTSIDE, DEVICE, INSIDE = "outside", "device", "inside"
TAPS = {OUTSIDE: "tap-out", INSIDE: "tap-in"}
DEVICE_MAC = {OUTSIDE: "02:00:00:00:01:01", INSIDE: "02:00:00:00:02:01"}
PEER_MAC = {OUTSIDE: "02:00:00:00:01:0a", INSIDE: "02:00:00:00:02:0a"}
_NETS = {
    OUTSIDE: ("203.0.113.1", "2001:db8:0:1::1", ["198.51.100.0/24", "10.1.1.0/24"], "2001:db8:0:2::/64"),
    INSIDE: ("10.1.1.1", "2001:db8:0:2::1", ["203.0.113.0/24", "198.51.100.0/24"], "2001:db8:0:1::/64"),
}
_HOSTS = {
    OUTSIDE: [f"203.0.113.{n}/24" for n in range(10, 40)] + ["2001:db8:0:1::10/64"],
    INSIDE: [f"10.1.1.{n}/24" for n in range(20, 50)] + ["2001:db8:0:2::25/64"],
}
_OFFLOADS = ("tx", "rx", "sg", "tso", "gso", "gro")
_SETTINGS = {
    "net.ipv4.ip_unprivileged_port_start": "0",
    "net.ipv4.tcp_orphan_retries": "2",
    "net.ipv4.tcp_syn_retries": "2",
    "net.ipv4.tcp_tw_reuse": "0",
    "net.ipv6.conf.all.accept_dad": "0",
    "net.ipv6.conf.default.accept_dad": "0",
    "net.ipv6.conf.default.router_solicitations": "0",
}


@dataclass(frozen=True)
class Network:
    """The names of the namespaces of one recording."""

    prefix: str

    def enter(self, side: str, hostname: str = "host.example.net") -> list[str]:
        """Return the start of a command line that runs the rest inside a namespace, under a made-up host name."""
        shell = 'hostname "$0"; exec "$@"'
        inside = ["ip", "netns", "exec", f"{self.prefix}-{side}"]
        return [*inside, "unshare", "--uts", "--", "sh", "-c", shell, hostname]

    def run(self, side: str, *command: str) -> str:
        """Run a command in a namespace and return what it prints."""
        done = subprocess.run([*self.enter(side), *command], check=True, capture_output=True, text=True)
        return done.stdout


@contextmanager
def network() -> Iterator[Network]:
    """Build the namespaces, and take them away afterwards."""
    net = Network(f"lab{os.getpid()}")
    try:
        for side in (OUTSIDE, DEVICE, INSIDE):
            _run("ip", "netns", "add", f"{net.prefix}-{side}")
        for side in (OUTSIDE, INSIDE):
            _cable(net, side)
        yield net
    finally:
        for side in (OUTSIDE, DEVICE, INSIDE):
            _remove(f"{net.prefix}-{side}")


def let_the_kernel_answer(net: Network, servers: list[str]) -> None:
    """Give the device addresses of its own: a proxy has connections of its own."""
    for address in ["203.0.113.1/24", *(f"{server}/32" for server in servers)]:
        net.run(DEVICE, "ip", "addr", "add", address, "dev", TAPS[OUTSIDE])
    net.run(DEVICE, "ip", "addr", "add", "10.1.1.1/24", "dev", TAPS[INSIDE])


def _cable(net: Network, side: str) -> None:
    ends = {side: ("eth0", PEER_MAC[side]), DEVICE: (TAPS[side], DEVICE_MAC[side])}
    (one, one_mac), (two, two_mac) = ends.values()
    names = [f"{net.prefix}-{place}" for place in ends]
    first = ["ip", "link", "add", one, "address", one_mac, "netns", names[0], "type", "veth"]
    _run(*first, "peer", "name", two, "address", two_mac, "netns", names[1])
    for place, (name, _) in ends.items():
        for setting, value in _SETTINGS.items():
            net.run(place, "sysctl", "-qw", f"{setting}={value}")
        if place == DEVICE:
            net.run(place, "sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
        net.run(place, "ethtool", "-K", name, *(word for offload in _OFFLOADS for word in (offload, "off")))
        net.run(place, "ip", "link", "set", "lo", "up")
        net.run(place, "ip", "link", "set", name, "up")
    _address(net, side)


def _address(net: Network, side: str) -> None:
    gateway, gateway6, routes, route6 = _NETS[side]
    for address in _HOSTS[side]:
        # Without nodad a server could not bind to an IPv6 address in its first second (RFC 4862 section 5.4).
        net.run(side, "ip", "addr", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []))
    for router in (gateway, gateway6):
        net.run(side, "ip", "neigh", "add", router, "lladdr", DEVICE_MAC[side], "nud", "permanent", "dev", "eth0")
    for route in routes:
        if not _HOSTS[side][0].startswith(route[:6]):
            net.run(side, "ip", "route", "add", route, "via", gateway)
    net.run(side, "ip", "-6", "route", "add", route6, "via", gateway6)


def _remove(name: str) -> None:
    """Take a namespace away, and first what servers left running in it: a handler that still waits for its client."""
    left = subprocess.run(["ip", "netns", "pids", name], check=False, capture_output=True, text=True).stdout.split()
    for number in left:
        with suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGKILL)
    subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
