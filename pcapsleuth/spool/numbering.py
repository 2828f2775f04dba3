"""The numbers of sessions that several processes read: the order of first frames, as if one had read them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pcapsleuth.tcp.segments import frame_file

Numbers = Sequence[int]
"""The number of each session of a share, by its index there."""


def number(firsts: Sequence[Mapping[int, int]], files: Sequence[int]) -> list[Numbers]:
    """Number the sessions of all shares: `firsts` has their first frames by index, `files` the order of reading."""
    turn = {file: place for place, file in enumerate(files)}
    ranked = sorted(
        (turn[frame_file(frame)], frame, share, index)
        for share, all_ in enumerate(firsts)
        for index, frame in all_.items()
    )
    numbers = [[0] * len(all_) for all_ in firsts]
    for place, (_, _, share, index) in enumerate(ranked):
        numbers[share][index] = place
    return list(numbers)
