"""Bytes of a capture: from a file or a pipe, decompressed where need be."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import select
import stat
import sys
import zlib
from pathlib import Path
from typing import IO, Protocol, cast

from pcapsleuth.errors import CaptureError

STANDARD_INPUT = "-"

_CHUNK = 1 << 16
"""Bytes to decompress at a time: what is asked for together with damage is lost."""

_MEMORY_BOUND = 1 << 27
"""What a decompressor may use: xz and zstd files name their own window."""

_RATIO_BOUND, _RATIO_FROM = 2_000, 1 << 28
"""A capture that grows more than 2,000-fold, beyond the first 256 MiB, is a bomb: gzip cannot, captures do not."""

_MAGICS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_LONGEST_MAGIC = 6


def is_file(path: str) -> bool:
    """Whether a path can be read more than once."""
    return path != STANDARD_INPUT and Path(path).is_file()


def is_pipe(path: str) -> bool:
    """Whether a path is there, but what is read from it is gone."""
    return path == STANDARD_INPUT or (Path(path).exists() and not Path(path).is_file())


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Damage(Exception):  # noqa: N818  not an error: the reader counts it and goes on
    """The input cannot be read further; the text is the reason to count."""


class Source:
    """Where the bytes of one capture come from."""

    def __init__(self, path: str) -> None:
        """Open a path, or standard input for `-`; raise CaptureError where that fails."""
        self.path = path
        try:
            descriptor = sys.stdin.fileno() if path == STANDARD_INPUT else path
            self._raw = io.FileIO(descriptor, closefd=path != STANDARD_INPUT)
            self.regular = stat.S_ISREG(os.fstat(self._raw.fileno()).st_mode)
            """A file, not a pipe or a terminal."""
            self._ahead = self._peek()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CaptureError(f"{path}: cannot be opened ({reason}); check its name and your permission") from error
        self.position = 0
        """Bytes read so far, of the compressed input."""
        try:
            self._inflater = self._find_inflater()
        except CaptureError:
            self.close()
            raise

    def _peek(self) -> bytes:
        ahead = b""
        while len(ahead) < _LONGEST_MAGIC and (more := self._raw.read(_LONGEST_MAGIC - len(ahead))):
            ahead += more
        return ahead

    def _find_inflater(self) -> _Inflater | _ZstdInflater | None:
        kind = next((kind for magic, kind in _MAGICS.items() if self._ahead.startswith(magic)), None)
        if kind is None:
            return None
        return _ZstdInflater(self) if kind == "zstd" else _Inflater(self, kind)

    def close(self) -> None:
        """Close the file (standard input stays open)."""
        self._raw.close()

    def readinto(self, view: memoryview) -> int:
        """Read at least one byte, or 0 at the end, without waiting for more; raise Damage."""
        if self._inflater is None:
            return self.read_raw_into(view)
        return self._inflater.readinto(view)

    def wait(self, seconds: float) -> bool:
        """Wait until something can be read; False if nothing came.

        Always True for files, and for compressed pipes, where only the decompressor knows.
        """
        if self.regular or self._inflater is not None or self._ahead:
            return True
        poll = select.poll()
        poll.register(self._raw, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def read_raw_into(self, view: memoryview) -> int:
        """Read as `readinto`, but bytes as they are in the file."""
        if self._ahead:
            count = min(len(view), len(self._ahead))
            view[:count] = self._ahead[:count]
            self._ahead = self._ahead[count:]
        else:
            try:
                count = self._raw.readinto(view) or 0
            except OSError as error:
                raise Damage("read-error") from error
        self.position += count
        return count

    def read(self, size: int) -> bytes:
        """Read as `read_raw_into`, returning bytes."""
        buffer = bytearray(size)
        return bytes(buffer[: self.read_raw_into(memoryview(buffer))])


class _Inflater:
    """gzip, bzip2 and xz: one or several members, one behind the other."""

    def __init__(self, source: Source, kind: str) -> None:
        self._source = source
        self._kind = kind
        self._decompressor = self._new()
        self._pending = b""
        self._written = 0

    def _new(self) -> _Decompressor:
        if self._kind == "gzip":
            return _Gzip()
        if self._kind == "bzip2":
            return bz2.BZ2Decompressor()
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_BOUND)

    def readinto(self, view: memoryview) -> int:
        check_ratio(self._written, self._source.position)
        try:
            data = self._decompress(min(len(view), _CHUNK))
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            raise Damage("damaged-compression") from error
        view[: len(data)] = data
        self._written += len(data)
        return len(data)

    def _decompress(self, size: int) -> bytes:
        while True:
            if self._decompressor.eof:
                self._pending = self._decompressor.unused_data or self._source.read(_CHUNK)
                if not self._pending.strip(b"\0"):
                    return b""  # the end, or padding as tapes have it
                self._decompressor = self._new()
            elif self._decompressor.needs_input and not self._pending:
                self._pending = self._source.read(_CHUNK)
                if not self._pending:
                    raise Damage("truncated-file")
            data = self._decompressor.decompress(self._pending, size)
            self._pending = b""
            if data:
                return data


class _Gzip:
    """Makes zlib look like bz2 and lzma."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


class _ZstdInflater:
    """Zstandard, by the package of that name."""

    def __init__(self, source: Source) -> None:
        try:
            import zstandard  # noqa: PLC0415  needed for such files only
        except ImportError as error:
            advice = "install `zstandard`, or decompress it with `zstd -d`"
            raise CaptureError(f"{source.path}: is compressed with zstd; {advice}") from error
        self._source = source
        self._error = zstandard.ZstdError
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MEMORY_BOUND)
        self._stream = decompressor.stream_reader(cast("IO[bytes]", source), read_size=_CHUNK, read_across_frames=True)
        self._written = 0

    def readinto(self, view: memoryview) -> int:
        check_ratio(self._written, self._source.position)
        try:
            count = self._stream.readinto(view[:_CHUNK])
        except self._error as error:
            raise Damage("damaged-compression") from error
        self._written += count
        return count


def check_ratio(written: int, read: int) -> None:
    """Stop at what decompresses to absurd amounts."""
    if written > _RATIO_FROM and written > read * _RATIO_BOUND:
        raise Damage("decompression-bound")
