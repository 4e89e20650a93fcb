"""What LigdiCash says about a payout: callbacks are hints, a status answer about this very attempt is evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.clock import HOUR, MINUTE, SECOND
from bot.ligdicash.client import LigdicashClient
from bot.ligdicash.readers import NoStatus, Status, Word, read_callback
from bot.speech.notices import addresses
from storage import queries
from storage.ledger import Ledger, Transaction, hash_of_secret
from storage.payout import Attempt, Callback, EventKind, Outcome, Payout, Record, State

log = structlog.get_logger(__name__)

# LigdiCash asks for no more than one status call in 3 s.
_SHORTEST_PAUSE = 3 * SECOND
_LONGEST_PAUSE = HOUR
_GROWTH = 1.5

# How long a look may take before somebody else takes it up.
_LOOK_LEASE = MINUTE

# A callback's token is asked about only where the creation's token gives no answer; the newest few are enough.
_CALLBACK_TOKENS = 3

# A callback that contradicts a final payout is looked into that often while LigdiCash says nothing.
_MOST_POLLS_OF_A_FINAL = 20

_WORD_OF_STATE = {State.COMPLETED: Word.COMPLETED, State.FAILED: Word.FAILED, State.REFUSED: Word.FAILED}
_WATCHED = frozenset({State.INITIATED, State.UNCONFIRMED})


@dataclass(frozen=True, slots=True)
class _Answers:
    """What came of asking about one attempt; `silent` when some call told nothing."""

    heard: Sequence[_Heard]
    silent: bool


@dataclass(frozen=True, slots=True)
class _Heard:
    """One answer, and by which token it was asked: the attempt's own, or that of a callback."""

    attempt: Attempt
    callback: Callback | None
    status: Status


async def receive_callback(ledger: Ledger, payout: str, secret: str, content_type: str, body: str) -> bool:
    """Store a callback before it is answered; False for a path that was never given out.

    Needs nothing but the ledger, so that the relay can run alone. Raises `sqlite3.Error` when it could not be stored.
    """
    secret_hash = hash_of_secret(secret)
    if queries.attempt_of_secret(ledger.reader, payout, secret_hash) is None:
        return False
    return await ledger.write(lambda tx: _store_callback(tx, payout, secret_hash, content_type, body))


def _store_callback(tx: Transaction, payout: str, secret_hash: str, content_type: str, body: str) -> bool:
    attempt = queries.attempt_of_secret(tx.connection, payout, secret_hash)
    record = tx.record(payout)
    if attempt is None or record is None:
        return False
    news = read_callback(content_type, body)
    known = queries.callback_statuses(tx.connection, payout, attempt)
    is_new = tx.store_callback(
        payout, attempt, content_type=content_type, body=body, token=news.token, status=news.status
    )
    if is_new and news.status not in known:
        tx.append(
            EventKind.CALLBACK_RECEIVED,
            payout=payout,
            attempt=attempt,
            actor=None,
            data={"word": news.status},
            addresses=addresses(EventKind.CALLBACK_RECEIVED, channel=record.payout.channel),
        )
    if is_new and _is_news(record.payout, attempt, news.status):
        _wake(tx, record.payout)
    return True


def _is_news(payout: Payout, attempt: int, status: str | None) -> bool:
    """Whether the status must be asked for: not when the callback repeats what is recorded as final."""
    if attempt != payout.attempt:
        return status == Word.COMPLETED
    return status is None or status not in (_WORD_OF_STATE.get(payout.state), payout.contradiction)


def _wake(tx: Transaction, payout: Payout) -> None:
    if payout.state in {State.SENDING, State.APPROVED, State.REQUESTED}:
        # The create answer comes first; it finds the callback waiting.
        return
    soonest = tx.now if payout.asked_at is None else max(tx.now, payout.asked_at + _SHORTEST_PAUSE)
    tx.look_sooner(payout.id, payout.state, soonest)


def pause_after(polls: int, first: int) -> int:
    """Milliseconds until the next status call: `first` seconds, then half as long again each time, up to an hour."""
    # The exponent is bounded so that a payout pending for weeks does not overflow.
    grown = first * SECOND * _GROWTH ** min(polls, 40)
    return int(min(max(grown, _SHORTEST_PAUSE), _LONGEST_PAUSE))


class Evidence:
    """Asks LigdiCash what became of a payout, and moves it when the answer proves something."""

    def __init__(self, ledger: Ledger, ligdicash: LigdicashClient, *, first_poll: int) -> None:
        self._ledger = ledger
        self._ligdicash = ligdicash
        self._first_poll = first_poll

    async def look(self, payout: str) -> None:
        """Ask about every attempt that may have left, and hear what comes."""
        until = await self._ledger.write(lambda tx: _claim(tx, payout))
        record = self._ledger.record(payout)
        if until is None or record is None:
            return
        answers = [await self._ask(record, attempt) for attempt in queries.attempts(self._ledger.reader, payout)]
        heard = [found for answer in answers for found in answer.heard]
        silent = any(answer.silent for answer in answers)
        await self._ledger.write(lambda tx: self._hear_all(tx, payout, until, heard, silent=silent))

    async def _ask(self, record: Record, attempt: Attempt) -> _Answers:
        endpoint = record.payout.way.endpoint
        silent = False
        if attempt.token is not None:
            own = await self._ligdicash.status(endpoint, attempt.token)
            if isinstance(own, Status):
                return _Answers([_Heard(attempt, None, own)], silent=False)
            silent = _note_silence(record.payout, own)
        heard = []
        for callback in _callbacks_to_ask(self._ledger.reader, attempt):
            answer = await self._ligdicash.status(endpoint, callback.token or "")
            if isinstance(answer, Status):
                heard.append(_Heard(attempt, callback, answer))
            else:
                silent = _note_silence(record.payout, answer)
        return _Answers(heard, silent=silent)

    def _hear_all(
        self, tx: Transaction, payout_id: str, claimed_until: int, heard: Sequence[_Heard], *, silent: bool
    ) -> None:
        for found in heard:
            record = tx.record(payout_id)
            if record is not None:
                _hear(tx, record.payout, found)
        record = tx.record(payout_id)
        if record is None:
            return
        next_at = tx.now + pause_after(record.payout.polls, self._first_poll)
        asks_on = _asks_on(tx, record, silent=silent)
        tx.give_back(payout_id, claimed_until, next_at if asks_on else None)


def _claim(tx: Transaction, payout: str) -> int | None:
    until = tx.now + _LOOK_LEASE
    return until if tx.claim(payout, until) else None


def _callbacks_to_ask(connection: sqlite3.Connection, attempt: Attempt) -> Sequence[Callback]:
    return queries.callbacks_to_ask(connection, attempt.payout, attempt.number, _CALLBACK_TOKENS)


def _note_silence(payout: Payout, answer: NoStatus) -> bool:
    log.warning("status_not_learnt", payout=payout.id, why=answer.why)
    return True


def _asks_on(tx: Transaction, record: Record, *, silent: bool) -> bool:
    """Whether there is still something to learn: an open payout with a token to ask by, or a hint that went unanswered."""
    if record.payout.state in _WATCHED:
        return record.attempt.token is not None or bool(_callbacks_to_ask(tx.connection, record.attempt))
    return silent and record.payout.polls < _MOST_POLLS_OF_A_FINAL


def _hear(tx: Transaction, payout: Payout, found: _Heard) -> None:
    mismatch = _mismatch(payout, found)
    if mismatch is not None:
        _note_mismatch(tx, payout, found, mismatch)
    elif found.status.word is Word.UNKNOWN:
        _note_unknown_word(tx, payout, found)
    elif found.status.word is not Word.PENDING:
        _hear_final(tx, payout, found)


def _mismatch(payout: Payout, found: _Heard) -> str | None:
    """What in an answer to a callback's token is not this attempt's; the creation's own token needs no such proof."""
    if found.callback is None:
        return None
    status = found.status
    if found.attempt.transaction_id not in status.transaction_ids:
        return "transaction"
    if status.amount is not None and status.amount != payout.amount:
        return "amount"
    # It may be given without its calling code.
    if status.number is not None and payout.number and not payout.number.endswith(status.number):
        return "number"
    return None


def _hear_final(tx: Transaction, payout: Payout, found: _Heard) -> None:
    completed = found.status.word is Word.COMPLETED
    current = found.attempt.number == payout.attempt
    if current and payout.state in _WATCHED:
        _end(tx, payout, found, State.COMPLETED if completed else State.FAILED)
    elif _contradicts(payout, found, completed=completed):
        contradict(tx, payout, found.attempt.number, found.status.said)


def _contradicts(payout: Payout, found: _Heard, *, completed: bool) -> bool:
    if found.attempt.number != payout.attempt:
        return completed and found.attempt.outcome in {Outcome.REFUSED, Outcome.FAILED, Outcome.FOUND_UNPAID}
    if completed:
        return payout.state in {State.FAILED, State.REFUSED}
    return payout.state is State.COMPLETED


def _end(tx: Transaction, payout: Payout, found: _Heard, to: State) -> None:
    if not tx.move(payout, to, due_at=None):
        return
    kind, outcome = (
        (EventKind.COMPLETED, Outcome.COMPLETED) if to is State.COMPLETED else (EventKind.FAILED, Outcome.FAILED)
    )
    tx.end_attempt(payout.id, payout.attempt, outcome)
    tx.append(
        kind,
        payout=payout.id,
        attempt=payout.attempt,
        actor=None,
        data={
            "word": found.status.said,
            "by": "own token" if found.callback is None else "callback token",
            "operator": found.status.operator,
        },
        addresses=addresses(kind, channel=payout.channel),
    )


def contradict(tx: Transaction, payout: Payout, attempt: int, word: str) -> None:
    """LigdiCash's word against what is recorded: nothing is moved, and it is said loudly, once."""
    if payout.contradiction is not None:
        return
    tx.note_contradiction(payout.id, word)
    tx.append(
        EventKind.CONTRADICTION,
        payout=payout.id,
        attempt=attempt,
        actor=None,
        data={"word": word, "state": payout.state},
        addresses=addresses(EventKind.CONTRADICTION, channel=payout.channel),
    )


def _note_mismatch(tx: Transaction, payout: Payout, found: _Heard, what: str) -> None:
    if found.callback is None or not tx.distrust_callback(found.callback.id):
        return
    tx.append(
        EventKind.EVIDENCE_MISMATCH,
        payout=payout.id,
        attempt=found.attempt.number,
        actor=None,
        data={"what": what},
        addresses=addresses(EventKind.EVIDENCE_MISMATCH, channel=payout.channel),
    )


def _note_unknown_word(tx: Transaction, payout: Payout, found: _Heard) -> None:
    """Said once for each word: a word that nobody documented is not a final status."""
    if payout.state not in _WATCHED or not tx.note_word(payout.id, found.status.said):
        return
    tx.append(
        EventKind.STILL_PENDING,
        payout=payout.id,
        attempt=found.attempt.number,
        actor=None,
        data={"word": found.status.said},
        addresses=addresses(EventKind.STILL_PENDING, channel=payout.channel),
    )
