"""A refusal of the account holds the other approved payouts of its endpoint until an approver tries again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.clock import HOUR, MINUTE
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, GUEST, Stage, payout_of
from tests.story.office import (
    BALANCE_LOW,
    NO_ACCOUNT,
    PAID,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    changed,
    creates_of,
    creates_refused,
    held_back,
    kinds,
    pause,
    press,
    press_again,
    seen,
    state_of,
)

DIRECTLY = {"way": "mobile_directly"}
PAID_TOO = "22671000000"


@asynccontextmanager
async def _one_held(scene: Stage, number: str = BALANCE_LOW) -> AsyncIterator[tuple[Message, Message]]:
    """One that is refused because of the account, and one that was approved beside it and waits."""
    refused = await approved(scene, number)
    await becomes(scene, refused, State.REFUSED)
    waits = await approved(scene, amount=200)
    await scene.at_rest()
    yield refused, waits


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("00", "does not accept the bot's keys"),
        ("01", "not enabled on this LigdiCash project"),
        ("04", "balance for this operator is too low"),
        ("06", "does not accept requests from the bot's IP address"),
        ("13", "asks for a signature"),
        ("14", "asks for a signature"),
    ],
)
async def test_a_refusal_of_the_account_holds_the_others(timed: Stage, code: str, says: str) -> None:
    """The refused one is refused; the next approved one does not run into the same wall, and says why."""
    with creates_refused(timed, "withdrawal", code):
        async with _one_held(timed) as (refused, waits):
            assert (State.REFUSED, State.APPROVED) == (state_of(timed, refused), state_of(timed, waits))
            assert 1 == len(timed.ligdicash.creates)
            assert says in seen(timed, waits).seen[0]
            assert ["stop", "try_now"] == buttons_of(seen(timed, waits))
            told = await timed.thread_says(refused, "This refusal concerns the LigdiCash account")
            assert (says in told.words, ["try_now"]) == (True, buttons_of(told))
            assert 1 == sum("LigdiCash refuses the account" in line and says in line for line in audit(timed))
            assert 200 == (await timed.readiness())[0]
            assert "note: customer payouts are held" in (await timed.readiness())[1]


@pytest.mark.parametrize("code", ["02", "03", "03a", "05", "09"])
async def test_a_refusal_of_the_payout_holds_nobody(timed: Stage, code: str) -> None:
    """What is wrong with one payout is no matter of the others."""
    with creates_refused(timed, "withdrawal", code):
        await becomes(timed, await approved(timed), State.REFUSED)
    await becomes(timed, await approved(timed), State.COMPLETED)
    assert "held" not in kinds(timed)


async def test_the_same_number_means_something_else_at_the_other_endpoint(timed: Stage) -> None:
    """A merchant payout's 04 is the 24-hour rule, and its 08 the balance."""
    with creates_refused(timed, "straight", "04"):
        await becomes(timed, await approved(timed, values=DIRECTLY), State.REFUSED)
    assert [] == timed.rows("SELECT * FROM brakes")
    with creates_refused(timed, "straight", "08"):
        await becomes(timed, await approved(timed, values=DIRECTLY), State.REFUSED)
    assert [("merchant",)] == timed.rows("SELECT hold FROM brakes")


async def test_the_other_endpoint_goes_on(timed: Stage) -> None:
    """Its account is another one: what goes straight to mobile money is paid meanwhile."""
    async with _one_held(timed) as (_, waits):
        direct = await approved(timed, PAID_TOO, values=DIRECTLY)
        await becomes(timed, direct, State.COMPLETED)
        assert State.APPROVED is state_of(timed, waits)
        open_ones = [
            await timed.ask(f"{PAID} 300 open"),
            await timed.ask("22670000900 400 open", values=DIRECTLY),
        ]
        await timed.at_rest()
        warned = ["refuses this account" in (await timed.question(card)).seen[0] for card in open_ones]
        assert [True, False] == warned


async def test_it_is_told_once_however_many_are_refused(timed: Stage) -> None:
    """Several were on their way at that moment: one hold, one alert, though each reads its own refusal."""
    async with held_back(timed, "POST") as gate:
        cards = [await approved(timed, number) for number in (BALANCE_LOW, "22671000004", "22672000004")]
        await timed.ligdicash.wait_for(lambda ligdicash: len(ligdicash.creates) == 3)
        gate.set()
        for card in cards:
            await becomes(timed, card, State.REFUSED)
    await timed.at_rest()
    assert 1 == sum(kinds(timed, card).count("held") for card in cards)
    assert 1 == sum("LigdiCash refuses the account" in line for line in audit(timed))


@pytest.mark.parametrize("user", [CLARISSE, DAOUDA])
async def test_try_now_by_an_approver_lets_them_go(timed: Stage, user: str) -> None:
    """Each leaves once; cards and open questions lose the warning; the audit channel names who did it."""
    async with _one_held(timed) as (refused, waits):
        asked = await timed.ask(f"{PAID} 300 open")
        await press(timed, user, waits, "try_now")
        await timed.whispered(user, "lets held payouts be tried now")
        await becomes(timed, waits, State.COMPLETED)
        await timed.at_rest()
        assert 1 == len(creates_of(timed, waits))
        assert "refuses this account" not in seen(timed, waits).words + (await timed.question(asked)).words
        assert f"▶️ <@{user}> lets held payouts be tried now" in audit(timed)
        assert (200, "ready\n") == await timed.readiness()
        assert State.REFUSED is state_of(timed, refused)
        await press_again(timed, "try_now")
        await timed.whispered(user, "Nothing is held any more.")


@pytest.mark.parametrize("user", [AMINATA, BOUKARY, GUEST])
async def test_nobody_else_tries_again(timed: Stage, user: str) -> None:
    """Said to that person, written down, and nothing leaves."""
    async with _one_held(timed) as (_, waits):
        await press(timed, user, waits, "try_now")
        await timed.whispered(user, "Nothing was changed.")
        await timed.later(5 * MINUTE)
        await timed.at_rest()
        assert (State.APPROVED, 1) == (state_of(timed, waits), len(timed.ligdicash.creates))
        assert 1 == kinds(timed).count("brake_refused")
        await timed.slack.wait_for_message(AUDIT, f"🚷 <@{user}> may not try now")


async def test_the_button_beside_the_refusal_works_too(timed: Stage) -> None:
    """The thread of the refused one is where somebody reads of it first."""
    async with _one_held(timed) as (refused, waits):
        told = await timed.thread_says(refused, "This refusal concerns the LigdiCash account")
        await press(timed, DAOUDA, told, "try_now")
        await becomes(timed, waits, State.COMPLETED)


async def test_what_is_not_mended_is_held_again(timed: Stage) -> None:
    """Tried now, refused again: the rest is held again, and told again, since it is news."""
    async with _one_held(timed) as (_, waits):
        with creates_refused(timed, "withdrawal", "04"):
            await press(timed, DAOUDA, waits, "try_now")
            await becomes(timed, waits, State.REFUSED)
        assert [("customer",)] == timed.rows("SELECT hold FROM brakes")
        await timed.at_rest()
        assert 2 == sum("LigdiCash refuses the account" in line for line in audit(timed))


async def test_the_brake_is_not_released_by_trying_now(timed: Stage) -> None:
    """Two holds are two holds: each has its own release."""
    async with _one_held(timed) as (refused, waits):
        await pause(timed)
        told = await timed.thread_says(refused, "This refusal concerns the LigdiCash account")
        await press(timed, DAOUDA, told, "try_now")
        await timed.at_rest()
        assert State.APPROVED is state_of(timed, waits)
        await both_resume(timed)
        await becomes(timed, waits, State.COMPLETED)


async def test_the_release_of_the_brake_leaves_the_account_held(timed: Stage) -> None:
    """And the other way round: what LigdiCash refuses waits on."""
    async with _one_held(timed) as (_, waits):
        await pause(timed)
        await both_resume(timed)
        await timed.at_rest()
        assert State.APPROVED is state_of(timed, waits)
        assert "refuses this account" in seen(timed, waits).seen[0]


async def test_what_was_held_for_an_hour_has_expired(timed: Stage) -> None:
    """No approval older than an hour sends anything."""
    async with _one_held(timed) as (_, waits):
        await timed.later(HOUR + 2000)
        await timed.card_says(waits, "Expired")
        assert 1 == len(timed.ligdicash.creates)


async def test_a_hold_outlives_the_process(timed: Stage) -> None:
    """A restart tries nothing by itself."""
    async with _one_held(timed) as (_, waits):
        await timed.stop()
        await timed.start()
        await timed.at_rest()
        assert (State.APPROVED, 1) == (state_of(timed, waits), len(timed.ligdicash.creates))


async def test_a_number_without_an_account_is_no_matter_of_ours(timed: Stage) -> None:
    """The sandbox's own refusals agree with the table: 02 holds nobody, 04 does."""
    await becomes(timed, await approved(timed, NO_ACCOUNT), State.REFUSED)
    assert [] == timed.rows("SELECT * FROM brakes")
    card = await approved(timed, BALANCE_LOW)
    await changed(timed, lambda: timed.rows("SELECT * FROM brakes"))
    assert payout_of(card)
