import bz2
import errno
import gzip
import io
import lzma
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from pcapsleuth.capture import source
from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.errors import CaptureError
from pcapsleuth.tcp.segments import frame_file
from tests.capture.columns import read
from tests.capture.craft import TIME, Record, ethernet, ipv4, pcap, pcapng, tcp

RECORDS = [Record(ethernet(ipv4(tcp(b"%d\r\n" % n))), TIME + n) for n in range(500)]
PAYLOADS = [b"%d\r\n" % n for n in range(500)]

Compress = Callable[[bytes], bytes]
COMPRESSORS: dict[str, Compress] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("make", [pcap, pcapng])
@pytest.mark.parametrize("name", COMPRESSORS)
def test_compressed_files(tmp_path: Path, name: str, make: Callable[[list[Record]], bytes]) -> None:
    file = tmp_path / "a"
    file.write_bytes(COMPRESSORS[name](make(RECORDS)))

    for block_size in (64, 1 << 23):
        found, account = read(file, block_size=block_size)
        assert [row["payload"] for row in found] == PAYLOADS
        assert not account.notes


@pytest.mark.parametrize("name", COMPRESSORS)
def test_compressed_files_of_several_members(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a"
    content = pcap(RECORDS)
    file.write_bytes(COMPRESSORS[name](content[:999]) + COMPRESSORS[name](content[999:]))

    assert [row["payload"] for row in read(file)[0]] == PAYLOADS


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_zeros_behind_a_compressed_file_are_padding(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a"
    file.write_bytes(COMPRESSORS[name](pcap(RECORDS)) + bytes(512))

    found, account = read(file)

    assert len(found) == 500
    assert not account.notes


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_compressed_file_that_ends_early(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a"
    noise = [Record(ethernet(ipv4(tcp(os.urandom(1400))))) for _ in range(1000)]
    content = COMPRESSORS[name](pcap(noise))
    file.write_bytes(content[: len(content) * 9 // 10])

    found, account = read(file)

    assert 100 < len(found) < 1000
    assert account.notes == {"truncated-file": 1}


@pytest.mark.parametrize("name", COMPRESSORS)
def test_a_compressed_file_with_a_damaged_middle(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a"
    noise = [Record(ethernet(ipv4(tcp(os.urandom(1400))))) for _ in range(2000)]
    content = bytearray(COMPRESSORS[name](pcap(noise)))
    content[-len(content) // 4 :] = b"\xff" * (len(content) - len(content) * 3 // 4)
    file.write_bytes(content)

    found, account = read(file)

    assert len(found) < 2000
    assert sum(account.notes.values()) >= 1


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_RATIO_FROM", 1 << 20)
    monkeypatch.setattr(source, "_RATIO_BOUND", 100)
    for compress in COMPRESSORS.values():
        file = tmp_path / "a"
        file.write_bytes(compress(pcap([]) + bytes(64 << 20)))
        _, account = read(file)
        assert account.notes["decompression-bound"] == 1
        assert account.frames < 3 << 20


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04" + bytes(60), "is a zip archive, which is not read; unpack it first"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(60), "is a 7z archive"),
        (b"Rar!\x1a\x07" + bytes(60), "is a rar archive"),
        (b"\x04\x22\x4d\x18" + bytes(60), "is compressed with lz4"),
        (b"GMBU" + bytes(60), "Network Monitor 2, which is not read; convert it with `editcap -F pcapng IN OUT`"),
        (b"RTSS" + bytes(60), "Network Monitor 1"),
        (b"snoop\0\0\0" + bytes(60), "Solaris snoop"),
        (b"TRSNIFF data    \x1a" + bytes(60), "Network General Sniffer"),
        (b"XCP\0" + bytes(60), "Network Associates Sniffer"),
        (b"iptrace 2.0" + bytes(60), "AIX iptrace"),
        (b"\0\0\1\0\x48\0\0\0" + bytes(60), "Windows event trace"),
        (b"\xff" * 257 + b"ustar" + bytes(60), "tar archive"),
        (b"12:00:01 IP 192.0.2.1.4000 > 198.51.100.25.25: Flags [S]\n", "is text, not a capture"),
        (b"\0" * 64, "is not a pcap or pcapng file"),
        (b"\xd4\xc3\xb2\xa1" + bytes(19), "is not a pcap or pcapng file"),
        (b"\x0a\x0d\x0d\x0a" + bytes(60), "is a pcapng file with a damaged header"),
        (gzip.compress(b""), "is empty"),
        (gzip.compress(b"PK\x03\x04" + bytes(60)), "is a zip archive"),
        (gzip.compress(pcap(RECORDS))[:12], "is damaged, and nothing of it can be decompressed"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "evidence"
    file.write_bytes(content)

    with pytest.raises(CaptureError) as caught:
        read(file)

    assert str(caught.value).startswith(f"{file}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_a_header_that_is_cut_cannot_be_read(tmp_path: Path, make: Callable[[list[Record]], bytes]) -> None:
    file = tmp_path / "a"
    for end in range(24):
        file.write_bytes(make([])[:end])
        with pytest.raises(CaptureError):
            read(file)


def test_a_trace_is_known_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "NetTrace.ETL"
    file.write_bytes(b"\xff" * 64)

    with pytest.raises(CaptureError, match="etl2pcapng"):
        read(file)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.pcap", tmp_path):
        with pytest.raises(CaptureError, match="cannot be opened"):
            read(path)


def test_zstandard_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.pcap.zst"
    file.write_bytes(COMPRESSORS["zstd"](pcap(RECORDS)))
    monkeypatch.setitem(sys.modules, "zstandard", None)

    with pytest.raises(CaptureError, match="install `zstandard`"):
        read(file)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_standard_input(compress: Compress) -> None:
    program = (
        "from pcapsleuth.capture.reader import CaptureReader\n"
        "reader = CaptureReader(['-'])\n"
        "print(sum(len(batch) for batch in reader), reader.account.frames, dict(reader.account.notes))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=compress(pcap(RECORDS)), capture_output=True, check=True
    )

    assert done.stdout == b"500 500 {}\n"


def test_a_pipe_gives_what_has_arrived(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = pcap(RECORDS)
    first_frame = 24 + 16 + len(RECORDS[0].data)
    taken = threading.Event()

    def write() -> None:
        with pipe.open("wb", buffering=0) as stream:
            stream.write(content[: first_frame + 3])
            assert taken.wait(10)
            stream.write(content[first_frame + 3 :])

    writer = threading.Thread(target=write)
    writer.start()
    reader = CaptureReader([str(pipe)])
    batches = iter(reader)
    assert len(next(batches)) == 1
    taken.set()
    assert sum(len(batch) for batch in batches) == 499
    writer.join()
    assert not reader.account.notes


def test_a_silent_pipe_gives_empty_batches(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    finish = threading.Event()

    def write() -> None:
        with pipe.open("wb", buffering=0) as stream:
            stream.write(pcap(RECORDS[:2]))
            assert finish.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    batches = iter(CaptureReader([str(pipe)], latency_ns=1_000_000))
    sizes = [len(next(batches)) for _ in range(5)]
    finish.set()
    sizes += [len(batch) for batch in batches]
    writer.join()

    assert sum(sizes) == 2
    assert sizes[3:5] == [0, 0]


def test_pipes_are_read_after_files(tmp_path: Path) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_bytes(pcap(RECORDS[1:2]))
    told: list[tuple[int, int | None]] = []
    reader = CaptureReader([str(pipe), str(file)], progress=lambda *values: told.append(values))
    writer = threading.Thread(target=pipe.write_bytes, args=(pcap(RECORDS[:1]),))
    writer.start()
    found = [frame_file(int(frame)) for batch in reader for frame in batch.frame]
    writer.join()

    assert found == [1, 0]
    assert {total for _, total in told} == {None}


def test_a_file_that_can_no_longer_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.FileIO):
        def readinto(self, buffer: object) -> int:
            raise OSError(errno.EIO, "Input/output error")

    file = tmp_path / "a"
    file.write_bytes(pcap(RECORDS))
    monkeypatch.setattr(io, "FileIO", Failing)

    with pytest.raises(CaptureError, match="cannot be read"):
        read(file)


def test_progress_counts_compressed_bytes_of_all_files(tmp_path: Path) -> None:
    files = [tmp_path / "a.pcap", tmp_path / "b.pcap.gz"]
    files[0].write_bytes(pcap(RECORDS))
    files[1].write_bytes(gzip.compress(pcap(RECORDS)))
    total = sum(file.stat().st_size for file in files)
    told: list[tuple[int, int | None]] = []

    for _ in CaptureReader(
        [str(file) for file in files], progress=lambda *values: told.append(values), block_size=4096
    ):
        pass

    assert told == sorted(told)
    assert told[-1] == (total, total)
