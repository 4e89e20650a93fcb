"""The question in a card's thread: the decision that is asked for, with its buttons, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import Block, ButtonElement

from bot.parsing import clean_text
from bot.policy import Rules, approvals_needed, eligible
from bot.speech import words
from bot.speech.blocks import (
    Button,
    Message,
    button,
    context,
    dialog,
    message,
    number_of,
    row,
    sections,
)
from bot.speech.cards import brake_line, said, source_of, state_of
from bot.speech.sentences import Sentence
from storage.payout import Counted, Earlier, Hold, Payout, Record, Rejected, Repeated, State

# Slack takes 300 characters in a dialog, and refuses the whole message otherwise.
_LONGEST_NAME = 30


@dataclass(frozen=True, slots=True)
class Asking:
    """What an installation says about deciding, beside the payout itself."""

    rules: Rules
    workspace_url: str


def question(record: Record, asking: Asking) -> Message:
    """The decision asked for; its buttons are there only while there is something to decide."""
    payout, timezone = record.payout, asking.rules.timezone
    if payout.state is State.REQUESTED:
        return _open_question(record, asking)
    line = _answer_line(record, timezone)
    return message(line, *sections(line), *sections(_about(payout, asking)), *_known_repeats(record, asking))


def _known_repeats(record: Record, asking: Asking) -> list[Block]:
    """What stays to be read of the warning, when it is decided."""
    if not record.repeats:
        return []
    payouts = words.listed(_link(found, asking.workspace_url) for found in record.repeats)
    return [context(words.QUESTION_REPEATS.format(payouts=payouts))]


def _open_question(record: Record, asking: Asking) -> Message:
    payout = record.payout
    text = words.QUESTION_TEXT.format(
        amount=words.amount(payout.amount),
        number=number_of(payout),
        requester_name=words.typed(payout.requester_name),
        reason=words.typed(payout.reason),
    )
    asked = "\n".join([_about(payout, asking), _paged(eligible(record, asking.rules))])
    top: list[Block] = [block for line in _before_deciding(record, asking) for block in sections(line)]
    buttons = row(
        "decision",
        _approve_button(record, asking.rules),
        button(Button.REJECT, payout, style="danger"),
        button(Button.CANCEL, payout, asks=dialog(words.CANCEL_TITLE, words.CANCEL_TEXT, words.CANCEL)),
    )
    beside = [context(line) for line in _beside_deciding(record, asking.rules)]
    return message(text, *top, *sections(asked), *beside, *buttons, context(str(words.QUESTION_FOUR_EYES)))


def _before_deciding(record: Record, asking: Asking) -> list[str]:
    """What an approver must know first."""
    found = []
    if record.counted.unknown_since is not None:
        made = words.at(record.counted.unknown_since, asking.rules.timezone)
        found.append(words.QUESTION_ON_A_COPY.format(made=made))
    if record.counted.unpaid_but is not None:
        found.append(words.QUESTION_UNPAID_BUT.format(word=said(record.counted.unpaid_but)))
    if record.brake is not None:
        found.append(brake_line(record.brake))
    if _may_repeat(record):
        found.append("\n".join([str(_leads(record.counted)), *earlier_lines(record.earlier, asking)]))
    if record.rejected:
        lines = rejected_lines(record.rejected, asking, record.payout.channel, follows=record.payout.follows)
        found.append("\n".join([str(words.QUESTION_REJECTED_BEFORE), *lines]))
    if record.payout.attempt > 1:
        found.append(
            (words.QUESTION_AGAIN_FOUND if record.found_unpaid_before else words.QUESTION_AGAIN).format(
                attempt=record.payout.attempt, asked_by=words.mention(record.attempt.asked_by)
            )
        )
    return found


def _may_repeat(record: Record) -> bool:
    return bool(record.earlier) or record.counted.may_still_be_paid or record.counted.paid_meanwhile


def _leads(counted: Counted) -> Sentence:
    if counted.may_still_be_paid:
        return words.QUESTION_LEADS
    return words.QUESTION_PAID_MEANWHILE if counted.paid_meanwhile else words.QUESTION_EARLIER


def _beside_deciding(record: Record, rules: Rules) -> list[str]:
    """How many agree so far, and what this person was approved lately."""
    found = []
    needed = approvals_needed(record.payout.amount, record.counted, rules)
    if len(record.approvers) >= needed:
        found.append(words.QUESTION_COUNT_ONCE_MORE.format(approvers=words.mentions(record.approvers)))
    elif record.approvers:
        found.append(
            words.QUESTION_COUNT.format(
                given=len(record.approvers), needed=needed, approvers=words.mentions(record.approvers)
            )
        )
    elif needed > 1:
        found.append(str(words.QUESTION_TWO))
    if record.counted.times:
        found.append(words.QUESTION_TODAY.format(times=record.counted.times, total=words.amount(record.counted.total)))
    return found


def earlier_lines(earlier: Sequence[Earlier], asking: Asking) -> list[str]:
    """Payouts that this one may repeat, each with a link to its card."""
    return [
        words.EARLIER_LINE.format(
            link=_link(found, asking.workspace_url),
            amount=words.amount(found.amount),
            state=_standing(found),
            time=words.at(found.created_at, asking.rules.timezone),
            order=words.EARLIER_SAME_ORDER if found.same_order else "",
        )
        for found in earlier
    ]


def _standing(found: Earlier) -> str:
    how = words.standing(found.state, found.outcome, is_contradicted=found.is_contradicted)
    return f"{words.CONTRADICTED_SIGN} {how}" if found.is_contradicted else how


def rejected_lines(
    rejected: Sequence[Rejected], asking: Asking, channel: str, *, follows: str | None = None
) -> list[str]:
    """What was rejected, by whom and, to those of its `channel`, why; `follows` is the one that is corrected now."""
    return [
        (words.REJECTED_LINE if found.channel == channel else words.REJECTED_LINE_ELSEWHERE).format(
            link=_link(found, asking.workspace_url),
            amount=words.amount(found.amount),
            decider=words.mention(found.decided_by),
            time=words.at(found.at, asking.rules.timezone),
            order=words.EARLIER_SAME_ORDER if found.same_order else "",
            followed=words.REJECTED_FOLLOWED if found.payout == follows else "",
            reason=words.typed(found.reason),
        )
        for found in rejected
    ]


def _link(found: Earlier | Rejected | Repeated, workspace_url: str) -> str:
    if found.card_ts is None or not workspace_url:
        return f"*{found.payout}*"
    return f"<{words.permalink(workspace_url, found.channel, found.card_ts)}|{found.payout}>"


def _paged(approvers: tuple[str, ...]) -> str:
    if not approvers:
        return str(words.QUESTION_NOBODY)
    return words.QUESTION_PAGED.format(approvers=words.mentions(approvers))


def _about(payout: Payout, asking: Asking) -> str:
    """What is asked, with who, why, for which order and how."""
    first = words.QUESTION.format(
        amount=words.amount(payout.amount),
        number=number_of(payout),
        requester=words.mention(payout.requester),
        reason=words.typed(payout.reason),
    )
    order = payout.order_reference
    lines = [
        first,
        "" if order is None else words.QUESTION_ORDER.format(order=words.typed(order)),
        source_of(payout, words.QUESTION_SOURCE, asking.workspace_url),
        words.QUESTION_WAY.format(way=words.WAYS[payout.way]),
    ]
    return "\n".join(line for line in lines if line)


def _approve_button(record: Record, rules: Rules) -> ButtonElement:
    payout, brake = record.payout, record.brake
    amount = words.amount(payout.amount)
    asked = words.CONFIRM_TEXT.format(
        amount=amount,
        number=number_of(payout),
        requester_name=clean_text(payout.requester_name, _LONGEST_NAME),
        way=words.WAYS[payout.way],
    )
    is_last = approvals_needed(payout.amount, record.counted, rules) - len(record.approvers) <= 1
    asked = f"{asked}\n\n{words.CONFIRM_ONCE_SENT if is_last else words.CONFIRM_ONE_OF_TWO}"
    if _may_repeat(record):
        asked = f"{words.CONFIRM_REPEATS}\n\n{asked}"
    if brake is not None:
        held = words.CONFIRM_PAUSED if brake.hold is Hold.ALL else words.CONFIRM_HELD
        asked = f"{asked}\n\n{held}"
    asks = dialog(words.CONFIRM_TITLE.format(amount=amount), asked, words.CONFIRM_YES)
    return button(Button.APPROVE, payout, style="primary", asks=asks)


def _answer_line(record: Record, timezone: ZoneInfo) -> str:
    payout = record.payout
    if payout.state is State.REJECTED:
        return words.QUESTION_REJECTED.format(
            decider=words.mention(payout.decided_by or ""),
            time=words.clock(payout.changed_at, timezone),
            reason=words.typed(payout.decision_reason or ""),
        )
    if record.attempt.approved_at is not None:
        # Not what state it is in: the question is not drawn anew at each step.
        return words.QUESTION_APPROVED.format(
            approvers=words.mentions(record.approvers),
            time=words.clock(record.attempt.approved_at, timezone),
        )
    return words.QUESTION_CLOSED.format(state=state_of(record))
