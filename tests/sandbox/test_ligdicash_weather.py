"""Trouble by chance: the same seed brings the same, every kind comes, and what was paid stays countable."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.sandbox.ligdicash import Bank, Status, Trouble, Weather
from tests.sandbox.ligdicash_lab import CREATE, KEYS, STATUS, chance
from tests.sandbox.ligdicash_virtual import desk, leap, order

if TYPE_CHECKING:
    from tests.sandbox.ligdicash_virtual import Desk

DAY = 86_400
HEADERS = {name.lower(): value for name, value in KEYS.items()}


async def pay(running: Desk, name: str, endpoint: str) -> list[str]:
    """One payout by a client that asks its status a few times; what it met."""
    try:
        body = order("22670000000", name)
        answer = (await running.client.post(CREATE[endpoint], json=body, headers=KEYS)).json()
        met = [f"{answer['response_code']}{answer['response_text']}"]
        token = answer.get("token") or "none"
    except (httpx.TransportError, json.JSONDecodeError) as error:
        return [type(error).__name__]
    for pause in (30, 3_600, DAY):
        await asyncio.sleep(pause)
        try:
            answer = (await running.client.get(STATUS[0] + token, headers=KEYS)).json()
            met.append(answer.get("status", answer["response_text"]))
        except (httpx.TransportError, json.JSONDecodeError) as error:
            met.append(type(error).__name__)
    return met


async def days(seed: int, intensity: float, **odds: float) -> tuple[Desk, list[object]]:
    """Twelve payouts, minutes or hours apart, until nothing happens any more; and all that was seen of it."""
    source = chance(seed)
    weather = Weather.seeded(chance(seed), intensity, **odds)
    async with desk(seed=seed, weather=weather, latency=0.3) as running:
        paying = []
        for place in range(12):
            endpoint = source.choice(["customer", "merchant"])
            paying.append(asyncio.create_task(pay(running, f"t{place}", endpoint)))
            await asyncio.sleep(source.uniform(60, 7_200))
        met = await asyncio.gather(*paying)
        await running.quiet()
        return running, [*met, *running.posts]


def test_the_same_seed_brings_the_same() -> None:
    """Every answer, every post and its second, every fault; another seed brings something else."""
    (first, one), (again, two), (other, three) = (leap(days(seed, 1)) for seed in (5, 5, 6))
    assert one == two
    assert first.bank.faults == again.bank.faults
    assert first.bank.payouts == again.bank.payouts
    assert one != three
    assert first.bank.faults != other.bank.faults


def test_without_intensity_the_weather_is_fair() -> None:
    """Nothing is counted, and every payout is paid."""
    running, _ = leap(days(1, 0))
    assert Counter() == running.bank.faults
    assert (12, 60_000) == running.bank.paid_total


def test_the_sums_hold_in_any_weather() -> None:
    """What was received, accepted and paid fits together; nobody is accepted twice who asks once."""
    for seed in range(15):
        running, _ = leap(days(seed, 1.5))
        bank = running.bank
        assert len(bank.creates) == sum(len(tally.creates) for tally in bank.tallies)
        assert len(bank.payouts) == sum(len(tally.payouts) for tally in bank.tallies)
        assert bank.paid_total.amount == sum(tally.paid.amount for tally in bank.tallies)
        for tally in bank.tallies:
            assert len(tally.creates) == 1
            assert [create.number for create in tally.creates if create.number] == [
                payout.number for payout in tally.payouts
            ]
            assert tally.paid.times == bank.paid(tally.transaction_id) <= 1


EXPECTED = {
    "create: connection refused",
    "create: connect timeout",
    "create: no answer",
    "create: HTTP 503",
    "create: balance too low",
    "create, accepted: no answer",
    "create, accepted: hangs up",
    "create, accepted: breaks off",
    "create, accepted: HTTP 500",
    "create, accepted: no token",
    "create, accepted: broken JSON",
    "create, accepted: error while processing",
    "create, accepted: answered late",
    "create, accepted: callback first",
    "status: connection refused",
    "status: HTTP 500",
    "status: no answer",
    "status: no payout with this token",
    "status: answered late",
    "status: unknown word",
    "token: no payout with this token",
    "end: never",
    "end: after hours",
    "end: after days",
    "end: completed after notcompleted",
    "end: notcompleted after completed",
    "callback: none",
    "callback: late",
    "callback: repeated",
    "callback: one post only",
    "callback: another payout's token",
    "callback: claims what is not so",
    "callback: cut short",
    "callback: broken",
    "callback: wrong content type",
    "callback: Latin-1",
    "callback: empty",
    "callback: huge",
}


def test_every_kind_of_trouble_comes() -> None:
    """Within some dozens of seeds."""
    faults: Counter[str] = Counter()
    for seed in range(60):
        faults += leap(days(seed, 2))[0].bank.faults
        if set(faults) >= EXPECTED:
            break
    assert set() == EXPECTED - set(faults)


@pytest.mark.parametrize(
    ("odds", "kinds"),
    [
        ({"callback_foreign": 1.0}, {"callback: another payout's token"}),
        ({"taken_back": 1.0}, {"end: notcompleted after completed"}),
        ({"fails": 1.0, "paid_after_all": 1.0}, {"end: completed after notcompleted"}),
        ({"callback_first": 1.0}, {"create, accepted: answered late", "create, accepted: callback first"}),
        ({"pending_for_ever": 1.0}, {"end: never"}),
        ({"callback_lost": 1.0}, {"callback: none"}),
        ({"token_expires": 1.0}, {"token: no payout with this token", "status: no payout with this token"}),
    ],
)
def test_one_kind_can_be_turned_up_alone(odds: dict[str, float], kinds: set[str]) -> None:
    """At intensity 0 nothing but what is named; an unknown name is an error."""
    running, _ = leap(days(2, 0, **odds))
    assert kinds == set(running.bank.faults)
    with pytest.raises(TypeError):
        Weather.seeded(chance(1), 1, earthquake=1.0)


def test_it_can_calm_down() -> None:
    """From then on all is answered, though what has begun takes its course."""

    async def story() -> tuple[int, int]:
        weather = Weather.seeded(chance(1), 0, create_fails=1.0, outages=8.0)
        async with desk(weather=weather) as running:
            assert "00" not in (await pay(running, "t1", "customer"))[0]
            weather.clear()
            await running.create("22670000000", "t2")
            return len(running.bank.payouts), len(weather.outages)

    assert (1, 0) == leap(story())


def test_calm_leaves_outages_as_they_are() -> None:
    """Chance brings nothing new; what was switched on is still on."""
    weather = Weather.seeded(chance(1), 1)
    weather.outage("status")
    weather.calm()
    assert ["status"] == [outage.calls for outage in weather.outages]


def test_one_token_can_be_made_ill() -> None:
    """From outside, from a moment on, for so long; the callback's token is not, nor any other payout's."""

    async def story() -> list[str]:
        async with desk() as running:
            token, other = [(await running.create("22670000010", name))["token"] for name in ("one", "two")]
            running.bank.weather.ail(token, Trouble.NOT_ENABLED, after=10, seconds=20)
            running.settle("one", Status.PENDING)
            said = []
            for _ in range(4):
                said.append((await running.status(token))["response_text"])
                await asyncio.sleep(10)
                for healthy in (other, running.bank.payouts[0].tokens[1]):
                    assert "pending" == (await running.status(healthy))["status"]
            return said

    assert ["", "Echec (Code01)", "Echec (Code01)", ""] == leap(story())


def test_the_books_are_kept() -> None:
    """For each transaction_id: when it was received, what came of it, its tokens, and what was paid."""

    async def story() -> Bank:
        async with desk() as running:
            await running.create("22670000000", "paid", "merchant")
            await asyncio.sleep(3)
            await running.create("22670000000", "paid", "merchant")
            await running.create("22670000004", "poor")
            await running.create("22670000010", "waits")
            await running.client.post(CREATE["customer"], content=b"{", headers=KEYS)
            await running.quiet()
            await running.status(running.bank.payouts[0].token)
            await running.status("nobody's")
            return running.bank

    bank = leap(story())
    assert ["paid", "poor", "waits", ""] == [tally.transaction_id for tally in bank.tallies]
    paid = bank.tally("paid")
    first, second = paid.creates
    assert (3_000, [1, 2]) == (second.received - first.received, [first.number, second.number])
    assert ((2, 10_000), 4) == (paid.paid, len(paid.tokens))
    assert [1_000, 1_000] == [(payout.paid_at or 0) - payout.created for payout in paid.payouts]
    assert ((0, 0), (2, 10_000)) == (bank.tally("waits").paid, bank.paid_total)
    assert {payout.token for payout in paid.payouts} < paid.tokens
    poor = bank.tally("poor")
    assert (("Code04",), (), (0, 0)) == (
        tuple(create.outcome for create in poor.creates),
        poor.payouts,
        poor.paid,
    )
    assert ((), ()) == (bank.tally("unknown").creates, bank.tally("unknown").payouts)
    assert [(1, "completed"), (None, "Code02")] == [(asked.number, asked.said) for asked in bank.asked]


def test_a_settled_contradiction_is_counted() -> None:
    """By hand as by chance; the money left when that was said first."""

    async def story() -> Bank:
        async with desk() as running:
            await running.create("22670000010")
            for status in (Status.NOTCOMPLETED, Status.COMPLETED, Status.COMPLETED):
                await asyncio.sleep(5)
                running.settle("one", status)
            await running.quiet()
            return running.bank

    bank = leap(story())
    assert {"end: never": 1, "end: completed after notcompleted": 1} == bank.faults
    assert 10_000 == (bank.payouts[0].paid_at or 0) - bank.payouts[0].created
