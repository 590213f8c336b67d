"""A load of HTTP requests over kept-alive connections, as light as Python allows."""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct


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

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def post(self, path: str, body: bytes) -> bytes:
        """Send one request and return the body of its answer; anything but success is an error."""
        head = f"POST {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        head_raw = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head_raw.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if not head_raw.startswith(b"HTTP/1.1 20"):
            raise AssertionError(head_raw + answer)
        return answer

    async def close(self) -> None:
        self._writer.close()


Step = Callable[[], "asyncio.Future[None] | object"]


async def run(steps: list[Callable[[], object]], seconds: float) -> Result:
    """Let each worker repeat its step for some seconds; all workers run at once."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def worker(step: Callable[[], object]) -> None:
        while (begin := time.perf_counter()) < end:
            await step()  # type: ignore[misc]
            times.append(time.perf_counter() - begin)

    begin = time.perf_counter()
    await asyncio.gather(*map(worker, steps))
    elapsed = time.perf_counter() - begin
    times.sort()
    return Result(
        len(times) / elapsed, times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3
    )
