"""*Refund* in a message's menu: the form with what the message surely says, and a card that leads back to it."""

from __future__ import annotations

import copy
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.clock import HOUR
from bot.sandbox.slack import Channel, Delivery, Kind, Message, Trouble, View, outage, slow
from tests.paying import impatient
from tests.stage import (
    AMINATA,
    AUDIT,
    BOUKARY,
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
    payout_of,
    stage,
)
from tests.story.office import seen, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASE = "Bonjour, commande n° {order} jamais livrée. Remboursez 5 000 F au {number} svp, ma femme est malade"
_NUMBERS = (f"71 00 00 {last:02}" for last in range(100))
_ORDERS = (str(order) for order in range(4000, 4100))


@pytest.fixture(scope="module")
def clock() -> SkippingClock:
    """Lets the minute be over for which the bot remembers what Slack said of people and channels."""
    return SkippingClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(clock: SkippingClock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for all shortcuts of this file; each test leaves the screen empty."""
    with hurried():
        async with stage(tmp_path_factory.mktemp("refund"), clock=clock) as started:
            yield started


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def clean_desk(office: Stage, clock: SkippingClock) -> AsyncIterator[None]:
    """Good weather, an empty screen, and nothing remembered of what Slack said in the test before."""
    yield
    office.tidy_up(clock)


def case(scene: Stage, text: str = "", *, channel: str = SUPPORT, thread_ts: str | None = None) -> Message:
    """A customer's message, handed on by Boukary; each is another customer with another order."""
    written = text or CASE.format(order=next(_ORDERS), number=next(_NUMBERS))
    return scene.slack.workspace.say(BOUKARY, channel, written, thread_ts)


async def opened(scene: Stage, message: Message, *, user: str = AMINATA) -> View:
    """The form that the shortcut opens."""
    result = await scene.slack.shortcut(user, message)
    assert result.error is None
    return await scene.slack.wait_for_modal(user, "Ask for a payout")


async def asked(scene: Stage, message: Message, reason: str = "never delivered") -> Message:
    """Choose the shortcut, say why, submit, and wait for the card."""
    before = {one.ts for one in scene.slack.messages(SUPPORT)}
    result = await scene.slack.submit(await opened(scene, message), {"reason": reason})
    assert ({}, True) == (dict(result.errors), result.closed)
    return await scene.slack.wait_for(
        lambda slack: next((one for one in slack.messages(SUPPORT) if one.ts not in before), None), what="the card"
    )


def link_to(message: Message) -> str:
    """A message's address, as Slack's own `chat.getPermalink` would say it."""
    link = f"https://team.slack.example/archives/{message.channel}/p{message.ts.replace('.', '')}"
    return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if message.thread_ts else link


def payload_of(scene: Stage, message: Message, user: str = AMINATA) -> dict[str, Any]:
    """What Slack delivers when somebody chooses the shortcut."""
    return copy.deepcopy(scene.slack.payloads.shortcut(user, message, "refund"))


async def delivers(scene: Stage, payload: dict[str, Any]) -> None:
    """Hand a payload of one's own making to the bot, signed."""
    ended = await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.error is None


# --- what is filled in


async def test_the_form_holds_what_the_message_says(office: Stage) -> None:
    """Number, amount and order; the reason is left to the person, and no word of the customer's is copied."""
    form = await opened(office, case(office, "Commande n° 1234: remboursez 5 000 F au 70 00 00 00, je suis malade"))
    assert {
        "beneficiary": "+226 70 00 00 00",
        "amount": "5 000",
        "reason": None,
        "order": "1234",
        "way": "wallet",
    } == form.values
    assert "malade" not in form.text


async def test_what_is_not_certain_is_asked_for(office: Stage) -> None:
    """Two numbers, two amounts: each field is empty and says what to write."""
    form = await opened(office, case(office, "70 00 00 00 ou 71 00 00 00, 4 000 F ou 5 000 F"))
    assert (None, None) == (form.values["beneficiary"], form.values["amount"])
    assert form.hints["beneficiary"].startswith("⚠️ It is not clear which part is the number.")
    assert form.hints["amount"].startswith("⚠️ It is not clear which part is the amount.")


async def test_a_message_that_says_nothing_opens_an_empty_form(office: Stage) -> None:
    """The hints are the plain ones: nobody is told of a mistake that they did not make."""
    form = await opened(office, case(office, "je n'ai rien reçu"))
    assert (None, None, None) == (form.values["beneficiary"], form.values["amount"], form.values["order"])
    assert "The mobile number, for example +226 70 00 00 00." == form.hints["beneficiary"]


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Remboursez 5 000 F au 70 00 00 00"}}


async def test_text_that_nobody_sees_is_not_read(office: Stage) -> None:
    """Where an app drew a message with blocks, its `text` stands on no screen: nobody could check what it says."""
    message = case(office, "71 11 11 11 : 90 000 F")
    for drawn in ({"blocks": [SECTION]}, {"bot_id": "B0HELPDESK", "blocks": [{"type": "rich_text", "elements": []}]}):
        payload = payload_of(office, message)
        payload["message"] |= drawn
        await delivers(office, payload)
        form = await office.slack.wait_for_modal(AMINATA, "Ask for a payout")
        assert (None, None) == (form.values["beneficiary"], form.values["amount"])
        office.slack.workspace.close(form)


@pytest.mark.parametrize("more", [{"blocks": [{"type": "rich_text", "elements": []}]}, {"bot_id": "B0HELPDESK"}])
async def test_text_that_is_seen_is_read(office: Stage, more: dict[str, Any]) -> None:
    """What a person wrote, which Slack hands on as rich text too; or a bot, without any blocks."""
    payload = payload_of(office, case(office, "71 11 11 11 : 90 000 F"))
    payload["message"] |= more
    await delivers(office, payload)
    form = await office.slack.wait_for_modal(AMINATA, "Ask for a payout")
    assert ("+226 71 11 11 11", "90 000") == (form.values["beneficiary"], form.values["amount"])


async def test_whatever_goes_wrong_is_told(office: Stage) -> None:
    """Not the ledger alone can fail: whoever waits for a form hears that none comes, and the log has the fault."""
    payload = payload_of(office, case(office))
    payload["message"]["blocks"] = 7
    with capture_logs() as lines:
        await delivers(office, payload)
        await office.whispered(AMINATA, "Something went wrong here, so no form opened and nothing was asked.")
    assert ["form_not_made"] == [line["event"] for line in lines if line["log_level"] == "error"]
    assert [] == office.slack.modals(AMINATA)


HOSTILE = [
    "<!channel> <!here> <@U0CLARISSE> 70 00 00 00",
    "5 000 F' OR 1=1; DROP TABLE payouts; --",
    "<tel:+22671000000|70 00 00 00> <tel:|> <tel:|",
    "commande <https://evil.example/?q=70000000|1234>",
    "{payout} {0} %s %n 70 00 00 00",
    "*_~`5 000 F`~_*",
    "\u202e000 5 F 00 00 00 07",
    "7\u200b0\u200b0\u200b0\u200b0\u200b0\u200b0\u200b0",
    "٧٠ ٠٠ ٠٠ ٠٠ " + "９" * 50,
    "1 " * 2_000,
    "70 00 00 00 " * 3_000,
    "commande #" * 1_000,
    "&lt;!channel&gt; order &amp;lt;1234",
    "\ue000\x00\ud83d 5 000 F",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_message_opens_a_harmless_form(office: Stage, text: str) -> None:
    """Whatever a customer wrote: a form opens, and nothing of their words stands in it."""
    form = await opened(office, case(office, text))
    assert not [word for word in ("channel", "DROP", "evil", "payout}") if word in form.text]
    assert form.values["reason"] is None


# --- the card leads back


async def test_the_card_and_the_question_lead_back(office: Stage) -> None:
    """Whoever decides sees the customer's case with one tap; its words stand in nothing that the bot writes."""
    message = case(office)
    card = await asked(office, message)
    question = await office.question(card)
    assert f"<{link_to(message)}|from this message>" in card.words
    assert f"<{link_to(message)}|the message this came from>" in question.words
    await told(office)
    written = [one for one in office.slack.all_messages() if one.author == "U0PAYOUT"]
    assert [] == [one.words for one in written if "malade" in one.words]


async def test_the_link_of_a_reply_opens_its_thread(office: Stage) -> None:
    """The card stands in the channel; the link leads into the thread in which the case is."""
    parent = case(office, "a customer writes")
    reply = case(office, thread_ts=parent.ts)
    card = await asked(office, reply)
    assert f"<{link_to(reply)}|from this message>" in card.words
    assert f"?thread_ts={parent.ts}&cid={SUPPORT}" in card.words
    assert (SUPPORT, None) == (card.channel, card.thread_ts)


async def test_where_it_came_from_is_part_of_the_record(office: Stage) -> None:
    """Payout and event say which message; what the message said is nowhere in the ledger."""
    message = case(office)
    await asked(office, message)
    row = "SELECT source_ts, source_thread_ts FROM payouts ORDER BY rowid DESC LIMIT 1"
    assert [(message.ts, None)] == office.rows(row)
    data = "SELECT json_extract(data, '$.source_ts') FROM events WHERE kind = 'requested' ORDER BY id DESC LIMIT 1"
    assert [(message.ts,)] == office.rows(data)
    kept = office.database.read_bytes() + office.database.with_name(f"{office.database.name}-wal").read_bytes()
    assert b"femme" not in kept


async def test_the_link_stays_through_every_state_and_correction(office: Stage) -> None:
    """Rejected, corrected and asked again: the new request is about the same case."""
    message = case(office)
    card = await asked(office, message)
    await office.reject(card, "please check the amount")
    rejected = await office.card_says(card, "*Rejected*")
    assert link_to(message) in rejected.words
    await office.slack.click(AMINATA, rejected, "correct")
    result = await office.slack.submit(await office.slack.wait_for_modal(AMINATA), {"amount": "4 000"})
    assert ({}, True) == (dict(result.errors), result.closed)
    again = await office.slack.wait_for_message(SUPPORT, "4 000 XOF")
    assert link_to(message) in again.words


async def test_a_request_that_repeats_keeps_its_message(office: Stage) -> None:
    """The form that asks whether the repetition is known carries the message along."""
    message = case(office)
    await asked(office, message)
    form = await opened(office, message)
    await office.slack.submit(form, {"reason": "again", "amount": "3 000"})
    known = await office.slack.wait_for_modal(AMINATA)
    assert "This may be a repetition" in known.text
    result = await office.slack.submit(known, {"known": "known"})
    assert ({}, True) == (dict(result.errors), result.closed)
    assert link_to(message) in (await office.slack.wait_for_message(SUPPORT, "3 000 XOF")).words


async def test_a_command_has_no_message(office: Stage) -> None:
    """What was typed as a command came from nowhere else."""
    card = await office.ask(f"{next(_NUMBERS)} 2500 F refund")
    assert "from this message" not in card.words
    assert "the message this came from" not in (await office.question(card)).words


@pytest.mark.parametrize(
    ("ts", "thread_ts"),
    [
        ("1.2|evil>", None),
        ("../../x", None),
        ("1700000000.000100?x=<!channel>", None),
        (7, None),
        ({}, []),
        (None, None),
    ],
)
async def test_ids_that_are_not_slacks_make_no_link(office: Stage, ts: Any, thread_ts: Any) -> None:  # noqa: ANN401
    """The form opens all the same; what does not look like an id is dropped, and nothing of it is posted."""
    message = case(office)
    payload = payload_of(office, message)
    payload["message"] |= {"ts": ts, "thread_ts": thread_ts}
    await delivers(office, payload)
    before = len(office.slack.messages(SUPPORT))
    await office.slack.submit(await office.slack.wait_for_modal(AMINATA), {"reason": "refund"})
    await office.slack.wait_for(lambda slack: len(slack.messages(SUPPORT)) > before)
    card = office.slack.messages(SUPPORT)[-1]
    assert "from this message" not in card.words
    assert "evil" not in card.words


async def test_a_thread_that_is_none_makes_a_plain_link(office: Stage) -> None:
    """Of the two ids the right one is enough."""
    message = case(office)
    payload = payload_of(office, message)
    payload["message"]["thread_ts"] = "x&cid=C0EVIL"
    await delivers(office, payload)
    before = len(office.slack.messages(SUPPORT))
    await office.slack.submit(await office.slack.wait_for_modal(AMINATA), {"reason": "refund"})
    await office.slack.wait_for(lambda slack: len(slack.messages(SUPPORT)) > before)
    assert f"<{link_to(message)}|from this message>" in office.slack.messages(SUPPORT)[-1].words


async def test_what_the_ledger_holds_is_not_believed_either(office: Stage) -> None:
    """A payout whose message is no message is drawn without a link."""
    card = await asked(office, case(office))
    assert office.bot is not None
    await office.bot._ledger.write(
        lambda tx: tx.connection.execute("UPDATE payouts SET source_ts = '1|x>' WHERE id = ?", (payout_of(card),))
    )
    await office.approve(card)
    await office.settled()
    drawn = seen(office, card).words
    assert (False, False) == ("Waiting for a decision" in drawn, "from this message" in drawn)


# --- who and where


@pytest.mark.parametrize(
    ("user", "why"),
    [(GUEST, "Guests of this workspace"), (STRANGER, "People of another workspace"), (ROBOT, "Bots")],
)
async def test_whoever_may_not_ask_is_told_why(office: Stage, user: str, why: str) -> None:
    """As with the command: no form, a private answer, a line in the audit channel."""
    await office.slack.shortcut(user, case(office))
    assert (await office.whispered(user, why)).text.startswith("Your payout was not asked for.")
    await office.slack.wait_for_message(AUDIT, f"🚷 <@{user}> may not ask for a payout")
    assert [] == office.slack.modals(user)


async def test_a_shared_channel_is_no_place_for_it(office: Stage) -> None:
    """Others listen there."""
    members = {AMINATA, BOUKARY, CLARISSE, "U0PAYOUT"}
    channel = Channel("C0PARTNERS", "partners", members=members, is_ext_shared=True)
    office.slack.workspace.add_channel(channel)
    await office.slack.shortcut(AMINATA, case(office, channel=channel.id))
    await office.whispered(AMINATA, "This channel is shared with another workspace")
    await office.settled()
    assert [] == office.slack.modals(AMINATA)


@pytest.mark.parametrize("channel", [QUIET, "G0PRIVATE"])
async def test_where_the_bot_is_no_member_it_asks_to_be_invited(office: Stage, channel: str) -> None:
    """The person alone is told what to type; the shortcut works everywhere, the bot does not."""
    await office.slack.shortcut(AMINATA, case(office, channel=channel))
    invited = await office.whispered(AMINATA, "`/invite @payout`")
    assert ("choose *Refund* on the message once more" in invited.text, channel) == (True, invited.channel)
    await office.settled()
    assert [] == office.slack.modals(AMINATA)


async def test_a_private_answer_appears_where_the_person_looks(office: Stage) -> None:
    """In the thread of the message, not behind it in the channel."""
    parent = case(office, "a customer writes", channel=QUIET)
    await office.slack.shortcut(AMINATA, case(office, channel=QUIET, thread_ts=parent.ts))
    assert parent.ts == (await office.whispered(AMINATA, "/invite")).thread_ts


@pytest.mark.parametrize("others", [["U0PAYOUT"], [BOUKARY]])
async def test_a_direct_message_is_no_place_for_it(office: Stage, others: list[str]) -> None:
    """With the bot or between two people: nobody there can approve, and the person is told where to go."""
    direct = office.slack.workspace.dm(AMINATA, others[0])
    message = office.slack.workspace.say(AMINATA, direct, "70 00 00 00, 5 000 F")
    await office.slack.shortcut(AMINATA, message)
    assert direct == (await office.whispered(AMINATA, "Payouts are asked for in a channel")).channel
    await office.settled()
    assert [] == office.slack.modals(AMINATA)


async def test_somebody_whom_slack_does_not_name_is_told_no_kindly(office: Stage) -> None:
    """Not knowing who it is means no; there is nothing typed to hand back."""
    office.slack.api.weather = lambda method, _args: outage() if method == "users.info" else None
    await office.slack.shortcut(AMINATA, case(office))
    assert "Please try again." in (await office.whispered(AMINATA, "did not say who you are")).text
    await office.settled()
    assert 1 == len(office.slack.ephemerals(AMINATA))


async def test_everything_is_said_in_the_persons_language(office: Stage, clock: SkippingClock) -> None:
    """The form, and what is said where there is none."""
    people = office.slack.workspace.people
    people.speak(AMINATA, "fr-FR")
    clock.skip(48 * HOUR)
    try:
        await office.slack.shortcut(AMINATA, case(office))
        assert "Demander un paiement" == (await office.slack.wait_for_modal(AMINATA)).title
        await office.slack.shortcut(AMINATA, case(office, channel=QUIET))
        await office.whispered(AMINATA, "choisissez à nouveau *Refund · Rembourser* sur le message")
        direct = office.slack.workspace.dm(AMINATA)
        await office.slack.shortcut(AMINATA, office.slack.workspace.say(AMINATA, direct, "70 00 00 00"))
        await office.whispered(AMINATA, "Allez dans le canal")
    finally:
        people.speak(AMINATA, "en-US")
        clock.skip(48 * HOUR)


# --- time


@pytest.mark.parametrize("trouble", [outage(), Trouble(error="expired_trigger_id"), Trouble(lost=True)])
async def test_a_form_that_does_not_open_is_told(office: Stage, trouble: Trouble) -> None:
    """The trigger died, or Slack did not answer: the person alone is told how to try again."""
    office.slack.api.weather = lambda method, _args: trouble if method == "views.open" else None
    await office.slack.shortcut(AMINATA, case(office))
    failed = await office.whispered(AMINATA, "The form did not open")
    assert "Please choose *Refund* on the message once more." in failed.text


async def test_the_same_shortcut_twice_opens_one_form(office: Stage) -> None:
    """Redelivered, to this process or to another one: one form, and nobody complains."""
    result = await office.slack.shortcut(AMINATA, case(office))
    await office.slack.wait_for_modal(AMINATA)
    await office.slack.replay(result.delivered)
    other = Stage(office.slack, office.ligdicash, office.folder, free_port(), office.extra)
    try:
        await other.start()
        await office.slack.replay(result.delivered, retry_num=None)
        await other.settled()
    finally:
        await other.stop()
        office.slack.request_url = f"{office.url}/slack/events"
    assert 1 == len(office.slack.modals(AMINATA))
    assert [] == office.slack.ephemerals(AMINATA)


async def test_an_answer_is_given_once(office: Stage) -> None:
    """Redelivered where there is no form, nobody is told the same twice."""
    result = await office.slack.shortcut(AMINATA, case(office, channel=QUIET))
    await office.whispered(AMINATA, "/invite")
    await office.slack.replay(result.delivered)
    await office.settled()
    assert 1 == len(office.slack.ephemerals(AMINATA))


async def test_another_shortcut_is_not_ours(office: Stage) -> None:
    """A shortcut of that kind with another name opens nothing."""
    message = case(office)
    await office.slack.shortcut(AMINATA, message, "something_else")
    await office.settled()
    assert [] == office.slack.modals(AMINATA)


async def test_the_acknowledgement_waits_for_nothing(office: Stage) -> None:
    """Slack has its 200 while every look-up still hangs."""
    office.slack.api.weather = lambda _method, _args: slow(4)
    result = await office.slack.shortcut(AMINATA, case(office))
    assert (None, 200) == (result.error, result.status)


# --- the whole way


async def test_the_whole_way_over_a_socket(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Shortcut, form, approval, payment, over Socket Mode; no line of the log has what the customer wrote."""
    caplog.set_level(logging.DEBUG)
    with hurried(), impatient():
        async with stage(tmp_path, SLACK_APP_TOKEN="xapp-test") as scene:
            scene.slack.request_url = None
            message = scene.slack.workspace.say(BOUKARY, SUPPORT, CASE.format(order="1234", number="70 00 00 00"))
            card = await asked(scene, message)
            await scene.approve(card)
            done = await scene.card_says(card, "Completed")
            assert link_to(message) in done.words
    assert "malade" not in caplog.text
