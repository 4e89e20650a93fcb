"""The bank without a network, behind httpx: each failure is what a real connection's would be."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.sandbox.ligdicash import Reply, Status
from tests.sandbox.ligdicash_lab import CREATE, KEYS
from tests.sandbox.ligdicash_virtual import Desk, Receive, desk, leap, order

NUMBER = "22670000000"
LIMITS = httpx.Timeout(connect=8, read=25, write=8, pool=2)
BROKEN = (httpx.ReadError, httpx.RemoteProtocolError)


async def post(running: Desk, customer: str = NUMBER) -> httpx.Response:
    """A create request with the bot's own timeouts, read like the bot reads."""
    request = running.client.build_request(
        "POST", CREATE["customer"], json=order(customer, "one"), headers=KEYS, timeout=LIMITS
    )
    response = await running.client.send(request, stream=True)
    await response.aread()
    return response


@pytest.mark.parametrize(
    ("kind", "error", "seconds", "received"),
    [
        (Reply.REFUSED, httpx.ConnectError, 0, 0),
        (Reply.UNREACHABLE, httpx.ConnectTimeout, 8, 0),
        (Reply.HANG, httpx.ReadTimeout, 25, 1),
        (Reply.DROP, BROKEN, 0, 1),
        (Reply.CUT, httpx.RemoteProtocolError, 0, 1),
    ],
)
def test_an_outage_raises_what_httpx_would(
    kind: Reply, error: type[Exception] | tuple[type[Exception], ...], seconds: float, received: int
) -> None:
    """By the client's own limits; what could not connect was never received, and nothing was accepted."""

    async def story() -> tuple[float, int, int]:
        async with desk() as running:
            running.bank.weather.outage("creates", kind=kind)
            with pytest.raises(error):
                await post(running)
            return running.bank.clock.steady(), len(running.bank.creates), len(running.bank.payouts)

    assert (seconds, received, 0) == leap(story())


@pytest.mark.parametrize(
    ("digits", "error", "seconds"),
    [
        ("12", httpx.ReadTimeout, 25),
        ("13", BROKEN, 0),
        ("42", httpx.ReadTimeout, 25),
        ("45", httpx.RemoteProtocolError, 0),
    ],
)
def test_a_lost_answer_says_nothing_about_the_payment(
    digits: str, error: type[Exception] | tuple[type[Exception], ...], seconds: float
) -> None:
    """Accepted and paid, though the client only meets an exception."""

    async def story() -> tuple[float, int, int]:
        async with desk() as running:
            with pytest.raises(error):
                await post(running, "226700000" + digits)
            met = running.bank.clock.steady()
            await running.quiet()
            return met, running.bank.paid("one"), len(running.posts)

    assert (seconds, 1, 2) == leap(story())


def test_a_broken_connection_looks_like_either() -> None:
    """Sometimes a read error, sometimes a protocol error."""

    async def story() -> set[type[Exception]]:
        async with desk() as running:
            running.bank.weather.outage("all", kind=Reply.DROP)
            met: set[type[Exception]] = set()
            for _ in range(20):
                with pytest.raises(BROKEN) as caught:
                    await post(running)
                met.add(caught.type)
            return met

    assert set(BROKEN) == leap(story())


def test_a_client_without_limits_waits_for_ever() -> None:
    """Only its own cancellation ends it."""

    async def story() -> float:
        async with desk() as running:
            running.client.timeout = httpx.Timeout(None)
            for kind in (Reply.HANG, Reply.UNREACHABLE):
                running.bank.weather.outage("all", kind=kind)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(86_400):
                        await running.status("any")
            return running.bank.clock.steady()

    assert 2 * 86_400 == leap(story())


def test_a_cancelled_request_may_have_arrived() -> None:
    """Cancelled under way it was not received; cancelled later, it was accepted."""

    async def story() -> list[int]:
        async with desk(latency=1) as running:
            accepted = []
            for pause in (0, 1.001):
                asking = asyncio.create_task(running.create(NUMBER))
                await asyncio.sleep(pause)
                asking.cancel()
                accepted.append(len(running.bank.payouts))
            return accepted

    assert [0, 1] == leap(story())


def test_callbacks_arrive_with_path_and_type() -> None:
    """The twins at their second, each with its content type, on the path of the callback_url."""

    async def story() -> tuple[list[str], set[tuple[float, str]]]:
        async with desk() as running:
            await running.create(NUMBER)
            await running.quiet()
            assert running.transport.quiet
            return running.paths, {(seconds, kind) for seconds, kind, _ in running.posts}

    paths, posts = leap(story())
    assert ["/callbacks/one", "/callbacks/one"] == paths
    assert {(1, "application/json"), (1, "application/x-www-form-urlencoded")} == posts


async def unwell(_path: str, _content_type: str, _body: bytes) -> int:
    """A receiver whose ledger is locked."""
    return 503


async def gone(_path: str, _content_type: str, _body: bytes) -> int:
    """Nobody listens."""
    raise ConnectionRefusedError


async def stuck(_path: str, _content_type: str, _body: bytes) -> int:
    """Takes it and never answers."""
    await asyncio.Event().wait()
    return 200


async def killed(_path: str, _content_type: str, _body: bytes) -> int:
    """Dies with the post in its hands."""
    dead = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    dead.cancel()
    await dead
    return 200


@pytest.mark.parametrize(
    ("receive", "answer", "seconds"),
    [
        (unwell, 503, [1, 11, 131, 3731]),
        (gone, None, [1, 11, 131, 3731]),
        (stuck, None, [1, 21, 151, 3761]),
        (killed, None, [1, 11, 131, 3731]),
    ],
)
def test_a_callback_that_is_not_answered_with_200_comes_again(
    receive: Receive, answer: int | None, seconds: list[float]
) -> None:
    """A few times, with growing pauses, then no more: whatever went wrong at the receiver."""

    async def story() -> tuple[list[float], set[int | None], int]:
        async with desk(receive=receive) as running:
            await running.create(NUMBER)
            await running.quiet()
            times = sorted(at for at, _, _ in running.posts)
            answers = {delivery.answer for delivery in running.transport.deliveries}
            again = running.bank.faults["callback: sent again, not answered with 200"]
            return times[::2], answers, again

    assert (seconds, {answer}, 6) == leap(story())


def test_a_bug_in_the_receiver_is_not_swallowed() -> None:
    """What is neither an answer nor a broken connection ends the run, so that a simulator fails."""

    async def broken(_path: str, _content_type: str, _body: bytes) -> int:
        raise KeyError("bug")

    async def story() -> None:
        async with desk(receive=broken) as running:
            await running.create(NUMBER)
            await asyncio.sleep(5)

    with pytest.raises(ExceptionGroup):
        leap(story())


def test_quiet_needs_no_callback() -> None:
    """A payout that ends silently is an end as well."""

    async def story() -> tuple[float, int]:
        async with desk() as running:
            await running.create("22670000015")
            await running.quiet()
            return running.bank.clock.steady(), running.bank.paid("one")

    assert (1, 1) == leap(story())


def test_a_settled_payout_is_told() -> None:
    """What a hand moves is delivered like everything else."""

    async def story() -> tuple[int, Status]:
        async with desk() as running:
            await running.create("22670000010")
            running.settle("one", Status.NOTCOMPLETED)
            await running.quiet()
            return len(running.posts), running.bank.payouts[0].status

    assert (2, Status.NOTCOMPLETED) == leap(story())


@pytest.mark.parametrize("url", ["", "http://[::1/"])
def test_a_url_that_is_none_harms_nothing(url: str) -> None:
    """Nothing is delivered, and the next payout's callbacks are."""

    async def story() -> list[str]:
        async with desk() as running:
            body = order(NUMBER, "one")
            body["commande"]["callback_url"] = url
            await running.client.post(CREATE["customer"], json=body, headers=KEYS)
            await running.create(NUMBER, "two")
            await running.quiet()
            return running.paths

    assert ["/callbacks/two", "/callbacks/two"] == leap(story())


def test_one_transport_outlives_its_clients() -> None:
    """Closing a client, as a process does that ends, closes nothing for the next one."""

    async def story() -> int:
        async with desk() as running:
            await running.client.aclose()
            async with httpx.AsyncClient(transport=running.transport, base_url="https://bank.example") as other:
                response = await other.post(CREATE["customer"], json=order(NUMBER, "one"), headers=KEYS)
            await running.quiet()
            return response.status_code + running.bank.paid("one")

    assert 201 == leap(story())
