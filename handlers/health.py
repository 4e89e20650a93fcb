"""Whether the bot lives, and whether it can work."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence

from aiohttp import web

from storage import queries
from storage.ledger import Ledger
from storage.payout import Brake, Hold

# Seconds. Longer than a write waits for another process; a service manager's patience is about this long.
LEDGER_WITHIN = 5.0


class Health:
    """Answers whoever watches the bot; `problems` say what else is wrong, the first of them counts."""

    def __init__(self, ledger: Ledger, problems: Sequence[Callable[[], str | None]]) -> None:
        self._ledger = ledger
        self._problems = problems

    def register(self, app: web.Application) -> None:
        """Listen on both routes."""
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)

    async def alive(self, _request: web.Request) -> web.Response:
        """200 while the process lives."""
        return web.Response(text="alive\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """200 when the ledger can be written, the bot works and Slack is connected, else 503 with the reason."""
        problem = await self._ledger_problem() or next(filter(None, (find() for find in self._problems)), None)
        lines = [problem or "ready"]
        if problem is None:
            # A brake is somebody's decision, not a fault: said, but the bot is ready.
            lines += [f"note: {_brake(found)}" for found in queries.brakes(self._ledger.reader)]
        return web.Response(status=200 if problem is None else 503, text="\n".join(lines) + "\n")

    async def _ledger_problem(self) -> str | None:
        try:
            queries.answers(self._ledger.reader)
            async with asyncio.timeout(LEDGER_WITHIN):
                await self._ledger.write(lambda _tx: None)
            trouble = queries.audit_trouble(self._ledger.reader)
        except sqlite3.Error as error:
            return f"ledger: {error}"
        except TimeoutError:
            return f"ledger: nothing could be written within {LEDGER_WITHIN:.0f} s"
        return None if trouble is None else f"audit channel: Slack says {trouble}; nothing new is sent"


def _brake(found: Brake) -> str:
    if found.hold is Hold.ALL:
        return f"sending is paused by {found.person or 'the bot'} ({found.reason})"
    return f"{found.hold} payouts are held ({found.reason})"
