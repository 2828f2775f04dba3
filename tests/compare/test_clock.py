"""The clock: robust, and exact where it can be."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.compare.clock import densest, estimate, median, window
from pcapsleuth.compare.pair import Clock
from tests.compare.populations import EPOCH, HOUR, MS, SECOND

clocks = st.builds(
    Clock,
    offset=st.integers(-1000 * HOUR, 1000 * HOUR),
    drift_ppb=st.integers(-500_000, 500_000),
    pairs=st.just(10),
    at=st.integers(EPOCH, EPOCH + 100 * HOUR),
    error=st.just(0),
)


@given(clocks, st.integers(EPOCH - 1000 * HOUR, EPOCH + 1000 * HOUR))
def test_there_and_back_again(clock: Clock, time: int) -> None:
    assert abs(clock.to_outside(clock.to_inside(time)) - time) <= 2_000


@given(clocks, st.integers(EPOCH - 1000 * HOUR, EPOCH + 1000 * HOUR))
def test_the_mirror_image_undoes_it(clock: Clock, time: int) -> None:
    assert abs(clock.mirrored().to_inside(clock.to_inside(time)) - time) <= 10_000_000


@given(clocks)
def test_the_mirror_image_of_the_mirror_image(clock: Clock) -> None:
    again = clock.mirrored().mirrored()

    assert (again.offset, again.at) == (clock.offset, clock.at)
    assert abs(again.drift_ppb - clock.drift_ppb) <= 1


@given(clocks, st.lists(st.integers(EPOCH - HOUR, EPOCH + HOUR), min_size=1, max_size=5))
def test_columns_move_as_single_times_do(clock: Clock, times: list[int]) -> None:
    assert clock.all_to_inside(np.array(times)).tolist() == [clock.to_inside(time) for time in times]


@given(clocks)
def test_absurd_times_do_not_overflow(clock: Clock) -> None:
    for time in (0, 4_294_967_295 * SECOND):
        assert clock.all_to_inside(np.array([time])).tolist() == [clock.to_inside(time)]


def points(drift_ppb: int, offset: int, count: int, wrong: int) -> tuple[list[int], list[int]]:
    random = Random(count)
    times = sorted(EPOCH + random.randrange(24 * HOUR) for _ in range(count))
    differences = [
        offset + (time - EPOCH) * drift_ppb // SECOND + random.randrange(MS) for time in times
    ]  # fmt: skip
    for place in random.sample(range(count), wrong):
        differences[place] += random.choice([-1, 1]) * random.randrange(2 * SECOND)
    return times, differences


@pytest.mark.parametrize("drift_ppb", [0, 400_000, -100_000, 5_000])
@pytest.mark.parametrize("wrong", [0, 60])
def test_a_third_of_the_pairs_may_be_wrong(drift_ppb: int, wrong: int) -> None:
    times, differences = points(drift_ppb, 3 * HOUR, 200, wrong)
    clock = estimate(np.array(times), np.array(differences), 60 * SECOND)

    assert abs(clock.drift_ppb - drift_ppb) < 50
    assert abs(clock.to_inside(EPOCH + 12 * HOUR) - EPOCH - 15 * HOUR - 12 * 3600 * drift_ppb - MS // 2) < MS
    assert clock.error < 2 * MS


def test_one_pair_makes_a_clock() -> None:
    assert estimate(np.array([EPOCH]), np.array([HOUR]), SECOND) == Clock(HOUR, 0, 1, EPOCH, 0)


def test_few_pairs_show_no_drift() -> None:
    times = np.array([EPOCH, EPOCH + HOUR, EPOCH + 2 * HOUR])

    assert estimate(times, np.array([0, 200 * MS, 100 * MS]), SECOND).drift_ppb == 0


def test_few_pairs_show_a_drift_that_leaves_nothing_else() -> None:
    times = np.array([EPOCH + number * HOUR for number in range(5)])
    differences = np.array([0, 360 * MS + 9_000, 720 * MS, 1_080 * MS + 5_000, 1_440 * MS])

    assert abs(estimate(times, differences, 10 * SECOND).drift_ppb - 100_000) < 10


def test_the_densest_window_wins_over_the_middle() -> None:
    differences = np.array([5, 1000, 1001, 1002, 9000, 9500, 9900])

    assert densest(differences, np.ones(7, np.int64), 10) == (1000, 3)


def test_among_equal_windows_the_smallest_offset_wins() -> None:
    differences = np.array([-50, -49, 20, 21, 90, 91])

    assert densest(differences, np.ones(6, np.int64), 5) == (20, 2)


@given(st.lists(st.integers(-(1 << 60), 1 << 60), min_size=1))
def test_the_median_is_one_of_the_values(values: list[int]) -> None:
    assert median(np.array(values)) in values


def test_the_window_grows_with_the_span() -> None:
    assert window(np.array([EPOCH])) == 2 * SECOND
    assert window(np.array([EPOCH, EPOCH + 10_000 * SECOND])) == 5 * SECOND
