from pathlib import Path

import pytest

from pcapsleuth.capture.points import Selector
from pcapsleuth.errors import OptionError
from tests.capture.columns import read
from tests.capture.craft import Record, ethernet, interface, ipv4, ipv6, packet, pcap, section, tcp

PACKET = ipv4(tcp(b"NOOP\r\n"))


def points(path: Path, *selectors: str) -> list[int]:
    found, _ = read(path, points=[Selector.parse(text) for text in selectors])
    return [row["point"] for row in found]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("if:eth0", "if:eth0"),
        ("if:a:b", "if:a:b"),
        ("vlan:010", "vlan:10"),
        ("mac:02-00-00-00-00-0A", "mac:02:00:00:00:00:0a"),
        ("NET:192.0.2.77/24", "net:192.0.2.0/24"),
        ("net:2001:db8::1", "net:2001:db8::1/128"),
    ],
)
def test_selectors_are_read_and_written(text: str, written: str) -> None:
    assert str(Selector.parse(text)) == written


@pytest.mark.parametrize(
    "text", ["", "eth0", "if:", "vlan:4096", "vlan:-1", "vlan:x", "mac:02:00", "net:192.0.2.0/33", "tunnel:7"]
)
def test_what_selects_nothing_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(OptionError, match=r"write if:NAME, vlan:N \(0 to 4095\), mac:ADDR or net:CIDR"):
        Selector.parse(text)


def test_interfaces(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    names = [[(2, b"outside")], [(2, b"\\Device\\7"), (3, b"inside")], []]
    interfaces = b"".join(interface(options=options) for options in names)
    frames = b"".join(packet(Record(ethernet(PACKET), interface=index)) for index in (0, 1, 2, 1))
    file.write_bytes(section() + interfaces + frames)

    assert points(file, "if:outside", "if:inside") == [0, 1, -1, 1]


def test_tags(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    stacks = [(), ((0x8100, 10),), ((0x88A8, 20), (0x8100, 10)), ((0x8100, 0x6000),), ((0x8100, 0xF014),)]
    file.write_bytes(pcap([Record(ethernet(PACKET, tags=tags)) for tags in stacks]))

    assert points(file, "vlan:10", "vlan:20") == [-1, 0, 0, -1, 1]
    assert points(file, "vlan:20", "vlan:10") == [-1, 1, 0, -1, 0]
    assert points(file, "vlan:0", "vlan:10") == [0, 1, 1, 0, -1]


def test_addresses_of_the_link(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(ethernet(PACKET))]))

    assert points(file, "mac:02:00:00:00:00:01") == [0]
    assert points(file, "mac:02:00:00:00:00:02") == [0]
    assert points(file, "mac:00:00:00:00:02:00") == [-1]
    file.write_bytes(pcap([Record(PACKET)], link_type=101))
    assert points(file, "mac:02:00:00:00:00:01") == [-1]


def test_networks(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    outside = (bytes((203, 0, 113, 5)), bytes((198, 51, 100, 25)))
    inside = (bytes((203, 0, 113, 5)), bytes((10, 1, 1, 25)))
    answer = (bytes((10, 1, 1, 25)), bytes((203, 0, 113, 5)))
    packets = [ipv4(tcp(), addresses=pair) for pair in (outside, inside, answer)]
    six = Record(ethernet(ipv6(tcp()), 0x86DD))
    file.write_bytes(pcap([*(Record(ethernet(one)) for one in packets), six]))

    assert points(file, "net:198.51.100.0/24", "net:10.1.1.0/24") == [0, 1, 1, -1]
    assert points(file, "net:2001:db8::/32", "net:203.0.113.5") == [1, 1, 1, 0]
    assert points(file, "net:2001:db8:1::/64") == [-1, -1, -1, -1]
    assert points(file, "net:2001:db8:0:1::/64") == [-1, -1, -1, 0]
    assert points(file, "net:0.0.0.0/0", "net:::/0") == [0, 0, 0, 1]


def test_the_first_that_selects_wins(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(ethernet(PACKET))]))

    assert points(file, "net:192.0.2.0/24", "net:198.51.100.0/24") == [0]
    assert points(file) == [-1]
