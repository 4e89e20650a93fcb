"""The brake: one approver stops all sending at once, two let it go on; said wherever it matters."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from unittest.mock import patch

import pytest

from bot import people, worker
from bot.clock import HOUR, MINUTE, SECOND
from bot.ligdicash.client import LigdicashClient
from bot.sandbox.slack import Channel, Message, Trouble, outage, slow
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, GUEST, ROBOT, STRANGER, SUPPORT, Stage
from tests.story.authority import commands
from tests.story.office import (
    BALANCE_LOW,
    PENDING,
    approved,
    audit,
    becomes,
    both_resume,
    changed,
    creates_of,
    decided,
    held_back,
    home,
    kinds,
    pause,
    resume,
    seen,
    state_of,
    transaction_of,
    whisper_count,
)

BANNER = f"⛔ *Sending is paused* by <@{CLARISSE}>: looks odd"


async def test_nothing_leaves_that_was_approved_a_moment_before(timed: Stage) -> None:
    """Approved but not yet sent: the brake comes in between, and not a byte leaves."""
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.update" else None
    card = await approved(timed)
    await pause(timed)
    timed.slack.api.weather = lambda _method, _args: None
    await timed.later(10 * MINUTE)
    await timed.at_rest()
    assert ["requested", "approved"] == kinds(timed, card)
    assert [] == timed.ligdicash.creates


async def test_whoever_looks_reads_that_sending_is_paused(timed: Stage) -> None:
    """In Home and by `policy`, not in the audit channel alone; and that somebody waits for another to agree."""
    await pause(timed)
    held = f"⛔ *Sending is paused* by <@{CLARISSE}>"
    assert held in (await home(timed, AMINATA)).text
    await commands(timed, AMINATA, "policy")
    await timed.whispered(AMINATA, held)
    await commands(timed, CLARISSE, "resume")
    await timed.at_rest()
    wants = f"▶️ <@{CLARISSE}> wants sending to go on: another approver agrees by typing `/payout resume`."
    assert wants in (await home(timed, DAOUDA)).text
    await commands(timed, DAOUDA, "policy")
    await timed.whispered(DAOUDA, wants)


async def test_a_pause_counts_before_it_is_decided_on(timed: Stage) -> None:
    """While Slack still says who typed it, nothing slips out."""
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.update" else None
    card = await approved(timed)
    timed.slack.api.weather = lambda method, _args: slow(0.4) if method == "users.info" else None
    await timed.slack.command(DAOUDA, SUPPORT, "pause looks odd")
    assert [] == timed.rows("SELECT * FROM brakes")
    await timed.later(MINUTE)
    await changed(timed, lambda: timed.rows("SELECT * FROM brakes"))
    await timed.at_rest()
    assert State.APPROVED is state_of(timed, card)
    assert [] == timed.ligdicash.creates


async def test_a_pause_that_is_refused_delays_for_a_moment_only(timed: Stage) -> None:
    """Who may not pause cannot keep a payout from leaving either."""
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.update" else None
    card = await approved(timed)
    timed.slack.api.weather = lambda method, _args: slow(0.2) if method == "users.info" else None
    await timed.slack.command(AMINATA, SUPPORT, "pause looks odd")
    await timed.later(MINUTE)
    await decided(timed)
    await timed.later(MINUTE)
    await becomes(timed, card, State.COMPLETED)


@pytest.mark.parametrize("silent", [(), ("users.info",)], ids=["Slack answers", "Slack says nothing of people"])
async def test_who_may_not_pause_holds_the_money_once_a_minute(timed: Stage, silent: tuple[str, ...]) -> None:
    """Typed again and again by somebody who was just told no, it keeps nothing from leaving."""
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.update" else None
    card = await approved(timed)
    timed.slack.api.weather = lambda method, _args: outage() if method in {"chat.update", *silent} else None
    await timed.slack.command(AMINATA, SUPPORT, "pause for fun")
    await decided(timed)
    with patch.object(people, "LOOK_UP_DEADLINE", 30):
        timed.slack.api.weather = lambda method, _args: slow(3) if method == "users.info" else None
        await timed.slack.command(AMINATA, SUPPORT, "pause for fun again")
        await timed.later(10 * SECOND)
        await becomes(timed, card, State.COMPLETED)
        assert [("pause",)] == timed.rows("SELECT sort FROM inbox WHERE due_at IS NOT NULL")


async def test_an_approver_who_could_not_be_learnt_pauses_again(timed: Stage) -> None:
    """Slack said nothing a moment ago: that bounds nobody, and the next try counts from the moment it is stored."""
    timed.slack.api.weather = lambda method, _args: outage() if method == "chat.update" else None
    card = await approved(timed)
    timed.slack.api.weather = lambda _method, _args: outage()
    await timed.slack.command(CLARISSE, SUPPORT, "pause looks odd")
    await decided(timed)
    assert [] == timed.rows("SELECT * FROM brakes")
    timed.slack.api.weather = lambda method, _args: slow(0.4) if method == "users.info" else None
    await timed.slack.command(CLARISSE, SUPPORT, "pause looks odd")
    await timed.later(10 * SECOND)
    await changed(timed, lambda: timed.rows("SELECT * FROM brakes"))
    await timed.at_rest()
    assert (State.APPROVED, []) == (state_of(timed, card), timed.ligdicash.creates)


async def test_the_brake_is_looked_at_once_more_before_the_first_byte(timed: Stage) -> None:
    """Pulled after the payout was committed as being sent: it stays, and goes once after the release."""
    gate, create = asyncio.Event(), LigdicashClient.create

    async def waits(*args: object, **kwargs: object) -> object:
        await gate.wait()
        return await create(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    with patch.object(LigdicashClient, "create", waits):
        card = await approved(timed)
        await becomes(timed, card, State.SENDING)
        await pause(timed)
        gate.set()
        await becomes(timed, card, State.APPROVED)
    await timed.later(10 * MINUTE)
    await timed.at_rest()
    assert [] == timed.ligdicash.creates
    assert BANNER in seen(timed, card).words
    await both_resume(timed)
    await becomes(timed, card, State.COMPLETED)
    assert (1, 1) == (len(creates_of(timed, card)), timed.ligdicash.paid(transaction_of(timed, card)))


async def test_the_brake_is_heard_while_all_requests_hang(timed: Stage) -> None:
    """Decisions have room of their own."""
    with patch.object(worker, "AT_ONCE", 2):
        async with held_back(timed, "POST"):
            cards = [await approved(timed, number) for number in (PENDING, "22671000010", "22672000010")]
            await timed.ligdicash.wait_for(lambda ligdicash: len(ligdicash.creates) == 2)
            await pause(timed)
            assert 2 == len(timed.ligdicash.creates)
    await becomes(timed, cards[0], State.INITIATED)
    await timed.at_rest()
    assert 2 == len(timed.ligdicash.creates)
    assert State.APPROVED is state_of(timed, cards[2])


async def test_who_may_not_pause_is_not_asked_for_a_reason(timed: Stage) -> None:
    """Told who may, instead of being sent to look for words that would change nothing."""
    await timed.slack.command(AMINATA, SUPPORT, "pause")
    told = await timed.whispered(AMINATA, "Nothing was changed. You are not one of the approvers.")
    assert f"These people may: <@{CLARISSE}>, <@{DAOUDA}>." in told.text
    assert [] == timed.rows("SELECT * FROM brakes")


async def test_pausing_needs_a_reason(timed: Stage) -> None:
    """Without one nothing is paused, and the answer shows how to say it."""
    for times, text in enumerate(("pause", "pause  \u200b "), start=1):
        await timed.slack.command(CLARISSE, SUPPORT, text)
        await timed.at_rest()
        says = "`/payout pause the LigdiCash balance looks wrong`. Nothing was paused."
        assert times == await whisper_count(timed, CLARISSE, says)
    assert ([], []) == (timed.rows("SELECT * FROM brakes"), timed.rows("SELECT * FROM inbox"))


@pytest.mark.parametrize("user", [AMINATA, BOUKARY, GUEST, STRANGER, ROBOT])
async def test_who_is_no_approver_pauses_and_resumes_nothing(timed: Stage, user: str) -> None:
    """Said kindly to that person alone each time, and written down: what repeats itself within a minute, once."""
    await timed.slack.command(user, SUPPORT, "pause for fun")
    await timed.whispered(user, "Nothing was changed.")
    assert [] == timed.rows("SELECT * FROM brakes")
    await pause(timed)
    for times in (2, 3):
        await resume(timed, user=user)
        assert times == await whisper_count(timed, user, "Nothing was changed.")
    await resume(timed, user=DAOUDA)
    await timed.at_rest()
    assert [(DAOUDA,)] == timed.rows("SELECT resume_by FROM brakes")
    assert 2 == kinds(timed).count("brake_refused")
    refused = [line.split(":")[0] for line in audit(timed) if line.startswith("🚷")]
    assert [f"🚷 <@{user}> may not pause", f"🚷 <@{user}> may not resume"] == refused
    await timed.later(MINUTE)
    await resume(timed, user=user)
    await timed.at_rest()
    assert 3 == kinds(timed).count("brake_refused")


async def test_a_repeat_is_answered_where_it_was_tried(timed: Stage) -> None:
    """Refused in one channel and again in another: the second answer does not hide in the first channel."""
    timed.slack.workspace.add_channel(Channel("C0FINANCE", "finance", members={AMINATA, "U0PAYOUT"}))
    for times, channel in enumerate((SUPPORT, "C0FINANCE"), start=1):
        await timed.slack.command(AMINATA, channel, "pause for fun")
        await decided(timed)
        assert times == await whisper_count(timed, AMINATA, "Nothing was changed.")
    told = [one.channel for one in timed.slack.ephemerals(AMINATA) if "Nothing was changed." in one.words]
    assert [SUPPORT, "C0FINANCE"] == told
    assert 1 == kinds(timed).count("brake_refused")


async def test_an_approver_who_became_a_guest_pauses_nothing(timed: Stage) -> None:
    """Who somebody is, is asked at that moment."""
    timed.slack.workspace.people.make_guest(CLARISSE)
    await timed.slack.command(CLARISSE, SUPPORT, "pause looks odd")
    await timed.whispered(CLARISSE, "Guests of this workspace")
    assert [] == timed.rows("SELECT * FROM brakes")


async def test_resuming_takes_two_different_approvers(timed: Stage) -> None:
    """One alone, however often, lets nothing go on; both are told what came of their words."""
    await pause(timed)
    card = await approved(timed)
    await resume(timed, user=CLARISSE)
    await timed.whispered(
        CLARISSE, "▶️ You said so; another approver types `/payout resume` (it was paused: looks odd)."
    )
    paged = f"▶️ <@{DAOUDA}>: <@{CLARISSE}> wants sending to go on; type `/payout resume` to agree"
    await timed.slack.wait_for_message(AUDIT, paged)
    await resume(timed, user=CLARISSE)
    await timed.whispered(CLARISSE, "You said so already.")
    await timed.later(5 * MINUTE)
    await timed.at_rest()
    assert [] == timed.ligdicash.creates
    await resume(timed, user=DAOUDA)
    await timed.whispered(DAOUDA, "Sending was resumed")
    await becomes(timed, card, State.COMPLETED)
    assert ["paused", "resume_proposed", "answered", "resumed"] == kinds(timed)


async def test_two_who_resume_at_the_same_moment_are_two(timed: Stage) -> None:
    """Neither could know of the other when Slack was asked who they are: sending goes on all the same."""
    card = await _paused_with_approved(timed)
    timed.slack.api.weather = lambda method, _args: slow(0.2) if method == "users.info" else None
    await asyncio.gather(*(timed.slack.command(user, SUPPORT, "resume") for user in (CLARISSE, DAOUDA)))
    await decided(timed)
    assert [] == timed.rows("SELECT * FROM brakes")
    assert ["paused", "resume_proposed", "resumed"] == kinds(timed)
    await becomes(timed, card, State.COMPLETED)


async def test_one_who_resumes_twice_at_the_same_moment_is_one(timed: Stage) -> None:
    """The same, but it is one person: nothing goes on."""
    await pause(timed)
    timed.slack.api.weather = lambda method, _args: slow(0.2) if method == "users.info" else None
    await asyncio.gather(*(timed.slack.command(CLARISSE, SUPPORT, "resume") for _ in range(2)))
    await decided(timed)
    assert [(CLARISSE,)] == timed.rows("SELECT resume_by FROM brakes")


async def test_half_a_release_that_is_taken_back_meanwhile_is_none(timed: Stage) -> None:
    """Somebody pauses anew while Slack still says who the second is: the pause is the newest word."""
    card = await _paused_with_approved(timed)
    await resume(timed, user=CLARISSE)
    asked = asyncio.Event()

    def weather(method: str, args: Mapping[str, object]) -> Trouble | None:
        if method != "users.info" or args.get("user") != CLARISSE or asked.is_set():
            return None
        asked.set()
        return slow(0.5)

    timed.slack.api.weather = weather
    await timed.slack.command(DAOUDA, SUPPORT, "resume")
    await asked.wait()
    await timed.slack.command(CLARISSE, SUPPORT, "pause still odd")
    await decided(timed)
    await timed.whispered(DAOUDA, "Somebody paused sending anew after you wanted it to go on.")
    await timed.at_rest()
    assert (State.APPROVED, [(None,)]) == (state_of(timed, card), timed.rows("SELECT resume_by FROM brakes"))


@pytest.mark.parametrize("user", [CLARISSE, DAOUDA])
async def test_who_wanted_to_go_on_before_a_pause_lifts_it_not(timed: Stage, user: str) -> None:
    """Both said so first, but Slack is slow to say who they are: the pause after them stays."""
    card = await _paused_with_approved(timed)
    asked: list[str] = []

    def weather(method: str, _args: Mapping[str, object]) -> Trouble | None:
        if method != "users.info" or len(asked) == 2:
            return None
        asked.append(method)
        return slow(0.5)

    timed.slack.api.weather = weather
    for one in (CLARISSE, DAOUDA):
        await timed.slack.command(one, SUPPORT, "resume")
    await timed.slack.wait_for(lambda _: len(asked) == 2)
    await timed.slack.command(user, SUPPORT, "pause the balance is wrong")
    await decided(timed)
    await timed.later(MINUTE)
    await timed.at_rest()
    assert [("the balance is wrong", user, None)] == timed.rows("SELECT reason, person, resume_by FROM brakes")
    assert (State.APPROVED, []) == (state_of(timed, card), timed.ligdicash.creates)
    await both_resume(timed)
    await becomes(timed, card, State.COMPLETED)


async def test_half_a_release_counts_only_while_that_person_may(timed: Stage) -> None:
    """Whoever was deactivated since is no second person: the next one is the first again."""
    card = await _paused_with_approved(timed)
    await resume(timed, user=CLARISSE)
    timed.slack.workspace.people.deactivate(CLARISSE)
    await resume(timed, user=DAOUDA)
    await timed.at_rest()
    assert (State.APPROVED, [(DAOUDA,)]) == (state_of(timed, card), timed.rows("SELECT resume_by FROM brakes"))


async def test_pausing_again_takes_back_half_a_release(timed: Stage) -> None:
    """Whoever pauses while somebody wants to go on disagrees: then two must say so anew."""
    card = await _paused_with_approved(timed)
    await resume(timed, user=DAOUDA)
    await timed.slack.command(CLARISSE, SUPPORT, "pause still odd")
    await decided(timed)
    await resume(timed, user=CLARISSE)
    await timed.at_rest()
    assert (State.APPROVED, []) == (state_of(timed, card), timed.ligdicash.creates)
    assert [("still odd", CLARISSE)] == timed.rows("SELECT reason, resume_by FROM brakes")
    assert ["paused", "resume_proposed", "paused", "resume_proposed"] == kinds(timed)
    assert f"by <@{CLARISSE}>: still odd" in seen(timed, card).words


async def test_pausing_twice_and_resuming_nothing_is_answered(timed: Stage) -> None:
    """An ordinary answer each time, and no second event."""
    await resume(timed)
    await timed.whispered(CLARISSE, "Sending is not paused")
    await pause(timed)
    await timed.slack.command(DAOUDA, SUPPORT, "pause me too")
    await timed.whispered(DAOUDA, "Sending is paused already.")
    assert 1 == kinds(timed).count("paused")


async def test_the_banner_stands_wherever_somebody_decides_or_waits(timed: Stage) -> None:
    """On top of open questions and approved cards, in the audit channel, a note in readyz; gone after."""
    asked = await timed.ask("22670000001 100 first")
    done = await approved(timed)
    await timed.card_says(done, "Completed")
    await pause(timed)
    waits = await approved(timed, amount=200)
    later = await timed.ask("22670000002 300 later")
    await timed.at_rest()
    for question in (await timed.question(asked), await timed.question(later)):
        assert BANNER == question.seen[0]
        assert "approve" in [button.action_id for button in question.buttons]
    assert BANNER == seen(timed, waits).seen[0]
    assert "paying" not in (await timed.question(waits)).words
    assert "paused" not in seen(timed, done).words
    assert f"⛔ Sending paused by <@{CLARISSE}>: looks odd" in audit(timed)
    status, text = await timed.readiness()
    assert (200, f"note: sending is paused by {CLARISSE} (looks odd)") == (status, text.splitlines()[1])
    await both_resume(timed)
    await timed.card_says(waits, "Completed")
    await timed.at_rest()
    shown = [one for one in timed.slack.all_messages() if one.channel == SUPPORT and one.to is None]
    assert [] == [one.words for one in shown if "is paused" in one.words or "not yet sent" in one.words]
    assert f"▶️ Sending goes on, says <@{DAOUDA}> as the second approver" in audit(timed)
    assert (200, "ready\n") == await timed.readiness()


async def test_whoever_approves_while_nothing_leaves_is_told_in_the_dialog(timed: Stage) -> None:
    """That it is held and when it expires; not before the pause, and not after it."""
    told = "⏸️ Sending is paused: it waits, and expires after an hour."
    card = await timed.ask("22670000000 5000 refund")

    async def asks() -> str:
        await timed.at_rest()
        (approve, *_) = (await timed.question(card)).buttons
        assert approve.dialog is not None
        return approve.dialog.text

    assert told not in await asks()
    await pause(timed)
    text = await asks()
    assert ("Once sent, this cannot be taken back.", told) == tuple(text.split("\n\n")[1:])
    await both_resume(timed)
    assert told not in await asks()


async def test_a_hold_of_the_account_is_told_in_the_dialog(timed: Stage) -> None:
    """Nobody paused anything, and it is held all the same."""
    waits = await timed.ask("22670000100 5000 refund")
    await timed.card_says(await approved(timed, BALANCE_LOW), "*Refused*")
    await timed.at_rest()
    (approve, *_) = (await timed.question(waits)).buttons
    assert approve.dialog is not None
    assert approve.dialog.text.endswith("⏸️ LigdiCash refuses this account: it waits, and expires after an hour.")


async def test_the_reason_is_data(timed: Stage) -> None:
    """What was typed pages nobody, wherever it is shown."""
    card = await timed.ask("22670000001 100 first")
    await pause(timed, "<!channel> & <@U0DAOUDA>")
    await timed.at_rest()
    shown = [(await timed.question(card)).seen[0], *audit(timed), timed.slack.ephemerals(CLARISSE)[-1].text]
    assert 3 == sum("&lt;!channel&gt; &amp; &lt;@U0DAOUDA&gt;" in text for text in shown)
    assert not any("<!channel>" in text for text in shown)


async def test_after_an_hour_what_was_held_has_expired(timed: Stage) -> None:
    """No approval older than an hour sends anything: not while paused, not after."""
    card = await _paused_with_approved(timed)
    await timed.later(59 * MINUTE)
    await timed.at_rest()
    assert State.APPROVED is state_of(timed, card)
    await timed.later(2 * MINUTE)
    shown = await timed.card_says(card, "Expired")
    assert "nothing left, nothing was paid" in shown.words
    assert "could not be reached" not in shown.words
    await both_resume(timed)
    await timed.later(HOUR)
    await timed.at_rest()
    assert (State.EXPIRED, []) == (state_of(timed, card), timed.ligdicash.creates)


async def test_a_release_after_an_hour_sends_nothing_old(timed: Stage) -> None:
    """The bot was down while the hour passed, and both resume at once: too old is too old."""
    card = await _paused_with_approved(timed)
    await timed.stop()
    assert timed.clock is not None
    timed.clock.skip(HOUR + 1)  # type: ignore[attr-defined]  # a SkippingClock
    await timed.start()
    await both_resume(timed)
    await becomes(timed, card, State.EXPIRED)
    assert [] == timed.ligdicash.creates


async def test_after_the_release_everything_goes_on_once(timed: Stage) -> None:
    """Several that waited leave, each one time, with the transaction id they were requested with."""
    await pause(timed)
    cards = [await approved(timed, f"2267{index}000000", amount=100 + index) for index in range(5)]
    await timed.at_rest()
    mine = [transaction_of(timed, card) for card in cards]
    await both_resume(timed)
    for card in cards:
        await becomes(timed, card, State.COMPLETED)
    await timed.later(HOUR)
    await timed.at_rest()
    assert sorted(mine) == sorted(payout.transaction_id for payout in timed.ligdicash.payouts)
    assert (5, 510) == timed.ligdicash.paid_total
    assert 5 == len(timed.ligdicash.creates)


async def test_a_question_says_no_state_that_grows_old(timed: Stage) -> None:
    """The pause has it drawn anew, and nothing does once it is paid: so it says where to look."""
    card = await _paused_with_approved(timed)
    await both_resume(timed)
    await becomes(timed, card, State.COMPLETED)
    await timed.at_rest()
    question = await timed.thread_says(card, "✅ Approved by")
    assert "What became of it stands on the card above." in question.words
    assert [] == [word for word in ("paid", "sent") if word in question.words]


async def test_the_brake_outlives_the_process(timed: Stage) -> None:
    """A restart releases nothing, and half a release is remembered too."""
    card = await _paused_with_approved(timed)
    await resume(timed, user=CLARISSE)
    await timed.stop()
    await timed.start()
    await timed.at_rest()
    assert [] == timed.ligdicash.creates
    assert "note: sending is paused" in (await timed.readiness())[1]
    await resume(timed, user=CLARISSE)
    assert timed.rows("SELECT * FROM brakes")
    await resume(timed, user=DAOUDA)
    await becomes(timed, card, State.COMPLETED)


async def test_replays_of_the_commands_change_nothing(timed: Stage) -> None:
    """A redelivered pause does not pause again, a redelivered resume is not the second one."""
    paused = await pause(timed)
    first = await resume(timed, user=DAOUDA)
    await timed.at_rest()
    before = timed.rows("SELECT * FROM events"), timed.rows("SELECT * FROM brakes")
    for answer in (paused, first, first, paused):
        assert (await timed.slack.replay(answer.delivered)).error is None
    await timed.at_rest()
    assert before == (timed.rows("SELECT * FROM events"), timed.rows("SELECT * FROM brakes"))
    last = await resume(timed, user=CLARISSE)
    await timed.slack.replay(paused.delivered)
    await timed.slack.replay(last.delivered)
    await timed.at_rest()
    assert [] == timed.rows("SELECT * FROM brakes")
    assert 1 == await whisper_count(timed, CLARISSE, "Sending was resumed")
    assert 0 == await whisper_count(timed, CLARISSE, "Sending is not paused")


async def _paused_with_approved(scene: Stage) -> Message:
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    return card


async def test_who_wanted_to_go_on_first_hears_that_sending_goes_on(timed: Stage) -> None:
    """Their last word was that another is needed; told alone, once, and not to whoever was second."""
    await pause(timed)
    await resume(timed, user=CLARISSE)
    await timed.at_rest()
    assert [] == timed.slack.direct_messages(CLARISSE)
    await resume(timed, user=DAOUDA)
    await timed.at_rest()
    told = [one.text for one in timed.slack.direct_messages(CLARISSE)]
    assert [f"▶️ Sending was resumed: <@{DAOUDA}> was the second approver to say so."] == told
    assert [] == timed.slack.direct_messages(DAOUDA)
