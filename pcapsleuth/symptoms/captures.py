"""Which captures would tell, and the commands to take them."""

from __future__ import annotations

BOTH = (
    "both sides of the device at the same time: `tcpdump -i IFACE -s 0 -w outside.pcap 'tcp port 25'` on either side, "
    "or on an ASA `capture out interface outside buffer 33554432 packet-length 1522 match tcp any any eq smtp`, "
    "and `capture in interface inside ...` alike"
)
INBOUND = f"while somebody outside sends mail to you, {BOTH}"
AUTHENTICATING = (
    "while a POP3 user sends mail to somebody elsewhere, on the server: `tcpdump -i IFACE -s 0 -w sending.pcap "
    "'tcp port 25 or tcp port 587'`, and the same outside the device"
)
SENDING = f"while the mail that fails is sent again, {BOTH}"
SEVERAL = f"an hour in which some deliveries fail and some do not, {BOTH}"
EXCHANGE = (
    "while the two Exchange servers talk (restart the routing group connector), on both: `tcpdump -i IFACE -s 0 -w "
    "routing.pcap 'tcp port 25 and host OTHER-SERVER'`"
)
