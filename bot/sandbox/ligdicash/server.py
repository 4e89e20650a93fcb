"""The bank behind a real HTTP server on loopback, with a handle for tests and a few routes to look inside."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self

from aiohttp import web

from bot.clock import SystemClock
from bot.sandbox.ligdicash.bank import Bank, Create, Paid
from bot.sandbox.ligdicash.behaviours import as_text
from bot.sandbox.ligdicash.courier import Courier, Delivery
from bot.sandbox.ligdicash.payouts import Payout, Status
from bot.sandbox.ligdicash.wire import Outcome, Request, Silence

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable

    from bot.clock import Clock
    from bot.sandbox.ligdicash.callbacks import Callback

HELP = """\
LigdiCash sandbox: no money moves here.

  POST /pay/v01/withdrawal/create                            customer payout
  POST /pay/v01/straight/payout                              merchant payout
  GET  /pay/v01/withdrawal/confirm/?withdrawalToken=TOKEN    status
  GET  /pay/v01/straight/payout/confirm/?payoutToken=TOKEN   status
  GET  /sandbox/payouts                                      what was accepted and paid
  POST /sandbox/payouts/TOKEN/STATUS                         move one: completed, notcompleted, pending
                                                             (its transaction_id will do as well)

Any Apikey and any Bearer token will do. What happens is chosen by the last two digits of the number:

"""


class LigdicashSandbox:
    """A running sandbox; made by `running`."""

    def __init__(self, bank: Bank, clock: Clock) -> None:
        self.bank = bank
        self.url = ""
        self.deliveries: list[Delivery] = []
        self._clock = clock
        self._courier = Courier(self._delivered)
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        callback_delay: float = 1.0,
        clock: Clock | None = None,
        source: random.Random | None = None,
    ) -> AsyncIterator[Self]:
        """Serve until the block ends; `callback_delay` in seconds. Raises `OSError` when the port is busy."""
        clock = clock or SystemClock()
        sandbox = cls(Bank(clock, source, callback_delay), clock)
        runner = web.AppRunner(
            sandbox._application(), access_log=None, handler_cancellation=True, shutdown_timeout=5
        )
        pump = asyncio.create_task(sandbox._pump())
        try:
            await runner.setup()
            await web.TCPSite(runner, host, port).start()
            bound = runner.addresses[0]
            sandbox.url = f"http://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}"
            yield sandbox
        finally:
            sandbox._stopping.set()
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
            await sandbox._courier.close()
            await runner.cleanup()

    @property
    def creates(self) -> list[Create]:
        """Every create request received, oldest first."""
        return list(self.bank.creates)

    @property
    def payouts(self) -> list[Payout]:
        """Every accepted payout, oldest first."""
        return self.bank.payouts

    def paid(self, transaction_id: str) -> int:
        """How many times money left for this `transaction_id`."""
        return self.bank.paid(transaction_id)

    @property
    def paid_total(self) -> Paid:
        """Number and sum (XOF) of everything paid."""
        return self.bank.paid_total

    async def wait_for(
        self,
        holds: Callable[[Self], bool],
        timeout: float = 5,  # noqa: ASYNC109 - a test reads better with it
    ) -> None:
        """Return as soon as `holds(sandbox)`; raises `TimeoutError` after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            while not holds(self):
                await self._changed.wait()

    async def settle(self, key: str, status: Status | str) -> None:
        """Move the payouts with this transaction_id or token; the callbacks are on their way when it returns.

        Raises `LookupError` when there is none, `ValueError` for an unknown status.
        """
        self._send(self.bank.settle(key, Status(status)))

    def _send(self, callbacks: list[Callback]) -> None:
        for callback in callbacks:
            self._courier.send(callback)
        self._announce()

    def _delivered(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self._announce()

    def _announce(self) -> None:
        """Wake everybody who waits for a change, the pump included."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _pump(self) -> None:
        """Let the bank do what is due, for as long as the sandbox runs."""
        while True:
            due = self.bank.next_due()
            wait = None if due is None else due - self._clock.steady()
            if wait is not None and wait <= 0:
                self._send(self.bank.run_due())
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/pay/{rest:.*}", self._pay)
        application.router.add_get("/", self._help)
        application.router.add_get("/sandbox/payouts", self._list)
        application.router.add_post("/sandbox/payouts/{key}/{status}", self._settle)
        return application

    async def _pay(self, request: web.Request) -> web.StreamResponse:
        outcome = self.bank.handle(
            Request(
                method=request.method,
                path=request.path,
                query=request.query,
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
            )
        )
        self._announce()
        return await self._reply(request, outcome)

    async def _reply(self, request: web.Request, outcome: Outcome) -> web.StreamResponse:
        if isinstance(outcome, Silence):
            if outcome is Silence.HANG:
                await self._stopping.wait()
            if request.transport:
                request.transport.abort()
            return web.Response()
        return web.Response(text=outcome.body, status=outcome.status, content_type=outcome.content_type)

    async def _help(self, _: web.Request) -> web.Response:
        return web.Response(text=HELP + as_text() + "\n")

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"paid": self.paid_total._asdict(), "payouts": [_shown(payout) for payout in self.payouts]}
        )

    async def _settle(self, request: web.Request) -> web.Response:
        try:
            await self.settle(request.match_info["key"], request.match_info["status"])
        except LookupError:
            raise web.HTTPNotFound(text="no payout with this token or transaction_id\n") from None
        except ValueError:
            words = ", ".join(Status)
            raise web.HTTPBadRequest(text=f"the status is one of {words}\n") from None
        return await self._list(request)


def _shown(payout: Payout) -> dict[str, object]:
    return {
        "token": payout.token,
        "status": payout.status,
        "paid": payout.paid,
        "endpoint": payout.endpoint,
        "customer": payout.customer,
        "amount": payout.amount,
        "transaction_id": payout.transaction_id,
        "callback_url": payout.callback_url,
        "description": payout.order.description,
        "top_up_wallet": payout.order.top_up_wallet,
    }
