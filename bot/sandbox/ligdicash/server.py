"""The bank behind a real HTTP server on loopback, with a handle for tests and a few routes to look inside."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager, suppress
from textwrap import fill
from typing import TYPE_CHECKING, Self

from aiohttp import web

from bot.clock import SystemClock
from bot.sandbox import PATIENCE
from bot.sandbox.ligdicash.bank import Bank, Create, Paid
from bot.sandbox.ligdicash.behaviours import as_text
from bot.sandbox.ligdicash.courier import Courier, Delivery
from bot.sandbox.ligdicash.doors import Doors
from bot.sandbox.ligdicash.errors import Trouble
from bot.sandbox.ligdicash.payouts import Payout, Status
from bot.sandbox.ligdicash.plans import NO_OUTAGE, Calls, Mishap, Reply
from bot.sandbox.ligdicash.weather import Outage, Weather
from bot.sandbox.ligdicash.wire import Answer, Outcome, Request, Silence

if TYPE_CHECKING:
    import random
    from collections import Counter
    from collections.abc import AsyncIterator, Callable

    from bot.clock import Clock
    from bot.sandbox.ligdicash.callbacks import Callback

# What an outage answers, as the control routes spell it.
KINDS = {kind.name.lower(): kind for kind in (*Reply, *Trouble) if kind not in NO_OUTAGE}

HELP = f"""\
LigdiCash sandbox: no money moves here.

  POST /pay/v01/withdrawal/create                            customer payout
  POST /pay/v01/straight/payout                              merchant payout
  GET  /pay/v01/withdrawal/confirm/?withdrawalToken=TOKEN    status
  GET  /pay/v01/straight/payout/confirm/?payoutToken=TOKEN   status
  GET  /sandbox/payouts                                      what was accepted and paid
  POST /sandbox/payouts/TOKEN/STATUS                         move one: completed, notcompleted, pending
                                                             (its transaction_id will do as well)
  GET  /sandbox/weather                                      outages, and how often each trouble happened
  POST /sandbox/weather/CALLS/KIND?after=0&seconds=60        an outage; without seconds until it is cleared
  POST /sandbox/weather/clear                                end all outages

CALLS is one of {" ".join(Calls)}.
KIND is one of {" ".join(name for name, kind in KINDS.items() if isinstance(kind, Reply))},
or an error that is answered by its code, where the call has one:
{fill(" ".join(trouble.name.lower() for trouble in Trouble), 100)}.

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
        self._runner = web.AppRunner(
            self._application(), access_log=None, handler_cancellation=True, shutdown_timeout=5
        )
        self._doors = Doors(self._runner)
        bank.weather.watch(self._announce)

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
        weather: Weather | None = None,
    ) -> AsyncIterator[Self]:
        """Serve until the block ends; `callback_delay` in seconds. Raises `OSError` when the port is busy."""
        clock = clock or SystemClock()
        sandbox = cls(Bank(clock, source, callback_delay, weather=weather), clock)
        pump = asyncio.create_task(sandbox._pump())
        try:
            await sandbox._runner.setup()
            sandbox.url = await sandbox._doors.listen(host, port)
            yield sandbox
        finally:
            sandbox._stopping.set()
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump
            await sandbox._courier.close()
            sandbox._doors.leave()
            await sandbox._runner.cleanup()

    @property
    def weather(self) -> Weather:
        """Where trouble is switched on and off."""
        return self.bank.weather

    @property
    def faults(self) -> Counter[str]:
        """How often each trouble happened, by kind."""
        return self.bank.faults

    @property
    def closed(self) -> bool:
        """Whether connections are refused: some moments after an outage of this kind was switched on."""
        return self._doors.closed

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
        timeout: float = PATIENCE,  # noqa: ASYNC109 - a test reads better with it
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
        """Let the bank do what is due, and the port be open or not, for as long as the sandbox runs."""
        while True:
            await self._move_doors()
            dues = (self.bank.next_due(), self.weather.next_change())
            due = min((due for due in dues if due is not None), default=None)
            wait = None if due is None else due - self._clock.steady()
            if wait is not None and wait <= 0:
                self._send(self.bank.run_due())
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    async def _move_doors(self) -> None:
        if not self.url or self._doors.closed == self.weather.refuses_all():
            return
        if self._doors.closed:
            await self._doors.open()
        else:
            await self._doors.close()
        self._announce()

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/pay/{rest:.*}", self._pay)
        application.router.add_get("/", self._help)
        application.router.add_get("/sandbox/payouts", self._list)
        application.router.add_post("/sandbox/payouts/{key}/{status}", self._settle)
        application.router.add_get("/sandbox/weather", self._show_weather)
        application.router.add_post("/sandbox/weather/clear", self._clear)
        application.router.add_post("/sandbox/weather/{calls}/{kind}", self._outage)
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
            # Nobody can refuse a connection that stands: whoever has one meets its end.
            if outcome is Silence.HANG:
                await self._stopping.wait()
            _hang_up(request)
            return web.Response()
        if outcome.after:
            with suppress(TimeoutError):
                async with asyncio.timeout(outcome.after):
                    await self._stopping.wait()
        if outcome.cut:
            return await _half(request, outcome)
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

    async def _show_weather(self, _: web.Request) -> web.Response:
        now = self._clock.steady()
        outages = [_forecast(outage, now) for outage in self.weather.outages]
        return web.json_response({"outages": outages, "faults": dict(self.faults)})

    async def _clear(self, request: web.Request) -> web.Response:
        self.weather.clear()
        return await self._show_weather(request)

    async def _outage(self, request: web.Request) -> web.Response:
        try:
            calls, kind = Calls(request.match_info["calls"]), KINDS[request.match_info["kind"]]
            after, seconds = _seconds(request, "after", 0), _seconds(request, "seconds", math.inf)
            _check_end(calls, kind, seconds)
            self.weather.outage(calls, kind, after=after, seconds=seconds)
        except (KeyError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"no such outage: {error}\n") from None
        return await self._show_weather(request)


def _seconds(request: web.Request, name: str, otherwise: float) -> float:
    """Raises `ValueError` for what is no number of seconds."""
    seconds = float(request.query.get(name, otherwise))
    if not seconds >= 0:
        raise ValueError(f"{name}={seconds}")
    return seconds


def _check_end(calls: Calls, kind: Mishap, seconds: float) -> None:
    if calls is Calls.ALL and kind is Reply.REFUSED and seconds == math.inf:
        raise ValueError("with the port closed nobody could end it: give seconds")


def _forecast(outage: Outage, now: float) -> dict[str, object]:
    return {
        "calls": outage.calls,
        "kind": outage.kind.name.lower(),
        "begins_in": max(0.0, outage.begins - now),
        "ends_in": None if outage.ends == math.inf else outage.ends - now,
    }


def _hang_up(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()


async def _half(request: web.Request, answer: Answer) -> web.StreamResponse:
    """The first half of an answer that promised the whole, then the end of the connection."""
    content = answer.body.encode()
    response = web.StreamResponse(
        status=answer.status,
        headers={"Content-Type": answer.content_type, "Content-Length": str(len(content))},
    )
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    if request.transport:
        request.transport.close()
    return response


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
