"""`/payout`: what is certain is filled in, what is not is asked for, and who cannot be helped is told why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
import pytest_asyncio

from bot.sandbox.slack import Channel, CommandAnswer, Trouble, View, outage, rate_limited, slow
from bot.sandbox.slack.trouble import Weather
from handlers import forms
from tests.stage import (
    AMINATA,
    AUDIT,
    CLARISSE,
    GUEST,
    QUIET,
    ROBOT,
    STRANGER,
    SUPPORT,
    SkippingClock,
    Stage,
    free_port,
    hurried,
    stage,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHICH_NUMBER = "It is not clear which part is the number. Write it with the country's code, like +226 70 00 00 00."
PLAIN_HINT = {
    "beneficiary": "The mobile number, for example +226 70 00 00 00.",
    "amount": "Whole francs, for example 5 000. At most 1 000 000 XOF.",
}


@pytest.fixture(scope="module")
def clock() -> SkippingClock:
    """Lets the minute be over for which the bot remembers what Slack said of people and channels."""
    return SkippingClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(clock: SkippingClock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for all commands of this file; each test leaves the screen empty."""
    with hurried():
        async with stage(tmp_path_factory.mktemp("command"), clock=clock) as started:
            yield started


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean_desk(office: Stage, clock: SkippingClock) -> AsyncIterator[None]:
    """Good weather, an empty screen, and nothing remembered of what Slack said in the test before."""
    yield
    office.tidy_up(clock)


async def opened(office: Stage, text: str) -> View:
    """The form that a command opens, which must be there within Slack's three seconds."""
    started = time.monotonic()
    form = await office.form(text)
    assert time.monotonic() - started < 3
    return form


def on(method: str, trouble: Trouble) -> Weather:
    """Bad weather for one method."""
    return lambda called, _args: trouble if called == method else None


# --- what is filled in


@pytest.mark.parametrize(
    "text",
    [
        "22670000000 5000 refund",
        "+22670000000 5000 refund",
        "+226 70 00 00 00 5000 refund",
        "0022670000000 5000 refund",
        "70000000 5000 refund",
        "70 00 00 00 5000 F refund",
        "<tel:+22670000000|+22670000000> 5000 refund",
        "<tel:70000000|70 00 00 00> 5 000 XOF refund",
        "+226\u00a070\u00a000\u00a000\u00a000 5\u00a0000\u00a0FCFA refund",
        "22670000000 5 000 F refund",
        "22670000000 5\u202f000 refund",
        "22670000000 5000F refund",
        "22670000000 5000 FCFA refund",
        "22670000000 5000 XOF refund",
        "22670000000 5000xof refund",
    ],
)
async def test_a_command_is_read_as_people_write_it(office: Stage, text: str) -> None:
    """Number, amount and reason stand in the form, each written so that it can be checked at a glance."""
    form = await opened(office, text)
    assert {
        "beneficiary": "+226 70 00 00 00",
        "amount": "5 000",
        "reason": "refund",
        "order": None,
        "way": "wallet",
    } == form.values
    assert PLAIN_HINT == {name: form.hints[name] for name in PLAIN_HINT}


@pytest.mark.parametrize("written", ["5.000", "5,000", "5'000"])
async def test_points_in_an_amount_are_filled_in_with_a_doubt(office: Stage, written: str) -> None:
    """Groups of exactly three are read as thousands, and the form says that somebody must check it."""
    form = await opened(office, f"22670000000 {written} refund")
    assert "5 000" == form.values["amount"]
    assert "⚠️ Read as 5 000 XOF, please check." == form.hints["amount"]


@pytest.mark.parametrize(
    ("text", "filled", "field", "says"),
    [
        (
            "22670000000 5,00 refund",
            {"beneficiary": "+226 70 00 00 00", "amount": None, "reason": "refund"},
            "amount",
            "“5,00” has decimals, and XOF has none. Write whole francs, like 5 000.",
        ),
        (
            "22670000000 5k refund",
            {"beneficiary": "+226 70 00 00 00", "amount": None, "reason": "refund"},
            "amount",
            "“5k” is abbreviated. Write the amount out, like 5 000.",
        ),
        (
            "22670000000 5000 EUR refund",
            {"beneficiary": "+226 70 00 00 00", "amount": None, "reason": "refund"},
            "amount",
            "“5000 EUR” is not in XOF. Write the amount in XOF, like 5 000.",
        ),
        (
            "22670000000 -5000 refund",
            {"beneficiary": "+226 70 00 00 00", "amount": None, "reason": "refund"},
            "amount",
            "The amount must be more than 0, for example 5 000.",
        ),
        (
            "33612345678 5000 refund",
            {"beneficiary": None, "amount": "5 000", "reason": "refund"},
            "beneficiary",
            "This number's country is not served here. Numbers begin with +226, like +226 70 00 00 00.",
        ),
        (
            "2267000000 5000 refund",
            {"beneficiary": None, "amount": "5 000", "reason": "refund"},
            "beneficiary",
            "“2267000000” has the wrong number of digits. Write it like +226 70 00 00 00.",
        ),
        (
            "22699999999 5000 refund",
            {"beneficiary": None, "amount": "5 000", "reason": "refund"},
            "beneficiary",
            "“22699999999” is not a number in use. Please check it; a right one looks like +226 70 00 00 00.",
        ),
        (
            "5 000 22670000000 refund",
            {"beneficiary": "+226 70 00 00 00", "amount": None, "reason": "refund"},
            "amount",
            "It is not clear which part is the amount. Write it alone here, like 5 000.",
        ),
        (
            "70000000 2 000 000 refund",
            {"beneficiary": "+226 70 00 00 00", "amount": "2 000 000", "reason": "refund"},
            "amount",
            "2 000 000 XOF is more than the 1 000 000 XOF allowed for one payout. Write a smaller amount, like 5 000.",
        ),
        (
            "70000000 cinq mille",
            {"beneficiary": "+226 70 00 00 00", "amount": None, "reason": "cinq mille"},
            "amount",
            "Please fill in the amount in figures, whole francs, for example 5 000.",
        ),
        (
            "5000",
            {"beneficiary": None, "amount": "5 000", "reason": None},
            "beneficiary",
            "Please fill in the beneficiary's number, for example +226 70 00 00 00.",
        ),
        (
            "remboursement commande 70000000 5000F",
            {"beneficiary": None, "amount": None, "reason": "remboursement commande 70000000 5000F"},
            "beneficiary",
            WHICH_NUMBER,
        ),
        (
            "70000000 70000001 refund",
            {"beneficiary": None, "amount": None, "reason": "refund"},
            "beneficiary",
            WHICH_NUMBER,
        ),
        (
            "70000000 70000001 refund",
            {"beneficiary": None, "amount": None, "reason": "refund"},
            "amount",
            "It is not clear which part is the amount. Write it alone here, like 5 000.",
        ),
    ],
)
async def test_what_is_uncertain_is_not_guessed(
    office: Stage, text: str, filled: dict[str, str | None], field: str, says: str
) -> None:
    """The form holds what is certain; each other field is empty and says what is missing, with an example."""
    form = await opened(office, text)
    assert filled == {name: form.values[name] for name in filled}
    assert f"⚠️ {says}" == form.hints[field]


async def test_the_cursor_stands_where_something_is_missing(office: Stage) -> None:
    """The first field that could not be filled in is where typing begins."""
    focused = [one.block_id for one in (await opened(office, "22670000000 5k")).inputs if _focus(one.element)]
    assert ["amount"] == focused


def _focus(element: dict[str, Any]) -> bool:
    return bool(element.get("focus_on_load"))


async def test_the_command_alone_opens_the_form_empty(office: Stage) -> None:
    """Nothing is filled in but the usual way; the hints say what belongs where."""
    form = await opened(office, "")
    empty = {"beneficiary": None, "amount": None, "reason": None, "order": None, "way": "wallet"}
    assert empty == form.values
    assert PLAIN_HINT == {name: form.hints[name] for name in PLAIN_HINT}


@pytest.mark.parametrize(
    "text",
    ["remboursement 70000000 5000F", "remboursement : 70 00 00 00 : 5 000 francs CFA", "5000 70000000 remboursement"],
)
async def test_the_reason_or_the_amount_may_stand_first(office: Stage, text: str) -> None:
    """Everything is filled in as if the number had come first."""
    form = await opened(office, text)
    filled = {"beneficiary": "+226 70 00 00 00", "amount": "5 000", "reason": "remboursement"}
    assert filled == {name: form.values[name] for name in filled}
    assert PLAIN_HINT == {name: form.hints[name] for name in PLAIN_HINT}


async def test_only_a_reason_is_a_reason(office: Stage) -> None:
    """Words without a figure are no wrong number: they are the reason, and the rest is plainly asked for."""
    form = await opened(office, "refund for a broken phone")
    assert "refund for a broken phone" == form.values["reason"]
    assert PLAIN_HINT == {name: form.hints[name] for name in PLAIN_HINT}


# --- what opens no form


@pytest.mark.parametrize("text", ["help", "HELP", " help ", "help me please", "?"])
async def test_help_explains_in_ten_lines(office: Stage, text: str) -> None:
    """Help comes at once, to one person alone, in ten lines, with a command to copy and the approvers."""
    answer = await office.slack.command(AMINATA, SUPPORT, text)
    assert 10 == len(answer.text.splitlines())
    assert "/payout 22670000000 5000 refund for order 1234" in answer.text
    assert "<@U0CLARISSE>, <@U0DAOUDA>" in answer.text
    assert_only_told_privately(office, answer)


def assert_only_told_privately(office: Stage, answer: CommandAnswer) -> None:
    """Nobody but the person who typed sees anything, and no form stands open."""
    assert answer.error is None
    assert answer.message is not None
    assert AMINATA == answer.message.to
    assert [] == office.slack.modals(AMINATA)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("hlp", "help"),
        ("polcy", "policy"),
        ("Lits", "list"),
        ("statu", "status"),
        ("paus", "pause"),
        ("resme", "resume"),
        ("regle", "regles"),
        ("suspendr", "suspendre"),
        ("pauze fraud suspected", "pause"),
        ("suspendr fraude", "suspendre"),
        ("history", "list"),
        ("Historique", "liste"),
        ("balance", "policy"),
        ("solde", "règles"),
    ],
)
async def test_a_slip_of_the_finger_is_asked_about(office: Stage, text: str, meant: str) -> None:
    """A single word that is nearly one of the command's own, or another name of one, opens no form as the reason."""
    answer = await office.slack.command(AMINATA, SUPPORT, text)
    assert answer.text.startswith(f"Did you mean `/payout {meant}`? Nothing was done.")
    assert_only_told_privately(office, answer)


@pytest.mark.parametrize(
    "text",
    [
        "refund",
        "hlp me",
        "pauze 5",
        "salaire",
        "remboursement",
        "test",
        "1 hlp",
        "hlp1",
        "cancel order",
        "solde commande",
    ],
)
async def test_what_may_be_a_reason_opens_the_form(office: Stage, text: str) -> None:
    """Nothing that may be a request is swallowed, however short."""
    assert text.rsplit(maxsplit=1)[-1] in str((await opened(office, text)).values)


@pytest.mark.parametrize("text", ["cancel", "cancel P-7K3F9", "Cancel the payout P-7K3F9 please"])
async def test_whoever_types_cancel_is_told_where(office: Stage, text: str) -> None:
    """It takes a button: which, and who may."""
    await office.slack.command(AMINATA, SUPPORT, text)
    await office.whispered(AMINATA, "*Cancel request* in the thread of its card")
    await office.settled()
    assert [] == office.slack.modals(AMINATA)


@pytest.mark.parametrize("text", ["approve", "approuver P-7K3F9", "Valider", "reject P-7K3F9", "resolve p-7k3f9"])
async def test_whoever_types_a_decision_is_told_where(office: Stage, text: str) -> None:
    """Nothing is decided by a command, and no form opens with it as a reason."""
    await office.slack.command(CLARISSE, SUPPORT, text)
    await office.whispered(CLARISSE, "Nothing was decided: it takes a button.")
    await office.settled()
    assert [] == office.slack.modals(CLARISSE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("status P-7K3F9", "There is no payout P-7K3F9 that you may see."),
        ("STATUS", "Please say which, for example `/payout status P-7K3F9`."),
        ("list", "You have asked for no payouts yet."),
        ("policy", "One payout: at most 1 000 000 XOF."),
        ("pause fraud", "Nothing was changed."),
        ("resume", "Nothing was changed."),
    ],
)
async def test_a_word_of_the_bots_own_is_answered_privately(office: Stage, text: str, says: str) -> None:
    """A subcommand is never taken for a reason: no form opens, and the person alone is told."""
    answer = await office.slack.command(AMINATA, SUPPORT, text)
    assert answer.error is None
    assert AMINATA == (await office.whispered(AMINATA, says)).to
    await office.settled()
    assert [] == office.slack.modals(AMINATA)
    assert [] == office.slack.messages(SUPPORT)


@pytest.mark.parametrize("channel", [QUIET, "G0PRIVATE"])
async def test_where_the_bot_is_no_member_it_asks_to_be_invited(office: Stage, channel: str) -> None:
    """Public or private: the person alone is told what to type, with the bot's own name."""
    await office.slack.command(AMINATA, channel, "22670000000 5000 refund")
    told = await office.whispered(AMINATA, "/invite")
    assert "`/invite @payout`" in told.text
    assert channel == told.channel
    await office.settled()
    assert [] == office.slack.modals(AMINATA)


async def test_once_invited_the_bot_opens_the_form(office: Stage) -> None:
    """That it was no member is not remembered."""
    await office.slack.command(AMINATA, QUIET, "22670000000 5000 refund")
    await office.whispered(AMINATA, "/invite")
    office.slack.workspace.channel(QUIET).members.add("U0PAYOUT")
    try:
        await office.form("22670000000 5000 refund", channel=QUIET)
    finally:
        office.slack.workspace.channel(QUIET).members.remove("U0PAYOUT")


async def test_a_direct_message_is_no_place_for_a_payout(office: Stage) -> None:
    """Told at once, with what to type where."""
    answer = await office.slack.command(AMINATA, office.slack.workspace.dm(AMINATA), "22670000000 5000 refund")
    assert "/invite @payout" in answer.text
    assert_only_told_privately(office, answer)


async def test_a_direct_message_between_two_people_is_none_either(office: Stage) -> None:
    """Nobody else would see the request there."""
    between = office.slack.workspace.dm(AMINATA, "U0BOUKARY")
    answer = await office.slack.command(AMINATA, between, "22670000000 5000 refund")
    assert "/invite @payout" in answer.text
    assert_only_told_privately(office, answer)


async def test_a_group_message_is_none_either(office: Stage) -> None:
    """It has a channel's id; its name tells."""
    members = {AMINATA, "U0BOUKARY", "U0CLARISSE", "U0PAYOUT"}
    group = Channel("C0GROUP", "mpdm-aminata--boukary--clarisse-1", members=members)
    office.slack.workspace.add_channel(group)
    answer = await office.slack.command(AMINATA, group.id, "22670000000 5000 refund")
    assert "/invite @payout" in answer.text
    assert_only_told_privately(office, answer)


@pytest.mark.parametrize(
    ("user", "why"),
    [(GUEST, "Guests of this workspace"), (STRANGER, "People of another workspace"), (ROBOT, "Bots")],
)
async def test_whoever_may_not_ask_is_told_why(office: Stage, user: str, why: str) -> None:
    """No form opens; the person alone is told, and the audit channel has a line of it."""
    await office.slack.command(user, SUPPORT, "22670000000 5000 refund")
    told = await office.whispered(user, why)
    assert told.text.startswith("Your payout was not asked for.")
    await office.slack.wait_for_message(AUDIT, f"🚷 <@{user}> may not ask for a payout")
    assert [] == office.slack.modals(user)


# --- bad weather


async def test_slow_look_ups_do_not_keep_the_form_from_opening(office: Stage) -> None:
    """The form is there while its trigger lives, though Slack takes longer to say where the bot is."""
    office.slack.api.weather = on("conversations.info", slow(5))
    form = await opened(office, "22670000000 5000 refund")
    assert "5 000" == form.values["amount"]


async def test_a_channel_that_cannot_be_looked_up_is_given_the_benefit(office: Stage) -> None:
    """Membership is checked again by Slack when the card is posted; a failing look-up stops nobody."""
    office.slack.api.weather = on("conversations.info", outage())
    await opened(office, "22670000000 5000 refund")


@pytest.mark.parametrize("trouble", [slow(5), outage(), rate_limited(9), Trouble(error="fatal_error")])
async def test_somebody_whom_slack_does_not_name_is_told_no_kindly(office: Stage, trouble: Trouble) -> None:
    """Not knowing who it is means no, said within Slack's patience, and what was typed is handed back."""
    office.slack.api.weather = on("users.info", trouble)
    answer = await office.slack.command(AMINATA, SUPPORT, "22670000000 5000 refund & more")
    assert answer.error is None
    assert "Please try again." in (await office.whispered(AMINATA, "did not say who you are")).text
    given_back = await office.whispered(AMINATA, "`/payout 22670000000 5000 refund &amp; more`")
    assert AMINATA == given_back.to
    assert [] == office.slack.modals(AMINATA)


@pytest.mark.parametrize(
    "trouble",
    [outage(), rate_limited(9), Trouble(error="expired_trigger_id"), Trouble(lost=True)],
)
async def test_a_form_that_does_not_open_loses_nothing(office: Stage, trouble: Trouble) -> None:
    """The person alone is told, with the whole command to send once more."""
    office.slack.api.weather = on("views.open", trouble)
    await office.slack.command(AMINATA, SUPPORT, "22670000000 5000 refund <b>")
    told = await office.whispered(AMINATA, "The form did not open")
    assert "`/payout 22670000000 5000 refund &lt;b&gt;`" in told.text
    assert "Nothing was asked." in told.text


async def test_a_form_that_takes_for_ever_is_given_up(office: Stage) -> None:
    """Long after the trigger died nobody waits for Slack's answer: the person is told."""
    office.slack.api.weather = on("views.open", slow(20))
    with patch.object(forms, "OPEN_DEADLINE", 0.1):
        await office.slack.command(AMINATA, SUPPORT, "22670000000 5000 refund")
        await office.whispered(AMINATA, "The form did not open")


async def test_the_same_command_twice_opens_one_form(office: Stage) -> None:
    """Slack's redelivery, to this process or to another one, neither opens a second form nor complains."""
    answer = await office.slack.command(AMINATA, SUPPORT, "22670000000 5000 refund")
    await office.slack.wait_for_modal(AMINATA)
    await office.slack.replay(answer.delivered)
    # As another process of the same bot hears it, which remembers nothing of the first delivery.
    other = Stage(office.slack, office.ligdicash, office.folder, free_port(), office.extra)
    try:
        await other.start()
        await office.slack.replay(answer.delivered, retry_num=None)
        await other.settled()
    finally:
        await other.stop()
        office.slack.request_url = f"{office.url}/slack/events"
    assert 1 == len(office.slack.modals(AMINATA))
    assert [] == office.slack.ephemerals(AMINATA)


async def test_the_acknowledgement_waits_for_nothing(office: Stage) -> None:
    """Slack has its 200 while every look-up still hangs."""
    office.slack.api.weather = lambda _method, _args: slow(4)
    answers = await asyncio.gather(
        *(office.slack.command(AMINATA, SUPPORT, f"22670000000 {amount} refund") for amount in range(1000, 1005))
    )
    assert [None] * 5 == [answer.error for answer in answers]
    assert max(answer.seconds for answer in answers) < 1
