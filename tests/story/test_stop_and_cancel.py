"""Taking back: a request by whoever asked; an approved payout that has not left also by any approver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest

from bot import app, people
from bot.clock import HOUR, MINUTE, SECOND
from bot.desk.decisions import LOOK_AGAIN
from bot.ligdicash.client import LigdicashClient
from bot.sandbox.slack import Delivery, Kind, Message, View, slow
from bot.sandbox.slack.hands import find_button
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
    free_port,
    hurried,
    payout_of,
    stage,
)
from tests.story.authority import clicks, silent
from tests.story.office import (
    NO_CALLBACK,
    PENDING,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    changed,
    creates_of,
    decided,
    held_back,
    kinds,
    pause,
    press,
    press_again,
    resume,
    seen,
    state_of,
    whisper_count,
)


async def test_whoever_asked_cancels_before_the_decision(timed: Stage) -> None:
    """The buttons go, everybody reads it, and an approval that comes after it is told so."""
    card = await timed.ask("22670000000 5000 refund")
    await press(timed, AMINATA, await timed.question(card), "cancel", confirm=True)
    shown = await timed.card_says(card, f"*Cancelled* by <@{AMINATA}> · nothing was paid")
    await timed.thread_says(card, f"was *cancelled* by <@{AMINATA}>; nothing was paid")
    await timed.at_rest()
    assert (["correct"], []) == (buttons_of(shown), buttons_of(await timed.question(card)))
    assert f"🚫 {payout_of(card)} cancelled by <@{AMINATA}> (it was waiting for a decision); nothing left" in audit(
        timed
    )
    await press_again(timed, "cancel")
    await timed.whispered(AMINATA, "was already cancelled by")
    await timed.later(HOUR)
    await timed.at_rest()
    assert (["requested", "cancelled", "decision_too_late"], []) == (
        kinds(timed, card),
        timed.ligdicash.creates,
    )


async def test_an_approval_after_the_cancellation_is_told_so(timed: Stage) -> None:
    """On a slow screen the button is still there; the click changes nothing."""
    other = await timed.ask("22670000000 100 other")
    await press(timed, CLARISSE, await timed.question(other), "approve", confirm=True)
    await timed.card_says(other, "Completed")
    card = await timed.ask("22670000000 5000 refund")
    question = await timed.question(card)
    await asyncio.gather(
        press(timed, AMINATA, question, "cancel", confirm=True),
        press(timed, CLARISSE, question, "approve", confirm=True),
    )
    await timed.settled()
    assert state_of(timed, card) in {State.CANCELLED, State.COMPLETED}
    assert (state_of(timed, card) is State.COMPLETED) == (len(creates_of(timed, card)) == 1)
    assert 1 == kinds(timed, card).count("decision_too_late")


@pytest.mark.parametrize("user", [BOUKARY, CLARISSE, GUEST])
async def test_nobody_else_cancels_a_request(timed: Stage, user: str) -> None:
    """Not even an approver, who rejects with a reason instead."""
    card = await timed.ask("22670000000 5000 refund")
    await press(timed, user, await timed.question(card), "cancel", confirm=True)
    await timed.whispered(user, f"Your click on {payout_of(card)} changed nothing. ")
    await timed.at_rest()
    assert State.REQUESTED is state_of(timed, card)
    assert ["requested", "decision_refused"] == kinds(timed, card)
    assert any(line.startswith(f"🚷 <@{user}> may not cancel {payout_of(card)}") for line in audit(timed))


@pytest.mark.parametrize("user", [AMINATA, CLARISSE, DAOUDA])
async def test_an_approved_payout_that_has_not_left_is_stopped(timed: Stage, user: str) -> None:
    """By whoever asked or any approver: it never leaves, whatever is released later."""
    card = await _held(timed)
    await press(timed, user, card, "stop", confirm=True)
    shown = await timed.card_says(card, f"*Stopped* by <@{user}> before it left")
    assert ["correct"] == buttons_of(shown)
    await timed.thread_says(card, f"was *cancelled* by <@{user}>; nothing was paid")
    await both_resume(timed)
    await timed.later(HOUR)
    await timed.at_rest()
    assert (State.CANCELLED, []) == (state_of(timed, card), timed.ligdicash.creates)
    assert "not yet sent" not in (await timed.question(card)).words
    assert any("cancelled by" in line and "approved, not yet sent" in line for line in audit(timed))


@pytest.mark.parametrize("user", [BOUKARY, GUEST])
async def test_nobody_else_stops_one(timed: Stage, user: str) -> None:
    """Told why, written down, and the payout goes on when it may."""
    card = await _held(timed)
    await press(timed, user, card, "stop", confirm=True)
    await timed.whispered(user, "changed nothing. ")
    assert "decision_refused" == kinds(timed, card)[-1]
    await both_resume(timed)
    await becomes(timed, card, State.COMPLETED)


async def test_stopping_twice_is_told_once(timed: Stage) -> None:
    """The second click, and a redelivery of the first, change nothing."""
    card = await _held(timed)
    await press(timed, AMINATA, card, "stop", confirm=True)
    first = timed.slack.deliveries[-1]
    await press_again(timed, "stop", user=DAOUDA)
    await timed.whispered(DAOUDA, f"was already cancelled by <@{AMINATA}>")
    await timed.slack.replay(first)
    await timed.at_rest()
    assert ["requested", "approved", "cancelled", "decision_too_late"] == kinds(timed, card)


async def test_what_is_on_its_way_is_not_stopped(timed: Stage) -> None:
    """Heard at once; too late is told when it is known to have left. It is paid once and its end is told."""
    async with held_back(timed, "POST") as gate:
        card = await approved(timed)
        await becomes(timed, card, State.SENDING)
        await changed(timed, lambda: "stop" in buttons_of(seen(timed, card)))
        await press(timed, DAOUDA, card, "stop", confirm=True, decide=False)
        await timed.whispered(DAOUDA, HEARD)
        assert "decision_too_late" not in kinds(timed, card)
        gate.set()
        await timed.whispered(DAOUDA, "Your click changed nothing. Now: ")
        await timed.card_says(card, "Completed")
    assert (1, 5000) == timed.ligdicash.paid_total
    assert "stop" not in buttons_of(seen(timed, card))


async def test_a_stop_races_the_sending(timed: Stage) -> None:
    """Either stopped, and it never leaves, or too late, and that is told: never both, never neither."""
    ended = set()
    for number in range(6):
        card = await _held(timed)
        await resume(timed)
        current = seen(timed, card)
        stop = timed.slack.click(AMINATA, current, "stop", confirm=True)
        release = timed.slack.command(DAOUDA, SUPPORT, "resume")
        await asyncio.gather(*((stop, release) if number % 2 else (release, stop)))
        await decided(timed)
        await timed.settled()
        await changed(timed, lambda card=card: state_of(timed, card) in {State.CANCELLED, State.COMPLETED})  # type: ignore[misc]  # bound on purpose
        state, late = state_of(timed, card), kinds(timed, card).count("decision_too_late")
        sent = len(creates_of(timed, card))
        assert (state, sent, late) in {(State.CANCELLED, 0, 0), (State.COMPLETED, 1, 1)}
        ended.add(state)
    assert timed.ligdicash.paid_total.times == len(timed.ligdicash.creates)
    assert ended


async def test_a_stop_counts_before_it_is_decided_on(timed: Stage) -> None:
    """While Slack still says who clicked, the brake is lifted: it stays, and is stopped."""
    card = await _held(timed)
    with patch.object(people, "LOOK_UP_DEADLINE", 30):
        timed.slack.api.weather = lambda method, args: (
            slow(1) if method == "users.info" and args.get("user") == AMINATA else None
        )
        await press(timed, AMINATA, seen(timed, card), "stop", confirm=True, decide=False)
        for user in (CLARISSE, DAOUDA):
            await timed.slack.command(user, SUPPORT, "resume")
        await changed(timed, lambda: not timed.rows("SELECT * FROM brakes"))
        assert [("stop",)] == timed.rows("SELECT sort FROM inbox WHERE due_at IS NOT NULL")
        await becomes(timed, card, State.CANCELLED)
    await timed.at_rest()
    assert (["approved", "cancelled"], []) == (kinds(timed, card)[1:], timed.ligdicash.creates)


@contextmanager
def slowly_learnt(scene: Stage, user: str) -> Iterator[None]:
    """Slack takes its time to say who that person is."""
    with patch.object(people, "LOOK_UP_DEADLINE", 30):
        scene.slack.api.weather = lambda method, args: (
            slow(1) if method == "users.info" and args.get("user") == user else None
        )
        yield


async def test_a_cancellation_counts_before_it_is_decided_on(timed: Stage) -> None:
    """Taken back first and approved while Slack still says by whom: it does not leave, and is stopped."""
    card = await timed.ask("22670000000 5000 refund")
    question = await timed.question(card)
    with slowly_learnt(timed, AMINATA):
        await press(timed, AMINATA, question, "cancel", confirm=True, decide=False)
        await press(timed, CLARISSE, question, "approve", confirm=True, decide=False)
        await becomes(timed, card, State.APPROVED)
        await timed.later(MINUTE)
        await becomes(timed, card, State.CANCELLED)
    await timed.card_says(card, f"*Stopped* by <@{AMINATA}> before it left")
    await timed.at_rest()
    assert (["approved", "cancelled"], []) == (kinds(timed, card)[1:], timed.ligdicash.creates)


async def test_a_rejection_counts_before_it_is_decided_on(timed: Stage) -> None:
    """The same of an approver's no: as a stop, with the reason that was given."""
    card = await timed.ask("22670000000 5000 refund")
    question = await timed.question(card)
    await press(timed, DAOUDA, question, "reject")
    form = await timed.slack.wait_for_modal(DAOUDA)
    with slowly_learnt(timed, DAOUDA):
        await timed.slack.submit(form, {"reason": "already refunded"})
        await press(timed, CLARISSE, question, "approve", confirm=True, decide=False)
        await becomes(timed, card, State.APPROVED)
        await timed.later(MINUTE)
        await becomes(timed, card, State.CANCELLED)
    await timed.card_says(card, f"*Stopped* by <@{DAOUDA}> before it left")
    await timed.thread_says(card, "already refunded")
    await timed.at_rest()
    assert (["approved", "cancelled"], []) == (kinds(timed, card)[1:], timed.ligdicash.creates)


async def test_a_refused_cancel_does_not_weaken_a_rejection(timed: Stage) -> None:
    """An approver who was just told that only the requester takes it back may still say no, and that keeps it here."""
    card = await timed.ask("22670000000 5000 refund")
    question = await timed.question(card)
    await press(timed, DAOUDA, question, "reject")
    form = await timed.slack.wait_for_modal(DAOUDA)
    await press(timed, DAOUDA, question, "cancel", confirm=True)
    with slowly_learnt(timed, DAOUDA):
        await timed.slack.submit(form, {"reason": "already refunded"})
        await press(timed, CLARISSE, question, "approve", confirm=True, decide=False)
        await becomes(timed, card, State.APPROVED)
        await timed.later(10 * SECOND)
        await becomes(timed, card, State.CANCELLED)
    assert [] == timed.ligdicash.creates


async def test_a_refused_approval_does_not_weaken_a_cancel(timed: Stage) -> None:
    """A requester who clicked Approve by mistake takes it back the moment after, and nothing leaves."""
    card = await timed.ask("22670000000 5000 refund")
    question = await timed.question(card)
    await press(timed, AMINATA, question, "approve", confirm=True)
    with slowly_learnt(timed, AMINATA):
        await press(timed, AMINATA, question, "cancel", confirm=True, decide=False)
        await press(timed, CLARISSE, question, "approve", confirm=True, decide=False)
        await becomes(timed, card, State.APPROVED)
        await timed.later(10 * SECOND)
        await becomes(timed, card, State.CANCELLED)
    assert [] == timed.ligdicash.creates


@pytest.mark.parametrize("user", [BOUKARY, CLARISSE])
async def test_who_may_not_cancel_holds_the_money_once_a_minute(timed: Stage, user: str) -> None:
    """Whoever was just told that it is not theirs to take back keeps it from leaving no more."""
    card = await timed.ask("22670000000 5000 refund")
    question = await timed.question(card)
    await press(timed, user, question, "cancel", confirm=True)
    with slowly_learnt(timed, user):
        await press(timed, user, question, "cancel", confirm=True, decide=False)
        await press(timed, DAOUDA, question, "approve", confirm=True, decide=False)
        await becomes(timed, card, State.APPROVED)
        await timed.later(10 * SECOND)
        await becomes(timed, card, State.COMPLETED)
        assert [("cancel",)] == timed.rows("SELECT sort FROM inbox WHERE due_at IS NOT NULL")


async def test_who_may_not_stop_holds_the_money_once_a_minute(timed: Stage) -> None:
    """Clicked again by somebody who was just told no, it keeps nothing from leaving."""
    card = await _held(timed)
    await press(timed, BOUKARY, seen(timed, card), "stop", confirm=True)
    with patch.object(people, "LOOK_UP_DEADLINE", 30):
        timed.slack.api.weather = lambda method, args: (
            slow(3) if method == "users.info" and args.get("user") == BOUKARY else None
        )
        await press(timed, BOUKARY, seen(timed, card), "stop", confirm=True, decide=False)
        for user in (CLARISSE, DAOUDA):
            await timed.slack.command(user, SUPPORT, "resume")
        await becomes(timed, card, State.COMPLETED)
        assert [("stop",)] == timed.rows("SELECT sort FROM inbox WHERE due_at IS NOT NULL")


async def test_one_that_cannot_be_reached_is_stopped(tmp_path: Path) -> None:
    """Nothing left so far, and that is proven: between two tries it can be stopped for good."""
    with hurried():
        nobody = f"http://127.0.0.1:{free_port()}"
        async with stage(tmp_path, clock=SkippingClock(), LIGDICASH_API_URL=nobody) as scene:
            card = await approved(scene, PENDING)
            await changed(scene, lambda: "not_sent" in kinds(scene, card))
            await scene.card_says(card, "cannot be reached")
            await press(scene, AMINATA, card, "stop", confirm=True)
            await scene.card_says(card, "Stopped")
            await scene.later(30 * MINUTE)
            await scene.at_rest()
            assert ["approved", "sending", "not_sent", "cancelled"] == kinds(scene, card)[1:]


HEARD = "whether you were in time will be known within moments"


@dataclass
class Connecting:
    """A LigdiCash that takes connections and keeps them waiting for the handshake; then it hangs up."""

    url: str = ""
    connections: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One try."""
        self.connections += 1
        await self.gate.wait()
        writer.close()


@asynccontextmanager
async def connecting(folder: Path) -> AsyncIterator[tuple[Stage, Connecting]]:
    """The bot with such a LigdiCash."""
    ligdicash = Connecting()
    server = await asyncio.start_server(ligdicash.connected, "127.0.0.1", 0)
    ligdicash.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        with hurried():
            async with stage(folder, clock=SkippingClock(), LIGDICASH_API_URL=ligdicash.url) as scene:
                yield scene, ligdicash
    finally:
        ligdicash.gate.set()
        server.close()
        await server.wait_closed()


@dataclass(frozen=True)
class Screens:
    """What those who want it back see while it is being tried: card, question and the form of a rejection."""

    card: Message
    question: Message
    form: View


async def _trying(scene: Stage) -> Screens:
    card = await scene.ask("22670000000 5000 refund")
    question = await scene.question(card)
    await press(scene, DAOUDA, question, "reject")
    form = await scene.slack.wait_for_modal(DAOUDA)
    await pause(scene)
    await press(scene, CLARISSE, question, "approve", confirm=True)
    shown = await scene.card_says(card, "not sent yet")
    await both_resume(scene)
    await becomes(scene, card, State.SENDING)
    return Screens(shown, question, form)


async def _wants_it_back(scene: Stage, screens: Screens, how: str) -> str:
    """Somebody's click or form, made on a screen that is as old; who it was."""
    if how == "reject":
        await scene.slack.submit(screens.form, {"reason": "already refunded"})
        return DAOUDA
    message = screens.card if how == "stop" else screens.question
    payload = scene.slack.payloads.click(AMINATA, message, find_button(message.buttons, how))
    assert None is (await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))).error
    return AMINATA


@pytest.mark.parametrize("how", ["stop", "cancel", "reject"])
async def test_what_is_still_connecting_is_stopped(tmp_path: Path, how: str) -> None:
    """Heard at once, decided when it is known that nothing left; it is never tried again."""
    async with connecting(tmp_path) as (scene, ligdicash):
        screens = await _trying(scene)
        user = await _wants_it_back(scene, screens, how)
        await scene.whispered(user, HEARD)
        # Looked at again and again, it is told once.
        for _ in range(3):
            await scene.later(LOOK_AGAIN)
            now = scene.clock.now() if scene.clock else 0
            await changed(scene, lambda now=now: not scene.rows("SELECT 1 FROM inbox WHERE due_at <= ?", now))  # type: ignore[misc]  # bound on purpose
        ligdicash.gate.set()
        await becomes(scene, screens.card, State.CANCELLED)
        await scene.card_says(screens.card, f"*Stopped* by <@{user}> before it left")
        await scene.later(30 * MINUTE)
        await scene.at_rest()
        assert ["approved", "sending", "answered", "not_sent", "cancelled"] == kinds(scene, screens.card)[1:]
        assert 1 == await whisper_count(scene, user, HEARD)
        assert 1 == ligdicash.connections


async def test_a_stop_that_was_heard_holds_whatever_else_was_refused(tmp_path: Path) -> None:
    """Whoever asked was just told that they may not approve it; to stop it is theirs all the same."""
    gate, create = asyncio.Event(), LigdicashClient.create

    async def connects_late(*args: object, **kwargs: object) -> object:
        await gate.wait()
        return await create(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    with patch.object(LigdicashClient, "create", connects_late), hurried():
        async with stage(tmp_path, clock=SkippingClock()) as scene:
            screens = await _trying(scene)
            await clicks(scene, AMINATA, screens.question, "approve")
            assert "decision_refused" == kinds(scene, screens.card)[-1]
            await _wants_it_back(scene, screens, "stop")
            await scene.whispered(AMINATA, HEARD)
            gate.set()
            await becomes(scene, screens.card, State.CANCELLED)
            await scene.later(30 * MINUTE)
            await scene.at_rest()
            assert [] == scene.ligdicash.creates


@pytest.mark.parametrize("meanwhile", [State.APPROVED, State.SENDING])
async def test_a_stop_that_was_heard_outlives_trouble_at_slack(tmp_path: Path, meanwhile: State) -> None:
    """Slack said whose it is when it was put off: it holds, during the try and after it, until Slack says it again."""
    async with connecting(tmp_path) as (scene, ligdicash):
        screens = await _trying(scene)
        await _wants_it_back(scene, screens, "stop")
        await scene.whispered(AMINATA, HEARD)
        with silent(scene, "users.info"):
            if meanwhile is State.APPROVED:
                ligdicash.gate.set()
                await becomes(scene, screens.card, State.APPROVED)
            for _ in range(3):
                await scene.later(LOOK_AGAIN)
                now = scene.clock.now() if scene.clock else 0
                await changed(scene, lambda now=now: not scene.rows("SELECT 1 FROM inbox WHERE due_at <= ?", now))  # type: ignore[misc]  # bound on purpose
        ligdicash.gate.set()
        await scene.later(LOOK_AGAIN)
        await becomes(scene, screens.card, State.CANCELLED)
        await scene.later(30 * MINUTE)
        await scene.at_rest()
        assert ["approved", "sending", "answered", "not_sent", "cancelled"] == kinds(scene, screens.card)[1:]
        assert (1, 1) == (ligdicash.connections, await whisper_count(scene, AMINATA, HEARD))


async def test_a_stop_that_was_heard_is_refused_by_a_sure_no(tmp_path: Path) -> None:
    """An approver who is deactivated meanwhile stops nothing any more."""
    async with connecting(tmp_path) as (scene, ligdicash):
        screens = await _trying(scene)
        await _wants_it_back(scene, screens, "reject")
        await scene.whispered(DAOUDA, HEARD)
        scene.slack.workspace.people.deactivate(DAOUDA)
        ligdicash.gate.set()
        await changed(scene, lambda: "decision_refused" in kinds(scene, screens.card))
        assert State.CANCELLED is not state_of(scene, screens.card)


async def test_a_stop_during_a_try_outlives_a_restart(timed: Stage) -> None:
    """Nobody knows then whether it left: once the lease is over, whoever clicked is told that it was too late."""
    async with held_back(timed, "POST"):
        card = await approved(timed, NO_CALLBACK)
        await becomes(timed, card, State.SENDING)
        await changed(timed, lambda: "stop" in buttons_of(seen(timed, card)))
        await press(timed, DAOUDA, card, "stop", confirm=True, decide=False)
        await timed.whispered(DAOUDA, HEARD)
        with patch.object(app, "STOP_PAYMENTS_AFTER", 0):
            await timed.stop()
        await timed.start()
        await timed.later(2 * MINUTE)
        await becomes(timed, card, State.UNCONFIRMED)
        await timed.whispered(DAOUDA, "Your click changed nothing. Now: ")
        await timed.at_rest()
        assert ["sending", "answered", "unconfirmed", "decision_too_late"] == kinds(timed, card)[2:]
        assert 1 == await whisper_count(timed, DAOUDA, HEARD)
    assert 1 == len(creates_of(timed, card))


async def test_who_may_not_stop_is_told_so_during_a_try(tmp_path: Path) -> None:
    """Somebody else's click waits for nothing."""
    async with connecting(tmp_path) as (scene, ligdicash):
        screens = await _trying(scene)
        payload = scene.slack.payloads.click(BOUKARY, screens.card, find_button(screens.card.buttons, "stop"))
        await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
        await scene.whispered(BOUKARY, "changed nothing. ")
        assert State.SENDING is state_of(scene, screens.card)
        ligdicash.gate.set()
        await becomes(scene, screens.card, State.APPROVED)


async def _held(scene: Stage) -> Message:
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    return card
