"""The form: everything in it is checked when it is submitted, and what is wrong is said beside its field."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from bot.clock import MINUTE
from bot.sandbox.slack import Delivered, Delivery, Kind, View, outage
from tests.stage import AMINATA, AUDIT, BOUKARY, SUPPORT, SkippingClock, Stage, hurried, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

RIGHT = {"beneficiary": "+226 70 00 00 00", "amount": "5 000", "reason": "refund"}
_NUMBERS = (f"+226 71 00 00 {last:02}" for last in range(100))


def right() -> dict[str, str]:
    """A right form that repeats no earlier one."""
    return RIGHT | {"beneficiary": next(_NUMBERS)}


@pytest.fixture(scope="module")
def clock() -> SkippingClock:
    """Lets the minute be over for which the bot remembers who somebody is."""
    return SkippingClock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(clock: SkippingClock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for all forms of this file."""
    with hurried():
        async with stage(tmp_path_factory.mktemp("form"), clock=clock) as started:
            yield started


@pytest_asyncio.fixture(loop_scope="module")
async def form(office: Stage) -> AsyncIterator[View]:
    """An empty form on Aminata's screen."""
    yield await office.form("")
    for modal in list(office.slack.modals(AMINATA)):
        office.slack.workspace.close(modal)


def asked_for(office: Stage) -> int:
    """How many payouts were ever asked for."""
    return len(office.rows("SELECT id FROM payouts")) + len(
        office.rows("SELECT id FROM inbox WHERE payload IS NOT NULL")
    )


async def submit_as_no_screen_would(
    office: Stage, form: View, changes: Mapping[str, dict[str, Any] | None]
) -> Delivered:
    """Submit a form whose fields hold what Slack's own checks would have stopped; None leaves a field out."""
    form.fill(right())
    payload = office.slack.payloads.submission(form)
    values = payload["view"]["state"]["values"]
    for name, held in changes.items():
        if held is None:
            del values[name]
        else:
            values[name][name] |= held
    return await office.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))


# --- what is wrong


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("beneficiary", "refund", "“refund” is not a phone number. Write it like +226 70 00 00 00."),
        (
            "beneficiary",
            "7000000",
            "“7000000” has the wrong number of digits. Write it like +226 70 00 00 00.",
        ),
        (
            "beneficiary",
            "99999999",
            "“99999999” is not a number in use. Please check it; a right one looks like +226 70 00 00 00.",
        ),
        (
            "beneficiary",
            "+33 6 12 34 56 78",
            "This number's country is not served here. Numbers begin with +226, like +226 70 00 00 00.",
        ),
        ("beneficiary", " ", "Please fill in the beneficiary's number, for example +226 70 00 00 00."),
        ("amount", "five", "“five” is not an amount. Write whole francs, like 5 000."),
        ("amount", "5,00", "“5,00” has decimals, and XOF has none. Write whole francs, like 5 000."),
        ("amount", "5k", "“5k” is abbreviated. Write the amount out, like 5 000."),
        ("amount", "0", "The amount must be more than 0, for example 5 000."),
        ("amount", "-5000", "The amount must be more than 0, for example 5 000."),
        ("amount", "5000 $", "“5000 $” is not in XOF. Write the amount in XOF, like 5 000."),
        ("amount", "5.000", "“5.000” can be read in two ways. If you mean 5 000 XOF, write it like 5 000."),
        (
            "amount",
            "5,000 F",
            "“5,000 F” can be read in two ways. If you mean 5 000 XOF, write it like 5 000.",
        ),
        (
            "amount",
            "1 000 001",
            "1 000 001 XOF is more than the 1 000 000 XOF allowed for one payout. "  # noqa: ISC004 - one sentence
            "Write a smaller amount, like 5 000.",
        ),
        ("amount", " ", "Please fill in the amount in figures, whole francs, for example 5 000."),
        ("reason", " \u200e\u00a0 ", "Please say why, for example “Refund for a cancelled order”."),
    ],
)
async def test_each_error_stands_beside_its_field(office: Stage, form: View, field: str, typed: str, says: str) -> None:
    """Only that field complains, with a right example; the form stays as it was, nothing is asked."""
    before = asked_for(office)
    result = await office.slack.submit(form, RIGHT | {field: typed})
    assert {field: says} == dict(result.errors)
    assert form.is_open
    assert typed == form.values[field]
    assert before == asked_for(office)


async def test_everything_that_is_wrong_is_said_at_once(office: Stage, form: View) -> None:
    """Nobody has to submit three times to learn of three mistakes."""
    result = await office.slack.submit(form, {"beneficiary": "x", "amount": "y", "reason": " "})
    assert {"beneficiary", "amount", "reason"} == set(result.errors)


async def test_a_corrected_form_is_taken(office: Stage, form: View) -> None:
    """After its errors the same form goes through, once."""
    before = asked_for(office)
    await office.slack.submit(form, right() | {"amount": "5.000"})
    result = await office.slack.submit(form, {"amount": "5 000"})
    assert ({}, True) == (result.errors, result.closed)
    await office.settled()
    assert before + 1 == asked_for(office)


async def test_the_largest_amount_is_still_allowed(office: Stage, form: View) -> None:
    """`MAX_AMOUNT` itself may be paid."""
    result = await office.slack.submit(form, right() | {"amount": "1 000 000"})
    assert ({}, True) == (result.errors, result.closed)


@pytest.mark.parametrize(
    ("field", "typed", "longest"), [("beneficiary", "7", 60), ("amount", "5", 30), ("reason", "x", 300)]
)
async def test_slack_stops_what_is_too_long(office: Stage, form: View, field: str, typed: str, longest: int) -> None:
    """The form itself says how much may be typed, so that nothing is cut off unseen."""
    result = await office.slack.submit(form, RIGHT | {field: typed * (longest + 1)})
    assert {field: f"Please enter no more than {longest} characters."} == dict(result.errors)


@pytest.mark.parametrize(
    ("field", "held", "says"),
    [
        ("beneficiary", {"value": "7" * 10_000}, f"“{'7' * 40}…” is not a phone number."),
        ("amount", {"value": "5" * 10_000}, f"“{'5' * 40}…” is not an amount."),
        ("beneficiary", {"value": None}, "Please fill in the beneficiary's number"),
        ("amount", {"value": None}, "Please fill in the amount"),
        ("reason", {"value": None}, "Please say why"),
        (
            "way",
            {"selected_option": None},
            "Please choose how the money arrives, for example “LigdiCash wallet”.",
        ),
        ("way", {"selected_option": {"value": "cash"}}, "Please choose how the money arrives"),
        ("way", None, "Please choose how the money arrives"),
        ("beneficiary", None, "Please fill in the beneficiary's number"),
    ],
)
async def test_the_screens_own_checks_are_not_trusted(
    office: Stage, form: View, field: str, held: dict[str, Any] | None, says: str
) -> None:
    """What no screen lets through is answered all the same, beside its field and in few words."""
    before = asked_for(office)
    ended = await submit_as_no_screen_would(office, form, {field: held})
    assert ended.error is None
    assert ended.json is not None
    assert [field] == list(ended.json["errors"])
    assert ended.json["errors"][field].startswith(says)
    assert len(ended.json["errors"][field]) < 200
    assert before == asked_for(office)


async def test_an_endless_reason_is_cut_to_what_a_card_holds(office: Stage, form: View) -> None:
    """Past the screen's limit a reason keeps its first 300 characters, an order its first 60."""
    await submit_as_no_screen_would(office, form, {"reason": {"value": "r" * 9_999}, "order": {"value": "o" * 9_999}})
    await office.settled()
    assert [("r" * 300, "o" * 60)] == office.rows(
        "SELECT reason, order_reference FROM payouts ORDER BY created_at DESC, rowid DESC LIMIT 1"
    )


# --- how the money arrives


async def test_each_way_is_named_in_words(form: View) -> None:
    """Three ways, explained; the wallet is chosen beforehand, and no 0 or 1 is shown."""
    element = form.input("way").element
    said = [(option["text"]["text"], option["description"]["text"]) for option in element["options"]]
    assert [
        ("LigdiCash wallet", "The money stays in the beneficiary's LigdiCash wallet."),
        ("Mobile money through the wallet", "To the LigdiCash wallet, then on to mobile money."),
        ("Mobile money directly", "For people without a LigdiCash account."),
    ] == said
    assert "LigdiCash wallet" == element["initial_option"]["text"]["text"]


async def test_every_field_is_an_input(form: View) -> None:
    """What is to be checked can be corrected in place; only the order reference may stay empty."""
    assert ["beneficiary", "amount", "reason", "order", "way"] == [one.block_id for one in form.inputs]
    assert ["order"] == [one.block_id for one in form.inputs if one.optional]
    assert len(form.inputs) == len(form.blocks)


@pytest.mark.parametrize(
    ("way", "endpoint", "top_up_wallet"),
    [
        ("LigdiCash wallet", "customer", 1),
        ("Mobile money through the wallet", "customer", 0),
        ("Mobile money directly", "merchant", None),
    ],
)
async def test_the_chosen_way_is_the_way_it_is_paid(
    office: Stage, way: str, endpoint: str, top_up_wallet: int | None
) -> None:
    """What the form says is what LigdiCash is asked for, on the right endpoint, to the right number."""
    before = len(office.ligdicash.creates)
    number = f"2267200000{top_up_wallet or 0}" if endpoint == "customer" else "22673000000"
    card = await office.ask(f"{number} 5000 refund", values={"way": way, "order": f"ORD-{number}"})
    assert way in card.words
    assert f"order ORD-{number}" in card.words
    await office.approve(card)
    await office.ligdicash.wait_for(lambda sandbox: len(sandbox.creates) > before)
    create = office.ligdicash.creates[-1]
    assert isinstance(create.body, dict)
    sent = create.body["commande"]
    assert (endpoint, number, 5000) == (create.endpoint, sent["customer"], sent["amount"])
    assert top_up_wallet == sent.get("top_up_wallet")


# --- checked again, whatever was true when the form opened


async def test_somebody_who_became_a_guest_meanwhile_may_not_ask(office: Stage, clock: SkippingClock) -> None:
    """Who it is, is remembered for a minute; then Slack is asked again: the form says why not, and that is recorded."""
    form = await office.form("22670000000 5000 refund", user=BOUKARY)
    clock.skip(MINUTE)
    before = office.slack.workspace.people[BOUKARY]
    office.slack.workspace.people.make_guest(BOUKARY)
    try:
        result = await office.slack.submit(form)
        refused = "Guests of this workspace cannot ask for payouts or decide on them."
        assert {"beneficiary": refused} == dict(result.errors)
        await office.slack.wait_for_message(AUDIT, f"<@{BOUKARY}> may not ask for a payout: {refused}")
    finally:
        office.slack.workspace.people.add(before)
        office.slack.workspace.close(form)


async def test_not_knowing_who_submits_means_not_yet(office: Stage, clock: SkippingClock) -> None:
    """While Slack does not say who it is, nothing is asked; the same form goes through afterwards."""
    form = await office.form(f"{next(_NUMBERS)} 5000 refund")
    clock.skip(2 * MINUTE)
    before = asked_for(office)
    office.slack.api.weather = lambda method, _args: outage() if method == "users.info" else None
    try:
        result = await office.slack.submit(form)
    finally:
        office.slack.api.weather = lambda _method, _args: None
    assert "Please try again." in result.errors["beneficiary"]
    assert before == asked_for(office)
    result = await office.slack.submit(form)
    assert ({}, True) == (result.errors, result.closed)


async def test_rules_that_changed_meanwhile_count(office: Stage) -> None:
    """The bot came back with other amounts, countries, requesters, channels: an open form meets them all."""
    form = await office.form(f"{next(_NUMBERS)} 5000 refund")
    await office.stop()
    office.extra = {"MAX_AMOUNT": "4999", "COUNTRIES": "225"}
    await office.start()
    errors = (await office.slack.submit(form)).errors
    assert "5 000 XOF is more than the 4 999 XOF allowed" in errors["amount"]
    assert "Numbers begin with +225" in errors["beneficiary"]
    await office.stop()
    office.extra = {"REQUESTERS": BOUKARY}
    await office.start()
    errors = (await office.slack.submit(form)).errors
    assert {"beneficiary": "You are not among the people who may ask for payouts here."} == errors
    await office.stop()
    office.extra = {"PAYOUT_CHANNELS": "C0ELSEWHERE"}
    await office.start()
    errors = (await office.slack.submit(form)).errors
    assert "Payouts are not asked for in this channel." in errors["beneficiary"]
    await office.stop()
    office.extra = {}
    await office.start()
    result = await office.slack.submit(form)
    assert ({}, True) == (result.errors, result.closed)


async def test_the_form_forgets_nothing_of_where_it_was_opened(office: Stage, form: View) -> None:
    """The card appears in the channel in which the command was typed."""
    before = len(office.slack.messages(SUPPORT))
    await office.slack.submit(form, right())
    await office.slack.wait_for(lambda slack: len(slack.messages(SUPPORT)) > before)
