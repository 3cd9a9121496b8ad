"""A TCP proxy on the loopback interface that can become a bad network."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")
CHUNK = 65536
HELD_LIMIT = 1 << 20
"""How much a stalled direction still takes in, as a network's buffers would."""


class TcpProxy:
    """Forwards connections to one address, until told to misbehave.

    with TcpProxy("127.0.0.1", server.port) as proxy:
        connect(host=proxy.host, port=proxy.port)
        proxy.stall()

    Runs in its own thread; every method may be called from any thread.
    """

    host = "127.0.0.1"

    def __init__(self, target_host: str, target_port: int) -> None:
        self._target = (target_host, target_port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._stall_after: int | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._unwanted = 0
        self.port = 0
        self.connections = 0
        """How many have been accepted so far."""
        self.received = 0
        """Bytes that came from the target and were forwarded."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stall(self) -> None:
        """Go on accepting connections and bytes, but forward nothing, in either direction."""
        self._run(self._set_flowing(False))

    def stall_after(self, received_bytes: int) -> None:
        """Stall by itself once so many bytes more have come from the target."""
        self._stall_after = self.received + received_bytes

    def resume(self) -> None:
        """Forward again, first what was held back."""
        self._stall_after = None
        self._run(self._set_flowing(True))

    @property
    def is_stalled(self) -> bool:
        """Whether nothing is forwarded now."""
        return not self._flowing.is_set()

    def cut(self) -> None:
        """Reset every open connection. New ones are accepted."""
        self._run(self._cut())

    def end_new(self, count: int) -> None:
        """Accept so many connections more and end them at once, as a server does that crashed."""
        self._unwanted = count

    def refuse(self) -> None:
        """Reset every open connection and refuse new ones, as a stopped server would."""
        self._run(self._refuse())

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _set_flowing(self, flowing: bool) -> None:
        if flowing:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _cut(self) -> None:
        cut, self._writers = self._writers, set()
        for writer in cut:
            if writer.transport.is_closing():
                continue
            # Closing with a linger time of zero sends a reset, not an orderly end.
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _refuse(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        await self._cut()

    async def _close(self) -> None:
        await self._refuse()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._unwanted:
            self._unwanted -= 1
            writer.close()
            return
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self._writers.add(writer)
        target_writer = None
        try:
            target_reader, target_writer = await asyncio.open_connection(*self._target)
            self._writers.add(target_writer)
            await asyncio.gather(
                self._forward(reader, target_writer, is_answer=False),
                self._forward(target_reader, writer, is_answer=True),
            )
        except (OSError, asyncio.CancelledError):
            pass  # Either end is gone, or the proxy is being closed: both sides end below.
        finally:
            for end in (writer, target_writer):
                if end:
                    self._writers.discard(end)
                    end.transport.abort()
            self._tasks.discard(task)

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        held = bytearray()
        while chunk := await reader.read(CHUNK):
            held += chunk
            if self.is_stalled and len(held) < HELD_LIMIT:
                # Wait for more bytes or for the end of the stall, whichever comes first.
                held += await self._take_in(reader, HELD_LIMIT - len(held))
            await self._flowing.wait()
            writer.write(bytes(held))
            await writer.drain()
            if is_answer:
                self._count(len(held))
            held.clear()
        if writer.can_write_eof():
            writer.write_eof()

    async def _take_in(self, reader: asyncio.StreamReader, limit: int) -> bytes:
        """Read while stalled, up to a limit or the end of the stream."""
        taken = bytearray()
        flowing = asyncio.ensure_future(self._flowing.wait())
        try:
            while len(taken) < limit and not flowing.done():
                reading = asyncio.ensure_future(reader.read(CHUNK))
                await asyncio.wait({reading, flowing}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    reading.cancel()
                    await asyncio.gather(reading, return_exceptions=True)
                    break
                chunk = reading.result()
                if not chunk:
                    break
                taken += chunk
        finally:
            flowing.cancel()
        return bytes(taken)

    def _count(self, forwarded: int) -> None:
        self.received += forwarded
        if self._stall_after is not None and self.received >= self._stall_after:
            self._flowing.clear()
