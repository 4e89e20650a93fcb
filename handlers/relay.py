"""LigdiCash's callbacks: stored durably, then answered. Nothing is believed here; a wrong path stores nothing."""

from __future__ import annotations

import re
import sqlite3

import structlog
from aiohttp import web

from bot.crashpoints import Point, may_die
from bot.desk.evidence import receive_callback
from bot.unanswered import Unanswered
from storage.ledger import Ledger

log = structlog.get_logger(__name__)

PATH = "/callbacks/ligdicash/{payout}/{secret}"
LARGEST_BODY = 64 * 1024

_PAYOUT = re.compile(r"P-[0-9A-Z]{5}", re.ASCII)
_SECRET = re.compile(r"[0-9a-f]{40}", re.ASCII)


class Relay:
    """Hears LigdiCash."""

    def __init__(self, ledger: Ledger, unanswered: Unanswered) -> None:
        self._ledger = ledger
        self._unanswered = unanswered

    def register(self, app: web.Application) -> None:
        """Listen on the callbacks' route."""
        app.router.add_post(PATH, self.hear)

    async def hear(self, request: web.Request) -> web.Response:
        """200 once it is stored, 404 for a path that was never given out, 503 if it could not be stored."""
        payout, secret = request.match_info["payout"], request.match_info["secret"]
        if not _PAYOUT.fullmatch(payout) or not _SECRET.fullmatch(secret):
            return web.Response(status=404)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            log.warning("callback_too_large", payout=payout)
            return web.Response(status=413)
        except ConnectionError:
            return web.Response(status=400)  # the sender left in the middle of it
        # What is not UTF-8 is kept as far as it can be read.
        text = body.decode(errors="replace")
        content_type = request.headers.get("Content-Type", "")[:100].encode(errors="replace").decode()
        try:
            with self._unanswered.one():
                known = await receive_callback(self._ledger, payout, secret, content_type, text)
        except sqlite3.Error:
            log.exception("callback_not_stored", payout=payout)
            return web.Response(status=503, headers={"Retry-After": "30"})
        may_die(Point.CALLBACK_STORED)
        return web.Response(status=200 if known else 404)
