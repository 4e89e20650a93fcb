"""Paying: attempt and lease are committed, one request leaves, its answer is kept whatever happened meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.clock import CLOCK_CORRECTED, HOUR, MINUTE, SECOND, Clock, Ids
from bot.crashpoints import Point, may_die
from bot.desk import brake, evidence
from bot.desk.telling import tell
from bot.ligdicash.client import CREATE_DEADLINE, LigdicashClient, Order
from bot.ligdicash.readers import Accepted, CreateAnswer, Doubt, NeverLeft, Refused, Uncertain
from bot.policy import APPROVAL_HOLDS, Approved, Rules, forbids
from bot.quiet import day_start
from storage import queries
from storage.ledger import Ledger, Transaction
from storage.payout import (
    NOTHING_PAID,
    AnswerKind,
    EventKind,
    Hold,
    Outcome,
    Payout,
    Record,
    State,
    Unsent,
    Way,
    digest,
)

log = structlog.get_logger(__name__)

# Twice the whole request's deadline: while a lease runs, its owner may still be sending; once it ran out, nobody is.
LEASE_SECONDS = 2 * CREATE_DEADLINE

# Seconds between two tries to write an answer down.
KEEP_AGAIN = 1.0

_FIRST_PAUSE = 5 * SECOND
_LONGEST_PAUSE = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class _Sending:
    """One attempt on its way out."""

    payout: str
    attempt: int
    order: Order
    approved_until: int
    set_backs: int


class Payments:
    """The only place from which money is asked to move."""

    def __init__(  # noqa: PLR0913 - what sends, by which rules, and from where
        self,
        ledger: Ledger,
        ligdicash: LigdicashClient,
        clock: Clock,
        ids: Ids,
        *,
        rules: Rules,
        public_url: str,
        first_poll: int,
    ) -> None:
        self._ledger = ledger
        self._ligdicash = ligdicash
        self._clock = clock
        self._ids = ids
        self._rules = rules
        self._public_url = public_url.rstrip("/")
        self._first_poll = first_poll
        self._owner = ids.owner()
        self._set_backs = 0
        self._expired_for = 0

    async def send(self, payout: str) -> None:
        """Send an approved payout once, if it may be sent; do nothing if somebody else does or it may not."""
        secret = self._ids.secret()
        begun, set_backs = self._clock.steady(), self._set_backs
        sending = await self._ledger.write(lambda tx: self._begin(tx, payout, secret, set_backs))
        if sending is None:
            return
        may_die(Point.LEASED)

        def may_still_leave() -> bool:
            # Since the commit the machine may have slept: then others may believe that the lease ran out.
            in_time = self._clock.steady() - begun < LEASE_SECONDS - CREATE_DEADLINE
            is_young = self._clock.now() <= sending.approved_until and self._set_backs == sending.set_backs
            return in_time and is_young and not self._is_held(sending)

        answer = await self._ligdicash.create(sending.order, may_still_leave=may_still_leave)
        log.info("create_answered", payout=payout, attempt=sending.attempt, answer=type(answer).__name__)
        may_die(Point.ANSWERED)
        await self._keep(sending, answer)
        may_die(Point.KEPT)

    def _is_held(self, sending: _Sending) -> bool:
        """Whether somebody pulled the brake since the commit, or LigdiCash spoke up about the same money.

        A ledger that cannot say so holds, too.
        """
        try:
            if _contradicted(self._ledger.reader, sending.payout, sending.attempt) is not None:
                return True
            record = self._ledger.record(sending.payout)
            if record is None or queries.contradicted_since_approval(self._ledger.reader, record.payout) is not None:
                return True
            return _is_held(self._ledger.reader, sending.order.way, sending.payout, self._clock.now())
        except sqlite3.Error:
            return True

    async def _keep(self, sending: _Sending, answer: CreateAnswer) -> None:
        """Write the answer down, and what follows from it."""
        try:
            await self._write(sending, lambda tx: self._finish(tx, sending, answer))
        except Exception:
            # What follows cannot be written: its lease will run out. The token is kept all the same, and asked about.
            log.exception("answer_not_acted_on", payout=sending.payout)
            await self._write(sending, lambda tx: _keep_answer(tx, sending, answer))

    async def _write(self, sending: _Sending, move: Callable[[Transaction], None]) -> None:
        """A ledger that is locked or full is asked again, so that no token is dropped."""
        while True:
            try:
                await self._ledger.write(move)
            except sqlite3.OperationalError:
                log.exception("answer_not_kept_yet", payout=sending.payout)
                await asyncio.sleep(KEEP_AGAIN)
            else:
                return

    async def give_up(self, payout: str) -> None:
        """A lease ran out: whoever was sending is gone, and nobody knows whether the request left."""
        await self._ledger.write(lambda tx: self._give_up(tx, payout))

    def doubt_approvals(self) -> None:
        """The clock was set back: of nothing that is approved can it be told for how long it has been.

        From now on nothing leaves that was approved before; nor anything else, until `expire_approved` has returned.
        """
        self._set_backs += 1

    @property
    def doubts_approvals(self) -> bool:
        """Whether what is approved must still be ended, since the clock was set back."""
        return self._expired_for != self._set_backs

    async def expire_approved(self) -> None:
        """End what is approved; what waited by the old clock does not wait until the clock is there again.

        Each by itself: a record that is damaged keeps the others neither from being ended nor, later, from being sent.
        """
        set_backs = self._set_backs
        await self._ledger.write(_look_now)
        approved = await self._ledger.write(lambda tx: queries.in_state(tx.connection, State.APPROVED))
        await asyncio.gather(*(self._expire_approved(payout) for payout, _, _ in approved))
        self._expired_for = set_backs

    async def _expire_approved(self, payout: str) -> None:
        try:
            await self._ledger.write(lambda tx: _expire_if_approved(tx, payout))
        except sqlite3.OperationalError:
            raise
        except Exception:
            log.exception("approval_not_ended", payout=payout)
            await self._ledger.write(lambda tx: tx.forget_approval_time(payout))

    async def look_now(self) -> None:
        """At the start: the clock may have been set back while nobody looked, and nothing waits for the old time."""
        await self._ledger.write(_look_now)

    # Before the request leaves

    def _begin(self, tx: Transaction, payout_id: str, secret: str, set_backs: int) -> _Sending | None:
        record = tx.record(payout_id)
        if record is None or record.payout.state is not State.APPROVED or self.doubts_approvals:
            return None
        payout, attempt = record.payout, record.attempt
        contradicted = _contradicted(tx.connection, payout.id, payout.attempt)
        if contradicted is not None:
            evidence.stop_following(tx, payout, contradicted)
            return None
        why_not = _why_not(tx, record, self._rules, self._ligdicash.host)
        if why_not is not None:
            other = queries.contradicted_since_approval(tx.connection, payout)
            evidence.expire(tx, payout, why_not, other if why_not is Unsent.CONTRADICTED else None)
            return None
        if _is_held(tx.connection, payout.way, payout.id, tx.now) or queries.audit_trouble(tx.connection) is not None:
            # Looked at again when the brake is lifted; at the latest when the approval has become too old.
            tx.look_again(payout.id, _wait_for_brake(tx, record))
            return None
        until = tx.now + int(LEASE_SECONDS * SECOND)
        if not tx.move(payout, State.SENDING, due_at=until):
            return None
        tx.lease(payout, owner=self._owner, until=until, secret=secret, host=self._ligdicash.host)
        tell(tx, EventKind.SENDING, payout, data={"transaction_id": attempt.transaction_id})
        approved_until = (attempt.approved_at or tx.now) + APPROVAL_HOLDS
        return _Sending(payout.id, payout.attempt, self._order(record, secret), approved_until, set_backs)

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
        _keep_answer(tx, sending, answer)
        record = tx.record(sending.payout)
        if record is None or record.payout.attempt != sending.attempt or not self._apply(tx, record, answer):
            _note_late_answer(tx, sending, answer)
        elif self._set_backs != sending.set_backs:
            # It was being sent while the others ended: if it comes back as approved, its age cannot be told either.
            _expire_if_approved(tx, sending.payout)
        _hear_faster_callback(tx, sending.payout, sending.attempt)

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
            return self._doubt(tx, record.payout, answer)
        return self._apply_definite(tx, record, answer)

    def _doubt(self, tx: Transaction, payout: Payout, answer: Uncertain) -> bool:
        if not doubt(tx, payout, answer.doubt, answer.code):
            return False
        if answer.token is not None:
            tx.ask_sooner(payout.id, payout.attempt, tx.now + self._first_poll * SECOND)
        return True

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
        tx.keep_answer(payout.id, payout.attempt, AnswerKind.UNCERTAIN, code=None, note=Doubt.INTERRUPTED, raw="")
        doubt(tx, payout, Doubt.INTERRUPTED, None)
        _hear_faster_callback(tx, payout.id, payout.attempt)


def _keep_answer(tx: Transaction, sending: _Sending, answer: CreateAnswer) -> None:
    kind, code, note, raw = _what_to_keep(answer)
    tx.keep_answer(sending.payout, sending.attempt, kind, code=code, note=note, raw=raw)
    if isinstance(answer, Accepted | Uncertain) and answer.token is not None:
        tx.keep_token(sending.payout, sending.attempt, answer.token)


def _hear_faster_callback(tx: Transaction, payout: str, attempt: int) -> None:
    """One that came while the request was out has waited; it is looked into now, whatever the answer was."""
    if queries.callbacks_of(tx.connection, payout, attempt, 1):
        tx.ask_sooner(payout, attempt, tx.now)


def _is_held(connection: sqlite3.Connection, way: Way, payout: str, now: int) -> bool:
    """Whether a hold is in force, or somebody who may want one waits to be heard."""
    held = queries.brake_on(connection, Hold(way.endpoint)) is not None
    return held or queries.pause_waits(connection, now) or queries.stop_waits(connection, payout, now)


def _contradicted(connection: sqlite3.Connection, payout: str, attempt: int) -> str | None:
    """Of which payout LigdiCash contradicts what is recorded, perhaps while this one was on its way: the same money.

    It is this one, where an earlier attempt is meant.
    """
    earlier = queries.attempts(connection, payout)
    if any(other.contradicted is not None for other in earlier if other.number < attempt):
        return payout
    return next((found.payout for found in queries.relatives(connection, payout) if found.is_contradicted), None)


def _why_not(tx: Transaction, record: Record, rules: Rules, host: str) -> Unsent | None:
    """Why an approved payout may not leave now; None when it may."""
    payout, attempt = record.payout, record.attempt
    if attempt.approved_at is None or tx.now - attempt.approved_at > APPROVAL_HOLDS:
        return Unsent.TOO_OLD
    if attempt.approved_at - tx.now > CLOCK_CORRECTED:
        return Unsent.CLOCK_SET_BACK
    earlier = [other for other in queries.attempts(tx.connection, payout.id) if other.number < payout.attempt]
    if any(other.outcome not in NOTHING_PAID for other in earlier):
        return Unsent.PAID_BEFORE
    stands_for = digest(
        salt=queries.salt(tx.connection, payout.id), number=payout.number, amount=payout.amount, way=payout.way
    )
    agreed, noted = queries.approvals_of_digest(tx.connection, payout.id, payout.attempt, stands_for)
    needed = max(noted, attempt.needed or 1)
    if stands_for != attempt.digest or agreed < needed:
        return Unsent.CHANGED
    if queries.contradicted_since_approval(tx.connection, payout) is not None:
        return Unsent.CONTRADICTED
    approved = _approved(tx, record, attempt.approved_at, needed, rules)
    return forbids(rules, approved) if attempt.belongs_to(host) else Unsent.OTHER_HOST


def _approved(tx: Transaction, record: Record, approved_at: int, needed: int, rules: Rules) -> Approved:
    """What was approved, with what the limits of its day add to it: once that day is over they add nothing."""
    payout, day = record.payout, day_start(approved_at, rules.timezone)
    team = requester = 0
    if day == day_start(tx.now, rules.timezone):
        team = queries.approved_since(tx.connection, day) - payout.amount
        requester = queries.approved_since(tx.connection, day, record.attempt.asked_by) - payout.amount
    to_person = queries.approved_before(tx.connection, payout, approved_at)
    return Approved(payout.amount, payout.number, record.approvers, needed, to_person, team, requester)


def _look_now(tx: Transaction) -> None:
    tx.tell_now()
    tx.look_now(int(LEASE_SECONDS * SECOND))


def _expire_if_approved(tx: Transaction, payout: str) -> None:
    record = tx.record(payout)
    if record is not None and record.payout.state is State.APPROVED:
        evidence.expire(tx, record.payout, Unsent.CLOCK_SET_BACK)


def _wait_for_brake(tx: Transaction, record: Record) -> int:
    expires_at = (record.attempt.approved_at or tx.now) + APPROVAL_HOLDS + SECOND
    if record.brake is not None:
        return expires_at
    # Neither the audit channel's trouble nor a pause that is refused ends with a move of this payout's.
    waits = queries.pause_waits(tx.connection, tx.now) or queries.stop_waits(tx.connection, record.payout.id, tx.now)
    soon = SECOND if waits else MINUTE
    return min(expires_at, tx.now + soon)


def _try_again(tx: Transaction, record: Record, answer: NeverLeft) -> bool:
    """Nothing left, and that is proven: the same attempt waits, a little longer each time."""
    payout, tries = record.payout, record.attempt.tries
    pause = min(_FIRST_PAUSE * 2**tries, _LONGEST_PAUSE)
    until = (record.attempt.approved_at or tx.now) + APPROVAL_HOLDS
    if not tx.move(payout, State.APPROVED, due_at=min(tx.now + pause, until + SECOND)):
        return False
    tx.count_try(payout.id, payout.attempt)
    tell(tx, EventKind.NOT_SENT, payout, data={"why": answer.why})
    return True


def _initiate(tx: Transaction, payout: Payout, answer: Accepted, first_poll: int) -> bool:
    if not tx.move(payout, State.INITIATED, due_at=None):
        return False
    proposal = tx.drop_proposal(payout.id, payout.attempt)
    tx.ask(payout.id, payout.attempt, tx.now + first_poll * SECOND)
    tell(tx, EventKind.INITIATED, payout, data={"token_tail": answer.token[-8:]}, proposal=proposal)
    return True


def _refuse(tx: Transaction, payout: Payout, answer: Refused) -> bool:
    if not tx.move(payout, State.REFUSED, due_at=None):
        return False
    proposal = tx.drop_proposal(payout.id, payout.attempt)
    tx.end_attempt(payout.id, payout.attempt, Outcome.REFUSED)
    tell(
        tx,
        EventKind.REFUSED,
        payout,
        data={"code": answer.code, "endpoint": payout.way.endpoint},
        proposal=proposal,
    )
    brake.hold_endpoint(tx, payout, answer.code)
    return True


def doubt(tx: Transaction, payout: Payout, why: Doubt, code: str | None) -> bool:
    """Nobody knows whether it was paid: said as such, never sent again, never called failed."""
    if not tx.move(payout, State.UNCONFIRMED, due_at=None):
        return False
    tx.ask_sooner(payout.id, payout.attempt, tx.now + HOUR)
    record = tx.record(payout.id)
    transaction_id = record.attempt.transaction_id if record else None
    tell(tx, EventKind.UNCONFIRMED, payout, data={"doubt": why, "code": code, "transaction_id": transaction_id})
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
    tell(tx, EventKind.ANSWER_RECORDED, payout, attempt=sending.attempt, data={"kind": kind, "state": payout.state})
    evidence.void_proposal(tx, payout, sending.attempt)
    _hear_late(tx, payout, sending, answer)


def _hear_late(tx: Transaction, payout: Payout, sending: _Sending, answer: CreateAnswer) -> None:
    """A late answer against what was decided meanwhile is a contradiction; a token gives something to ask by."""
    attempt = queries.attempt(tx.connection, sending.payout, sending.attempt)
    if attempt is None:
        return
    if isinstance(answer, Refused) and attempt.outcome in {Outcome.COMPLETED, Outcome.FOUND_PAID}:
        evidence.contradict(tx, payout, attempt, f"refused (code {answer.code})")
    if isinstance(answer, Accepted):
        if attempt.outcome in NOTHING_PAID:
            # Two people said that it was not paid, and it may still be: nothing may follow it.
            evidence.contradict(tx, payout, attempt, "accepted")
        tx.ask_sooner(sending.payout, sending.attempt, tx.now)
    if isinstance(answer, Uncertain) and answer.token is not None:
        tx.ask_sooner(sending.payout, sending.attempt, tx.now)
