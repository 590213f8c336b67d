"""A load of HTTP requests over kept-alive connections, as light as Python allows."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from msgspec import Struct

Step = Callable[[], Awaitable[None]]


class Result(Struct):
    """What one variant did in one round."""

    per_s: float
    p50_ms: float
    p99_ms: float


class Connection:
    """One kept-alive connection."""

    def __init__(self, port: int, headers: str = "") -> None:
        self._port = port
        self._headers = f"Host: localhost\r\nContent-Type: application/json\r\n{headers}"

    async def open(self) -> "Connection":
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def post(self, path: str, body: bytes) -> bytes:
        """Send one request and return the body of its answer; anything but success is an error."""
        head = f"POST {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer_head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer_head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if not answer_head.startswith(b"HTTP/1.1 20"):
            raise AssertionError(answer_head + answer)
        return answer

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def measure(steps: list[Step], seconds: float) -> Result:
    """Let each worker repeat its step for some seconds; all workers run at once."""
    times: list[float] = []
    begin = time.perf_counter()
    end = begin + seconds

    async def worker(step: Step) -> None:
        while (start := time.perf_counter()) < end:
            await step()
            times.append(time.perf_counter() - start)

    await asyncio.gather(*map(worker, steps))
    elapsed = time.perf_counter() - begin
    times.sort()
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    return Result(len(times) / elapsed, p50 * 1e3, p99 * 1e3)
