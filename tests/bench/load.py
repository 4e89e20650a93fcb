"""`python -m tests.bench.load`: a load generator that is a process of its own.

Reads lines of JSON: each is a port of this machine, a list of requests to post there, and how many of them
are on their way at any moment, over kept-alive connections. Answers each with a line: how long everything
took, each request's own seconds, each HTTP status.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"
_MOST = 1 << 16


@dataclass(slots=True)
class _Connection:
    """A connection with at most one request on its way."""

    socket: socket.socket
    begun: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        self.received = b""
        self.begun = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int | None:
        """The HTTP status once the whole answer is there."""
        got = self.socket.recv(_MOST)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.received += got
        head, found, body = self.received.partition(_END_OF_HEAD)
        if not found or len(body) < _length(head):
            return None
        return int(head.split(b" ", 2)[1])


def _length(head: bytes) -> int:
    line = next((line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH)), b"x:0")
    return int(line.partition(b":")[2])


def rendered(path: str, headers: Mapping[str, str], body: str) -> bytes:
    """The bytes of one post."""
    content = body.encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def post_all(port: int, at_once: int, requests: Sequence[bytes]) -> Mapping[str, Any]:
    """Post everything; the next request leaves as soon as a connection has its answer."""
    waiting = deque(requests)
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(min(at_once, len(requests))):
            connection = socket.create_connection((HOST, port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, _Connection(connection))
        begun = time.perf_counter()
        for key in list(selector.get_map().values()):
            key.data.send(waiting.popleft())
        while len(latencies) < len(requests):
            for key, _ in selector.select():
                status = key.data.status()
                if status is not None:
                    latencies.append(time.perf_counter() - key.data.begun)
                    statuses[status] += 1
                    if waiting:
                        key.data.send(waiting.popleft())
        seconds = time.perf_counter() - begun
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return {"seconds": seconds, "latencies": latencies, "statuses": statuses}


def main() -> None:
    """Serve jobs until there are none."""
    for line in sys.stdin:
        job = json.loads(line)
        done = post_all(job["port"], job["at_once"], [rendered(*request) for request in job["requests"]])
        sys.stdout.write(json.dumps(done) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
