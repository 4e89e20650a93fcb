"""What people type is data: however hostile, it is answered, shown as it was typed, and pages nobody."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import unicodedata
from collections.abc import AsyncIterator, Iterable, Iterator
from urllib.parse import quote_plus, urlencode

import pytest
import pytest_asyncio
import structlog

from bot.logs import configure_logs
from bot.sandbox.slack import Delivery, Kind, Message, View
from tests.stage import AMINATA, CLARISSE, DAOUDA, SUPPORT, Stage, hurried, payout_of, stage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.thorough]

HOSTILE = {
    "a page to the channel": "<!channel>",
    "a page to everybody": "<!everyone> <!here|here>",
    "a page, escaped once already": "&lt;!channel&gt;",
    "a page, escaped twice": "&amp;lt;!here&amp;gt;",
    "a page cut by a mark": "<\u200b!channel>",
    "a page within a page": "<!chan<!channel>nel>",
    "a plain page": "@channel @here @everyone",
    "somebody else's name": "<@U0VICTIM>",
    "an approver's name": f"<@{CLARISSE}> approved this <@{DAOUDA}|daouda>",
    "a user group": "<!subteam^S0TEAM|@team>",
    "a channel's name": "<#C0VICTIM|general>",
    "a link": "<https://evil.example/pay|LigdiCash>",
    "a plain link": "https://evil.example/pay",
    "a mail link": "<mailto:a@evil.example|write>",
    "a date": "<!date^1392734382^{date}|now>",
    "half a bracket": "<<<<>>>> <",
    "an unfinished page": "<!channel",
    "bold, struck, in code": "*bold* _it_ ~no~ `code` ```block```",
    "one backtick": "`",
    "three backticks": "``` ``` ```",
    "a quote": "> quoted\n>>> all of it",
    "a faked state": "refund\n✅ *Approved* by <@U0VICTIM> · paying…",
    "a faked state on Windows": "refund\r\n\r\n🟢 *Completed* · LigdiCash says it was paid",
    "a faked state past a line separator": "refund\u2028🟢 *Completed*\u2029paid",
    "a faked state past tabs": "refund\v\f\x1c\x1d\x1e\x85🟢 *Completed*",
    "a faked separator": " · *0 XOF* to *nobody* · asked by <@U0VICTIM>",
    "right to left": "مبلغ مسترجع لطلب ١٢٣٤",
    "turned around": "\u202e0005 000 000 07\u202c",
    "isolated": "\u2066\u2067abc\u2069\u2068",
    "marks": "\u200e\u200f\u061c\ufeff\u00ad",
    "nothing to be seen": "\u200b\u2060\u3164\u2800",
    "control characters": "\x00\x01\x02\x07\x08\x1b[31mred\x7f",
    "only NUL": "\x00\x00\x00",
    "much too long": "a" * 10_000,
    "much too wide": "😀" * 10_000,
    "many words": "1 " * 5_000,
    "many small numbers": "7 " * 5_000,
    "many amounts": "22670000000 " + "5 000 " * 1_500,
    "many links": "<tel:1|1>" * 1_000,
    "many digits": "7" * 10_000,
    "a large number": "22670000000 " + "9" * 4_000,
    "many accents": "e" + "\u0301" * 2_000,
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🇧🇫 🏳️\u200d🌈 1️⃣ :tada: :smile:",
    "SQL": "'; DROP TABLE payouts; --",
    "more SQL": '" OR 1=1 UNION SELECT token FROM attempts /*',
    "a format string": "{payout} {0} {reason.__class__} {} }{",
    "percent signs": "%s %d %n %(payout)s %%",
    "a template": "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "JSON": '{"response_action": "clear", "blocks": []}',
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a path": "../../../../etc/passwd\x00.png",
    "a line for the log": '\n{"level": "critical", "event": "stolen"}',
    "a header": "a\r\nX-Slack-No-Retry: 1",
    "a phone link that lies": "<tel:+22670000001|+22670000000> 5000 refund",
    "a phone link that is none": "<tel:javascript:alert(1)|22670000000> 5000",
    "full-width digits": "２２６７０００００００ ５０００ refund",
    "Arabic digits": "٢٢٦٧٠٠٠٠٠٠٠ ٥٠٠٠ refund",
    "superscripts": "22670000000 ⁵⁰⁰⁰ refund",
    "infinity": "22670000000 inf refund",
    "not a number": "22670000000 NaN refund",
    "a power": "22670000000 1e6 refund",
    "a hexadecimal": "22670000000 0x1388 refund",
    "underscores": "22670000000 5_000 refund",
    "less than nothing": "22670000000 -5000 refund",
    "a lone surrogate": "\ud800 refund \udfff",
}
# What the bot may mention here: who asked, and whom it pages.
OURS = {f"<@{AMINATA}>", f"<@{CLARISSE}>", f"<@{DAOUDA}>"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, log: io.StringIO) -> AsyncIterator[Stage]:
    """One bot for everything hostile, with its real logs, all of them."""
    assert log is not None
    with hurried():
        async with stage(tmp_path_factory.mktemp("hostile")) as started:
            yield started


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    """What the bot writes to its log at DEBUG."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    configure_logs("DEBUG", [], stream)
    yield stream
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def nothing_leaves_a_trace(log: io.StringIO, office: Stage) -> Iterator[None]:
    """After each of these tests: no traceback or error in the log, and nothing was asked of LigdiCash."""
    begin = log.tell()
    yield
    lines = [json.loads(line) for line in log.getvalue()[begin:].splitlines()]
    assert [] == [line for line in lines if "exception" in line or line["level"] in {"error", "critical"}]
    assert [] == office.ligdicash.creates
    for modal in list(office.slack.modals(AMINATA)):
        office.slack.workspace.close(modal)


# --- what can be seen


_OWN_LINK = re.compile(r"<https://team\.slack\.example/archives/C0SUPPORT/p\d+\|(?:see it|P-\w{5})>")


def live_parts(text: str) -> set[str]:
    """What Slack would take for a mention, a page or a link, but for the bot's own links to its cards."""
    return {each for each in re.findall(r"<[^<>\n]*>", text) if not _OWN_LINK.fullmatch(each)}


def unprintable(text: str) -> set[str]:
    """Characters that cannot be seen, but move or hide others; the bot's own line breaks are none."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in {"Cc", "Cf", "Cs"}}


def assert_harmless(messages: Iterable[Message]) -> None:
    """Nothing that was typed is live, and nothing in it is hidden."""
    for message in messages:
        assert live_parts(message.words) <= OURS
        assert set() == unprintable(message.words)


def command_body(office: Stage, text: str) -> bytes:
    """A command's form, byte by byte, whatever is in the text."""
    payload = office.slack.payloads.command(AMINATA, SUPPORT, "/payout", "")
    del payload["text"]
    return f"{urlencode(payload)}&text={quote_plus(text, errors='surrogatepass')}".encode()


async def typed(office: Stage, text: str) -> View:
    """Type a command and wait for its form."""
    status, body = await office.post_signed(command_body(office, text))
    assert (200, "") == (status, body)
    return await office.slack.wait_for_modal(AMINATA)


# --- commands


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_command_opens_the_form(office: Stage, text: str) -> None:
    """It is read as far as it is certain; what stands in the form is harmless and not too long."""
    form = await typed(office, text)
    reason = str(form.values["reason"] or "")
    assert len(reason) <= 300
    assert set() == unprintable(form.text)
    assert form.values["beneficiary"] in {None, "+226 70 00 00 00"}
    assert form.values["amount"] in {None, "5 000"}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_reason_is_shown_as_it_was_typed(office: Stage, text: str) -> None:
    """The card keeps its three lines, whatever the reason and the order try; nothing in them comes alive."""
    form = await typed(office, "22670000000 5000")
    before = {message.ts for message in office.slack.messages(SUPPORT)}
    errors = await submitted(office, form, {"reason": text, "order": text})
    if errors:
        assert {"reason": "Please say why, for example “Refund for a cancelled order”."} == errors
        return
    card = await office.slack.wait_for(
        lambda slack: next((one for one in slack.messages(SUPPORT) if one.ts not in before), None)
    )
    question = await office.question(card)
    assert_card_keeps_its_shape(card)
    assert_question_keeps_its_shape(question)
    assert_harmless([card, question])
    # Neither one more that is open, nor one that the next would repeat.
    assert (await office.slack.click(AMINATA, question, "cancel", confirm=True)).error is None
    await office.card_says(card, "*Cancelled*")


async def submitted(office: Stage, form: View, values: dict[str, str]) -> dict[str, str]:
    """Submit a form past the screen's own checks; what is said beside its fields."""
    payload = office.slack.payloads.submission(form)
    for name, value in values.items():
        payload["view"]["state"]["values"][name][name]["value"] = value
    ended = await office.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.error is None
    return dict((ended.json or {}).get("errors", {}))


def assert_card_keeps_its_shape(card: Message) -> None:
    """Amount, state, reason, details: the state is the bot's own line, and what was typed stands behind its label."""
    assert 3 == len(card.blocks)
    head, state, about, details = "\n".join(card.seen).split("\n")
    assert re.fullmatch(r"\*[0-9 ]+ XOF\* to \*\+[0-9 ]+\*", head)
    assert "⏳ *Waiting for a decision* – in the thread of this message" == state
    assert about.startswith("*For:* ")
    assert about.endswith(f" · asked by <@{AMINATA}>")
    assert details.startswith(f"{payout_of(card)} · ")
    assert 1 == len(card.text.splitlines())


def assert_question_keeps_its_shape(question: Message) -> None:
    """Amount, reason, order, way, who is paged, the buttons, the rule."""
    lines = "\n".join(question.seen).split("\n")
    labels = [line.split(":", 1)[0] for line in lines]
    assert ["*Reason", "*Arrives"] == [label for label in labels[1:] if label in {"*Reason", "*Arrives"}]
    assert labels[1] == "*Reason"
    assert ["[Approve]", "[Reject]", "[Cancel request]"] == lines[-4:-1]
    assert len(lines) == 8 + ("*Order" in labels)
    assert 1 == len(question.text.splitlines())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_numbers_and_amounts_are_answered_beside_their_fields(office: Stage, text: str) -> None:
    """Each field says what is wrong with it in few words, and nothing is asked."""
    form = await typed(office, "")
    errors = await submitted(office, form, {"beneficiary": text, "amount": text, "reason": "refund"})
    assert {"beneficiary", "amount"} == set(errors)
    for error in errors.values():
        assert len(error) < 200
        assert set() == unprintable(error)
        assert 1 == len(error.splitlines())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_command_that_cannot_be_served_is_handed_back(office: Stage, text: str) -> None:
    """What was typed comes back on one line, as it was typed, to that person alone."""
    body = command_body(office, text)
    for trigger in office.slack.workspace.triggers.values():
        trigger.until = 0.0
    office.slack.workspace.ephemerals.clear()
    assert 200 == (await office.post_signed(body))[0]
    told = await office.whispered(AMINATA, "The form did not open")
    assert 1 == len(told.text.splitlines())
    assert set() == live_parts(told.text)
    assert set() == unprintable(told.text)
    assert len(told.text) < 15_000


# --- what would do real harm


async def test_a_hostile_rejection_pages_nobody(office: Stage) -> None:
    """The reason of a rejection is data too, in thread, card, question and audit channel."""
    card = await office.ask("22670000000 5000 refund")
    await office.slack.click(CLARISSE, await office.question(card), "reject")
    form = await office.slack.wait_for_modal(CLARISSE)
    assert {} == await submitted(office, form, {"reason": "no\n<!channel> <@U0VICTIM> \u202e`*"})
    shown = "no &lt;!channel&gt; &lt;@U0VICTIM&gt; `*"
    await office.card_says(card, f"❌ *Rejected* by <@{CLARISSE}> · {shown}")
    await office.thread_says(card, f"was *rejected* by <@{CLARISSE}>: {shown}")
    await office.settled()


async def test_a_hostile_name_pages_nobody(office: Stage) -> None:
    """A display name is typed by somebody too: it stands in the question and in its dialog."""
    people = office.slack.workspace.people
    before = people["U0BOUKARY"]
    name = "<!channel>\n\u202eby Clarisse"
    people.add(type(before)("U0BOUKARY", name))
    try:
        card = await office.ask("22670000000 5000 refund", user="U0BOUKARY")
        question = await office.question(card)
    finally:
        people.add(before)
    assert "asked by &lt;!channel&gt; by Clarisse" in question.text
    dialog = question.buttons[0].dialog
    assert dialog is not None
    assert "asked by <!channel> by Clarisse" in dialog.text.splitlines()
    assert set() == live_parts(question.words) - OURS - {"<@U0BOUKARY>"}


async def test_nothing_of_all_that_was_live(office: Stage) -> None:
    """No message by now, to a channel or to one person, pages, mentions or links anything typed."""
    await office.settled()
    messages = office.slack.all_messages()
    boukary = "<@U0BOUKARY>"
    assert_harmless(one for one in messages if boukary not in one.words)
    assert all(live_parts(one.words) <= OURS | {boukary} for one in messages)


async def test_the_ledger_is_as_it_was(office: Stage) -> None:
    """All that left payouts of which none was approved, and texts that are stored as they were typed."""
    await office.settled()
    assert {("requested",), ("rejected",), ("cancelled",)} == set(office.rows("SELECT DISTINCT state FROM payouts"))
    reasons = [str(row[0]) for row in office.rows("SELECT reason FROM payouts")]
    assert HOSTILE["SQL"] in reasons
    assert HOSTILE["a page to the channel"] in reasons
    assert HOSTILE["a format string"] in reasons
    assert "refund ✅ *Approved* by <@U0VICTIM> · paying…" in reasons
