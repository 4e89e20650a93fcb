"""Who somebody is at this moment, and where: what Slack says now counts, and what it does not say is no."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio

from bot.clock import MINUTE
from bot.sandbox.slack import (
    BOT_USER,
    Channel,
    Delivery,
    Kind,
    Message,
    Trouble,
    lost_answer,
    outage,
    rate_limited,
    slow,
)
from bot.sandbox.slack.delivery import http_headers
from storage.payout import State
from tests.stage import AMINATA, AUDIT, BOUKARY, CLARISSE, DAOUDA, QUIET, SUPPORT, Stage, payout_of
from tests.story.authority import (
    AGENTS_GROUP,
    APPROVERS_GROUP,
    ESTHER,
    TOWN,
    approvals,
    approves,
    clicks,
    commands,
    enrol,
    office,
    refusals,
    sent,
    settle_in,
    silent,
    somebody,
    submits,
)
from tests.story.office import NO_ACCOUNT, approved, audit, buttons_of, decided, pause, press, state_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKS, DECIDES = "request_refused", "decision_refused"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for this file, with groups in both lists, and all sending paused."""
    async with office(tmp_path_factory.mktemp("moment"), **TOWN) as started:
        settle_in(started)
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refused(opened: Stage) -> Message:
    """A payout of Aminata's that LigdiCash refused: it can be asked again. Nothing that is approved later leaves."""
    card = await approved(opened, NO_ACCOUNT)
    await opened.card_says(card, "Refused")
    await pause(opened)
    await opened.at_rest()
    return card


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(opened: Stage, refused: Message) -> Stage:
    """The same, once that payout is there."""
    assert payout_of(refused)
    return opened


@pytest.fixture
def fresh(town: Stage) -> Stage:
    """The same bot; everybody is who they were at first."""
    settle_in(town)
    town.slack.api.weather = lambda _method, _args: None
    town.slack.workspace.ephemerals.clear()
    for user in (AMINATA, BOUKARY, CLARISSE, DAOUDA):
        for modal in list(town.slack.modals(user)):
            town.slack.workspace.close(modal)
    return town


async def a_request(scene: Stage) -> Message:
    """Something to decide, to somebody to whom nothing was paid; sending is paused, so nothing but its state moves."""
    await scene.later(2 * MINUTE)
    number = somebody(100 + len(scene.rows("SELECT id FROM payouts")))
    return await scene.ask(f"{number} 1000 refund", user=BOUKARY)


async def test_who_left_the_group_a_second_ago_decides_nothing(fresh: Stage) -> None:
    """Though the bot saw them in it a moment before."""
    first, second = await a_request(fresh), await a_request(fresh)
    await approves(fresh, CLARISSE, first)
    assert State.APPROVED is state_of(fresh, first)
    enrol(fresh, APPROVERS_GROUP, ())
    await approves(fresh, CLARISSE, second)
    assert (State.REQUESTED, []) == (state_of(fresh, second), approvals(fresh, second))
    assert (DECIDES, payout_of(second), "not_an_approver") == refusals(fresh, CLARISSE)[-1]


async def test_who_joined_the_group_a_second_ago_decides(fresh: Stage) -> None:
    """Without a wait."""
    card = await a_request(fresh)
    await approves(fresh, ESTHER, card)
    assert State.REQUESTED is state_of(fresh, card)
    enrol(fresh, APPROVERS_GROUP, (CLARISSE, ESTHER))
    await approves(fresh, ESTHER, card)
    assert (State.APPROVED, [ESTHER]) == (state_of(fresh, card), approvals(fresh, card))


async def test_who_left_the_agents_a_second_ago_asks_for_nothing(fresh: Stage) -> None:
    """The form was open; sent, it says why not, and nothing is stored."""
    await fresh.later(2 * MINUTE)
    form = await fresh.form("22670000301 5000 refund", user=BOUKARY)
    enrol(fresh, AGENTS_GROUP, (AMINATA,))
    result = await fresh.slack.submit(form)
    assert {"beneficiary": "You are not among the people who may ask for payouts here."} == result.errors
    assert (ASKS, None, "not_a_requester") == refusals(fresh, BOUKARY)[-1]
    assert [] == fresh.rows("SELECT 1 FROM beneficiaries WHERE number = '22670000301'")


@pytest.mark.parametrize(
    ("method", "why", "says"),
    [
        ("users.info", "not_learnt", "Slack did not say who you are just now"),
        ("usergroups.users.list", "group_not_learnt", "Please click again in a minute."),
    ],
)
@pytest.mark.parametrize(
    "trouble",
    [outage(), rate_limited(30), lost_answer(), Trouble(error="fatal_error"), Trouble(error="missing_scope")],
    ids=["outage", "rate limit", "lost answer", "error", "scope"],
)
async def test_what_slack_does_not_say_is_no(fresh: Stage, method: str, why: str, says: str, trouble: Trouble) -> None:
    """With the reason, written down; the same click counts as soon as Slack says it."""
    card = await a_request(fresh)
    with silent(fresh, method, trouble=trouble):
        await approves(fresh, CLARISSE, card)
        await fresh.whispered(CLARISSE, says)
    assert (DECIDES, payout_of(card), why) == refusals(fresh, CLARISSE)[-1]
    assert (State.REQUESTED, []) == (state_of(fresh, card), approvals(fresh, card))
    await fresh.slack.wait_for_message(AUDIT, f"<@{CLARISSE}> may not approve {payout_of(card)}")
    await approves(fresh, CLARISSE, card)
    assert State.APPROVED is state_of(fresh, card)


async def test_a_silent_group_keeps_nobody_out_who_is_named_by_id(fresh: Stage) -> None:
    """What is not needed to know is not waited for."""
    card = await a_request(fresh)
    with silent(fresh, "usergroups.users.list"):
        await approves(fresh, DAOUDA, card)
    assert State.APPROVED is state_of(fresh, card)


async def test_a_group_that_was_switched_off_names_nobody(fresh: Stage) -> None:
    """Slack says that there is no such group: nobody is learnt to be in it."""
    card = await a_request(fresh)
    groups = fresh.slack.workspace.people.groups
    del groups[APPROVERS_GROUP]
    await approves(fresh, CLARISSE, card)
    assert (DECIDES, payout_of(card), "group_not_learnt") == refusals(fresh, CLARISSE)[-1]
    assert State.REQUESTED is state_of(fresh, card)


async def test_a_command_that_could_not_be_judged_is_not_lost(fresh: Stage) -> None:
    """Slack does not say who is in the agents' group: no, and what was typed comes back to be sent once more."""
    await fresh.later(2 * MINUTE)
    with silent(fresh, "usergroups.users.list"):
        await commands(fresh, BOUKARY, "22670000302 5000 a long reason")
        await fresh.whispered(BOUKARY, "Slack did not say who is in the group")
        await fresh.whispered(BOUKARY, "/payout 22670000302 5000 a long reason")
    assert (ASKS, None, "group_not_learnt") == refusals(fresh, BOUKARY)[-1]
    assert (await fresh.form("22670000302 5000 a long reason", user=BOUKARY)).is_open


async def test_a_submission_that_could_not_be_judged_is_sent_once_more(fresh: Stage) -> None:
    """The form stays open with the reason, and is taken when Slack is back."""
    await fresh.later(2 * MINUTE)
    form = await fresh.form("22670000303 5000 refund", user=BOUKARY)
    with silent(fresh, "usergroups.users.list"):
        result = await fresh.slack.submit(form)
    assert "Slack did not say who is in the group" in result.errors["beneficiary"]
    assert (await fresh.slack.submit(form)).closed


# --- where


async def test_a_channel_that_others_share_is_no_place_for_payouts(fresh: Stage) -> None:
    """Not although it is named in the settings; told, and written down."""
    shared = Channel("C0PARTNERS", "partners", members={BOUKARY, BOT_USER}, is_ext_shared=True)
    fresh.slack.workspace.add_channel(shared)
    await commands(fresh, BOUKARY, "22670000304 5000 refund", channel="C0PARTNERS")
    told = await fresh.whispered(BOUKARY, "This channel is shared with another workspace")
    assert ("C0PARTNERS", []) == (told.channel, fresh.slack.modals(BOUKARY))
    assert (ASKS, None, "channel_shared") == refusals(fresh, BOUKARY)[-1]


async def test_a_channel_that_became_shared_takes_no_form(fresh: Stage) -> None:
    """It was opened before."""
    await fresh.later(2 * MINUTE)
    form = await fresh.form("22670000305 5000 refund", user=BOUKARY)
    channel = fresh.slack.workspace.channel(SUPPORT)
    await fresh.later(2 * MINUTE)
    channel.is_ext_shared = True
    try:
        result = await fresh.slack.submit(form)
    finally:
        channel.is_ext_shared = False
    assert "shared with another workspace" in result.errors["beneficiary"]
    assert (ASKS, None, "channel_shared") == refusals(fresh, BOUKARY)[-1]


async def test_nothing_is_asked_again_where_others_listen_by_now(fresh: Stage, refused: Message) -> None:
    """The card was there before the channel was shared."""
    await fresh.later(2 * MINUTE)
    channel = fresh.slack.workspace.channel(SUPPORT)
    channel.is_ext_shared = True
    try:
        await press(fresh, BOUKARY, refused, "ask_again")
    finally:
        channel.is_ext_shared = False
    assert (ASKS, payout_of(refused), "channel_shared") == refusals(fresh, BOUKARY)[-1]
    assert State.REFUSED is state_of(fresh, refused)


async def test_a_channel_that_cannot_be_learnt_takes_no_request(fresh: Stage) -> None:
    """The form may open meanwhile; sent, it is kept open with the reason, until Slack says."""
    await fresh.later(2 * MINUTE)
    form = await fresh.form("22670000306 5000 refund", user=BOUKARY)
    await fresh.later(2 * MINUTE)
    with silent(fresh, "conversations.info"):
        result = await fresh.slack.submit(form)
    assert "whether this channel is shared" in result.errors["beneficiary"]
    assert (ASKS, None, "channel_not_learnt") == refusals(fresh, BOUKARY)[-1]
    assert (await fresh.slack.submit(form)).closed


async def test_a_slow_slack_is_not_waited_for_twice(fresh: Stage) -> None:
    """Who it is and where it is are asked at once: the form is answered within Slack's three seconds."""
    await fresh.later(2 * MINUTE)
    form = await fresh.form(f"{somebody(900)} 5000 refund", user=BOUKARY)
    await fresh.later(2 * MINUTE)
    with silent(fresh, "conversations.info", "users.info", "usergroups.users.list", trouble=slow(4)):
        result = await fresh.slack.submit(form)
    assert result.error is None
    assert "Slack did not say who you are just now" in result.errors["beneficiary"]
    assert result.seconds < 2.5


async def test_other_channels_of_ones_own_are_named(fresh: Stage) -> None:
    """Not here, but there."""
    fresh.slack.workspace.channel(QUIET).members |= {BOT_USER}
    await commands(fresh, BOUKARY, "22670000307 5000 refund", channel=QUIET)
    told = await fresh.whispered(BOUKARY, "Payouts are not asked for in this channel.")
    assert f"Use <#{SUPPORT}>" in told.text
    assert (ASKS, None, "channel_not_allowed") == refusals(fresh, BOUKARY)[-1]


async def test_a_form_is_tied_to_where_it_was_opened(fresh: Stage) -> None:
    """Slack carries the channel along; one that is not allowed is refused with the submission, too."""
    form = await fresh.form("22670000308 5000 refund", user=BOUKARY)
    payload = fresh.slack.payloads.submission(form)
    payload["view"]["private_metadata"] = json.dumps({"channel": QUIET, "follows": None})
    ended = await fresh.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.json is not None
    assert "Payouts are not asked for in this channel" in ended.json["errors"]["beneficiary"]


# --- somebody else's payload


async def test_the_requester_replays_an_approvers_click(fresh: Stage) -> None:
    """Delivered again it is the same click; pointed at another payout its signature no longer holds."""
    enrol(fresh, APPROVERS_GROUP, (CLARISSE, BOUKARY))
    first, second = await a_request(fresh), await a_request(fresh)
    await approves(fresh, CLARISSE, first)
    click = fresh.slack.deliveries[-1]
    await fresh.slack.replay(click)
    assert ([CLARISSE], []) == (approvals(fresh, first), approvals(fresh, second))
    payload = json.loads(json.dumps(click.delivery.payload).replace(payout_of(first), payout_of(second)))
    assert 401 == await _post_with_the_signature_of(fresh, click.delivery, payload)
    await decided(fresh)
    assert (State.REQUESTED, []) == (state_of(fresh, second), approvals(fresh, second))


async def _post_with_the_signature_of(scene: Stage, delivery: Delivery, payload: dict[str, Any]) -> int:
    headers, _ = http_headers(delivery, scene.slack.signing_secret, scene.slack.clock)
    body = urlencode({"payload": json.dumps(payload)})
    url = f"{scene.url}/slack/events"
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
        return answer.status


async def test_an_approver_who_asks_is_not_let_off(fresh: Stage) -> None:
    """Named by id in both lists, and still somebody else must agree."""
    await fresh.later(2 * MINUTE)
    card = await fresh.ask("22670000309 1000 refund", user=DAOUDA)
    await approves(fresh, DAOUDA, card)
    assert (DECIDES, payout_of(card), "own_request") == refusals(fresh, DAOUDA)[-1]
    assert (State.REQUESTED, False) == (state_of(fresh, card), sent(fresh, card))


async def test_whoever_asks_again_for_anothers_is_no_approver_of_it(fresh: Stage, refused: Message) -> None:
    """Two have asked by then, and neither of them decides."""
    enrol(fresh, AGENTS_GROUP, (AMINATA, BOUKARY, CLARISSE))
    enrol(fresh, APPROVERS_GROUP, (CLARISSE, AMINATA))
    await fresh.later(2 * MINUTE)
    await press(fresh, CLARISSE, refused, "ask_again")
    await fresh.thread_says(refused, "*Attempt 2*")
    question = await fresh.thread_says(refused, "*Attempt 2*")
    for user in (CLARISSE, AMINATA):
        await clicks(fresh, user, question, "approve")
        assert (DECIDES, payout_of(refused), "own_request") == refusals(fresh, user)[-1]
    assert ["approve", "reject", "cancel"] == buttons_of(question)
    await clicks(fresh, DAOUDA, question, "approve")
    assert State.APPROVED is state_of(fresh, refused)


async def test_no_refusal_shows_a_number(fresh: Stage) -> None:
    """What finance reads about tries has no more of it than the last digits."""
    await fresh.at_rest()
    assert [] == [line for line in audit(fresh) if line.startswith("🚷") and "2267" in line]
    assert (await submits(fresh, "1 1", user=BOUKARY)).errors


async def test_it_is_the_last_word_that_counts_for_a_guest_who_was_a_member(tmp_path: Path) -> None:
    """Who became a guest between the rejection's form and its reason rejects nothing."""
    async with office(tmp_path) as scene:
        card = await scene.ask("22670000000 5000 refund")
        await scene.slack.click(CLARISSE, await scene.question(card), "reject")
        form = await scene.slack.wait_for_modal(CLARISSE)
        scene.slack.workspace.people.make_guest(CLARISSE)
        await scene.slack.submit(form, {"reason": "no"})
        await decided(scene)
        assert (State.REQUESTED, (DECIDES, payout_of(card), "guest")) == (
            state_of(scene, card),
            refusals(scene, CLARISSE)[-1],
        )
