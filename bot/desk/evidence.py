"""What LigdiCash says about a payout: callbacks are hints, a status answer about this very attempt is evidence.

Evidence is heard for every attempt, whatever state the payout is in by now: a contradicted final is said loudly.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from bot.clock import DAY, HOUR, MINUTE, SECOND
from bot.crashpoints import Point, may_die
from bot.desk.telling import tell
from bot.ligdicash.client import LigdicashClient
from bot.ligdicash.readers import NoStatus, Status, Word, read_callback
from bot.policy import SILENT_FOR_LONG
from bot.speech.notices import addresses
from storage import queries
from storage.ledger import Data, Ledger, Transaction, hash_of_secret
from storage.payout import (
    Address,
    AnswerKind,
    Attempt,
    Callback,
    EventKind,
    Outcome,
    Payout,
    Place,
    State,
    Unsent,
)

log = structlog.get_logger(__name__)

# LigdiCash asks for no more than one status call in 3 s.
_SHORTEST_PAUSE = 3 * SECOND
_LONGEST_PAUSE = HOUR
_GROWTH = 1.5

# LigdiCash says everything twice, at about the same instant: one look hears both.
_TWINS_WITHIN = SECOND // 2

# How long asking may take before somebody else takes it up.
_ASKING_LEASE = MINUTE

# A callback's token is asked about only where the creation's token gives no answer: so many at a time, in turn.
_CALLBACK_TOKENS = 3

# What two people found is held against LigdiCash's word for that long after the request left.
_FINDINGS_WATCHED = 14 * DAY

# Of a number: what stands before these is written in more than one way.
_SURE_DIGITS = 8

_WATCHED = frozenset({State.INITIATED, State.UNCONFIRMED})
_SAYS_PAID = frozenset({Outcome.COMPLETED, Outcome.FOUND_PAID})
_FOUND_BY_PEOPLE = frozenset({Outcome.FOUND_PAID, Outcome.FOUND_UNPAID})
_NOT_FINAL = frozenset({Word.PENDING, Word.UNKNOWN})
_SETTLED_WORDS = {
    Outcome.COMPLETED: Word.COMPLETED,
    Outcome.FAILED: Word.FAILED,
    Outcome.FAILED_BY_CALLBACK: Word.FAILED,
    Outcome.REFUSED: Word.FAILED,
    Outcome.NEVER_SENT: Word.FAILED,
}


@dataclass(frozen=True, slots=True)
class _Heard:
    """One answer, and by which token it was asked: the attempt's own, or that of a callback."""

    callback: Callback | None
    status: Status
    # The attempt's own token was asked, and the answer names another transaction, amount or number.
    names_another: bool = False

    @property
    def is_proof(self) -> bool:
        """Whether a failure of which it tells is certain enough for another attempt to follow."""
        return self.callback is None and not self.names_another


@dataclass(frozen=True, slots=True)
class _Answers:
    """What came of asking about one attempt; `silence` is why some call told nothing, where no other told of it.

    Nothing is `asked` about what belongs to another LigdiCash: whatever this one says, it is of something else.
    """

    heard: Sequence[_Heard]
    silence: str | None
    asked: bool = True


async def receive_callback(ledger: Ledger, payout: str, secret: str, content_type: str, body: str) -> bool:
    """Store a callback before it is answered; False for a path that was never given out.

    Needs nothing but the ledger, so that the relay can run alone. Raises `sqlite3.Error` when it could not be stored.
    """
    secret_hash = hash_of_secret(secret)
    if queries.attempt_of_secret(ledger.reader, payout, secret_hash) is None:
        return False
    return await ledger.write(lambda tx: _store_callback(tx, payout, secret_hash, content_type, body))


def _store_callback(tx: Transaction, payout: str, secret_hash: str, content_type: str, body: str) -> bool:
    number = queries.attempt_of_secret(tx.connection, payout, secret_hash)
    found = queries.payout_of(tx.connection, payout)
    attempt = None if number is None else queries.attempt(tx.connection, payout, number)
    if attempt is None or found is None:
        return False
    news = read_callback(body)
    known = queries.callback_statuses(tx.connection, payout, attempt.number)
    is_new = tx.store_callback(
        payout, attempt.number, content_type=content_type, body=body, token=news.token, status=news.status
    )
    if is_new and news.status not in known:
        tell(tx, EventKind.CALLBACK_RECEIVED, found, attempt=attempt.number, data={"word": news.status})
        void_proposal(tx, found, attempt.number)
    # What is over is asked about by nobody else: there the same words, said again, may be true by now.
    if (is_new or attempt.outcome is not Outcome.OPEN) and _is_news(attempt, news.status):
        _ask_soon(tx, found, attempt)
    return True


def _is_news(attempt: Attempt, status: str | None) -> bool:
    """Whether the status must be asked for: not when the callback repeats what is known of the attempt."""
    known = (_SETTLED_WORDS.get(attempt.outcome), attempt.contradicted)
    return status is None or status not in known


def _ask_soon(tx: Transaction, payout: Payout, attempt: Attempt) -> None:
    if payout.state is State.SENDING and payout.attempt == attempt.number:
        # The create answer comes first; it finds the callback waiting.
        return
    ask_about(tx, attempt)


def ask_about(tx: Transaction, attempt: Attempt) -> None:
    """Have LigdiCash asked about an attempt as soon as it may be, whatever became of it."""
    soonest = max(tx.now + _TWINS_WITHIN, (attempt.asked_at or 0) + _SHORTEST_PAUSE)
    tx.ask_sooner(attempt.payout, attempt.number, soonest)


def pause_after(polls: int, first: int) -> int:
    """Milliseconds until the next status call: `first` seconds, then half as long again each time, up to an hour."""
    # The exponent is bounded so that a payout pending for weeks does not overflow.
    grown = first * SECOND * _GROWTH ** min(polls, 40)
    return int(min(max(grown, _SHORTEST_PAUSE), _LONGEST_PAUSE))


class Evidence:
    """Asks LigdiCash what became of an attempt, and moves its payout when the answer proves something."""

    def __init__(self, ledger: Ledger, ligdicash: LigdicashClient, *, first_poll: int) -> None:
        self._ledger = ledger
        self._ligdicash = ligdicash
        self._first_poll = first_poll

    async def tell_elsewhere(self) -> None:
        """At the start: of what another LigdiCash may still pay nothing is learnt here; one line and one alert for all.

        Whoever runs the bot changed the address while that was open, perhaps by mistake.
        """
        count, hosts = queries.open_elsewhere(self._ledger.reader, self._ligdicash.host)
        if count:
            log.warning("open_payouts_elsewhere", count=count, hosts=hosts, host=self._ligdicash.host)
            data: Data = {"count": count, "hosts": hosts, "host": self._ligdicash.host}
            await self._ledger.write(lambda tx: _tell_audit(tx, EventKind.OPEN_ELSEWHERE, data))

    async def look(self, payout: str, number: int) -> None:
        """Ask about one attempt that may have left, and hear what comes."""
        until = await self._ledger.write(lambda tx: _claim(tx, payout, number))
        record = self._ledger.record(payout)
        attempt = queries.attempt(self._ledger.reader, payout, number)
        if until is None or record is None or attempt is None:
            return
        answers = await self._ask(record.payout, attempt)
        may_die(Point.ASKED)
        await self._ledger.write(lambda tx: self._hear_all(tx, attempt, until, answers))
        may_die(Point.HEARD)

    async def _ask(self, payout: Payout, attempt: Attempt) -> _Answers:
        if not attempt.belongs_to(self._ligdicash.host):
            return _Answers((), None, asked=False)
        endpoint = payout.way.endpoint
        silence, heard = None, list[_Heard]()
        if attempt.token is not None:
            own = await self._ligdicash.status(endpoint, attempt.token)
            if isinstance(own, Status):
                heard.append(_Heard(None, own))
                if not _mismatch(payout, attempt, heard[0]) or not _is_doubtful(attempt):
                    return _Answers(heard, None)
            else:
                silence = _note(payout, own)
        for callback in _callbacks_to_ask(self._ledger.reader, attempt):
            answer = await self._ligdicash.status(endpoint, callback.token or "")
            if isinstance(answer, Status):
                heard.append(_Heard(callback, answer))
            else:
                silence = _note(payout, answer)
        is_told = any(not _mismatch(payout, attempt, found) for found in heard)
        return _Answers(heard, None if is_told else silence)

    def _hear_all(self, tx: Transaction, asked: Attempt, claimed_until: int, answers: _Answers) -> None:
        for found in answers.heard:
            _hear(tx, asked, found)
        if answers.heard or answers.silence or not answers.asked:
            is_silent = answers.silence is not None or not answers.asked
            tx.note_silence(asked.payout, asked.number, silent=is_silent)
        if answers.heard or answers.silence:
            _note_status_call(tx, answers.silence)
        record, attempt = tx.record(asked.payout), queries.attempt(tx.connection, asked.payout, asked.number)
        if record is None or attempt is None:
            return
        _point_out(tx, record.payout, attempt)
        next_at = tx.now + pause_after(attempt.polls + 1, self._first_poll)
        tx.give_back_asking(
            asked.payout, asked.number, claimed_until, next_at if _asks_on(tx, record.payout, attempt) else None
        )


def _claim(tx: Transaction, payout: str, number: int) -> int | None:
    until = tx.now + _ASKING_LEASE
    return until if tx.claim_asking(payout, number, until) else None


def _callbacks_to_ask(connection: sqlite3.Connection, attempt: Attempt) -> Sequence[Callback]:
    """The newest, and the others in turn: many that answer nothing must not hide the one that would."""
    found = queries.callbacks_to_ask(connection, attempt.payout, attempt.number)
    newest, others = found[:1], found[1:]
    turn = attempt.polls * (_CALLBACK_TOKENS - 1) % len(others) if others else 0
    return [*newest, *(others[turn:] + others[:turn])[: _CALLBACK_TOKENS - 1]]


def _note(payout: Payout, answer: NoStatus) -> str:
    log.warning("status_not_learnt", payout=payout.id, why=answer.why)
    return answer.why


def _asks_on(tx: Transaction, payout: Payout, attempt: Attempt) -> bool:
    """Whether there is still something to learn about an attempt."""
    if attempt.outcome is Outcome.OPEN:
        return payout.state in _WATCHED
    if attempt.outcome in _FOUND_BY_PEOPLE:
        has_token = attempt.token is not None or bool(_callbacks_to_ask(tx.connection, attempt))
        return has_token and tx.now - (attempt.sent_at or 0) < _FINDINGS_WATCHED
    if attempt.outcome is Outcome.FAILED_BY_CALLBACK and attempt.token is not None:
        # Nothing may follow it before its own token says the same.
        return tx.now - (attempt.sent_at or 0) < _FINDINGS_WATCHED
    if attempt.contradicted is not None and attempt.outcome in {Outcome.REFUSED, Outcome.FAILED}:
        # LigdiCash took its word back; the final one is still to come.
        over = attempt.contradicted in {Word.COMPLETED, Word.FAILED}
        return not over and tx.now - (attempt.sent_at or 0) < _FINDINGS_WATCHED
    # A hint against what is known went unanswered so far.
    return attempt.silent_since is not None and tx.now - attempt.silent_since < SILENT_FOR_LONG


def _hear(tx: Transaction, asked: Attempt, found: _Heard) -> None:
    record, attempt = tx.record(asked.payout), queries.attempt(tx.connection, asked.payout, asked.number)
    if record is None or attempt is None:
        return
    mismatch = _mismatch(record.payout, attempt, found)
    if mismatch:
        _note_mismatch(tx, record.payout, attempt, found, ",".join(mismatch))
        found = replace(found, names_another=True)
    if mismatch and (found.callback is not None or _is_doubtful(attempt)):
        return
    if found.status.word in _NOT_FINAL and _was_over(attempt, found):
        # It was refused, had failed, or was found unpaid, and LigdiCash has it all the same: nothing may follow it.
        if attempt.contradicted is None:
            contradict(tx, record.payout, attempt, found.status.said)
    elif found.status.word in _NOT_FINAL:
        _note_word(tx, record.payout, attempt, found)
    else:
        _hear_final(tx, record.payout, attempt, found)


def _was_over(attempt: Attempt, found: _Heard) -> bool:
    """Whether it was recorded as not paid; a failure is taken back by the token that proved it only.

    So it is after two people's word, unless they were told before that LigdiCash had it.
    """
    if attempt.outcome is Outcome.FOUND_UNPAID:
        return attempt.word is None
    return attempt.outcome is Outcome.REFUSED or (attempt.outcome is Outcome.FAILED and found.is_proof)


def _is_doubtful(attempt: Attempt) -> bool:
    """Whether its token came with an answer that proves nothing, so perhaps with one about another payout."""
    return attempt.answer_kind is AnswerKind.UNCERTAIN


def _mismatch(payout: Payout, attempt: Attempt, found: _Heard) -> Sequence[str]:
    """All in an answer that is not this attempt's; one to a callback's token must name it, one to its own need not."""
    status, is_own = found.status, found.callback is None and not _is_doubtful(attempt)
    # Of two amounts that an answer to the own token gives, one may have fees in it.
    amounts = {status.amount, status.other_amount} if is_own else {status.amount}
    others = {
        "transaction": attempt.transaction_id not in status.transaction_ids
        and bool(status.transaction_ids or not is_own),
        "amount": status.amount is not None and payout.amount not in amounts,
        "number": status.number is not None and payout.number and not _ends_alike(payout.number, status.number),
    }
    return [what for what, is_another in others.items() if is_another]


def _ends_alike(number: str, given: str) -> bool:
    """Whether a number may be the one that is given: without its calling code, with zeros before it, or as of old."""
    return number.endswith(given.lstrip("0")[-_SURE_DIGITS:])


def _hear_final(tx: Transaction, payout: Payout, attempt: Attempt, found: _Heard) -> None:
    paid = found.status.word is Word.COMPLETED
    current = attempt.number == payout.attempt
    if attempt.outcome is Outcome.OPEN and current and payout.state in _WATCHED:
        _end(tx, payout, found, paid=paid)
    elif attempt.outcome in _FOUND_BY_PEOPLE and (attempt.outcome is Outcome.FOUND_PAID) == paid:
        # An answer about something else confirms nothing.
        if not found.names_another:
            _agree(tx, payout, attempt, found, paid=paid)
    elif attempt.outcome is Outcome.FAILED_BY_CALLBACK and not paid and found.is_proof:
        _agree(tx, payout, attempt, found, paid=False)
    elif paid != (attempt.outcome in _SAYS_PAID):
        contradict(tx, payout, attempt, found.status.word)


def _end(tx: Transaction, payout: Payout, found: _Heard, *, paid: bool) -> None:
    state, kind = (State.COMPLETED, EventKind.COMPLETED) if paid else (State.FAILED, EventKind.FAILED)
    if not tx.move(payout, state, due_at=None):
        return
    proposal = tx.drop_proposal(payout.id, payout.attempt)
    tx.end_attempt(payout.id, payout.attempt, _outcome(found, paid=paid))
    tell(
        tx,
        kind,
        payout,
        data={
            "word": found.status.said,
            "by": "own token" if found.callback is None else "callback token",
            "operator": found.status.operator,
            "proven": int(found.is_proof),
            "names_another": int(found.names_another),
        },
        proposal=proposal,
    )


def _outcome(found: _Heard, *, paid: bool) -> Outcome:
    if paid:
        return Outcome.COMPLETED
    return Outcome.FAILED if found.is_proof else Outcome.FAILED_BY_CALLBACK


def _agree(tx: Transaction, payout: Payout, attempt: Attempt, found: _Heard, *, paid: bool) -> None:
    """LigdiCash's word confirms what two people found, or what a callback's token told: now it is certain.

    What two people found, by whichever token: together with their word it leaves no doubt.
    """
    tx.end_attempt(payout.id, attempt.number, Outcome.COMPLETED if paid else Outcome.FAILED)
    data: Data = {"word": found.status.said, "own": int(attempt.outcome not in _FOUND_BY_PEOPLE)}
    # Where it was asked for again, the question says what was known of it before.
    besides = [Address(Place.QUESTION, payout.channel)] if payout.state is State.REQUESTED else []
    tell(tx, EventKind.EVIDENCE_AGREES, payout, attempt=attempt.number, data=data, besides=besides)


def contradict(tx: Transaction, payout: Payout, attempt: Attempt, word: str) -> None:
    """LigdiCash's word against what is recorded: said loudly, once for each word; what follows is stopped.

    That is a following attempt, every other payout of the same family that has not left, and what else was approved for
    the same person or order.
    """
    if not tx.note_contradiction(payout.id, attempt.number, word):
        return
    data: Data = {"word": word, "state": payout.state, "outcome": attempt.outcome}
    tell(tx, EventKind.CONTRADICTION, payout, attempt=attempt.number, data=data)
    stop_following(tx, payout, payout.id)
    for relative in queries.relatives(tx.connection, payout.id):
        record = tx.record(relative.payout)
        if record is not None:
            stop_following(tx, record.payout, payout.id)
    for other in queries.approved_beside(tx.connection, payout):
        record = tx.record(other)
        if record is not None:
            # Whoever approved the same money did not know this: it is asked for anew, or not at all.
            expire(tx, record.payout, Unsent.CONTRADICTED, payout.id)


def stop_following(tx: Transaction, payout: Payout, contradicted: str) -> None:
    """An earlier attempt, or payout, may have been paid after all: what has not left does not leave any more."""
    if payout.state in {State.REQUESTED, State.APPROVED} and tx.move(payout, State.CANCELLED, due_at=None):
        tx.end_attempt(payout.id, payout.attempt, Outcome.NEVER_SENT)
        tell(tx, EventKind.CANCELLED, payout, data={"why": "contradiction", "other": contradicted})


def expire(tx: Transaction, payout: Payout, why: Unsent, other: str | None = None) -> None:
    """End an approved payout that has not left and does not leave any more; `other` is the payout it is about."""
    if tx.move(payout, State.EXPIRED, due_at=None):
        tx.end_attempt(payout.id, payout.attempt, Outcome.NEVER_SENT)
        data: Data = {"why": why}
        tell(tx, EventKind.EXPIRED, payout, data=data if other is None else {**data, "other": other})


def void_proposal(tx: Transaction, payout: Payout, attempt: int) -> None:
    """New evidence: what somebody proposed before it must be looked at anew."""
    proposal = tx.drop_proposal(payout.id, attempt)
    if proposal is not None:
        tell(tx, EventKind.PROPOSAL_VOIDED, payout, attempt=attempt, data={}, proposal=proposal)


def _note_mismatch(tx: Transaction, payout: Payout, attempt: Attempt, found: _Heard, what: str) -> None:
    """Said once for a callback's token, and once for the attempt's own."""
    if found.callback is None:
        is_news = tx.note_own_mismatch(payout.id, attempt.number)
    else:
        is_news = tx.distrust_callback(found.callback.id)
    if is_news:
        # What an own token tells is taken as said of this attempt, where it came with an answer that is clear.
        data: Data = {"what": what, "own": int(found.callback is None and not _is_doubtful(attempt))}
        tell(tx, EventKind.EVIDENCE_MISMATCH, payout, attempt=attempt.number, data=data)


def _note_word(tx: Transaction, payout: Payout, attempt: Attempt, found: _Heard) -> None:
    """Kept, so that people are told that it may still be paid; said once where nobody documented it."""
    if attempt.outcome is not Outcome.OPEN or not tx.note_word(payout.id, attempt.number, found.status.said):
        return
    void_proposal(tx, payout, attempt.number)
    if found.status.word is Word.UNKNOWN:
        tell(tx, EventKind.STILL_PENDING, payout, attempt=attempt.number, data={"word": found.status.said})


def _point_out(tx: Transaction, payout: Payout, attempt: Attempt) -> None:
    """An attempt open for more than a day is pointed out once a day, never closed; so is one nobody can ask about."""
    if attempt.outcome is not Outcome.OPEN or payout.state not in _WATCHED:
        return
    # Of a restored ledger nobody knows when it was sent.
    since = attempt.sent_at or payout.changed_at
    last = attempt.pointed_out_at or since
    silent = attempt.silent_since is not None and tx.now - attempt.silent_since >= SILENT_FOR_LONG
    first_silence = silent and last < (attempt.silent_since or 0)
    if tx.now - last >= DAY or first_silence:
        tx.note_pointed_out(payout.id, attempt.number)
        hours = (tx.now - since) // HOUR
        tell(tx, EventKind.POINTED_OUT, payout, attempt=attempt.number, data={"hours": hours, "silent": int(silent)})


def _note_status_call(tx: Transaction, silence: str | None) -> None:
    """The same error for every payout is one alert, not one for each."""
    begun, over = tx.note_status_call(silence)
    if begun or over:
        _tell_audit(tx, EventKind.STATUS_SILENT if begun else EventKind.STATUS_BACK, {"why": silence})


def _tell_audit(tx: Transaction, kind: EventKind, data: Data) -> None:
    """What is no payout's own."""
    tx.append(kind, payout=None, attempt=None, actor=None, data=data, addresses=addresses(kind, channel=""))
