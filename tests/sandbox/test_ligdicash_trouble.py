"""The last two digits can ask for trouble: with the create's answer, the end, callbacks, status calls."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from bot.sandbox.ligdicash import Asked, Behaviour, Status
from bot.sandbox.ligdicash.garbling import FILLER
from tests.sandbox.ligdicash_lab import CREATE, KEYS, lab
from tests.sandbox.ligdicash_virtual import Desk, desk, leap


def number(digits: str) -> str:
    """A beneficiary for whom this row of the table is followed."""
    return "226700000" + digits


def fields_of(content_type: str, body: bytes) -> dict[str, Any]:
    """A callback as a reader with good manners sees it."""
    if content_type == "application/json":
        fields: dict[str, Any] = json.loads(body)
        return fields
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def words(running: Desk) -> list[tuple[float, str]]:
    """When which status was told, each twin on its own."""
    return [
        (seconds, fields_of(kind, body)["status"].replace("nocompleted", "notcompleted"))
        for seconds, kind, body in running.posts
    ]


@pytest.mark.parametrize("endpoint", ["customer", "merchant"])
async def test_callbacks_can_come_before_the_token(endpoint: str) -> None:
    """41, over HTTP: both posts are there while the create request still waits."""
    async with lab(delay=0.1) as running:
        waiting = asyncio.create_task(running.create(number("41"), "one", endpoint))
        assert ["completed", "completed"] == [fields["status"] for fields in await running.told("one")]
        assert not waiting.done()
        answer = await waiting
        assert "completed" == (await running.status(answer["token"]))["status"]
        assert 1 == running.sandbox.faults["create, accepted: callback first"]


async def test_a_stop_does_not_wait_for_a_late_token() -> None:
    """42, over HTTP: whoever still waits is answered at once when the sandbox ends."""
    async with httpx.AsyncClient(timeout=60) as client:
        async with lab(delay=1) as running:
            url, order = running.sandbox.url + CREATE["customer"], running.order(number("42"), "one")
            waiting = asyncio.create_task(client.post(url, json=order, headers=KEYS))
            await running.sandbox.wait_for(lambda sandbox: len(sandbox.payouts) == 1)
            stopping = asyncio.get_running_loop().time()
        assert 4 > asyncio.get_running_loop().time() - stopping
        assert "00" == (await waiting).json()["response_code"]


def test_a_token_can_come_later_than_anybody_waits() -> None:
    """42: 45 s, and whoever waits that long gets it."""

    async def story() -> tuple[float, bool, int]:
        async with desk() as running:
            with pytest.raises(httpx.ReadTimeout):
                await running.create(number("42"), "one")
            gave_up = running.bank.clock.steady()
            running.client.timeout = httpx.Timeout(60)
            answer = await running.create(number("42"), "two")
            return gave_up, bool(answer["token"]), running.bank.paid("one")

    assert (20, True, 1) == leap(story())


@pytest.mark.parametrize("endpoint", ["customer", "merchant"])
@pytest.mark.parametrize(
    ("digits", "status", "body"),
    [("43", 200, '"token": ""'), ("44", 200, '"token":"eyJ'), ("46", 500, "<h1>")],
)
async def test_an_answer_can_lose_the_token(endpoint: str, digits: str, status: int, body: str) -> None:
    """43, 44, 46, over HTTP: no token, half a document, a page; accepted and paid all the same."""
    async with lab() as running:
        order = running.order(number(digits), "one")
        response = await running.client.post(CREATE[endpoint], json=order, headers=KEYS)
        assert (status, True) == (response.status_code, body in response.text)
        await running.told("one")
        assert 1 == running.sandbox.paid("one")


async def test_an_answer_can_break_off() -> None:
    """45, over HTTP: the head and half a body arrive, then the connection ends."""
    async with lab() as running:
        order = running.order(number("45"), "one")
        request = running.client.build_request("POST", CREATE["customer"], json=order, headers=KEYS)
        response = await running.client.send(request, stream=True)
        assert 200 == response.status_code
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await response.aread()
        await running.told("one")
        assert (1, "CUT") == (running.sandbox.paid("one"), running.sandbox.creates[0].outcome)


@pytest.mark.parametrize(
    ("digits", "told", "paid"),
    [
        ("51", [(300, "completed")], 1),
        ("52", [(1, "notcompleted"), (10, "completed")], 1),
        ("53", [(1, "completed"), (10, "notcompleted")], 1),
        ("54", [(1, "pending"), (10, "completed")], 1),
        ("55", [(1, "processing"), (10, "completed")], 1),
        ("63", [(1, "completed"), (2, "completed"), (10, "completed"), (60, "completed")], 1),
        ("64", [(60, "completed")], 1),
        ("66", [(1, "completed"), (10, "pending")], 1),
    ],
)
def test_an_end_can_be_slow_or_contradict_itself(digits: str, told: list[tuple[float, str]], paid: int) -> None:
    """Each callback comes at its second, with its word, as two posts; money that left is counted once."""

    async def story() -> tuple[list[tuple[float, str]], int]:
        async with desk() as running:
            await running.create(number(digits))
            await running.quiet()
            return words(running), running.bank.paid("one")

    assert ([word for word in told for _ in range(2)], paid) == leap(story())


def test_a_status_call_sees_each_turn() -> None:
    """53 and 55: what is asked in between is answered by what holds then, unknown word included."""

    async def story() -> list[str]:
        async with desk() as running:
            tokens = [(await running.create(number(digits), digits))["token"] for digits in ("53", "55")]
            seen = []
            for pause in (0, 2, 10):
                await asyncio.sleep(pause)
                seen += [(await running.status(token))["status"] for token in tokens]
            return [word.replace("nocompleted", "notcompleted") for word in seen]

    assert ["pending", "pending", "completed", "processing", "notcompleted", "completed"] == leap(story())


async def test_a_contradiction_is_told_over_http() -> None:
    """52: notcompleted, then completed after all."""
    async with lab() as running:
        await running.create(number("52"), "one")
        told = [fields["status"] for fields in await running.told("one", 4)]
        assert ["completed", "completed"] == told[2:]
        assert {"notcompleted", "nocompleted"} >= set(told[:2])
        assert 1 == running.sandbox.faults["end: completed after notcompleted"]


def is_mislabelled(content_type: str, body: bytes) -> bool:
    """Whether the header says something else than the body is."""
    right = "application/json" if body[:1] == b"{" else "application/x-www-form-urlencoded"
    return bool(body) and content_type != right


async def test_garbage_arrives_over_http() -> None:
    """61: all twelve posts, the empty and the huge ones included."""
    async with lab() as running:
        await running.create(number("61"), "one")
        await running.told("one", 12)
        sizes = sorted(len(body) for _, body in running.receiver.posts)
        assert (12, [0, 0]) == (len(sizes), sizes[:2])
        assert all(size > FILLER for size in sizes[-2:])
        assert 2 == sum(is_mislabelled(kind, body) for kind, body in running.receiver.posts)
        assert 1 == running.sandbox.paid("one")


def garbage() -> list[tuple[str, bytes]]:
    """The twelve posts of 61, in the order in which they are sent."""

    async def story() -> list[tuple[str, bytes]]:
        async with desk() as running:
            await running.create(number("61"))
            await running.quiet()
            assert 1 == running.bank.faults["callback: Latin-1"]
            return [(kind, body) for _, kind, body in running.posts]

    return leap(story())


def test_each_kind_of_garbage_is_what_it_is_called() -> None:
    """61: cut, broken, mislabelled, in Latin-1, empty, huge, a pair of each."""
    cut, broken, mislabelled, latin1, empty, huge = zip(*[iter(garbage())] * 2, strict=True)
    for kind, body in (*cut, *broken):
        if kind == "application/json":
            with pytest.raises(ValueError, match=r"."):
                json.loads(body)
    (form,) = (body for kind, body in broken if kind != "application/json")
    assert form.startswith(b"%%%response_code=00;token=")
    assert all(is_mislabelled(kind, body) for kind, body in mislabelled)
    for _, body in latin1:
        with pytest.raises(UnicodeDecodeError):
            body.decode()
    assert [b"", b""] == [body for _, body in empty]
    assert all("completed" == fields_of(kind, body)["status"] for kind, body in huge)


async def test_a_callback_can_carry_another_payouts_token() -> None:
    """62, over HTTP: what the token stands for is the other payout, though the rest speaks of this one."""
    async with lab() as running:
        await running.create(number("10"), "other")
        await running.create(number("62"), "one")
        told = await running.told("one")
        assert {"completed"} == {fields["status"] for fields in told}
        answer = await running.status(told[0]["token"])
        assert ("other", "pending") == (answer["transaction_id"], answer["status"])
        assert 1 == running.sandbox.paid("one")


async def test_without_another_payout_the_token_is_nobodys() -> None:
    """62 alone: the status call does not know it."""
    async with lab() as running:
        await running.create(number("62"), "one")
        token = (await running.told("one"))[0]["token"]
        assert "Echec (Code02)" == (await running.status(token))["response_text"]


async def test_a_callback_can_be_repeated_to_the_byte() -> None:
    """63, over HTTP: the same token and the same words, again and again."""
    async with lab(delay=0.005) as running:
        await running.create(number("63"), "one")
        await running.told("one", 8)
        assert 2 == len(set(running.receiver.posts))
        assert {"callback: repeated": 3} == running.sandbox.faults


async def test_one_of_the_twins_can_be_missing() -> None:
    """65, over HTTP: a single post, then nothing more."""
    async with lab() as running:
        await running.create(number("65"), "one")
        await running.create(number("00"), "two")
        await running.told("two")
        assert 1 == len(await running.told("one", 1))


def test_the_table_keeps_time_with_the_delay() -> None:
    """71 in a bank whose delay is ten seconds: its half a minute is five, and the end comes after ten."""
    plan = Behaviour.STATUS_CRASHES.plan.scaled(10)
    assert plan.ailment
    assert ([10], 300) == ([step.after for step in plan.course], plan.ailment.lasts)
    assert 450 == Behaviour.ANSWERS_LATE.plan.scaled(10).answers_after


@pytest.mark.parametrize(
    ("digits", "said", "later"),
    [
        ("71", "CRASH", Status.COMPLETED),
        ("72", "Code02", "Code02"),
        ("73", "HANG", "HANG"),
        ("74", "Code03", Status.COMPLETED),
    ],
)
def test_a_token_can_ail(digits: str, said: str, later: str) -> None:
    """By the creation's token nothing is learnt, for a while or for good; by the callback's it is."""

    async def story() -> list[Asked]:
        async with desk() as running:
            token = (await running.create(number(digits)))["token"]
            await asyncio.sleep(2)
            fresh = fields_of(*running.posts[0][1:])["token"]
            for asked in (token, fresh):
                await ask(running, asked)
            await asyncio.sleep(60)
            await ask(running, token)
            return running.bank.asked

    first, second, third = leap(story())
    assert (said, "completed", later) == (first.said, second.said, third.said)
    assert [1, 1, 1] == [asked.number for asked in (first, second, third)]


async def ask(running: Desk, token: str) -> None:
    """A status call, whatever comes of it."""
    try:
        await running.client.get(f"/pay/v01/withdrawal/confirm/?withdrawalToken={token}", headers=KEYS)
    except httpx.ReadTimeout:
        return


async def test_an_expired_token_over_http() -> None:
    """72: Code02 for the creation's token, an answer for the callback's; clearing the weather heals it."""
    async with lab() as running:
        token = (await running.create(number("72"), "one"))["token"]
        fresh = (await running.told("one"))[0]["token"]
        assert "Echec (Code02)" == (await running.status(token))["response_text"]
        assert "completed" == (await running.status(fresh))["status"]
        running.sandbox.weather.clear()
        assert "completed" == (await running.status(token))["status"]
