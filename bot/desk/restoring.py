"""A ledger that was restored from a copy: what the lost one did since is not known, so nothing goes on by itself."""

from __future__ import annotations

from bot.clock import HOUR
from bot.desk import brake
from bot.desk.telling import answer, tell
from bot.ligdicash.readers import Doubt
from bot.speech import words
from bot.speech.words import Answer
from storage import queries
from storage.ledger import Ledger, Transaction
from storage.payout import AnswerKind, EventKind, State


async def take_over_copy(ledger: Ledger) -> int | None:
    """On a stamped copy: pause all sending, turn what may have been sent since into `unconfirmed`, remove the stamp.

    What waited to be heard is not done, but what keeps money here: the lost ledger has perhaps done it already.

    When the copy was made (milliseconds since 1970), or None for a ledger that is no copy.
    """
    return await ledger.write(_take_over)


def _take_over(tx: Transaction) -> int | None:
    copied_at = queries.copied_at(tx.connection)
    if copied_at is None:
        return None
    for item, channel in queries.wishes_that_wait(tx.connection):
        tx.take_from_inbox(item.id)
        answer(tx, Answer.COPY_PUT_BACK, item.person, channel)
    for state in (State.APPROVED, State.SENDING):
        for payout, _, _ in queries.in_state(tx.connection, state):
            _doubt(tx, payout)
    brake.pause(tx, None, words.RESTORED_REASON.english, "")
    tx.forget_copy()
    return copied_at


def _doubt(tx: Transaction, payout_id: str) -> None:
    record = tx.record(payout_id)
    if record is None:
        return
    payout = record.payout
    tx.keep_answer(payout.id, payout.attempt, AnswerKind.UNCERTAIN, code=None, note=Doubt.RESTORED, raw="")
    if tx.move(payout, State.UNCONFIRMED, due_at=None):
        tx.ask_sooner(payout.id, payout.attempt, tx.now + HOUR)
        tell(tx, EventKind.RESTORED, payout, data={"state": payout.state})
