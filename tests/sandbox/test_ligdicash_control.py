"""The sandbox can be looked into and moved from outside, by its handle and over HTTP."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.sandbox.ligdicash import LigdicashSandbox, Status
from tests.sandbox.ligdicash_lab import CREATE, KEYS, lab

PENDING = "22670000010"


@pytest.mark.parametrize(
    ("word", "status", "paid"),
    [
        ("complete", "completed", 1),
        ("completed", "completed", 1),
        ("notcompleted", "notcompleted", 0),
        ("nocompleted", "notcompleted", 0),
        ("pending", "pending", 0),
    ],
)
async def test_a_payout_is_settled_by_hand(word: str, status: str, paid: int) -> None:
    """The status changes, the callbacks tell of it, the count follows."""
    async with lab() as desk:
        token = (await desk.create(PENDING, "one"))["token"]
        await desk.sandbox.settle("one", word)
        words = {fields["status"].replace("nocompleted", "notcompleted") for fields in await desk.told("one")}
        assert {status} == words
        assert status == (await desk.status(token))["status"].replace("nocompleted", "notcompleted")
        assert paid == desk.sandbox.paid("one")


async def test_settling_replaces_what_was_to_happen() -> None:
    """A payout that fails by hand does not complete by itself afterwards."""
    async with lab() as desk:
        await desk.create("22670000000", "one")
        await desk.sandbox.settle("one", "notcompleted")
        await desk.create("22670000000", "two")
        await desk.told("two")
        assert ["notcompleted", "completed"] == [payout.status for payout in desk.sandbox.payouts]


async def test_money_that_left_stays_counted() -> None:
    """A contradiction afterwards changes the word that is told, not what was paid."""
    async with lab() as desk:
        await desk.create(PENDING, "one")
        await desk.sandbox.settle("one", Status.COMPLETED)
        await desk.sandbox.settle("one", Status.COMPLETED)
        await desk.sandbox.settle("one", Status.NOTCOMPLETED)
        assert (1, Status.NOTCOMPLETED) == (desk.sandbox.paid("one"), desk.sandbox.payouts[0].status)


async def test_settling_nothing_is_an_error() -> None:
    """An unknown payout and an unknown status are told apart."""
    async with lab() as desk:
        with pytest.raises(LookupError):
            await desk.sandbox.settle("nobody", "completed")
        with pytest.raises(ValueError, match="lost"):
            await desk.sandbox.settle("nobody", "lost")


async def test_the_payouts_are_listed_over_http() -> None:
    """What was accepted, what was paid, and the sum."""
    async with lab() as desk:
        created = await desk.create("22670000000", "one")
        await desk.create(PENDING, "two", "merchant", amount=700)
        await desk.told("one")
        answer = (await desk.client.get("/sandbox/payouts")).json()
        assert {"times": 1, "amount": 5000} == answer["paid"]
        first, second = answer["payouts"]
        assert (created["token"], "completed", True, 1) == (
            first["token"],
            first["status"],
            first["paid"],
            first["top_up_wallet"],
        )
        assert ("merchant", "pending", False, 700, "two", PENDING) == (
            second["endpoint"],
            second["status"],
            second["paid"],
            second["amount"],
            second["transaction_id"],
            second["customer"],
        )


@pytest.mark.parametrize("by", ["token", "transaction_id"])
async def test_a_payout_is_settled_over_http(by: str) -> None:
    """By creation token or by transaction_id."""
    async with lab() as desk:
        token = (await desk.create(PENDING, "one"))["token"]
        key = token if by == "token" else "one"
        answer = await desk.client.post(f"/sandbox/payouts/{key}/completed")
        assert (200, 1) == (answer.status_code, answer.json()["paid"]["times"])
        assert 2 == len(await desk.told("one"))


@pytest.mark.parametrize(("path", "status"), [("nobody/completed", 404), ("one/lost", 400)])
async def test_settling_nothing_over_http_is_said(path: str, status: int) -> None:
    """An unknown payout is 404, an unknown status 400."""
    async with lab() as desk:
        await desk.create(PENDING, "one")
        assert status == (await desk.client.post("/sandbox/payouts/" + path)).status_code


async def test_the_front_page_explains() -> None:
    """`GET /` is a short text with the table of last digits."""
    async with lab() as desk:
        page = await desk.client.get("/")
        assert "text/plain" == page.headers["content-type"].split(";")[0]
        assert "whitelisted" in page.text


async def test_creates_are_kept_without_secrets() -> None:
    """The body and the headers can be looked at; keys are not among them."""
    async with lab() as desk:
        await desk.create(PENDING, "one")
        (create,) = desk.sandbox.creates
        assert desk.order(PENDING, "one") == create.body
        assert ("customer", "00", "application/json") == (
            create.endpoint,
            create.outcome,
            create.headers["content-type"],
        )
        assert not {"apikey", "authorization"} & set(create.headers)


async def test_waiting_ends_in_time() -> None:
    """What never comes is a TimeoutError."""
    async with lab() as desk:
        with pytest.raises(TimeoutError):
            await desk.sandbox.wait_for(lambda sandbox: bool(sandbox.payouts), timeout=0.01)


async def test_a_busy_port_is_an_os_error() -> None:
    """And leaves nothing running behind."""
    async with lab() as desk:
        with pytest.raises(OSError, match="address"):
            async with LigdicashSandbox.running(port=httpx.URL(desk.sandbox.url).port or 0):
                pytest.fail("it started")


async def test_a_stop_ends_everything() -> None:
    """A hanging request and an unanswered callback hold up nothing, get nothing, and leave no task behind."""
    async with httpx.AsyncClient(timeout=5) as client:
        async with lab() as desk:
            url, body = desk.receiver.url + "/never", desk.order("22670000012")
            body["commande"]["callback_url"] = url
            hanging = asyncio.create_task(client.post(desk.sandbox.url + CREATE["customer"], json=body, headers=KEYS))
            await desk.receiver.kept_waiting.wait()
            stopping = asyncio.get_running_loop().time()
        assert 4 > asyncio.get_running_loop().time() - stopping
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await hanging
        assert [] == desk.sandbox.deliveries
    assert {asyncio.current_task()} == asyncio.all_tasks()
