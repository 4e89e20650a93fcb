"""Every row of the sandbox's table, driven through Slack: what is shown is what happened, and was paid."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from unittest.mock import patch

import pytest
import pytest_asyncio

from bot.sandbox.ligdicash import Behaviour, Endpoint
from bot.sandbox.slack import Message
from storage.payout import Hold, Way
from tests.paying import (
    accepted,
    audit_lines,
    creates_of,
    impatient,
    later,
    ordered,
    paid,
    thread_of,
    transaction_of,
)
from tests.stage import AMINATA, CLARISSE, SkippingClock, Stage, hurried, payout_of, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One scene for all rows."""
    with hurried(), impatient():
        async with stage(tmp_path_factory.mktemp("outcomes"), clock=SkippingClock()) as started:
            yield started


@dataclass(frozen=True)
class Row:
    """What must come of one pair of digits: `code` of a refusal, `doubt` of an uncertain answer.

    `before` and `after` the final status something more is said in thread and audit channel. A refusal that `holds`
    concerns the whole account: other payouts wait.
    """

    digits: str
    card: str
    paid: int
    code: str = ""
    says: str = ""
    doubt: str = ""
    before: str = ""
    after: str = ""
    holds: bool = False


def _refused(digits: str, code: str, says: str, *, holds: bool = False) -> Row:
    return Row(digits, "Refused", 0, code=code, says=says, holds=holds)


COMPLETES = "Completed"
EITHER_WAY = [
    Row("00", COMPLETES, 1),
    Row("10", "Initiated, not yet paid", 0),
    Row("11", "Failed", 0),
    Row("12", COMPLETES, 1, doubt="did not answer in time"),
    Row("13", COMPLETES, 1, doubt="connection to LigdiCash broke"),
    Row("14", "Unconfirmed", 0, doubt="error page (HTTP 500)"),
    Row("15", COMPLETES, 1),
    Row("16", "Unconfirmed", 0, doubt="did not answer in time"),
    Row("77", COMPLETES, 1),
]
TO_WALLET = [
    _refused("02", "02", "no LigdiCash account"),
    _refused("04", "04", "balance for this operator is too low", holds=True),
    _refused("06", "06", "IP address", holds=True),
    Row("08", COMPLETES, 1, doubt="error of its own (code 08)"),
    _refused("80", "01", "not enabled", holds=True),
    _refused("81", "03", "no merchant account"),
    _refused("82", "03a", "24-hour rule"),
    _refused("83", "03b", "no deposit"),
    Row("84", COMPLETES, 1),
    _refused("85", "13", "signature", holds=True),
    _refused("86", "14", "signature", holds=True),
    Row("87", COMPLETES, 1),
    Row("89", "Unconfirmed", 0, doubt="error of its own (code 10)"),
]
TO_MOBILE_MONEY = [
    Row("02", COMPLETES, 1),
    _refused("04", "08", "balance for this operator is too low", holds=True),
    _refused("06", "14", "IP address", holds=True),
    Row("08", COMPLETES, 1, doubt="error of its own (code 09)"),
    _refused("80", "01", "does not accept the bot's keys", holds=True),
    _refused("81", "03", "no merchant account"),
    _refused("82", "04", "24-hour rule"),
    Row("83", COMPLETES, 1),
    _refused("84", "05", "operator"),
    _refused("85", "11", "signature", holds=True),
    _refused("86", "12", "signature", holds=True),
    _refused("87", "13", "currency"),
    Row("89", "Unconfirmed", 0, doubt="error of its own (code 10)"),
]
ODD = [
    Row("41", COMPLETES, 1),
    Row("42", COMPLETES, 1, doubt="did not answer in time"),
    Row("43", COMPLETES, 1, doubt="gave no token"),
    Row("44", COMPLETES, 1, doubt="could not be read"),
    Row("45", COMPLETES, 1, doubt="connection to LigdiCash broke"),
    Row("46", COMPLETES, 1, doubt="error page (HTTP 500)"),
    Row("51", "Initiated, not yet paid", 0),
    Row("52", "Failed", 1, after="LigdiCash now says “completed”"),
    Row("53", COMPLETES, 1, after="LigdiCash now says “no"),
    Row("54", COMPLETES, 1),
    Row("55", COMPLETES, 1, before="says “processing”"),
    *(Row(digits, COMPLETES, 1) for digits in ("61", "62", "63", "64", "65", "66", "71", "72", "73", "74")),
]
ROWS = [
    *((Way.WALLET, row) for row in EITHER_WAY + TO_WALLET),
    *((Way.MOBILE_DIRECTLY, row) for row in EITHER_WAY[:5] + TO_MOBILE_MONEY),
    # What LigdiCash does afterwards is the same for each way.
    *((Way.WALLET, row) for row in ODD),
    # What differs for the third way is one figure of the request.
    (Way.MOBILE_THROUGH_WALLET, EITHER_WAY[0]),
    (Way.MOBILE_THROUGH_WALLET, TO_WALLET[0]),
]


# A beneficiary of its own for each way: none of these repeats another, so that one approver is enough.
BEGINS = {Way.WALLET: "226700000", Way.MOBILE_THROUGH_WALLET: "226710000", Way.MOBILE_DIRECTLY: "226720000"}


async def test_every_row_of_the_table_is_played() -> None:
    """A row that is added to the sandbox must be added here."""
    for rows in (EITHER_WAY + TO_WALLET + ODD, EITHER_WAY + TO_MOBILE_MONEY + ODD):
        assert {behaviour.plan.digits for behaviour in Behaviour} == {row.digits for row in rows} - {"77"}


@pytest.mark.parametrize(("way", "row"), ROWS, ids=lambda value: getattr(value, "digits", value))
async def test_what_comes_of_it(bank: Stage, way: Way, row: Row) -> None:
    """Card, thread and audit channel say what happened; LigdiCash was asked once and paid as it says."""
    number = BEGINS[way] + row.digits
    card = await bank.ask(f"{number} 5000 refund", values={"way": way})
    with _unhurried(bank) if row.before or row.after else nullcontext():
        await bank.approve(card)
        await bank.ligdicash.wait_for(lambda _: bool(creates_of(bank, card)))
    if row.digits in {"15", "64"}:
        await bank.card_says(card, "Initiated")
        await bank.ligdicash.wait_for(lambda _: paid(bank, card) == 1)
        await later(bank, 3)
    await bank.card_says(card, row.card)
    if row.after:
        await bank.card_says(card, "LigdiCash contradicts this")
    await bank.settled()
    assert (1, row.paid) == (len(creates_of(bank, card)), paid(bank, card))
    _check_request(bank, card, way)
    _check_words(bank, card, row)
    assert not any(number in line.replace(" ", "") for line in audit_lines(bank, card))
    _check_token(bank, card, row)
    await _check_hold(bank, way, row)


def _unhurried(bank: Stage) -> AbstractContextManager[object]:
    """Between LigdiCash's two words a busy machine has the time to ask for the first."""
    return patch.object(bank.ligdicash.bank, "_delay", 0.2)


async def _check_hold(bank: Stage, way: Way, row: Row) -> None:
    """What concerns the account holds this endpoint; it is lifted, so that the next row leaves."""
    hold = Hold(way.endpoint)
    assert ([(hold,)] if row.holds else []) == bank.rows("SELECT hold FROM brakes")
    assert bank.bot is not None
    await bank.bot._ledger.write(lambda tx: tx.release(hold))


def _check_request(bank: Stage, card: Message, way: Way) -> None:
    create = creates_of(bank, card)[0]
    endpoint = Endpoint.MERCHANT if way is Way.MOBILE_DIRECTLY else Endpoint.CUSTOMER
    assert endpoint is create.endpoint
    top_up = {Way.WALLET: 1, Way.MOBILE_THROUGH_WALLET: 0, Way.MOBILE_DIRECTLY: None}
    assert top_up[way] == ordered(create).get("top_up_wallet")
    assert (5000, True) == (ordered(create)["amount"], "refund" in ordered(create)["description"])


FINAL_WORDS = {"Completed": "is *completed*", "Failed": "*failed*", "Refused": "was *refused*"}


def _check_words(bank: Stage, card: Message, row: Row) -> None:
    """A doubt or the token, then the final status, each once; all but the token to the requester."""
    _, *answers = (message.text for message in thread_of(bank, card))
    expected = []
    if row.doubt:
        expected.append(("*unconfirmed*", row.doubt))
    elif not row.code:
        expected.append(("initiated, not yet paid", "Token"))
    if row.before:
        expected.append((row.before, "not a final status"))
    if row.card in FINAL_WORDS:
        expected.append((FINAL_WORDS[row.card], f"(code {row.code})" if row.code else "LigdiCash says"))
    if row.holds:
        expected.append(("Other approved payouts of this kind wait", "*Try now*"))
    if row.after:
        expected.append((row.after, "Tell finance now"))
    assert len(expected) == len(answers), answers
    for (word, detail), text in zip(expected, answers, strict=True):
        assert word in text
        assert detail in text
        assert row.says in text
        to_requester = word not in {"initiated, not yet paid", "Other approved payouts of this kind wait", row.before}
        assert (f"<@{AMINATA}>" in text) is to_requester
    shown = next(one for one in bank.slack.messages(card.channel) if one.ts == card.ts)
    assert row.says in shown.words
    assert (row.card == "Unconfirmed") is (transaction_of(bank, card) in shown.words)
    _check_audit(bank, card, row)


def _check_audit(bank: Stage, card: Message, row: Row) -> None:
    lines = audit_lines(bank, card)
    steps = [f"requested by <@{AMINATA}>", f"approved by <@{CLARISSE}>", "is being sent to LigdiCash"]
    if row.doubt:
        steps.append("unconfirmed")
    elif not row.code:
        steps.append("initiated, not yet paid")
    if row.before:
        steps.append(row.before)
    final = {
        "Completed": "completed: 5 000 XOF paid",
        "Failed": "failed: 5 000 XOF not",
        "Refused": f"(code {row.code})",
    }
    if row.card in final:
        steps.append(final[row.card])
    if row.holds:
        steps.append("wait")
    if row.after:
        steps.append(row.after)
    told = [next((step for step in steps if step in line), None) for line in lines if "📥" not in line]
    assert steps == told, lines


def _check_token(bank: Stage, card: Message, row: Row) -> None:
    """In full once, in the thread; elsewhere its last eight characters at most."""
    if row.code or row.digits in {"14", "89"}:
        return
    token = accepted(bank, card).token
    whole = [message for message in bank.slack.all_messages() if token in message.words]
    # Uncertain: the answer with the token never came.
    assert ([] if row.doubt else [card.ts]) == [message.thread_ts for message in whole]
    tail = "no token" if row.doubt else f"…{token[-8:]}"
    shown = next(one for one in bank.slack.messages(card.channel) if one.ts == card.ts)
    if row.card != "Unconfirmed":
        assert tail in shown.words
    if row.card in {"Completed", "Failed"}:
        assert any(tail in line for line in audit_lines(bank, card))
    assert payout_of(card) in shown.text
