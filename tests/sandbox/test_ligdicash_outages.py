"""LigdiCash can be down, for creates, status calls or both: by a switch, on a schedule, and over HTTP."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from bot.sandbox.ligdicash import Calls, LigdicashSandbox, Reply, Trouble, Weather
from tests.sandbox.ligdicash_lab import CREATE, KEYS, STATUS, Lab, lab
from tests.sandbox.ligdicash_virtual import LoopClock, desk, leap

NUMBER = "22670000000"


async def posted(running: Lab, endpoint: str = "customer") -> httpx.Response:
    """A create request, whatever comes back."""
    return await running.client.post(CREATE[endpoint], json=running.order(NUMBER, "one"), headers=KEYS)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Reply.HANG, httpx.ReadTimeout),
        (Reply.DROP, (httpx.RemoteProtocolError, httpx.ReadError)),
        (Reply.REFUSED, (httpx.RemoteProtocolError, httpx.ReadError)),
        (Reply.UNREACHABLE, (httpx.RemoteProtocolError, httpx.ReadError)),
    ],
)
async def test_a_silent_outage_accepts_nothing(
    kind: Reply, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """The create fails without an answer; status calls go on; afterwards all is well."""
    async with lab() as running:
        token = (await running.create(NUMBER, "before"))["token"]
        running.sandbox.weather.outage("creates", kind=kind)
        running.client.timeout = httpx.Timeout(5, read=0.1)
        with pytest.raises(error):
            await posted(running)
        running.client.timeout = httpx.Timeout(5)
        assert "00" == (await running.status(token))["response_code"]
        assert ["before"] == [payout.transaction_id for payout in running.sandbox.payouts]
        assert {f"create: {kind.value}": 1} == running.sandbox.faults
        running.sandbox.weather.clear()
        assert "00" == (await running.create(NUMBER, "after"))["response_code"]


async def test_what_never_arrived_is_not_among_the_creates() -> None:
    """A refused connection leaves no trace at the bank; a request that hangs does."""
    async with lab() as running:
        for kind in (Reply.REFUSED, Reply.DROP):
            running.sandbox.weather.outage("creates", kind=kind)
            with pytest.raises(httpx.TransportError):
                await posted(running)
        (create,) = running.sandbox.creates
        assert ("DROP", "one", None) == (create.outcome, create.transaction_id, create.number)


@pytest.mark.parametrize(("kind", "status"), [(Reply.UNAVAILABLE, 503), (Reply.CRASH, 500)])
async def test_an_outage_can_be_a_page(kind: Reply, status: int) -> None:
    """HTML with a server's error; creates are answered while only status calls are out."""
    async with lab() as running:
        token = (await running.create(NUMBER, "before"))["token"]
        running.sandbox.weather.outage("status", kind=kind)
        for route in STATUS:
            response = await running.client.get(route + token, headers=KEYS)
            assert (status, "text/html") == (
                response.status_code,
                response.headers["content-type"].split(";")[0],
            )
        assert "00" == (await running.create(NUMBER, "two"))["response_code"]


async def test_an_outage_can_be_an_error_code() -> None:
    """Of those that have one: IP denied is Code06 and Code14, and nothing that a status call could say."""
    async with lab() as running:
        token = (await running.create(NUMBER, "before"))["token"]
        running.sandbox.weather.outage("all", kind=Trouble.IP_DENIED)
        for endpoint, code in (("customer", "06"), ("merchant", "14")):
            answer = await running.create(NUMBER, "one", endpoint)
            assert f"Echec (Code{code})" == answer["response_text"]
        assert "00" == (await running.status(token))["response_code"]


@pytest.mark.parametrize("code", ["00", "01", "02", "03", "04"])
async def test_a_status_call_can_answer_each_of_its_errors(code: str) -> None:
    """For every token, during an outage of that kind."""
    kinds = (
        Trouble.AUTHENTICATION,
        Trouble.NOT_ENABLED,
        Trouble.NOT_FOUND,
        Trouble.PROCESSING,
        Trouble.BAD_INPUT,
    )
    async with lab() as running:
        token = (await running.create(NUMBER, "one"))["token"]
        running.sandbox.weather.outage("status", kind=kinds[int(code)])
        assert f"Echec (Code{code})" == (await running.status(token))["response_text"]
        assert [f"Code{code}"] == [asked.said for asked in running.sandbox.bank.asked]


async def test_one_endpoint_can_be_out_alone() -> None:
    """Customer payouts go on while merchant payouts do not."""
    async with lab() as running:
        running.sandbox.weather.outage("merchant")
        assert (503, 200) == (
            (await posted(running, "merchant")).status_code,
            (await posted(running)).status_code,
        )


async def test_everything_refused_closes_the_port() -> None:
    """A real refused connection, which proves that nothing left; then the same port is open again."""
    async with lab() as running:
        for _ in range(2):
            running.sandbox.weather.outage("all", kind=Reply.REFUSED)
            await running.sandbox.wait_for(lambda sandbox: sandbox.closed)
            async with httpx.AsyncClient(trust_env=False) as client:
                with pytest.raises(httpx.ConnectError):
                    await client.get(running.sandbox.url)
            running.sandbox.weather.clear()
            await running.sandbox.wait_for(lambda sandbox: not sandbox.closed)
            assert 200 == (await running.client.get("/")).status_code
        assert [] == running.sandbox.creates


async def test_a_stop_with_the_port_closed_is_clean() -> None:
    """Nothing is left open, as a warning would say."""
    async with lab() as running:
        running.sandbox.weather.outage("all", kind=Reply.REFUSED)
        await running.sandbox.wait_for(lambda sandbox: sandbox.closed)


async def test_it_closes_and_opens_by_itself() -> None:
    """An outage on a schedule needs nobody to end it."""
    async with lab() as running:
        running.sandbox.weather.outage("all", kind=Reply.REFUSED, after=0.05, seconds=0.2)
        assert not running.sandbox.closed
        await running.sandbox.wait_for(lambda sandbox: sandbox.closed)
        await running.sandbox.wait_for(lambda sandbox: not sandbox.closed)


def test_a_schedule_is_kept_to_the_second() -> None:
    """Before, during, after; the later of two that overlap is met."""

    async def story() -> list[int]:
        async with desk() as running:
            running.bank.weather.outage("all", after=10, seconds=20)
            running.bank.weather.outage("all", kind=Reply.CRASH, after=15, seconds=1)
            seen = []
            for _ in range(7):
                seen.append((await running.client.get(STATUS[0] + "any", headers=KEYS)).status_code)
                await asyncio.sleep(5)
            return seen

    assert [200, 200, 503, 500, 503, 503, 200] == leap(story())


@pytest.mark.parametrize("kind", [Reply.NORMAL, Reply.NO_TOKEN])
async def test_some_replies_are_no_outage(kind: Reply) -> None:
    """They need a payout; and calls must be known ones."""
    weather = Weather(LoopClock())
    with pytest.raises(ValueError, match="no outage"):
        weather.outage("all", kind=kind)
    with pytest.raises(ValueError, match="nothing"):
        weather.outage("nothing")


async def test_an_outage_is_switched_over_http() -> None:
    """Begun, shown with what happened, and cleared."""
    async with lab() as running:
        begun = (await running.client.post("/sandbox/weather/creates/unavailable?seconds=60")).json()
        assert [("creates", "unavailable", 0)] == [
            (outage["calls"], outage["kind"], outage["begins_in"]) for outage in begun["outages"]
        ]
        assert 503 == (await posted(running)).status_code
        assert {"create: HTTP 503": 1} == (await running.client.get("/sandbox/weather")).json()["faults"]
        assert [] == (await running.client.post("/sandbox/weather/clear")).json()["outages"]
        assert 200 == (await posted(running)).status_code


@pytest.mark.parametrize(
    "path",
    [
        "creates/lost",
        "nothing/hang",
        "all/normal",
        "all/refused",
        "all/hang?seconds=-1",
        "all/hang?after=soon",
        "all/hang?seconds=nan",
    ],
)
async def test_a_wrong_outage_is_said(path: str) -> None:
    """Unknown words, bad numbers, and a closed port that nobody could open again are 400."""
    async with lab() as running:
        answer = await running.client.post("/sandbox/weather/" + path)
        assert (400, []) == (answer.status_code, running.sandbox.weather.outages)


async def test_the_front_page_lists_what_can_be_switched() -> None:
    """Every kind of call is named, and an outage without end is JSON all the same."""
    async with lab() as running:
        page = (await running.client.get("/")).text
        assert all(calls in page for calls in (*Calls, "unreachable", "ip_denied"))
        begun = await running.client.post("/sandbox/weather/status/hang")
        assert json.loads(begun.text)["outages"][0]["ends_in"] is None


async def test_trouble_can_be_there_from_the_start() -> None:
    """The weather may be made before the sandbox, and is its own."""
    weather = Weather()
    async with LigdicashSandbox.running(weather=weather) as sandbox:
        assert weather is sandbox.weather
