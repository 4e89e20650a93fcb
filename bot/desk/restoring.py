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
from storage.payout import AnswerKind, EventKind, Payout, State


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
    tx.take_over_copy()
    for state, doubt in _DOUBTS.items():
        for payout, _, _ in queries.in_state(tx.connection, state):
            record = tx.record(payout)
            if record is not None:
                doubt(tx, record.payout)
    brake.pause(tx, None, words.RESTORED_REASON.english, "")
    return copied_at


def _ask_anew(tx: Transaction, payout: Payout) -> None:
    """Nothing is known of what the lost ledger did with it; whoever approved could not know that."""
    tx.void_approvals(payout)
    tell(tx, EventKind.RESTORED, payout, data={"state": payout.state})


def _doubt(tx: Transaction, payout: Payout) -> None:
    """The lost ledger may have sent it."""
    tx.keep_answer(payout.id, payout.attempt, AnswerKind.UNCERTAIN, code=None, note=Doubt.RESTORED, raw="")
    if tx.move(payout, State.UNCONFIRMED, due_at=None):
        tx.ask_sooner(payout.id, payout.attempt, tx.now + HOUR)
        tell(tx, EventKind.RESTORED, payout, data={"state": payout.state})


_DOUBTS = {State.REQUESTED: _ask_anew, State.APPROVED: _doubt, State.SENDING: _doubt}
