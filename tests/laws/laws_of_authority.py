"""The laws about who may, and how much: reckoned from what people really did and what LigdiCash really got."""

# ruff: noqa: D102 - a law's own sentence says what its methods look for

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from bot.clock import HOUR, MINUTE, SECOND
from tests.laws.books import End, Entry, Try, is_decided_by
from tests.laws.faults import Fault
from tests.laws.laws import Law, Violation
from tests.laws.slackside import SUPPORT

if TYPE_CHECKING:
    from bot.sandbox.slack.channels import Edit, Message
    from tests.laws.processes import Change, EventRow, Life, Taken
    from tests.laws.provider import Leaving

# The laws' own copy of what the documents promise.
MOST_OPEN = 20
CLICK_HOLDS = 5 * MINUTE
REMINDERS = (15 * MINUTE, HOUR, 4 * HOUR)
# What is drawn is posted within this time, or not at all.
_ON_THE_WAY = 20 * SECOND
_EARLIER_SHOWN = 5


class LimitsHold(Law):
    """No approval takes a day past a limit, by one franc; nothing above the largest amount is asked for or leaves."""

    name, number = "limits hold", 8

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        for event in change.events:
            one = self.world.books.of(event)
            if event.kind == "requested":
                yield from self._largest(event)
            elif event.kind == "approved" and one is not None and is_decided_by(event, change):
                yield from self._day(event, one)
            elif event.kind == "limit_refused" and one is not None:
                yield from self._refused(event, one)
            elif event.kind == "sending" and one is not None:
                yield from self._still_allowed(event, one)

    def _largest(self, event: EventRow) -> Iterator[Violation]:
        asked = self.world.crowd.asked.get(str(event.data["reason"]))
        # What was taken before the settings were tightened is still put to the approvers, who are told.
        most = self.world.first_rules.max_amount
        if asked is not None and asked.amount > most:
            yield self.broken(f"{event.payout} asks for {asked.amount} XOF, above {most}")

    def _sums(self, event: EventRow, one: Try) -> list[tuple[str, int | None, int]]:
        """Each limit with what counts against it, that amount included."""
        books, rules, amount = self.world.books, self.world.rules, one.entry.asked.amount
        return [
            ("team", rules.daily_limit, books.day_total(event.at) + amount),
            ("requester", rules.daily_limit_per_requester, books.day_total(event.at, one.asked_by) + amount),
        ]

    def _day(self, event: EventRow, one: Try) -> Iterator[Violation]:
        for whose, limit, total in self._sums(event, one):
            if limit is not None and total > limit:
                yield self.broken(f"with {event.payout} the {whose}'s day is at {total} XOF, the limit is {limit}")

    def _refused(self, event: EventRow, one: Try) -> Iterator[Violation]:
        """Nor is anybody refused for a limit that it would not pass."""
        if Fault.LEDGER_ALTERED in self.world.fate.storms:
            return
        for whose, limit, total in self._sums(event, one):
            if event.data["why"] == whose and (limit is None or total <= limit):
                yield self.broken(f"{event.payout} is refused for the {whose}'s limit of {limit}, and comes to {total}")

    def _still_allowed(self, event: EventRow, one: Try) -> Iterator[Violation]:
        """Nor does anything leave that the limits of its day do not allow any more."""
        books, rules = self.world.books, self.world.rules
        sums = [
            ("team", rules.daily_limit, books.day_total(event.at)),
            ("requester", rules.daily_limit_per_requester, books.day_total(event.at, one.asked_by)),
        ]
        for whose, limit, total in sums if rules.day(one.approved_at or 0) == rules.day(event.at) else ():
            if limit is not None and total > limit:
                yield self.broken(
                    f"{event.payout} leaves, and the {whose}'s day is at {total} XOF, the limit is {limit}"
                )

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        amount = leaving.commande.get("amount")
        if isinstance(amount, int) and amount > self.world.rules.max_amount:
            yield self.broken(f"{amount} XOF leave, and the largest amount is {self.world.rules.max_amount}")

    def at_end(self) -> Iterator[Violation]:
        """By LigdiCash's own books, unless it contradicted itself or what people found."""
        paid: dict[date, int] = {}
        for row in self.rows("SELECT payout, number, transaction_id FROM attempts"):
            entry = self.world.books.entries.get(str(row["payout"]))
            one = entry.tries[int(row["number"] or 0) - 1] if entry is not None else None
            if one is None or one.approved_at is None or not one.counts or one.is_contradicted:
                continue
            payouts = self.world.provider.bank.tally(str(row["transaction_id"])).payouts
            day = self.world.rules.day(one.approved_at)
            paid[day] = paid.get(day, 0) + sum(there.amount for there in payouts if there.paid)
        limit = self.world.first_rules.daily_limit
        for day, total in paid.items():
            if limit is not None and total > limit:
                yield self.broken(f"the bank paid {total} XOF of what was approved on {day}, the limit is {limit}")


class EnoughEyes(Law):
    """As many different people approved an attempt as were needed, none of whom asked for it."""

    name, number = "four eyes", 8

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        for event in change.events:
            one = self.world.books.of(event)
            if event.kind != "approved" or one is None:
                continue
            if event.actor in {one.asked_by, one.entry.asked.requester}:
                yield self.broken(f"{event.actor} approves {event.payout}, and asked for it")
            if is_decided_by(event, change):
                people = {*one.approvals, event.actor}
                if self.world.books.needs_two(one.entry, event.at) and len(people) < 2:
                    yield self.broken(f"{event.payout} is approved by {people} alone, and needs two")

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        one = attempt_of(self, leaving)
        if one is None:
            return
        others = set(one.approvals) - {one.asked_by, one.entry.asked.requester}
        # One that was put to approved by hand leaves only if two people approved it all the same.
        if len(others) < (1 if one.approved_at is not None and one.one_was_enough else 2):
            yield self.broken(f"{one.entry.payout} leaves, approved by {sorted(one.approvals)}")


class SplittingGainsNothing(Law):
    """What goes to one number on one approver's word alone stays below the threshold, however it is cut up."""

    name, number = "splitting gains nothing", 8

    def at_leaving(self, leaving: Leaving) -> Iterator[Violation]:
        above, one = self.world.rules.second_approval_above, attempt_of(self, leaving)
        if above is None or one is None or len(one.approvals) > 1:
            return
        beside = dict.fromkeys(one.beside, 0)
        for earlier in self.world.provider.leaving:
            other = attempt_of(self, earlier)
            if other in beside and earlier.commande["customer"] == leaving.commande["customer"]:
                beside[other] = int(str(earlier.commande["amount"]))
        total = int(str(leaving.commande["amount"])) + sum(beside.values())
        if total > above:
            yield self.broken(
                f"{total} XOF go to one number, the last {one.entry.payout}, by {list(one.approvals)} alone"
            )


class RepeatsAreKnown(Law):
    """Whoever asks for what may repeat an earlier payout said that they know; the approvers are shown it."""

    name, number = "repeats are known", 8

    def __init__(self, world: object) -> None:
        super().__init__(world)  # type: ignore[arg-type]  # as its base says
        self._earlier: dict[str, list[Entry]] = {}

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        for event in change.events:
            asked = self.world.crowd.asked.get(str(event.data.get("reason")))
            if event.kind != "requested" or asked is None:
                continue
            stood = self.world.books.repeated_by(asked, event.at, event.at)
            self._earlier[event.payout or ""] = stood
            for taken in change.taken:
                arrivals = self.world.slackside.arrivals.get((taken.person, taken.occasion), [])
                known = any(ticked for _, ticked in arrivals)
                since = arrivals[0][0] if arrivals else event.at
                repeated = self.world.books.repeated_by(asked, since, event.at)
                if repeated and not known:
                    yield self.broken(f"{event.payout} repeats {repeated[0].payout}, and nobody said that they know")

    def at_end(self) -> Iterator[Violation]:
        questions = {}
        for message in self.world.slackside.messages_of_bot().values():
            first = first_version(message)
            payout = _asks_about(first)
            if payout is not None:
                questions[payout] = str(first.blocks) + first.text
        for payout, earlier in self._earlier.items():
            # What had come to nothing is not shown, though LigdiCash may contradict it later.
            stood = [entry for entry in earlier if entry.tries[0].end is not End.NOTHING and len(entry.tries) == 1]
            if payout in questions and len(earlier) <= _EARLIER_SHOWN:
                for entry in stood:
                    if entry.payout not in questions[payout]:
                        yield self.broken(f"the question about {payout} does not show {entry.payout}")


class WhoDecidesMay(Law):
    """Whoever asks, decides, or is counted beside who decides, might do so at that moment; old clicks count nothing."""

    name, number = "who decides may", 8

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        for event in change.events:
            for taken in change.taken:
                if event.actor == taken.person:
                    yield from self._judge(event, taken, change)

    def _judge(self, event: EventRow, taken: Taken, change: Change) -> Iterator[Violation]:
        arrived = self.world.slackside.arrived(taken.person, taken.occasion)
        if arrived is None:
            yield self.broken(f"{event.kind} of {event.payout} by {taken.person}, who did nothing of that kind")
            return
        # A form is stored after it was looked at; what waits after that is decided on as it was filed.
        until = taken.received_at if event.kind == "requested" else event.at
        if not self._might(event, taken, (arrived, until)):
            stands = self.world.standing.between(taken.person, arrived, until)
            yield self.broken(f"{event.kind} of {event.payout} by {taken.person}, who was {stands}")
        if event.kind == "approved":
            if event.at - taken.received_at > CLICK_HOLDS:
                yield self.broken(
                    f"{event.payout} is approved by a click that waited since {self.at(taken.received_at)}"
                )
            yield from self._counted(event, change, (arrived, event.at))
        if event.kind.startswith("marked"):
            proposer = str(event.data["proposed_by"])
            if not self.world.standing.might_approve(proposer, arrived, event.at):
                yield self.broken(f"{event.payout}: {proposer} proposed it, and is no approver any more")

    def _might(self, event: EventRow, taken: Taken, during: tuple[int, int]) -> bool:
        standing, person = self.world.standing, taken.person
        if event.kind in _BY_APPROVERS:
            return standing.might_approve(person, *during)
        if event.kind in {"requested", "asked_again"}:
            return standing.might_request(person, *during)
        if event.kind != "cancelled":
            return True
        one = self.world.books.of(event)
        asked_by = set() if one is None else {one.asked_by, one.entry.asked.requester}
        return standing.was_member(person, *during) and (
            person in asked_by or (event.data.get("state") == "approved" and standing.might_approve(person, *during))
        )

    def _counted(self, event: EventRow, change: Change, during: tuple[int, int]) -> Iterator[Violation]:
        one = self.world.books.of(event)
        if one is None or not is_decided_by(event, change):
            return
        people = {*one.approvals, event.actor or ""}
        might = {person for person in people if self.world.standing.might_approve(person, *during)}
        if len(might) < 2 and self.world.books.needs_two(one.entry, event.at):
            yield self.broken(f"{event.payout} is approved by {people}, of whom only {might} still may")


_BY_APPROVERS = frozenset(
    {
        "approved", "rejected", "proposed", "marked_paid", "marked_unpaid", "paused", "resumed", "resume_proposed",
        "released",
    }
)  # fmt: skip


class RemindersAreQuiet(Law):
    """Approvers are paged again after 15 minutes, an hour, four; never in quiet hours, never after the decision."""

    name, number = "reminders are quiet", 8

    def __init__(self, world: object) -> None:
        super().__init__(world)  # type: ignore[arg-type]  # as its base says
        self._reminded: dict[Try, int] = {}

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        for event in change.events:
            one = self.world.books.of(event)
            if event.kind != "reminded" or one is None:
                continue
            times = self._reminded[one] = self._reminded.get(one, 0) + 1
            if self.world.rules.is_quiet(event.at):
                yield self.broken(f"{event.payout} is reminded of at {self.at(event.at)}, which is quiet")
            if times > len(REMINDERS) or event.at - one.asked_at < REMINDERS[times - 1]:
                yield self.broken(f"{event.payout} is reminded of for the {times}. time at {self.at(event.at)}")

    def at_end(self) -> Iterator[Violation]:
        for message in self.world.slackside.messages_of_bot().values():
            first = first_version(message)
            if message.channel == SUPPORT and first.text.startswith("⏰ <@"):
                yield from self._judge(first.text, int(float(message.ts) * 1000))

    def _judge(self, text: str, posted: int) -> Iterator[Violation]:
        """As it stands in Slack, which may have been down for hours since it was due."""
        drawn = posted - _ON_THE_WAY
        if self.world.rules.is_quiet(posted) and self.world.rules.is_quiet(drawn):
            yield self.broken(f"at {self.at(posted)}, which is quiet, Slack shows {text!r}")
        for entry in self.world.books.entries.values():
            waits = (one.decided_at is None or one.decided_at >= drawn for one in entry.tries if one.asked_at <= posted)
            if entry.payout in text and not any(waits):
                yield self.broken(f"at {self.at(posted)}, after the decision, Slack shows {text!r}")


class RequestsAreBounded(Law):
    """Nobody has more open than is allowed; what nobody decides runs out, and not before its time."""

    name, number = "requests are bounded", 8

    def at_commit(self, _life: Life, change: Change) -> Iterator[Violation]:
        books = self.world.books
        for event in change.events:
            if event.kind == "requested":
                asked = self.world.crowd.asked.get(str(event.data["reason"]))
                requester = asked.requester if asked is not None else ""
            elif event.kind == "asked_again" and event.payout in books.entries:
                requester = event.actor or ""
            else:
                yield from self._ran_out(event)
                continue
            # What was pushed on in the file itself waits for nobody any more.
            undecided = books.undecided_of(requester, self.world.altered) + 1
            if undecided > MOST_OPEN:
                yield self.broken(f"with {event.payout} {requester} has {undecided} open")

    def _ran_out(self, event: EventRow) -> Iterator[Violation]:
        one = self.world.books.of(event)
        if event.kind == "expired" and event.data.get("why") == "nobody decided" and one is not None:
            waited = event.at - one.asked_at
            if waited < self.world.rules.ttl_hours * HOUR:
                yield self.broken(f"{event.payout} ran out after {waited} ms")


def attempt_of(law: Law, leaving: Leaving) -> Try | None:
    """Which attempt leaves, by the `transaction_id` that LigdiCash gets."""
    for row in law.rows("SELECT payout, number FROM attempts WHERE transaction_id = ?", leaving.transaction_id):
        entry = law.world.books.entries.get(str(row["payout"]))
        return None if entry is None else entry.tries[int(row["number"] or 0) - 1]
    return None


def first_version(message: Message) -> Message | Edit:
    """A message as it was posted."""
    return message.edits[0] if message.edits else message


def _asks_about(version: Message | Edit) -> str | None:
    """The payout of a question at its first attempt."""
    for block in version.blocks:
        for element in block.get("elements", ()) if block["type"] == "actions" else ():
            payout, _, attempt = str(element.get("value", "")).partition(":")
            if element.get("action_id") == "approve" and attempt == "1":
                return payout
    return None


AUTHORITY: tuple[type[Law], ...] = (
    LimitsHold,
    EnoughEyes,
    SplittingGainsNothing,
    RepeatsAreKnown,
    WhoDecidesMay,
    RemindersAreQuiet,
    RequestsAreBounded,
)
