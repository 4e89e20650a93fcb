"""The two forms: asking for a payout, and saying why one is rejected; drawing them, and reading what came back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
)
from slack_sdk.models.views import View

from bot.language import Language, spoken
from bot.ligdicash.errors import USUAL_LEAST, USUAL_MOST
from bot.parsing import (
    Amount,
    AmountProblem,
    Draft,
    Number,
    NumberProblem,
    UnreadableAmount,
    UnreadableNumber,
    format_number,
)
from bot.speech import words
from bot.speech.blocks import number_of, sections
from bot.speech.cards import said, unconfirmed_facts
from bot.speech.sentences import Sentence
from storage.payout import Finding, Payout, Record, Way

REQUEST = "request"
REJECTION = "rejection"
RESOLUTION = "resolution"

# As it goes to Slack.
_Json = dict[str, Any]

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
    FINDING = "finding"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form, as typed."""

    beneficiary: str
    amount: str
    reason: str
    order: str
    way: str
    knows_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the form holds when it opens, and what it carries along."""

    draft: Draft
    carried: Carried
    order: str = ""
    way: Way = Way.WALLET


@dataclass(frozen=True, slots=True)
class Carried:
    """What a form carries along unseen and brings back: where it was opened, and what the request comes from.

    `follows` is an earlier payout, `shown` are payouts that it asked to be known, `small` an amount that it warned of,
    `source_ts` names a message of the channel and `source_thread_ts` that message's thread. Slack takes 3,000
    characters: a form shows eight payouts.
    """

    channel: str
    follows: str | None = None
    shown: tuple[str, ...] = ()
    source_ts: str | None = None
    source_thread_ts: str | None = None
    small: int | None = None

    @classmethod
    def from_view(cls, view: Mapping[str, Any]) -> Carried:
        """As Slack brings it back."""
        fields = _carried(view)
        return cls(**fields | {"shown": tuple(fields.get("shown", ()))})


def _along(carried: Mapping[str, Any]) -> str:
    """What a form carries, and the language it is drawn in: what is wrong with it is said in the same."""
    return json.dumps({**carried, _LANGUAGE: spoken()})


def carried_by(view: Mapping[str, Any]) -> str:
    """What was handed to the form when it was drawn, as JSON."""
    return json.dumps(_carried(view))


def _carried(view: Mapping[str, Any]) -> dict[str, Any]:
    carried = json.loads(view["private_metadata"])
    return {name: carried[name] for name in carried if name != _LANGUAGE}


def language_of_form(view: Mapping[str, Any]) -> Language:
    """The language it was drawn in; what is spoken now, for one that does not say."""
    return Language(json.loads(view["private_metadata"]).get(_LANGUAGE) or spoken())


_LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known before a request is sent: lines about payouts that it may repeat, and about rejected ones."""

    earlier: Sequence[str] = ()
    rejected: Sequence[str] = ()


def request_form(prefill: Prefill, *, most: int, countries: Sequence[str], known: Known | None = None) -> _Json:
    """The form, filled in with what is certain; what is not says so at its field. `most` in XOF.

    Where something must be `known` it asks for that first, under another title, so that it is not taken for the same
    form.
    """
    draft = prefill.draft
    certain = isinstance(draft.number, Number)
    small = draft.amount.xof if isinstance(draft.amount, Amount) and is_small(draft.amount) else None
    number = _text(
        Field.BENEFICIARY,
        label=words.FIELD_BENEFICIARY,
        value=format_number(draft.number.digits) if isinstance(draft.number, Number) else "",
        example=words.EXAMPLE_NUMBER,
        longest=60,
        hint=_number_hint(draft, countries),
        focus=not certain,
    )
    amount = _text(
        Field.AMOUNT,
        label=words.FIELD_AMOUNT,
        value=words.as_typed(draft.amount.xof) if isinstance(draft.amount, Amount) else "",
        example=words.EXAMPLE_AMOUNT,
        longest=30,
        hint=_amount_hint(draft, most),
        focus=certain and (small is not None or not isinstance(draft.amount, Amount)),
    )
    # Not the SDK's `View`: it would check again what was checked when it was drawn, which takes longer than all else.
    return {
        "type": "modal",
        "callback_id": REQUEST,
        "title": _plain(_title(repeated=known is not None, small=small is not None)),
        "submit": _plain(words.FORM_SUBMIT),
        "close": _plain(words.FORM_CLOSE),
        "private_metadata": _along(asdict(replace(prefill.carried, small=small))),
        "blocks": [
            *([] if known is None else _known(known, prefill.carried.shown)),
            number,
            amount,
            _reason_input(draft.reason),
            _order_input(prefill.order),
            _way_input(prefill.way),
        ],
    }


def _plain(text: Sentence) -> _Json:
    return {"type": "plain_text", "emoji": True, "text": str(text)}


def _title(*, repeated: bool, small: bool) -> Sentence:
    if repeated:
        return words.FORM_TITLE_REPEATED
    return words.FORM_TITLE_SMALL if small else words.FORM_TITLE


def is_small(amount: Amount) -> bool:
    """Whether LigdiCash probably refuses it; whoever asks is warned, since nobody knows for sure."""
    return amount.xof < USUAL_LEAST


def _known(known: Known, shown: Sequence[str]) -> list[_Json]:
    warnings = ((words.EARLIER_WARNING, known.earlier), (words.REJECTED_WARNING, known.rejected))
    option = Option(value=Field.KNOWN, text=PlainTextObject(text=str(words.KNOWN_OPTION)))
    # Slack keeps a tick as long as its box has the same name: one for other payouts must be ticked anew.
    box = CheckboxesElement(action_id=" ".join([Field.KNOWN, *shown]), options=[option])
    blocks = [
        *(block for warning, lines in warnings if lines for block in sections(warning.format(lines="\n".join(lines)))),
        # Slack's own check would ask for a tick that another number or order may make needless.
        _input(Field.KNOWN, words.FIELD_KNOWN, box, words.KNOWN_HINT, optional=True),
    ]
    return [block.to_dict() for block in blocks]


def _input(
    field: str,
    label: Sentence,
    element: InputInteractiveElement,
    hint: str | Sentence | None,
    *,
    optional: bool = False,
) -> Block:
    return InputBlock(
        block_id=field, label=str(label), element=element, hint=None if hint is None else str(hint), optional=optional
    )


def _reason_input(reason: str) -> _Json:
    return _text(
        Field.REASON,
        label=words.FIELD_REASON,
        value=reason[:LONGEST_REASON],
        example=words.EXAMPLE_REASON,
        longest=LONGEST_REASON,
        hint=words.HINT_REASON,
    )


def _order_input(order: str) -> _Json:
    return _text(
        Field.ORDER,
        label=words.FIELD_ORDER,
        value=order,
        example=words.EXAMPLE_ORDER,
        longest=LONGEST_ORDER,
        hint=words.HINT_ORDER,
        optional=True,
    )


def _way_input(preselected: Way) -> _Json:
    ways = tuple((way, str(words.WAYS[way]), str(words.WAY_DETAILS[way])) for way in Way)
    return _choice(Field.WAY, str(words.FIELD_WAY), ways, list(Way).index(preselected))


@lru_cache(maxsize=64)
def _choice(field: Field, label: str, choices: tuple[tuple[str, str, str], ...], preselected: int) -> _Json:
    options = [
        Option(value=value, text=PlainTextObject(text=text), description=detail) for value, text, detail in choices
    ]
    element = RadioButtonsElement(action_id=field, options=options, initial_option=options[preselected])
    return InputBlock(block_id=field, label=label, element=element).to_dict()


def _text(  # noqa: PLR0913 - all that Slack knows of a line to type
    field: Field,
    *,
    label: Sentence,
    value: str,
    example: str | Sentence,
    longest: int,
    hint: str | Sentence,
    focus: bool = False,
    optional: bool = False,
) -> _Json:
    """A line to type, with what stands in it already."""
    blank = _blank(field, str(label), str(example), longest, str(hint), focus=focus, optional=optional)
    return blank | {"element": blank["element"] | {"initial_value": value}} if value else blank


@lru_cache(maxsize=256)
def _blank(  # noqa: PLR0913 - all of it but what stands in the line
    field: Field, label: str, example: str, longest: int, hint: str, *, focus: bool, optional: bool
) -> _Json:
    element = PlainTextInputElement(
        action_id=field, placeholder=example, max_length=longest, focus_on_load=focus or None
    )
    return InputBlock(block_id=field, label=label, element=element, hint=hint, optional=optional).to_dict()


def _is_typed(reading: Number | UnreadableNumber | Amount | UnreadableAmount) -> bool:
    """Whether something stood there, readable or not: then whatever is missing beside it is asked for aloud."""
    missing = {NumberProblem.MISSING, AmountProblem.MISSING}
    return isinstance(reading, (Number, Amount)) or reading.problem not in missing


def _number_hint(draft: Draft, countries: Sequence[str]) -> str:
    number, is_half = draft.number, _is_typed(draft.amount)
    if isinstance(number, UnreadableNumber) and (is_half or number.problem is not NumberProblem.MISSING):
        return f"⚠️ {number_problem(number, countries)}"
    return words.HINT_NUMBER.format(example=words.EXAMPLE_NUMBER)


def _amount_hint(draft: Draft, most: int) -> str:
    amount, is_half = draft.amount, _is_typed(draft.number)
    if isinstance(amount, UnreadableAmount) and (is_half or amount.problem is not AmountProblem.MISSING):
        return f"⚠️ {amount_problem(amount)}"
    if isinstance(amount, Amount) and amount.xof > most:
        return f"⚠️ {too_large(amount, most)}"
    if isinstance(amount, Amount) and amount.doubtful:
        return words.HINT_READ_AS.format(amount=words.amount(amount.xof))
    if isinstance(amount, Amount) and is_small(amount):
        return words.HINT_SMALL.format(least=words.amount(USUAL_LEAST), most=words.amount(USUAL_MOST))
    return words.HINT_AMOUNT.format(example=words.EXAMPLE_AMOUNT, most=words.amount(most))


# What is wrong with a field, said beside it


_NUMBER_PROBLEMS: Mapping[NumberProblem, Sentence] = {
    NumberProblem.MISSING: words.NUMBER_MISSING,
    NumberProblem.NOT_A_NUMBER: words.NUMBER_UNREADABLE,
    NumberProblem.COUNTRY_NOT_SERVED: words.NUMBER_COUNTRY,
    NumberProblem.NOT_POSSIBLE: words.NUMBER_IMPOSSIBLE,
    NumberProblem.NOT_VALID: words.NUMBER_INVALID,
    NumberProblem.AMBIGUOUS: words.NUMBER_AMBIGUOUS,
}
_AMOUNT_PROBLEMS: Mapping[AmountProblem, Sentence] = {
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
    served = words.listed(f"+{country}" for country in countries)
    return _NUMBER_PROBLEMS[number.problem].format(
        typed=_short(number.typed), example=words.EXAMPLE_NUMBER, countries=served
    )


def too_large(amount: Amount, most: int) -> str:
    """That no payout is as large, with the largest there is; both in XOF."""
    example = words.EXAMPLE_AMOUNT
    return words.AMOUNT_TOO_LARGE.format(amount=words.amount(amount.xof), most=words.amount(most), example=example)


def amount_problem(amount: UnreadableAmount) -> str:
    """What is wrong with an amount, with a right example."""
    return _AMOUNT_PROBLEMS[amount.problem].format(typed=_short(amount.typed), example=words.EXAMPLE_AMOUNT)


def _short(typed: str) -> str:
    return typed if len(typed) <= _LONGEST_TYPED else f"{typed[:_LONGEST_TYPED]}…"


# Reading what came back


def read_form(view: Mapping[str, Any]) -> Form:
    """What a submitted form holds; a field that is missing reads as empty, and is then asked for."""
    values = view.get("state", {}).get("values", {})
    return Form(
        beneficiary=_value(values, Field.BENEFICIARY),
        amount=_value(values, Field.AMOUNT),
        reason=_value(values, Field.REASON),
        order=_value(values, Field.ORDER),
        way=_value(values, Field.WAY),
        knows_earlier=any(element.get("selected_options") for element in values.get(Field.KNOWN, {}).values()),
    )


def read_rejection(view: Mapping[str, Any]) -> str:
    """The reason of a submitted rejection."""
    return _value(view.get("state", {}).get("values", {}), Field.REASON)


def _value(values: Mapping[str, Any], field: Field) -> str:
    for element in values.get(field, {}).values():
        chosen = element.get("selected_option") or {}
        return str(element.get("value") or chosen.get("value") or "")
    return ""


def read_finding(view: Mapping[str, Any]) -> tuple[Finding | None, str]:
    """What became of the payout, and how that is known, of a submitted resolution."""
    values = view.get("state", {}).get("values", {})
    finding = _value(values, Field.FINDING)
    return Finding(finding) if finding in set(Finding) else None, _value(values, Field.REASON)


# Resolving


def resolution_form(record: Record, carried: str, timezone: ZoneInfo) -> _Json:
    """Asks what became of an uncertain payout; `carried` comes back with the submission."""
    facts, word = unconfirmed_facts(record, timezone), record.attempt.word
    options = [
        Option(
            value=finding,
            text=PlainTextObject(text=str(words.FINDING_LABELS[finding])),
            description=str(words.FINDING_DETAILS[finding]),
        )
        for finding in Finding
    ]
    reason = PlainTextInputElement(
        action_id=Field.REASON, placeholder=str(words.RESOLVE_EXAMPLE), max_length=LONGEST_REASON, multiline=True
    )
    choice = RadioButtonsElement(action_id=Field.FINDING, options=options)
    return View(
        type="modal",
        callback_id=RESOLUTION,
        private_metadata=_along(json.loads(carried)),
        title=words.RESOLVE_TITLE.format(payout=record.payout.id),
        submit=str(words.RESOLVE_SUBMIT),
        close=str(words.FORM_CLOSE),
        blocks=[
            *(sections(words.SAYS_STILL.format(word=said(word))) if word is not None else ()),
            *sections(words.RESOLVE_ABOUT.format(**facts)),
            _input(Field.FINDING, words.RESOLVE_FIELD, choice, words.RESOLVE_HINT),
            _input(Field.REASON, words.RESOLVE_REASON, reason, None),
        ],
    ).to_dict()


# Rejecting


def rejection_form(payout: Payout, click: str) -> _Json:
    """Asks for the reason; `click` is carried along and comes back with the submission."""
    about = words.REJECT_ABOUT.format(
        amount=words.amount(payout.amount), number=number_of(payout), requester=payout.requester_name
    )
    reason = PlainTextInputElement(
        action_id=Field.REASON,
        placeholder=str(words.REJECT_EXAMPLE),
        max_length=LONGEST_REASON,
        multiline=True,
        focus_on_load=True,
    )
    return View(
        type="modal",
        callback_id=REJECTION,
        private_metadata=_along(json.loads(click)),
        title=words.REJECT_TITLE.format(payout=payout.id),
        submit=str(words.REJECT_SUBMIT),
        close=str(words.FORM_CLOSE),
        blocks=[_input(Field.REASON, words.REJECT_FIELD, reason, about)],
    ).to_dict()
