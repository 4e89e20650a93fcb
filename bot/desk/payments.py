"""Paying: attempt and lease are committed, then one request leaves, then its answer is kept whatever happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.clock import HOUR, MINUTE, SECOND, Clock, Ids
from bot.desk import evidence
from bot.ligdicash.client import CREATE_DEADLINE, LigdicashClient, Order
from bot.ligdicash.readers import Accepted, CreateAnswer, Doubt, NeverLeft, Refused, Uncertain
from bot.speech.notices import addresses
from storage import queries
from storage.ledger import Ledger, Transaction
from storage.payout import (
    NOTHING_PAID,
    AnswerKind,
    EventKind,
    Outcome,
    Payout,
    Record,
    State,
    digest,
)

log = structlog.get_logger(__name__)

# Twice the whole request's deadline: while a lease runs, its owner may still be sending; once it ran out, nobody is.
LEASE_SECONDS = 2 * CREATE_DEADLINE

# No approval older than this sends anything.
APPROVAL_HOLDS = HOUR

_FIRST_PAUSE = 5 * SECOND
_LONGEST_PAUSE = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class _Sending:
    """One attempt on its way out."""

    payout: str
    attempt: int
    order: Order


class Payments:
    """The only place from which money is asked to move."""

    def __init__(
        self, ledger: Ledger, ligdicash: LigdicashClient, clock: Clock, ids: Ids, *, public_url: str, first_poll: int
    ) -> None:
        self._ledger = ledger
        self._ligdicash = ligdicash
        self._clock = clock
        self._ids = ids
        self._public_url = public_url.rstrip("/")
        self._first_poll = first_poll
        self._owner = ids.owner()

    async def send(self, payout: str) -> None:
        """Send an approved payout once, if it may be sent; do nothing if somebody else does or it may not."""
        secret = self._ids.secret()
        begun = self._clock.steady()
        sending = await self._ledger.write(lambda tx: self._begin(tx, payout, secret))
        if sending is None:
            return
        # Between the commit and this moment the machine may have slept: then others may believe the lease ran out.
        answer = await self._ligdicash.create(
            sending.order, may_still_leave=lambda: self._clock.steady() - begun < LEASE_SECONDS - CREATE_DEADLINE
        )
        log.info("create_answered", payout=payout, attempt=sending.attempt, answer=type(answer).__name__)
        await self._ledger.write(lambda tx: self._finish(tx, sending, answer))

    async def give_up(self, payout: str) -> None:
        """A lease ran out: whoever was sending is gone, and nobody knows whether the request left."""
        await self._ledger.write(lambda tx: self._give_up(tx, payout))

    # Before the request leaves

    def _begin(self, tx: Transaction, payout_id: str, secret: str) -> _Sending | None:
        record = tx.record(payout_id)
        if record is None or record.payout.state is not State.APPROVED:
            return None
        payout, attempt = record.payout, record.attempt
        why_not = _why_not(tx, record)
        if why_not is not None:
            _expire(tx, payout, why_not)
            return None
        until = tx.now + int(LEASE_SECONDS * SECOND)
        if not tx.move(payout, State.SENDING, due_at=until):
            return None
        tx.lease(payout, owner=self._owner, until=until, secret=secret)
        tx.append(
            EventKind.SENDING,
            payout=payout.id,
            attempt=payout.attempt,
            actor=None,
            data={"transaction_id": attempt.transaction_id},
            addresses=addresses(EventKind.SENDING, channel=payout.channel),
        )
        return _Sending(payout.id, payout.attempt, self._order(record, secret))

    def _order(self, record: Record, secret: str) -> Order:
        payout = record.payout
        return Order(
            way=payout.way,
            number=payout.number,
            amount=payout.amount,
            description=f"{payout.id} {payout.reason}"[:200],
            transaction_id=record.attempt.transaction_id,
            callback_url=f"{self._public_url}/callbacks/ligdicash/{payout.id}/{secret}",
        )

    # After it may have left

    def _finish(self, tx: Transaction, sending: _Sending, answer: CreateAnswer) -> None:
        kind, code, note, raw = _what_to_keep(answer)
        tx.keep_answer(sending.payout, sending.attempt, kind, code=code, note=note, raw=raw)
        if isinstance(answer, Accepted):
            tx.keep_token(sending.payout, sending.attempt, answer.token)
        record = tx.record(sending.payout)
        if record is None or record.payout.attempt != sending.attempt or not self._apply(tx, record, answer):
            _note_late_answer(tx, sending, answer)

    def _apply(self, tx: Transaction, record: Record, answer: CreateAnswer) -> bool:
        """Move the payout as the answer says; False when its state no longer hears this answer."""
        moves: dict[State, Callable[[], bool]] = {
            State.SENDING: lambda: self._apply_in_time(tx, record, answer),
            # The lease ran out before the answer came: a definite answer still ends the doubt.
            State.UNCONFIRMED: lambda: self._apply_definite(tx, record, answer),
        }
        move = moves.get(record.payout.state)
        return move is not None and move()

    def _apply_in_time(self, tx: Transaction, record: Record, answer: CreateAnswer) -> bool:
        if record.attempt.lease_owner != self._owner:
            return False
        if isinstance(answer, NeverLeft):
            return _try_again(tx, record, answer)
        if isinstance(answer, Uncertain):
            return doubt(tx, record.payout, answer.doubt, answer.code)
        return self._apply_definite(tx, record, answer)

    def _apply_definite(self, tx: Transaction, record: Record, answer: CreateAnswer) -> bool:
        if isinstance(answer, Accepted):
            return _initiate(tx, record.payout, answer, self._first_poll)
        if isinstance(answer, Refused):
            return _refuse(tx, record.payout, answer)
        return False

    def _give_up(self, tx: Transaction, payout_id: str) -> None:
        record = tx.record(payout_id)
        if record is None or record.payout.state is not State.SENDING:
            return
        if record.attempt.lease_until is not None and record.attempt.lease_until > tx.now:
            tx.look_again(payout_id, record.attempt.lease_until)
            return
        payout = record.payout
        tx.keep_answer(
            payout.id, payout.attempt, AnswerKind.UNCERTAIN, code=None, note=Doubt.INTERRUPTED, raw=""
        )
        doubt(tx, payout, Doubt.INTERRUPTED, None)


def _why_not(tx: Transaction, record: Record) -> str | None:
    """Why an approved payout may not leave now; None when it may."""
    payout, attempt = record.payout, record.attempt
    if attempt.approved_at is None or tx.now - attempt.approved_at > APPROVAL_HOLDS:
        return "approval too old"
    earlier = [other for other in queries.attempts(tx.connection, payout.id) if other.number < payout.attempt]
    if any(other.outcome not in NOTHING_PAID for other in earlier):
        return "an earlier attempt may have been paid"
    stands_for = digest(
        salt=queries.salt(tx.connection, payout.id), number=payout.number, amount=payout.amount, way=payout.way
    )
    if stands_for != attempt.digest or not queries.approvals_of_digest(
        tx.connection, payout.id, payout.attempt, stands_for
    ):
        return "what was approved is not what would be sent"
    return None


def _expire(tx: Transaction, payout: Payout, why: str) -> None:
    if tx.move(payout, State.EXPIRED, due_at=None):
        tx.end_attempt(payout.id, payout.attempt, Outcome.NEVER_SENT)
        tx.append(
            EventKind.EXPIRED,
            payout=payout.id,
            attempt=payout.attempt,
            actor=None,
            data={"why": why},
            addresses=addresses(EventKind.EXPIRED, channel=payout.channel),
        )


def _try_again(tx: Transaction, record: Record, answer: NeverLeft) -> bool:
    """Nothing left, and that is proven: the same attempt waits, a little longer each time."""
    payout, tries = record.payout, record.attempt.tries
    pause = min(_FIRST_PAUSE * 2**tries, _LONGEST_PAUSE)
    until = (record.attempt.approved_at or tx.now) + APPROVAL_HOLDS
    if not tx.move(payout, State.APPROVED, due_at=min(tx.now + pause, until + SECOND)):
        return False
    tx.count_try(payout.id, payout.attempt)
    tx.append(
        EventKind.NOT_SENT,
        payout=payout.id,
        attempt=payout.attempt,
        actor=None,
        data={"why": answer.why},
        addresses=addresses(EventKind.NOT_SENT, channel=payout.channel),
    )
    return True


def _initiate(tx: Transaction, payout: Payout, answer: Accepted, first_poll: int) -> bool:
    # A callback that was faster than this answer is waiting to be looked into.
    called_back = bool(queries.callbacks_of(tx.connection, payout.id, payout.attempt, 1))
    due_at = tx.now if called_back else tx.now + first_poll * SECOND
    if not tx.move(payout, State.INITIATED, due_at=due_at):
        return False
    tx.append(
        EventKind.INITIATED,
        payout=payout.id,
        attempt=payout.attempt,
        actor=None,
        data={"token_tail": answer.token[-8:]},
        addresses=addresses(EventKind.INITIATED, channel=payout.channel),
    )
    return True


def _refuse(tx: Transaction, payout: Payout, answer: Refused) -> bool:
    if not tx.move(payout, State.REFUSED, due_at=None):
        return False
    tx.end_attempt(payout.id, payout.attempt, Outcome.REFUSED)
    tx.append(
        EventKind.REFUSED,
        payout=payout.id,
        attempt=payout.attempt,
        actor=None,
        data={"code": answer.code, "endpoint": payout.way.endpoint},
        addresses=addresses(EventKind.REFUSED, channel=payout.channel),
    )
    return True


def doubt(tx: Transaction, payout: Payout, why: Doubt, code: str | None) -> bool:
    """Nobody knows whether it was paid: said as such, never sent again, never called failed."""
    called_back = bool(queries.callbacks_of(tx.connection, payout.id, payout.attempt, 1))
    if not tx.move(payout, State.UNCONFIRMED, due_at=tx.now if called_back else None):
        return False
    record = tx.record(payout.id)
    tx.append(
        EventKind.UNCONFIRMED,
        payout=payout.id,
        attempt=payout.attempt,
        actor=None,
        data={
            "doubt": why,
            "code": code,
            "transaction_id": record.attempt.transaction_id if record else None,
        },
        addresses=addresses(EventKind.UNCONFIRMED, channel=payout.channel),
    )
    return True


def _what_to_keep(answer: CreateAnswer) -> tuple[AnswerKind, str | None, str | None, str]:
    """Kind, code, note and raw text of an answer, as the attempt keeps them."""
    if isinstance(answer, Accepted):
        return AnswerKind.ACCEPTED, "00", None, answer.raw
    if isinstance(answer, Refused):
        return AnswerKind.REFUSED, answer.code, None, answer.raw
    if isinstance(answer, NeverLeft):
        return AnswerKind.NEVER_LEFT, None, answer.why, ""
    return AnswerKind.UNCERTAIN, answer.code, answer.doubt, answer.raw


def _note_late_answer(tx: Transaction, sending: _Sending, answer: CreateAnswer) -> None:
    """The answer found its payout elsewhere: it is kept, told, and, where it contradicts, said loudly."""
    record = tx.record(sending.payout)
    if record is None:
        return
    payout = record.payout
    kind = _what_to_keep(answer)[0]
    tx.append(
        EventKind.ANSWER_RECORDED,
        payout=payout.id,
        attempt=sending.attempt,
        actor=None,
        data={"kind": kind, "state": payout.state},
        addresses=addresses(EventKind.ANSWER_RECORDED, channel=payout.channel),
    )
    if isinstance(answer, Refused) and payout.state is State.COMPLETED:
        evidence.contradict(tx, payout, sending.attempt, f"refused (code {answer.code})")
