"""The laws about money: when a request may leave, what counts as evidence, and that nobody is paid twice."""

# ruff: noqa: D102 - a law's own sentence says what its methods look for

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from bot.clock import HOUR
from bot.sandbox.ligdicash.behaviours import Behaviour
from storage.moves.attempts import hash_of_secret
from storage.payout import State, Way
from tests.laws.laws import Law, Violation
from tests.laws.rulebook import APPROVERS

if TYPE_CHECKING:
    from bot.sandbox.ligdicash.payouts import Payout
    from tests.laws.processes import Change, EventRow, Life
    from tests.laws.provider import Leaving

_FAILED = frozenset({"notcompleted", "nocompleted"})
_FINAL = _FAILED | {"completed"}
_UNPAID = frozenset({"failed", "failed_by_callback", "refused", "found_unpaid"})
_PATHS = {True: "/pay/v01/straight/payout", False: "/pay/v01/withdrawal/create"}

_ATTEMPT = """
    SELECT payouts.*, attempts.*, beneficiaries.number AS digits FROM attempts
    JOIN payouts ON payouts.id = attempts.payout
    JOIN beneficiaries ON beneficiaries.id = payouts.beneficiary
"""


# Of these LigdiCash never says by the token of the creation what became of them.
_TOKEN_SAYS_NOTHING = tuple(each.plan.digits for each in (Behaviour.TOKEN_EXPIRES, Behaviour.STATUS_HANGS))


class PaidOnce(Law):
    """Per payout the provider accepts at most one attempt, and nothing that is no attempt of ours.

    Another one only where LigdiCash itself said that the first failed, or two people that it was not paid.
    """

    name, number = "paid at most once", 1

    def at_end(self) -> Iterable[Violation]:
        known = {row["transaction_id"] for row in self.rows("SELECT transaction_id FROM attempts")}
        for payout in self.world.provider.bank.payouts:
            if payout.transaction_id not in known:
                yield self.broken(f"the bank accepted {payout.transaction_id}, which the ledger does not know")
        for row in self.rows("SELECT id FROM payouts"):
            yield from self._of_payout(str(row["id"]))

    def _of_payout(self, payout: str) -> Iterator[Violation]:
        bank = self.world.provider.bank
        accepted: list[str] = []
        for row in self.rows("SELECT * FROM attempts WHERE payout = ? ORDER BY number", payout):
            there = len(bank.tally(str(row["transaction_id"])).payouts)
            if there > 1:
                yield self.broken(f"{payout}: its attempt {row['number']} was accepted {there} times")
            if there and accepted:
                yield self.broken(f"{payout} was accepted once more after {accepted}")
            if there and row["outcome"] not in {"failed", "found_unpaid"}:
                accepted.append(f"attempt {row['number']}: {row['outcome']}")


class MayLeave(Law):
    """A create request leaves only for what another person approved, after former attempts ended unpaid."""

    name, number = "leaves only approved", 1

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        for row in self.rows(_ATTEMPT + "WHERE transaction_id = ?", leaving.transaction_id):
            payout, attempt = str(row["id"]), int(row["number"] or 0)
            yield from self._what(leaving, row)
            people = [
                str(each["person"])
                for each in self.rows("SELECT person FROM approvals WHERE payout = ? AND attempt = ?", payout, attempt)
            ]
            if not any(person in APPROVERS and person not in {row["requester"], row["asked_by"]} for person in people):
                yield self.broken(f"{payout} leaves, approved by {people}, asked for by {row['requester']}")
            earlier = self.rows("SELECT outcome FROM attempts WHERE payout = ? AND number < ?", payout, attempt)
            outcomes = {str(each["outcome"]) for each in earlier}
            if outcomes - {"never_sent", "refused", "failed", "found_unpaid"}:
                yield self.broken(f"{payout} leaves again after {outcomes}")

    def _what(self, leaving: Leaving, row: dict[str, str | int | None]) -> Iterator[Violation]:
        asked = self.world.crowd.asked.get(str(row["reason"]))
        if asked is None:
            yield self.broken(f"{row['id']} leaves, and nobody asked for it")
            return
        sent = leaving.commande
        expected = (asked.number, asked.amount, {Way.WALLET: 1, Way.MOBILE_THROUGH_WALLET: 0}.get(asked.way))
        path = _PATHS[asked.way is Way.MOBILE_DIRECTLY]
        actual = (sent.get("customer"), sent.get("amount"), sent.get("top_up_wallet"))
        if expected != actual or leaving.path != path:
            yield self.broken(f"{row['id']} leaves as {actual} to {leaving.path}, asked for as {expected}")


class CommittedFirst(Law):
    """`transaction_id` and lease are committed before the request leaves; while it leaves the lease runs."""

    name, number = "committed before it leaves", 2

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        rows = list(self.rows(_ATTEMPT + "WHERE transaction_id = ?", leaving.transaction_id))
        if not rows:
            yield self.broken(f"{leaving.transaction_id} leaves, and the ledger does not know it")
        for row in rows:
            if row["state"] != State.SENDING or row["attempt"] != row["number"]:
                yield self.broken(f"{row['id']} leaves while it is {row['state']}")
            elif row["lease_until"] is None or int(row["lease_until"]) <= leaving.at:
                yield self.broken(
                    f"{row['id']} leaves at {self.at(leaving.at)}, its lease ran until {row['lease_until']}"
                )
            secret = leaving.callback_url.rsplit("/", 1)[1]
            if row["secret_hash"] != hash_of_secret(secret):
                yield self.broken(f"{row['id']} leaves with a callback path that the ledger does not know")


class OwnPath(Law):
    """Every attempt has a callback path of its own."""

    name, number = "a callback path for each attempt", 2

    def at_end(self) -> Iterator[Violation]:
        paths: dict[str, str] = {}
        for leaving in self.world.provider.leaving:
            secret = leaving.callback_url.rsplit("/", 1)[1]
            if paths.setdefault(secret, leaving.transaction_id) != leaving.transaction_id:
                yield self.broken(f"{leaving.callback_url} was given to two attempts")


class AnswerKept(Law):
    """An answer that reached the bot is kept with its attempt, whenever it came; a token is never dropped."""

    name, number = "answers are kept", 2

    def at_end(self) -> Iterator[Violation]:
        for leaving in self.world.provider.leaving:
            if leaving.token is None or leaving.process.is_dead:
                continue
            for row in self.rows("SELECT * FROM attempts WHERE transaction_id = ?", leaving.transaction_id):
                if row["token"] != leaving.token or row["answer_kind"] != "accepted":
                    yield self.broken(
                        f"{row['payout']}: its token was answered, and the ledger has {row['answer_kind']}"
                    )


class OnEvidence(Law):
    """`completed`, `failed` and `refused` only on LigdiCash's own word about this very attempt."""

    name, number = "final on evidence only", 3

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        for event in change.events:
            if event.kind in {"completed", "failed", "refused"} and event.payout is not None:
                for row in self.rows(
                    _ATTEMPT + "WHERE attempts.payout = ? AND attempts.number = ?",
                    event.payout,
                    event.attempt or 0,
                ):
                    yield from self._judge(event, row)

    def _judge(self, event: EventRow, row: dict[str, str | int | None]) -> Iterator[Violation]:
        bank = self.world.provider.bank
        tally = bank.tally(str(row["transaction_id"]))
        numbers = {payout.number for payout in tally.payouts}
        if event.kind == "refused":
            refusals = [create.outcome for create in tally.creates if create.outcome.startswith("Code")]
            if numbers or not refusals:
                yield self.broken(f"{event.payout} is refused; the bank accepted {len(numbers)}, refused {refusals}")
            return
        words = {asked.said for asked in bank.asked if asked.number in numbers}
        wanted = {"completed"} if event.kind == "completed" else _FAILED
        if not words & wanted:
            yield self.broken(f"{event.payout} is {event.kind}; LigdiCash only ever said {sorted(words)}")


class NeverWrong(Law):
    """At the end ledger and bank agree, or the ledger honestly doubts, or it says the contradiction."""

    name, number = "the end is true", 3

    def at_end(self) -> Iterator[Violation]:
        for row in self.rows(_ATTEMPT):
            for there in self.world.provider.bank.tally(str(row["transaction_id"])).payouts:
                yield from self._compare(row, there)

    def _compare(self, row: dict[str, str | int | None], there: Payout) -> Iterator[Violation]:
        which, outcome = f"{row['id']}, attempt {row['number']}", row["outcome"]
        answers = row["token"] is not None and not str(row["digits"]).endswith(_TOKEN_SAYS_NOTHING)
        known = answers or self._was_told(there)
        if outcome == "never_sent" and there.paid:
            yield self.broken(f"{which} was never sent, and the bank paid it")
        elif outcome in _UNPAID and there.word == "completed" and row["contradicted"] is None:
            # After LigdiCash's own final word only a callback leads to another one.
            if self._was_told(there) or (outcome == "found_unpaid" and known):
                yield self.broken(f"{which} is {outcome}, and the bank paid it")
        elif outcome == "completed" and not there.paid:
            yield self.broken(f"{which} is completed, and the bank paid nothing")
        elif outcome == "found_paid" and there.word in _FAILED and known and row["contradicted"] is None:
            yield self.broken(f"{which} was found paid, and the bank says {there.word}")
        elif row["state"] == "unconfirmed" and outcome == "open" and there.word in _FINAL and self._was_told(there):
            yield self.broken(f"{which} is unconfirmed, though a callback led to its {there.word}")

    def _was_told(self, there: Payout) -> bool:
        """Whether a whole callback with a token of this payout and its last word came since that is the last."""
        provider = self.world.provider
        return any(
            (post.payout.number, post.turn) == (there.number, provider.turns[there.number]) and _says(post.body, there)
            for post in provider.heard
        )


class TokenBringsEnd(Law):
    """What was initiated ends as LigdiCash says, once LigdiCash says it."""

    name, number = "initiated comes to its end", 6

    def at_end(self) -> Iterator[Violation]:
        for row in self.rows(_ATTEMPT + "WHERE attempts.token IS NOT NULL AND attempts.number = payouts.attempt"):
            for there in self.world.provider.bank.tally(str(row["transaction_id"])).payouts:
                if there.word in _FINAL and row["state"] in {"initiated", "unconfirmed"}:
                    yield self.broken(f"{row['id']} is {row['state']}, and its token would say {there.word}")


class FreshApproval(Law):
    """No approval older than an hour sends anything."""

    name, number = "no stale approval", 7

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        for row in self.rows("SELECT * FROM attempts WHERE transaction_id = ?", leaving.transaction_id):
            approved = int(row["approved_at"] or 0)
            if leaving.at - approved > HOUR:
                yield self.broken(f"{row['payout']} leaves at {self.at(leaving.at)}, approved at {self.at(approved)}")


class NothingLeavesPaused(Law):
    """Nothing leaves while sending is paused, or while its endpoint is held."""

    name, number = "nothing leaves while paused", 7

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        for row in self.rows(_ATTEMPT + "WHERE transaction_id = ?", leaving.transaction_id):
            endpoint = "merchant" if row["way"] == Way.MOBILE_DIRECTLY else "customer"
            for brake in self.rows("SELECT * FROM brakes WHERE hold IN ('all', ?)", endpoint):
                yield self.broken(
                    f"{row['id']} leaves at {self.at(leaving.at)}, held since {brake['since']}: {brake['reason']}"
                )


class FourEyes(Law):
    """Only an approver decides, never one who asked; what became of a payout takes two of them to say."""

    name, number = "decided by other people", 1

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        for event in change.events:
            if event.kind in {"approved", "rejected", "marked_paid", "marked_unpaid"} and event.payout is not None:
                for row in self.rows(
                    _ATTEMPT + "WHERE attempts.payout = ? AND attempts.number = ?",
                    event.payout,
                    event.attempt or 0,
                ):
                    yield from self._judge(event, row)

    def _judge(self, event: EventRow, row: dict[str, str | int | None]) -> Iterator[Violation]:
        people = [event.actor, event.data["proposed_by"]] if event.kind.startswith("marked") else [event.actor]
        asked = {row["requester"], row["asked_by"]}
        if len(set(people)) < len(people) or any(person not in APPROVERS or person in asked for person in people):
            yield self.broken(f"{event.payout}, asked for by {asked}, is {event.kind} by {people}")
        if event.kind == "marked_unpaid" and event.at - int(row["sent_at"] or 0) < HOUR:
            yield self.broken(f"{event.payout} was sent at {row['sent_at']}, and found unpaid at {event.at}")


class ContradictionStops(Law):
    """After LigdiCash contradicted what is recorded, no following attempt or payout leaves."""

    name, number = "a contradiction stops what follows", 3

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        for row in self.rows("SELECT * FROM attempts WHERE transaction_id = ?", leaving.transaction_id):
            query = "SELECT * FROM attempts WHERE payout = ? AND number < ? AND contradicted IS NOT NULL"
            for earlier in self.rows(query, str(row["payout"]), int(row["number"] or 0)):
                yield self.broken(f"{row['payout']} leaves, and attempt {earlier['number']} is contradicted")
            followed = "SELECT payouts.id FROM payouts JOIN payouts AS mine ON payouts.id = mine.follows "
            for other in self.rows(
                followed + "WHERE mine.id = ? AND payouts.contradiction IS NOT NULL", str(row["payout"])
            ):
                yield self.broken(f"{row['payout']} leaves, and {other['id']}, which it follows, is contradicted")


class Sums(Law):
    """What was paid is what the ledger completed, plus what it does not know or calls a contradiction."""

    name, number = "the sums agree", 1

    def at_end(self) -> Iterator[Violation]:
        bank = self.world.provider.bank
        sums = {"completed": 0, "open": 0, "contradicted or found": 0}
        for row in self.rows(_ATTEMPT):
            paid = sum(there.amount for there in bank.tally(str(row["transaction_id"])).payouts if there.paid)
            sums[_CLASSES.get(str(row["outcome"]), "contradicted or found")] += paid
            if row["outcome"] == "completed" and paid != row["amount"]:
                yield self.broken(f"{row['id']} is completed with {row['amount']} XOF, and {paid} were paid")
        if sum(sums.values()) != bank.paid_total.amount:
            yield self.broken(f"{bank.paid_total.amount} XOF were paid, and the ledger knows of {sums}")


_CLASSES = {"completed": "completed", "open": "open"}


def _says(body: str, there: Payout) -> bool:
    try:
        fields = json.loads(body)
    except ValueError:
        fields = dict(parse_qsl(body))
    return isinstance(fields, dict) and fields.get("token") in there.tokens and fields.get("status") == there.word


MONEY: tuple[type[Law], ...] = (
    PaidOnce,
    MayLeave,
    CommittedFirst,
    OwnPath,
    AnswerKept,
    OnEvidence,
    NeverWrong,
    TokenBringsEnd,
    FreshApproval,
    NothingLeavesPaused,
    ContradictionStops,
    FourEyes,
    Sums,
)
