"""Home: money of which nobody knows what became waits there for whoever may say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.clock import HOUR
from bot.sandbox.ligdicash.answers import CRASHED
from bot.sandbox.slack import Message
from storage.payout import State
from tests.stage import (
    AMINATA,
    BOUKARY,
    CLARISSE,
    DAOUDA,
    GUEST,
    SUPPORT,
    SkippingClock,
    Stage,
    hurried,
    payout_of,
    stage,
)
from tests.story.authority import commands
from tests.story.office import (
    PENDING,
    approved,
    becomes,
    changed,
    home,
    pause,
    press,
    propose,
    resume,
    status_answers,
    unconfirmed,
)

NOTHING = "Nothing waits for you."


def link_to(message: Message, card: Message) -> str:
    """Where it stands, as Slack's links say it."""
    link = f"https://team.slack.example/archives/{SUPPORT}/p{message.ts.replace('.', '')}"
    return link if message.ts == card.ts else f"{link}?thread_ts={card.ts}&cid={SUPPORT}"


async def waits(scene: Stage, user: str, card: Message) -> bool:
    """Whether Home says that the payout waits for this person."""
    return payout_of(card) in (await home(scene, user)).text.partition("Your latest payouts")[0]


async def test_an_unconfirmed_payout_waits_for_every_approver(timed: Stage) -> None:
    """Amount, number, state, and a link to the card with its button; nobody else is shown it."""
    card = await unconfirmed(timed, amount=7500)
    for user in (CLARISSE, DAOUDA):
        view = await home(timed, user)
        assert "*7 500 XOF* to *+226 70 00 00 14* · ⚠️ unconfirmed, may have been paid or not" in view.text
        assert f"<{link_to(card, card)}|resolve it on its card>" in str(view.blocks)
    for user in (AMINATA, BOUKARY):
        assert not await waits(timed, user, card)


async def test_why_sending_is_paused_is_not_for_guests(timed: Stage) -> None:
    """An approver's words are read by those who ask and approve, on Home and by `policy`."""
    await pause(timed, "looks odd")
    assert "looks odd" in (await home(timed, AMINATA)).text
    seen = (await home(timed, GUEST)).text
    assert ("paused" in seen, "You neither ask for payouts nor decide on them." in seen) == (False, True)
    await timed.slack.command(GUEST, SUPPORT, "policy")
    assert "paused" not in (await timed.whispered(GUEST, "You may not ask")).words


async def test_with_one_approver_nobody_is_told_to_wait_for_another(tmp_path: Path) -> None:
    """Home says, as the audit channel does, that none is named."""
    with hurried():
        async with stage(tmp_path, clock=SkippingClock(), APPROVERS=CLARISSE) as scene:
            await pause(scene)
            await resume(scene)
            assert "another approver is needed, and none is named" in (await home(scene, CLARISSE)).text


async def test_it_does_not_wait_for_whoever_asked(tmp_path: Path) -> None:
    """Though that person is an approver of other payouts."""
    with hurried():
        async with stage(tmp_path, clock=SkippingClock(), APPROVERS=f"{AMINATA},{CLARISSE},{DAOUDA}") as scene:
            card = await unconfirmed(scene)
            assert (False, True) == (await waits(scene, AMINATA, card), await waits(scene, CLARISSE, card))


async def test_a_proposal_waits_for_whoever_may_confirm_it(timed: Stage) -> None:
    """Who proposes what and why, with a link to its button; not for the one who proposed; afterwards for nobody."""
    card = await unconfirmed(timed)
    proposal = await propose(timed, CLARISSE, card, "paid", "seen on <the dashboard>")
    await timed.at_rest()
    assert NOTHING in (await home(timed, CLARISSE)).text
    view = await home(timed, DAOUDA)
    assert f"🗳️ <@{CLARISSE}> proposes: *it was paid* · seen on &lt;the dashboard&gt;" in view.text
    assert f"<{link_to(proposal, card)}|confirm in its thread>" in str(view.blocks)
    await press(timed, DAOUDA, proposal, "confirm")
    await becomes(timed, card, State.COMPLETED)
    assert NOTHING in (await home(timed, DAOUDA)).text


@pytest.mark.parametrize(("passed", "answered", "waiting"), [(23, True, False), (24, True, True), (7, False, True)])
async def test_what_is_initiated_waits_once_it_may_be_resolved(
    timed: Stage, passed: int, *, answered: bool, waiting: bool
) -> None:
    """After a day, or six hours in which the status call told nothing but errors; not before."""
    with status_answers(timed, lambda _token: None if answered else CRASHED):
        card = await approved(timed, PENDING)
        await becomes(timed, card, State.INITIATED)
        if not answered:
            await timed.later(HOUR)
            await changed(timed, lambda: timed.rows("SELECT 1 FROM attempts WHERE silent_since IS NOT NULL"))
            await timed.at_rest()
        await timed.later(passed * HOUR)
        await timed.at_rest()
        assert waiting is await waits(timed, DAOUDA, card)


async def test_uncertain_money_comes_before_requests(timed: Stage) -> None:
    """However old the requests are: only as many as Slack takes are shown of each."""
    waiting = await timed.ask("22670000000 5000 refund")
    uncertain = await unconfirmed(timed)
    text = (await home(timed, DAOUDA)).text
    assert text.index(payout_of(uncertain)) < text.index(payout_of(waiting))


async def test_what_is_not_todays_says_its_day(tmp_path: Path) -> None:
    """In Home and in the list, by the team's own midnight; of today only the time."""
    with hurried():
        async with stage(tmp_path, clock=SkippingClock(), TIMEZONE="Asia/Kathmandu") as scene:
            zone = ZoneInfo("Asia/Kathmandu")
            card = await scene.ask("22670000000 5000 refund")
            (created_at,) = scene.rows("SELECT created_at FROM payouts WHERE id = ?", payout_of(card))[0]
            asked_at = datetime.fromtimestamp(int(created_at or 0) / 1000, zone)
            midnight = (asked_at + timedelta(days=1)).replace(hour=0, minute=0, second=0)
            assert await both_say(scene, f"{asked_at:%H:%M}")
            await scene.later(int((midnight - asked_at).total_seconds() + 60) * 1000)
            assert await both_say(scene, f"{asked_at:%H:%M} on {asked_at.day} {asked_at:%b %Y}")


async def both_say(scene: Stage, time: str) -> bool:
    """Whether Home and the list give just this time."""
    scene.slack.workspace.ephemerals.clear()
    await commands(scene, AMINATA, "list")
    listed = (await scene.whispered(AMINATA, "Your latest payouts")).text
    waiting = (await home(scene, CLARISSE)).text
    return f"\nasked at {time} · " in listed and f"asked by <@{AMINATA}> at {time} · " in waiting
