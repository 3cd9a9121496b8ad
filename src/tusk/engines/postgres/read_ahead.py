"""Make an iterator's items in a thread, while the reader works on the ones before."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

T = TypeVar("T")
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _Call:
    function: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class ReadAhead(Generic[T]):
    """An iterator over a generator's items; the generator runs in a thread of its own.

    The thread starts when the first item is asked for.

    Args:
        generator: What it raises is raised to the reader.
    """

    def __init__(self, generator: Generator[T, None, None]) -> None:
        self._generator = generator
        self._queue: queue.Queue[_Item[T] | _Call | _End] = queue.Queue(_DEPTH)
        self._is_closed = False
        self._is_over = False
        self._thread = threading.Thread(target=self._work, name="tusk-read-ahead", daemon=True)

    def call(self, function: Callable[[], None]) -> None:
        """From the generator: have the reader's thread call something, in order with the items."""
        if not self._is_closed:
            self._queue.put(_Call(function))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self._thread.ident is None:
            self._thread.start()
        while not self._is_over:
            match self._queue.get():
                case _Item(value):
                    return value
                case _Call(function):
                    function()
                case _End(error):
                    self._finish()
                    if error is not None:
                        raise error
        raise StopIteration

    def close(self) -> None:
        """Stop making items, and wait until the thread has ended. What it raises is dropped."""
        self._is_closed = True
        if self._thread.ident is None:
            self._generator.close()
            return
        while not self._is_over:
            if isinstance(self._queue.get(), _End):
                self._finish()

    def _finish(self) -> None:
        self._is_over = True
        self._thread.join()

    def _work(self) -> None:
        end = _End()
        try:
            for value in self._generator:
                if self._is_closed:
                    break
                self._queue.put(_Item(value))
            self._generator.close()
        except BaseException as exc:  # noqa: BLE001 - handed to the reading thread
            end = _End(exc)
        self._queue.put(end)
