"""Requests that nobody decides: reminders that page the approvers, none in quiet hours, and an end."""

from __future__ import annotations

from bot.clock import HOUR, MINUTE
from bot.desk.telling import tell
from bot.policy import Rules
from storage.ledger import Ledger, Transaction
from storage.payout import Address, Attempt, EventKind, Outcome, Payout, Place, Record, State

# How long after the request approvers are paged again.
REMIND_AFTER = (15 * MINUTE, HOUR, 4 * HOUR)


def next_look(rules: Rules, *, requested_at: int, now: int) -> tuple[int, int]:
    """When a request is looked at next, and how many reminders are behind it at `now`.

    Reminders that fall into quiet hours wait for their end, and become one there; so do those that nobody was there to
    give before. Milliseconds since 1970.
    """
    expires_at = requested_at + rules.request_ttl_hours * HOUR
    quiet_until = rules.quiet_hours.after(now, rules.timezone)
    if quiet_until > now:
        return min(quiet_until, expires_at), 0
    times = [rules.quiet_hours.after(requested_at + pause, rules.timezone) for pause in _pauses(rules)]
    behind = sum(time <= now for time in times)
    ahead = [time for time in times if time > now]
    return min([*ahead, expires_at]), behind


def _pauses(rules: Rules) -> list[int]:
    """After which of them a request is still open: the first one is shorter than any time it may be."""
    return [pause for pause in REMIND_AFTER if pause < rules.request_ttl_hours * HOUR]


def asked_at(rules: Rules, attempt: Attempt, now: int) -> int:
    """When a request was made, as far as the clock says; set back, it does not: then a reminder is due now."""
    if attempt.requested_at <= now:
        return attempt.requested_at
    # Never so long ago that its time would be over: it would be due again at once, and for ever.
    pauses = _pauses(rules)
    return now - pauses[min(attempt.reminders, len(pauses) - 1)]


def expire_if_over(tx: Transaction, record: Record, rules: Rules) -> bool:
    """End an undecided request whose time is over; whether it was."""
    payout, attempt = record.payout, record.attempt
    if payout.state is not State.REQUESTED or tx.now < attempt.requested_at + rules.request_ttl_hours * HOUR:
        return False
    if tx.move(payout, State.EXPIRED, due_at=None):
        tx.end_attempt(payout.id, payout.attempt, Outcome.NEVER_SENT)
        tell(tx, EventKind.EXPIRED, payout, data={"why": "nobody decided"})
    return True


class Reminders:
    """Looks at requests that are due."""

    def __init__(self, ledger: Ledger, rules: Rules) -> None:
        self._ledger = ledger
        self._rules = rules

    async def look(self, payout: str) -> None:
        """Remind of an undecided request, or end it when its time is over."""
        await self._ledger.write(lambda tx: self._look(tx, payout))

    def _look(self, tx: Transaction, payout_id: str) -> None:
        record = tx.record(payout_id)
        if record is None or record.payout.state is not State.REQUESTED:
            return
        payout, attempt = record.payout, record.attempt
        if expire_if_over(tx, record, self._rules):
            return
        requested_at = asked_at(self._rules, attempt, tx.now)
        due_at, behind = next_look(self._rules, requested_at=requested_at, now=tx.now)
        tx.look_again(payout.id, due_at)
        if behind > attempt.reminders:
            tx.note_reminded(payout, behind)
            minutes = (tx.now - requested_at) // MINUTE
            tell(tx, EventKind.REMINDED, payout, data={"minutes": minutes}, besides=_not_asked_yet(payout))


def _not_asked_yet(payout: Payout) -> list[Address]:
    """Whoever is paged needs the buttons: a question that Slack did not take is posted with the reminder."""
    if payout.card_ts is None or payout.question_ts is not None:
        return []
    return [Address(Place.QUESTION, payout.channel)]
