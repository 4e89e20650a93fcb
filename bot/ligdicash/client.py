"""One POST that pays and one GET that asks, each with a deadline over the whole of it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx

from bot.ligdicash.readers import (
    LONGEST_ANSWER,
    TOO_LATE,
    CreateAnswer,
    Doubt,
    NeverLeft,
    NoStatus,
    StatusAnswer,
    Uncertain,
    read_create,
    read_status,
)
from storage.payout import Endpoint, Way

# Seconds. LigdiCash names no time limit; the SDKs wait without one. A create that takes longer than this is uncertain.
CREATE_DEADLINE = 30.0
STATUS_DEADLINE = 15.0
_TIMEOUTS = httpx.Timeout(connect=8.0, read=25.0, write=8.0, pool=2.0)

_CREATE_PATHS = {Endpoint.CUSTOMER: "/pay/v01/withdrawal/create", Endpoint.MERCHANT: "/pay/v01/straight/payout"}
_STATUS_PATHS = {
    Endpoint.CUSTOMER: ("/pay/v01/withdrawal/confirm/", "withdrawalToken"),
    Endpoint.MERCHANT: ("/pay/v01/straight/payout/confirm/", "payoutToken"),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What LigdiCash is asked to pay: `amount` in XOF, `number` as digits with calling code."""

    way: Way
    number: str
    amount: int
    description: str
    transaction_id: str
    callback_url: str


# Reading every authority's certificate takes longer than all else a start does here: a process does it once.
_trusted = functools.cache(httpx.create_ssl_context)


def make_http_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client that never repeats a request on its own.

    No kept-alive connection (one that the server closed fails like a broken request, which would be uncertain), no
    redirect followed (a POST must not wander), no transport retries, no cookie kept (requests of one PHP session
    wait for one another).
    """
    limits = httpx.Limits(max_connections=20, max_keepalive_connections=0)
    # A proxy named in the environment would bring kept-alive connections of its own: it is not asked.
    return httpx.AsyncClient(
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        transport=transport or httpx.AsyncHTTPTransport(verify=_trusted(), retries=0, limits=limits),
        follow_redirects=False,
        timeout=_TIMEOUTS,
    )


class _TooLateError(Exception):
    """The request may no longer leave, and has not."""


class _Guard:
    """Watches a request leave: httpcore says when it is about to write.

    Stops one whose machine slept while it was connecting, and remembers whether any of it may have been written.
    """

    def __init__(self, may_still_leave: Callable[[], bool]) -> None:
        self._may_still_leave = may_still_leave
        self.begun = False

    def check(self) -> None:
        """Raises `_TooLateError` when the request may not leave any more."""
        if not self._may_still_leave():
            raise _TooLateError

    async def trace(self, event: str, _info: Mapping[str, object]) -> None:
        """What httpcore is doing at this moment."""
        if event.endswith(".send_request_headers.started"):
            self.check()
        if event.endswith(_WRITING):
            self.begun = True


_WRITING = (".send_request_headers.started", ".send_request_body.started")


def _never_left(error: Exception, guard: _Guard) -> CreateAnswer:
    """Such an error proves that nothing left, as long as nothing was being written."""
    if guard.begun:
        return Uncertain(Doubt.CONNECTION_BROKE, None, type(error).__name__)
    return NeverLeft(TOO_LATE if isinstance(error, _TooLateError) else type(error).__name__)


class LigdicashClient:
    """LigdiCash as the desk sees it; answers instead of raising."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, api_key: str, auth_token: str) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        # Who is asked: another host knows nothing of what this one was asked to pay.
        self.host = urlsplit(base_url).netloc.lower()
        self._headers = {"Apikey": api_key, "Authorization": f"Bearer {auth_token}", "Accept": "application/json"}
        self._headers["Connection"] = "close"

    async def create(self, order: Order, *, may_still_leave: Callable[[], bool]) -> CreateAnswer:
        """Ask LigdiCash to pay; `may_still_leave` is looked at before connecting, and right before the first byte.

        Only three exceptions of httpx prove that nothing left: `ConnectError`, `ConnectTimeout`, `PoolTimeout`; and not
        even these once it began to write.
        """
        try:
            request = self._build(order)
        except Exception as error:  # noqa: BLE001 - whatever kept the request from being built, nothing left
            return NeverLeft(type(error).__name__)
        guard = _Guard(may_still_leave)
        request.extensions["trace"] = guard.trace
        try:
            guard.check()
            async with asyncio.timeout(CREATE_DEADLINE):
                status, body = await self._exchange(request)
        except (_TooLateError, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return _never_left(error, guard)
        except (httpx.TimeoutException, TimeoutError) as error:
            return Uncertain(Doubt.NO_ANSWER, None, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever else it was, it proves nothing
            return Uncertain(Doubt.CONNECTION_BROKE, None, type(error).__name__)
        return read_create(order.way.endpoint, status, body)

    async def status(self, endpoint: Endpoint, token: str) -> StatusAnswer:
        """What LigdiCash says about a token now; `NoStatus` whenever it says nothing of use."""
        path, name = _STATUS_PATHS[endpoint]
        try:
            request = self._http.build_request(
                "GET", self._base_url + path, params={name: token}, headers=self._headers
            )
            async with asyncio.timeout(STATUS_DEADLINE):
                status, body = await self._exchange(request)
        except Exception as error:  # noqa: BLE001 - whatever it was, it says nothing about the payout
            return NoStatus(type(error).__name__)
        return read_status(status, body)

    def _build(self, order: Order) -> httpx.Request:
        commande: dict[str, object] = {
            "amount": order.amount,
            "description": order.description,
            "customer": order.number,
            "callback_url": order.callback_url,
            "custom_data": {"transaction_id": order.transaction_id},
        }
        if order.way is not Way.MOBILE_DIRECTLY:
            commande["top_up_wallet"] = 1 if order.way is Way.WALLET else 0
        url = self._base_url + _CREATE_PATHS[order.way.endpoint]
        return self._http.build_request("POST", url, json={"commande": commande}, headers=self._headers)

    async def _exchange(self, request: httpx.Request) -> tuple[int, bytes]:
        response = await self._http.send(request, stream=True)
        try:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LONGEST_ANSWER:
                    break
        finally:
            await response.aclose()
        return response.status_code, body
