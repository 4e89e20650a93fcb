"""The two messages of a payout that change in place: its card in the channel, and the question in the card's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.clock import HOUR
from bot.ligdicash.errors import verdict
from bot.ligdicash.readers import Doubt
from bot.parsing import format_number
from bot.speech import words
from storage.payout import Attempt, Payout, Record, State

APPROVE = "approve"
REJECT = "reject"

# No approval older than this sends anything.
APPROVAL_HOLDS = HOUR


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed to Slack: `text` is the sentence of a phone's lock screen, `blocks` what the channel shows."""

    text: str
    blocks: Sequence[Mapping[str, Any]]


def message(text: str, *blocks: Block) -> Message:
    """A message of these blocks, checked against Slack's limits while it is drawn."""
    return Message(text, [block.to_dict() for block in blocks])


def section(text: str) -> SectionBlock:
    """A paragraph."""
    return SectionBlock(text=_verbatim(text))


def context(text: str) -> ContextBlock:
    """A small grey line."""
    return ContextBlock(elements=[_verbatim(text)])


def _verbatim(text: str) -> MarkdownTextObject:
    """Without it Slack makes links, channels and mentions of what was typed plainly, whatever was escaped."""
    return MarkdownTextObject(text=text, verbatim=True)


def button_value(payout: Payout) -> str:
    """What a button carries: the payout and the attempt it was drawn for, nothing else."""
    return f"{payout.id}:{payout.attempt}"


def number_of(payout: Payout) -> str:
    """The number as people read it; it may have been removed from the ledger."""
    return format_number(payout.number) if payout.number else words.NUMBER_REMOVED


def token_of(attempt: Attempt) -> str:
    """What may be shown of a token outside the thread."""
    return words.tail(attempt.token) if attempt.token else words.NO_TOKEN


def meaning_of(payout: Payout, code: str | None) -> tuple[str, str]:
    """What a refusal means, and what to do."""
    taken = verdict(payout.way.endpoint, code)
    return words.MEANINGS[taken.meaning] if taken and taken.meaning in words.MEANINGS else words.MEANING_UNKNOWN


def doubt_of(doubt: str | None, code: str | None) -> str:
    """Why it is not known what became of an attempt."""
    return words.DOUBTS[Doubt(doubt or Doubt.INTERRUPTED)].format(code=words.typed(code or "?"))


# The card


def card(record: Record, timezone: ZoneInfo) -> Message:
    """The payout and its state, as it is recorded now."""
    payout = record.payout
    summary = words.CARD_SUMMARY.format(
        payout=payout.id,
        amount=words.amount(payout.amount),
        number=number_of(payout),
        reason=words.typed(payout.reason),
        requester=words.mention(payout.requester),
    )
    details = words.CARD_DETAILS.format(
        way=words.WAYS[payout.way],
        order="" if payout.order_reference is None else words.CARD_ORDER.format(order=words.typed(payout.order_reference)),
        time=words.at(payout.created_at, timezone),
    )
    blocks: list[Block] = [section(summary), section(_state_line(record, timezone)), context(details)]
    if payout.contradiction is not None:
        blocks.insert(
            0, section(words.CARD_CONTRADICTION.format(contradiction=words.typed(payout.contradiction)))
        )
    return message(_card_text(payout), *blocks)


def _card_text(payout: Payout) -> str:
    return words.CARD_TEXT.format(
        payout=payout.id,
        amount=words.amount(payout.amount),
        number=number_of(payout),
        state=words.STATES[payout.state],
    )


def _state_line(record: Record, timezone: ZoneInfo) -> str:
    return _STATE_LINES[record.payout.state](record, timezone)


def _approved(record: Record, timezone: ZoneInfo) -> str:
    attempt = record.attempt
    if not attempt.tries or record.payout.due_at is None or attempt.approved_at is None:
        return words.CARD_APPROVED.format(approvers=words.mentions(record.approvers))
    return words.CARD_NOT_SENT.format(
        approvers=words.mentions(record.approvers),
        next=words.clock(record.payout.due_at, timezone),
        until=words.clock(attempt.approved_at + APPROVAL_HOLDS, timezone),
    )


def _refused(record: Record, _timezone: ZoneInfo) -> str:
    meaning, remedy = meaning_of(record.payout, record.attempt.answer_code)
    return words.CARD_REFUSED.format(meaning=meaning, remedy=remedy)


def _unconfirmed(record: Record, timezone: ZoneInfo) -> str:
    return words.CARD_UNCONFIRMED.format(**unconfirmed_facts(record, timezone))


def unconfirmed_facts(record: Record, timezone: ZoneInfo) -> dict[str, str]:
    """What somebody needs to look an uncertain payout up on LigdiCash's dashboard."""
    payout, attempt = record.payout, record.attempt
    return {
        "doubt": doubt_of(attempt.answer_note, attempt.answer_code),
        "transaction_id": attempt.transaction_id,
        "amount": words.amount(payout.amount),
        "number": number_of(payout),
        "sent_at": words.at(attempt.sent_at or payout.changed_at, timezone),
    }


def _expired(record: Record, _timezone: ZoneInfo) -> str:
    return words.CARD_EXPIRED if record.attempt.approved_at is None else words.CARD_EXPIRED_UNSENT


def _decided(sentence: str) -> Callable[[Record, ZoneInfo], str]:
    def line(record: Record, _timezone: ZoneInfo) -> str:
        return sentence.format(
            decider=words.mention(record.payout.decided_by or ""),
            reason=words.typed(record.payout.decision_reason or ""),
        )

    return line


def _with_token(sentence: str) -> Callable[[Record, ZoneInfo], str]:
    return lambda record, _timezone: sentence.format(token=token_of(record.attempt))


_STATE_LINES: Mapping[State, Callable[[Record, ZoneInfo], str]] = {
    State.REQUESTED: lambda _record, _timezone: words.CARD_REQUESTED,
    State.REJECTED: _decided(words.CARD_REJECTED),
    State.CANCELLED: _decided(words.CARD_CANCELLED),
    State.EXPIRED: _expired,
    State.APPROVED: _approved,
    State.SENDING: lambda record, _: words.CARD_SENDING.format(approvers=words.mentions(record.approvers)),
    State.INITIATED: _with_token(words.CARD_INITIATED),
    State.UNCONFIRMED: _unconfirmed,
    State.REFUSED: _refused,
    State.COMPLETED: _with_token(words.CARD_COMPLETED),
    State.FAILED: _with_token(words.CARD_FAILED),
}


# The question


def question(record: Record, approvers: Sequence[str], timezone: ZoneInfo) -> Message:
    """The decision asked for; its buttons are there only while there is something to decide."""
    payout = record.payout
    if payout.state is State.REQUESTED:
        return _open_question(payout, approvers)
    line = _answer_line(record, timezone)
    return message(line, section(_about(payout, words.QUESTION_ANSWERED)), section(line))


def _open_question(payout: Payout, approvers: Sequence[str]) -> Message:
    text = words.QUESTION_TEXT.format(
        amount=words.amount(payout.amount),
        number=number_of(payout),
        requester_name=words.typed(payout.requester_name),
        reason=words.typed(payout.reason),
    )
    buttons = ActionsBlock(block_id="decision", elements=[_approve_button(payout), _reject_button(payout)])
    asked = _about(payout, words.QUESTION, paged=tuple(one for one in approvers if one != payout.requester))
    return message(text, section(asked), buttons, context(words.QUESTION_FOUR_EYES))


def _about(payout: Payout, sentence: str, *, paged: tuple[str, ...] = ()) -> str:
    """What is asked, with who, why, for which order and how."""
    first = sentence.format(
        approvers=words.mentions(paged) or words.QUESTION_NOBODY,
        amount=words.amount(payout.amount),
        number=number_of(payout),
        requester=words.mention(payout.requester),
        reason=words.typed(payout.reason),
    )
    order = payout.order_reference
    lines = [first] if order is None else [first, words.QUESTION_ORDER.format(order=words.typed(order))]
    return "\n".join([*lines, words.QUESTION_WAY.format(way=words.WAYS[payout.way])])


def _approve_button(payout: Payout) -> ButtonElement:
    amount = words.amount(payout.amount)
    asked = words.CONFIRM_TEXT.format(
        amount=amount,
        number=number_of(payout),
        requester_name=payout.requester_name,
        way=words.WAYS[payout.way],
    )
    return ButtonElement(
        text=words.APPROVE,
        action_id=APPROVE,
        value=button_value(payout),
        style="primary",
        confirm=ConfirmObject(
            title=words.CONFIRM_TITLE.format(amount=amount),
            text=PlainTextObject(text=asked),
            confirm=words.CONFIRM_YES,
            deny=words.CONFIRM_NO,
        ),
    )


def _reject_button(payout: Payout) -> ButtonElement:
    return ButtonElement(text=words.REJECT, action_id=REJECT, value=button_value(payout), style="danger")


def _answer_line(record: Record, timezone: ZoneInfo) -> str:
    payout = record.payout
    if payout.state is State.REJECTED:
        return words.QUESTION_REJECTED.format(
            decider=words.mention(payout.decided_by or ""),
            time=words.clock(payout.changed_at, timezone),
            reason=words.typed(payout.decision_reason or ""),
        )
    if record.attempt.approved_at is not None:
        sentence = words.QUESTION_APPROVED if payout.state in _PAYING else words.QUESTION_WAS_APPROVED
        return sentence.format(
            approvers=words.mentions(record.approvers),
            time=words.clock(record.attempt.approved_at, timezone),
            state=words.STATES[payout.state],
        )
    return words.QUESTION_CLOSED.format(state=words.STATES[payout.state])


_PAYING = frozenset({State.APPROVED, State.SENDING})
