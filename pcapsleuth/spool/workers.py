"""Processes that share a piece of work: forked, so that they know all that their parent knows.

The parent takes Ctrl-C alone and tells the others, so that all of them stop reading and hand back what they have.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pcapsleuth.errors import PcapsleuthError
from pcapsleuth.tcp.sharing import Share

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess

T = TypeVar("T")

MOST = 4
"""Processes that are worth it: each reads the whole capture for its own connections."""

READ, DONE, FAILED = "read", "done", "failed"
"""What a process says: how far it has read, what it made, what went wrong."""

Progress = Callable[[int, int | None], None]


def usable() -> int:
    """How many processes can share work here: one where a fork is not possible or, beside threads, not safe."""
    if "fork" not in get_all_start_methods() or threading.active_count() > 1:
        return 1
    return min(MOST, len(os.sched_getaffinity(0)))


def spread(work: Callable[[Share, Progress], T], processes: int, progress: Progress) -> list[T]:
    """Do the work in as many processes, each with its share of it, and return what they made of it, by share.

    What one of them raises is raised here. `progress` is that of the first share.
    """
    with _handling({signal.SIGINT: signal.SIG_IGN, signal.SIGUSR1: signal.default_int_handler}):
        workers = [_Worker(work, Share(number, processes)) for number in range(processes)]
    try:
        with _handling({signal.SIGINT: _Stop(workers)}):
            return _collect(workers, progress)
    finally:
        for worker in workers:
            worker.end()


class _Worker(Generic[T]):
    """One process and the pipe that it answers through."""

    def __init__(self, work: Callable[[Share, Progress], T], share: Share) -> None:
        context = get_context("fork")
        self.pipe, answers = context.Pipe(duplex=False)
        self.process: ForkProcess = context.Process(target=_run, args=(work, share, answers), daemon=True)
        with warnings.catch_warnings():
            # From Python 3.12 on the idle threads of numpy's libraries are warned of: they survive a fork.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        answers.close()

    def interrupt(self) -> None:
        """Have it stop reading."""
        if self.process.is_alive() and self.process.pid is not None:
            os.kill(self.process.pid, signal.SIGUSR1)

    def end(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


class _Stop:
    """What the parent does on Ctrl-C: have all stop, and at the second time go away itself."""

    def __init__(self, workers: list[_Worker[T]]) -> None:
        self._workers = workers
        self._told = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if self._told:
            raise KeyboardInterrupt
        self._told = True
        for worker in self._workers:
            worker.interrupt()


@contextmanager
def _handling(
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], object] | signal.Handlers],
) -> Iterator[None]:
    """Handle signals in another way for a while."""
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(work: Callable[[Share, Progress], T], share: Share, pipe: Connection) -> None:
    """Do a share of the work in a process of its own."""

    def progress(done: int, total: int | None) -> None:
        if share.number == 0:
            pipe.send((READ, (done, total)))

    gc.freeze()  # what the parent made stays: to look through it would also copy its pages
    try:
        pipe.send((DONE, work(share, progress)))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  raised again by the parent
        error.add_note(traceback.format_exc())
        pipe.send((FAILED, error))


def _collect(workers: list[_Worker[T]], progress: Progress) -> list[T]:
    """Wait for all answers."""
    answers: dict[int, T] = {}
    waiting = {worker.pipe: number for number, worker in enumerate(workers)}
    while waiting:
        for pipe in wait(list(waiting)):
            number = waiting[pipe]  # type: ignore[index]  # only connections are waited for
            kind, value = _receive(workers[number])
            if kind == READ:
                progress(*value)
            else:
                answers[number] = value
                del waiting[workers[number].pipe]
    return [answers[number] for number in range(len(workers))]


def _receive(worker: _Worker[T]) -> tuple[str, Any]:
    """Receive one message; raise what it failed with."""
    try:
        message: tuple[str, Any] = worker.pipe.recv()
    except EOFError:
        worker.process.join()
        raise PcapsleuthError(
            f"A process that shared the work ended before it was done (exit code {worker.process.exitcode}). "
            "Free some memory, or let one process do it all (--jobs 1)."
        ) from None
    if message[0] == FAILED:
        raise message[1]
    return message
