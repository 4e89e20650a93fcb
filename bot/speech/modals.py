"""The two forms: asking for a payout, and saying why one is rejected; drawing them, and reading what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
)
from slack_sdk.models.views import View

from bot.parsing import (
    Amount,
    AmountProblem,
    AmountReading,
    Draft,
    Number,
    NumberProblem,
    NumberReading,
    UnreadableAmount,
    UnreadableNumber,
    format_number,
)
from bot.speech import words
from bot.speech.cards import number_of
from storage.payout import Payout, Way

REQUEST = "request"
REJECTION = "rejection"

# Slack's own longest texts are far longer; these keep a card readable on a phone.
LONGEST_REASON = 300
LONGEST_ORDER = 60
_LONGEST_TYPED = 40


class Field(StrEnum):
    """The inputs of the form, by their block's id."""

    BENEFICIARY = "beneficiary"
    AMOUNT = "amount"
    REASON = "reason"
    ORDER = "order"
    WAY = "way"


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form, as typed."""

    beneficiary: str
    amount: str
    reason: str
    order: str
    way: str


def request_form(draft: Draft, channel: str, *, most: int, countries: Sequence[str]) -> View:
    """The form, filled in with what is certain; what is not says so at its field. `most` in XOF."""
    certain = isinstance(draft.number, Number)
    number = PlainTextInputElement(
        action_id=Field.BENEFICIARY,
        initial_value=format_number(draft.number.digits) if isinstance(draft.number, Number) else None,
        placeholder=words.EXAMPLE_NUMBER,
        max_length=60,
        focus_on_load=not certain,
    )
    amount = PlainTextInputElement(
        action_id=Field.AMOUNT,
        initial_value=words.grouped(draft.amount.xof) if isinstance(draft.amount, Amount) else None,
        placeholder=words.EXAMPLE_AMOUNT,
        max_length=30,
        focus_on_load=certain and not isinstance(draft.amount, Amount),
    )
    return View(
        type="modal",
        callback_id=REQUEST,
        private_metadata=channel,
        title=words.FORM_TITLE,
        submit=words.FORM_SUBMIT,
        close=words.FORM_CLOSE,
        blocks=[
            _input(Field.BENEFICIARY, words.FIELD_BENEFICIARY, number, _number_hint(draft.number, countries)),
            _input(Field.AMOUNT, words.FIELD_AMOUNT, amount, _amount_hint(draft.amount, most)),
            _input(Field.REASON, words.FIELD_REASON, _reason_input(draft.reason), words.HINT_REASON),
            _input(Field.ORDER, words.FIELD_ORDER, _order_input(), None, optional=True),
            _input(Field.WAY, words.FIELD_WAY, _way_input(), None),
        ],
    )


def _input(field: str, label: str, element: Any, hint: str | None, *, optional: bool = False) -> Block:
    return InputBlock(block_id=field, label=label, element=element, hint=hint, optional=optional)


def _reason_input(reason: str) -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=Field.REASON,
        initial_value=reason[:LONGEST_REASON] or None,
        placeholder=words.EXAMPLE_REASON,
        max_length=LONGEST_REASON,
    )


def _order_input() -> PlainTextInputElement:
    return PlainTextInputElement(
        action_id=Field.ORDER, placeholder=words.EXAMPLE_ORDER, max_length=LONGEST_ORDER
    )


def _way_input() -> RadioButtonsElement:
    options = [
        Option(value=way, text=PlainTextObject(text=words.WAYS[way]), description=words.WAY_DETAILS[way])
        for way in Way
    ]
    return RadioButtonsElement(action_id=Field.WAY, options=options, initial_option=options[0])


def _number_hint(number: NumberReading, countries: Sequence[str]) -> str:
    if isinstance(number, UnreadableNumber) and number.problem is not NumberProblem.MISSING:
        return f"⚠️ {number_problem(number, countries)}"
    return words.HINT_NUMBER.format(example=words.EXAMPLE_NUMBER)


def _amount_hint(amount: AmountReading, most: int) -> str:
    if isinstance(amount, UnreadableAmount) and amount.problem is not AmountProblem.MISSING:
        return f"⚠️ {amount_problem(amount)}"
    if isinstance(amount, Amount) and amount.doubtful:
        return words.HINT_READ_AS.format(amount=words.amount(amount.xof))
    return words.HINT_AMOUNT.format(example=words.EXAMPLE_AMOUNT, most=words.amount(most))


# What is wrong with a field, said beside it


_NUMBER_PROBLEMS: Mapping[NumberProblem, str] = {
    NumberProblem.MISSING: words.NUMBER_MISSING,
    NumberProblem.NOT_A_NUMBER: words.NUMBER_UNREADABLE,
    NumberProblem.COUNTRY_NOT_SERVED: words.NUMBER_COUNTRY,
    NumberProblem.NOT_POSSIBLE: words.NUMBER_IMPOSSIBLE,
    NumberProblem.NOT_VALID: words.NUMBER_INVALID,
    NumberProblem.AMBIGUOUS: words.NUMBER_AMBIGUOUS,
}
_AMOUNT_PROBLEMS: Mapping[AmountProblem, str] = {
    AmountProblem.MISSING: words.AMOUNT_MISSING,
    AmountProblem.NOT_AN_AMOUNT: words.AMOUNT_UNREADABLE,
    AmountProblem.HAS_DECIMALS: words.AMOUNT_DECIMALS,
    AmountProblem.ABBREVIATED: words.AMOUNT_ABBREVIATED,
    AmountProblem.NOT_POSITIVE: words.AMOUNT_NOT_POSITIVE,
    AmountProblem.TOO_LARGE: words.AMOUNT_UNREADABLE,
    AmountProblem.OTHER_CURRENCY: words.AMOUNT_OTHER_CURRENCY,
    AmountProblem.AMBIGUOUS: words.AMOUNT_AMBIGUOUS,
}


def number_problem(number: UnreadableNumber, countries: Sequence[str]) -> str:
    """What is wrong with a number, with a right example."""
    served = ", ".join(f"+{country}" for country in countries)
    return _NUMBER_PROBLEMS[number.problem].format(
        typed=_short(number.typed), example=words.EXAMPLE_NUMBER, countries=served
    )


def amount_problem(amount: UnreadableAmount) -> str:
    """What is wrong with an amount, with a right example."""
    return _AMOUNT_PROBLEMS[amount.problem].format(typed=_short(amount.typed), example=words.EXAMPLE_AMOUNT)


def _short(typed: str) -> str:
    return typed if len(typed) <= _LONGEST_TYPED else f"{typed[:_LONGEST_TYPED]}…"


# Reading what came back


def read_form(view: Mapping[str, Any]) -> Form:
    """What a submitted form holds; a field that is missing reads as empty, and is then asked for."""
    values = view.get("state", {}).get("values", {})
    return Form(**{field: _value(values, field) for field in Field})


def read_rejection(view: Mapping[str, Any]) -> str:
    """The reason of a submitted rejection."""
    return _value(view.get("state", {}).get("values", {}), Field.REASON)


def _value(values: Mapping[str, Any], field: Field) -> str:
    for element in values.get(field, {}).values():
        chosen = element.get("selected_option") or {}
        return str(element.get("value") or chosen.get("value") or "")
    return ""


# Rejecting


def rejection_form(payout: Payout, click: str) -> View:
    """Asks for the reason; `click` is carried along and comes back with the submission."""
    about = words.REJECT_ABOUT.format(
        amount=words.amount(payout.amount), number=number_of(payout), requester=payout.requester_name
    )
    reason = PlainTextInputElement(
        action_id=Field.REASON,
        placeholder=words.REJECT_EXAMPLE,
        max_length=LONGEST_REASON,
        multiline=True,
        focus_on_load=True,
    )
    return View(
        type="modal",
        callback_id=REJECTION,
        private_metadata=click,
        title=words.REJECT_TITLE.format(payout=payout.id),
        submit=words.REJECT_SUBMIT,
        close=words.FORM_CLOSE,
        blocks=[_input(Field.REASON, words.REJECT_FIELD, reason, f"{about}. {words.REJECT_HINT}")],
    )
