"""The card of a payout: one message in the channel that changes in place through every state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import Block, ButtonElement

from bot.ligdicash.errors import USUAL_LEAST, USUAL_MOST, Meaning, verdict
from bot.ligdicash.readers import TOO_LATE, Doubt
from bot.parsing import is_channel_id, is_message_ts
from bot.policy import APPROVAL_HOLDS, is_resolvable
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
    section,
    sections,
)
from bot.speech.sentences import Sentence
from storage.payout import Attempt, Brake, Hold, Outcome, Payout, Record, State, Unsent


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a card is drawn: some of it is true only for a time."""

    now: int
    timezone: ZoneInfo
    workspace_url: str = ""


def token_of(attempt: Attempt) -> str:
    """What may be shown of a token outside the thread."""
    return words.tail(attempt.token) if attempt.token else str(words.NO_TOKEN)


def state_of(record: Record) -> str:
    """How it stands, in words: two people's word is never given as LigdiCash's, nor what it contradicts as known."""
    return _in_words(record, is_contradicted=record.payout.contradiction is not None)


def recorded_as(record: Record) -> str:
    """What is recorded of it, in words: only for a sentence that itself says that LigdiCash contradicts it."""
    return _in_words(record, is_contradicted=False)


def _in_words(record: Record, *, is_contradicted: bool) -> str:
    payout = record.payout
    return words.standing(
        payout.state, record.attempt.outcome, is_contradicted=is_contradicted, is_later=payout.attempt > 1
    )


def sign_of(payout: Payout) -> str:
    """What stands before the words of its state."""
    return words.SIGNS[payout.state] if payout.contradiction is None else words.CONTRADICTED_SIGN


def nothing_paid(record: Record) -> str:
    """That nothing was paid, as far as that is known: of an earlier attempt it is said elsewhere."""
    if record.attempt.contradicted is not None:
        return str(words.NOTHING_PAID_IS_RECORDED)
    return str(words.NOTHING_PAID if record.payout.attempt == 1 else words.NOTHING_PAID_BY_THIS)


def refusal_of(record: Record, attempt: Attempt) -> tuple[str, str]:
    """What LigdiCash's refusal of an attempt means, and what to do: never to ask again where it may be paid already."""
    meaning, remedy = meaning_of(record.payout, attempt.answer_code)
    return meaning, remedy if record.payout.contradiction is None else str(words.REMEDY_CONTRADICTED)


def meaning_of(payout: Payout, code: str | None) -> tuple[str, str]:
    """What a refusal means, and what to do."""
    taken = verdict(payout.way.endpoint, code)
    known = taken is not None and taken.meaning in words.MEANINGS
    meaning, remedy = words.MEANINGS[taken.meaning] if taken and known else words.MEANING_UNKNOWN
    return str(meaning), remedy.format(least=words.amount(USUAL_LEAST), most=words.amount(USUAL_MOST))


def doubt_of(doubt: str | None, code: str | None) -> str:
    """Why it is not known what became of an attempt."""
    # A note that is no doubt came with a late answer; what was said first still holds.
    known = Doubt(doubt) if doubt in set(Doubt) else Doubt.INTERRUPTED
    return words.DOUBTS[known].format(code=words.typed(code or "?"))


def source_of(payout: Payout, sentence: Sentence, workspace_url: str) -> str:
    """`sentence` with a link to the message a request was made from; empty without one.

    Ids that are not Slack's own make no link, whatever brought them into the ledger.
    """
    ts, thread_ts = payout.source_ts, payout.source_thread_ts
    if ts is None or not workspace_url or not is_channel_id(payout.channel):
        return ""
    if not all(is_message_ts(each) for each in (ts, thread_ts or ts)):
        return ""
    return sentence.format(link=words.permalink(workspace_url, payout.channel, ts, thread_ts))


def brake_line(brake: Brake) -> str:
    """Why nothing leaves now."""
    if brake.hold is Hold.ALL:
        person = words.mention(brake.person) if brake.person else str(words.THE_BOT)
        return words.BRAKE.format(person=person, reason=pause_reason(brake.reason))
    meaning, _ = words.MEANINGS[Meaning(brake.reason)]
    return words.HELD_LINE.format(meaning=meaning)


def pause_reason(reason: str) -> str:
    """Why sending was paused: somebody's own words, or the bot's."""
    return str(words.RESTORED_REASON) if reason == words.RESTORED_REASON.english else words.typed(reason)


def card(record: Record, moment: Moment) -> Message:
    """The payout and its state, as it is recorded now."""
    payout, timezone = record.payout, moment.timezone
    head = words.CARD_HEAD.format(
        amount=words.amount(payout.amount),
        number=number_of(payout),
        state=_STATE_LINES[payout.state](record, timezone),
    )
    about = words.CARD_ABOUT.format(reason=words.typed(payout.reason), requester=words.mention(payout.requester))
    blocks: list[Block] = [section(line) for line in _warnings(record)]
    blocks += sections(head)
    if record.proposal is not None:
        blocks.append(section(_proposal_line(record)))
    blocks += [section(about), context(_details(record, moment))]
    return message(_card_text(record), *blocks, *row("card", *_buttons(record, moment)))


def _details(record: Record, moment: Moment) -> str:
    """What is looked for by whoever looks a payout up."""
    payout, order = record.payout, record.payout.order_reference
    return words.CARD_DETAILS.format(
        payout=payout.id,
        way=words.WAYS[payout.way],
        order="" if order is None else words.CARD_ORDER.format(order=words.typed(order)),
        source=source_of(payout, words.CARD_SOURCE, moment.workspace_url),
        follows="" if payout.follows is None else words.CARD_FOLLOWS.format(payout=payout.follows),
        attempt="" if payout.attempt == 1 else words.CARD_ATTEMPT.format(attempt=payout.attempt),
        token=_token_detail(record),
        time=words.at(payout.created_at, moment.timezone),
        repeats=repeats_of([found.payout for found in record.repeats]),
    )


def repeats_of(payouts: Sequence[str]) -> str:
    """What it may repeat, for the end of a line; empty where nobody was told of any."""
    return words.CARD_REPEATS.format(payouts=words.listed(payouts)) if payouts else ""


def _token_detail(record: Record) -> str:
    """The token's end; where LigdiCash answered about a payout that never got one, that is said."""
    attempt = record.attempt
    if attempt.token is not None:
        return words.CARD_TOKEN.format(token=words.tail(attempt.token))
    found = attempt.outcome in {Outcome.FOUND_PAID, Outcome.FOUND_UNPAID}
    missing = record.payout.state in {State.COMPLETED, State.FAILED} and not found
    return str(words.CARD_NO_TOKEN) if missing else ""


def _warnings(record: Record) -> list[str]:
    """What must be seen before anything else."""
    payout = record.payout
    found = []
    if payout.contradiction is not None:
        found.append(_contradiction_line(payout.contradiction))
    if record.brake is not None and payout.state is State.APPROVED:
        found.append(brake_line(record.brake))
    return found


def said(word: str) -> str:
    """LigdiCash's word as it is quoted; for what it only said by a code the bot has words of its own."""
    if word == "accepted":
        return str(words.SAID_ACCEPTED)
    if word.startswith(_REFUSED_WITH):
        return words.SAID_REFUSED.format(code=words.typed(word.removeprefix(_REFUSED_WITH).removesuffix(")")))
    return words.typed(word)


_REFUSED_WITH = "refused (code "


def _contradiction_line(contradiction: str) -> str:
    word, _, attempt = contradiction.removeprefix("“").rpartition("” of attempt ")
    return words.CARD_CONTRADICTION.format(word=said(word), attempt=attempt)


def _proposal_line(record: Record) -> str:
    proposal = record.proposal
    if proposal is None:
        return ""
    return words.CARD_PROPOSED.format(
        person=words.mention(proposal.person),
        finding=words.FINDINGS[proposal.finding],
        reason=words.typed(proposal.reason),
    )


def _buttons(record: Record, moment: Moment) -> list[ButtonElement]:
    payout = record.payout
    found = []
    if payout.state is State.APPROVED:
        asks = dialog(words.STOP_TITLE, words.STOP_TEXT, words.STOP)
        found.append(button(Button.STOP, payout, style="danger", asks=asks))
        if record.brake is not None and record.brake.hold is not Hold.ALL:
            found.append(button(Button.TRY_NOW, payout))
    if is_resolvable(record, moment.now):
        found.append(button(Button.RESOLVE, payout))
    if record.may_follow:
        found += [button(which, payout) for which in _ways_to_ask_again(record)]
    return found


# Asked for anew without a look, it might be paid twice.
_DOUBTED = frozenset({Unsent.PAID_BEFORE, Unsent.CHANGED, Unsent.CONTRADICTED})
_CORRECTABLE = frozenset({State.REJECTED, State.CANCELLED, State.EXPIRED})


def _ways_to_ask_again(record: Record) -> tuple[Button, ...]:
    """What helps once it is known that nothing was paid: the same once more, another way, or something corrected."""
    payout = record.payout
    refused = verdict(payout.way.endpoint, record.attempt.answer_code) if payout.state is State.REFUSED else None
    if payout.state in _CORRECTABLE or (refused is not None and refused.needs_correction):
        return (Button.CORRECT,)
    if refused is not None and refused.meaning is Meaning.NO_ACCOUNT:
        return (Button.ASK_AGAIN, Button.ASK_DIRECTLY)
    return (Button.ASK_AGAIN,) if payout.state in {State.REFUSED, State.FAILED} else ()


def _card_text(record: Record) -> str:
    payout = record.payout
    return words.CARD_TEXT.format(
        payout=payout.id,
        amount=words.amount(payout.amount),
        number=number_of(payout),
        state=state_of(record),
    )


def _approved(record: Record, timezone: ZoneInfo) -> str:
    attempt = record.attempt
    if record.brake is not None:
        return words.CARD_HELD.format(
            approvers=words.mentions(record.approvers),
            until=words.clock((attempt.approved_at or record.payout.changed_at) + APPROVAL_HOLDS, timezone),
        )
    if not attempt.tries or record.payout.due_at is None or attempt.approved_at is None:
        return words.CARD_APPROVED.format(approvers=words.mentions(record.approvers))
    # Held back by ourselves, LigdiCash was perhaps never asked.
    sentence = words.CARD_NOT_SENT_IN_TIME if attempt.answer_note == TOO_LATE else words.CARD_NOT_SENT
    return sentence.format(
        approvers=words.mentions(record.approvers),
        next=words.clock(record.payout.due_at, timezone),
        until=words.clock(attempt.approved_at + APPROVAL_HOLDS, timezone),
    )


def _refused(record: Record, _timezone: ZoneInfo) -> str:
    meaning, remedy = refusal_of(record, record.attempt)
    return words.CARD_REFUSED.format(meaning=meaning, remedy=remedy, nothing=nothing_paid(record))


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
    if record.attempt.approved_at is None:
        return words.CARD_EXPIRED.format(nothing=nothing_paid(record))
    unsent = record.unsent or Unsent.TOO_OLD
    sentence = words.CARD_EXPIRED_DOUBTED if unsent in _DOUBTED else words.CARD_EXPIRED_UNSENT
    return sentence.format(why=words.UNSENT[unsent], nothing=nothing_paid(record))


def _cancelled(record: Record, _timezone: ZoneInfo) -> str:
    if record.payout.decided_by is None:
        other = next((found.payout for found in record.relatives if found.is_contradicted), None)
        if other is None or record.payout.contradiction is not None:
            return str(words.CARD_STOPPED)
        return words.CARD_STOPPED_FAMILY.format(other=other)
    sentence = words.CARD_CANCELLED if record.attempt.approved_at is None else words.CARD_STOPPED_BY
    return sentence.format(decider=words.mention(record.payout.decided_by), nothing=nothing_paid(record))


def _ended(by_ligdicash: Sentence, by_people: Sentence) -> Callable[[Record, ZoneInfo], str]:
    """LigdiCash's word and two people's word read differently: nobody is told that LigdiCash said what people found."""

    def line(record: Record, _timezone: ZoneInfo) -> str:
        attempt = record.attempt
        if attempt.outcome in {Outcome.FOUND_PAID, Outcome.FOUND_UNPAID}:
            return by_people.format(
                people=words.both(attempt.found_by or ""), reason=words.typed(attempt.found_reason or "")
            )
        return str(by_ligdicash)

    return line


def _failed(record: Record, timezone: ZoneInfo) -> str:
    unproven = record.attempt.outcome is Outcome.FAILED_BY_CALLBACK
    by_ligdicash = words.CARD_FAILED_UNPROVEN if unproven else words.CARD_FAILED
    return _ended(by_ligdicash, words.CARD_MARKED_UNPAID)(record, timezone)


def _decided(sentence: Sentence) -> Callable[[Record, ZoneInfo], str]:
    def line(record: Record, _timezone: ZoneInfo) -> str:
        return sentence.format(
            decider=words.mention(record.payout.decided_by or ""),
            reason=words.typed(record.payout.decision_reason or ""),
        )

    return line


_STATE_LINES: Mapping[State, Callable[[Record, ZoneInfo], str]] = {
    State.REQUESTED: lambda _record, _timezone: str(words.CARD_REQUESTED),
    State.REJECTED: _decided(words.CARD_REJECTED),
    State.CANCELLED: _cancelled,
    State.EXPIRED: _expired,
    State.APPROVED: _approved,
    State.SENDING: lambda record, _: words.CARD_SENDING.format(approvers=words.mentions(record.approvers)),
    State.INITIATED: lambda _record, _timezone: str(words.CARD_INITIATED),
    State.UNCONFIRMED: _unconfirmed,
    State.REFUSED: _refused,
    State.COMPLETED: _ended(words.CARD_COMPLETED, words.CARD_MARKED_PAID),
    State.FAILED: _failed,
}
