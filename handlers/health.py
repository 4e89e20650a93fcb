"""Whether the bot lives, and whether it can work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from aiohttp import web

from storage import queries
from storage.ledger import Ledger


class Health:
    """Answers whoever watches the bot."""

    def __init__(self, ledger: Ledger, slack_problem: Callable[[], str | None]) -> None:
        self._ledger = ledger
        self._slack_problem = slack_problem

    def register(self, app: web.Application) -> None:
        """Listen on both routes."""
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)

    async def alive(self, _request: web.Request) -> web.Response:
        """200 while the process lives."""
        return web.Response(text="alive\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """200 when the ledger can be written and Slack is connected, else 503 with the reason."""
        problem = await self._ledger_problem() or self._slack_problem()
        return web.Response(status=200 if problem is None else 503, text=f"{problem or 'ready'}\n")

    async def _ledger_problem(self) -> str | None:
        try:
            queries.answers(self._ledger.reader)
            await self._ledger.write(lambda _tx: None)
        except sqlite3.Error as error:
            return f"ledger: {error}"
        return None
