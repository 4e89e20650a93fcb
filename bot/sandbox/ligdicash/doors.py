"""The sandbox's port, which an outage can close: then connections are refused, as by a dead server."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Sequence


class Doors:
    """Listens, or keeps the same addresses without listening, so that nobody else takes them meanwhile."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner
        self._held: list[socket.socket] = []

    @property
    def closed(self) -> bool:
        """Whether connections are refused."""
        return bool(self._held)

    async def listen(self, host: str, port: int) -> str:
        """Open for the first time; returns the URL. Raises `OSError` when the port is busy."""
        await web.TCPSite(self._runner, host, port).start()
        bound = self._runner.addresses[0]
        return f"http://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}"

    async def close(self) -> None:
        """Refuse connections from now on; those that are open stay."""
        addresses = self._runner.addresses
        for site in self._runner.sites:
            await site.stop()
        self._held = [_hold(address) for address in addresses]

    async def open(self) -> None:
        """Listen again."""
        held, self._held = self._held, []
        for bound in held:
            await web.SockSite(self._runner, bound).start()

    def leave(self) -> None:
        """Give up what is held."""
        for bound in self._held:
            bound.close()
        self._held = []


def _hold(address: Sequence[object]) -> socket.socket:
    """Bound but not listening: connections are refused."""
    family = socket.AF_INET6 if ":" in str(address[0]) else socket.AF_INET
    held = socket.socket(family)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family is socket.AF_INET6:
        held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    held.bind(tuple(address))
    return held
