"""Whose word is needed is called by name: to look up what is uncertain, and to confirm what somebody found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.clock import MINUTE, SECOND
from bot.sandbox.slack import Message, outage
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, Stage
from tests.story.authority import APPROVERS_GROUP, enrol, office
from tests.story.office import becomes, changed, doubtful, kinds, propose, told, transaction_of, unconfirmed

LOOK_UP = "please look this transaction up on LigdiCash's dashboard, then click *Resolve* on the card."
CONFIRM = "please confirm just this, or click *Resolve* on the card if you found otherwise."


@asynccontextmanager
async def team(folder: Path, *approvers: str) -> AsyncIterator[Stage]:
    """A scene with these approvers, at night for them as by day."""
    async with office(folder, APPROVERS=",".join(approvers), QUIET_HOURS="0-23") as scene:
        enrol(scene, APPROVERS_GROUP, (CLARISSE,))
        yield scene


async def told_of_doubt(scene: Stage, card: Message) -> str:
    """What the thread says of it."""
    return (await scene.thread_says(card, "is *unconfirmed*")).words


@pytest.mark.parametrize(
    ("approvers", "called"),
    [
        ((CLARISSE, DAOUDA), f"<@{CLARISSE}>, <@{DAOUDA}>"),
        ((AMINATA, CLARISSE, DAOUDA), f"<@{CLARISSE}>, <@{DAOUDA}>"),
        ((APPROVERS_GROUP, DAOUDA), f"<!subteam^{APPROVERS_GROUP}>, <@{DAOUDA}>"),
    ],
)
async def test_an_uncertain_outcome_calls_approvers(tmp_path: Path, approvers: tuple[str, ...], called: str) -> None:
    """Those who did not ask for it, groups among them; whoever asked is told not to ask again."""
    async with team(tmp_path, *approvers) as scene:
        card = await unconfirmed(scene)
        words = await told_of_doubt(scene, card)
        assert f"*What to do:* do not ask for it again. {called}: {LOOK_UP}" in words
        assert words.startswith(f"⚠️ <@{AMINATA}> ")


async def test_what_is_known_by_then_calls_nobody(timed: Stage) -> None:
    """Slack does not take it while it is uncertain: told later, it is nobody's task any more."""
    timed.slack.api.weather = lambda _method, args: outage() if "please look this" in str(args) else None
    card = await doubtful(timed)
    await timed.ligdicash.settle(transaction_of(timed, card), "completed")
    await changed(timed, lambda: "callback_received" in kinds(timed, card))
    await timed.later(4 * SECOND)
    await becomes(timed, card, State.COMPLETED)
    await timed.later(MINUTE)
    words = await told_of_doubt(timed, card)
    assert "An approver looks this transaction up on LigdiCash's dashboard." in words
    assert CLARISSE not in words


@pytest.mark.parametrize(
    ("approvers", "called"),
    [
        ((CLARISSE, DAOUDA), f"<@{DAOUDA}>"),
        ((AMINATA, BOUKARY, CLARISSE, DAOUDA), f"<@{BOUKARY}>, <@{DAOUDA}>"),
        ((APPROVERS_GROUP, DAOUDA), f"<!subteam^{APPROVERS_GROUP}>, <@{DAOUDA}>"),
    ],
)
async def test_a_proposal_calls_those_who_may_confirm_it(
    tmp_path: Path, approvers: tuple[str, ...], called: str
) -> None:
    """Neither whoever asked for the payout nor whoever proposed."""
    async with team(tmp_path, *approvers) as scene:
        card = await unconfirmed(scene)
        proposal = await propose(scene, CLARISSE, card, "paid")
        assert f"\n{called}: {CONFIRM}" in proposal.words
        await told(scene)
