"""The laws about what is remembered and told: replays, events, deliveries, and what Slack ends up showing."""

# ruff: noqa: D102 - a law's own sentence says what its methods look for

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bot.clock import MINUTE
from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.reading import words_of
from bot.speech.blocks import Button
from bot.speech.blocks import Message as Drawn
from bot.speech.cards import Moment, card
from bot.speech.notices import PLACES
from storage import chain, queries
from storage.payout import EventKind, Place, Record, State
from tests.laws.faults import Fault
from tests.laws.laws import Law, Violation
from tests.laws.slackside import AUDIT, BEING_ASKED

if TYPE_CHECKING:
    from tests.laws.people import Asked
    from tests.laws.processes import Change, EventRow, Life

_EVERYTHING = (
    "payouts",
    "attempts",
    "approvals",
    "beneficiaries",
    "events",
    "inbox",
    "callbacks",
    "deliveries",
)

# Errors of Slack's that are no last word.
_PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "ratelimited"})

# When the worker looks next at what is still pending, and how often it did: that goes on, replays or not.
_LOOKING = frozenset({"due_at", "ask_at", "polls", "asked_at", "silent_since"})

_PAID = frozenset({"completed", "found_paid"})
_UNPAID = frozenset({"failed", "failed_by_callback", "found_unpaid", "refused", "never_sent"})

# Which event says that a payout came into a state.
_SAYS = {
    "requested": {"requested", "asked_again"},
    "approved": {"approved", "not_sent"},
    "sending": {"sending"},
    "initiated": {"initiated"},
    "unconfirmed": {"unconfirmed", "restored"},
    "refused": {"refused"},
    "completed": {"completed", "marked_paid"},
    "failed": {"failed", "marked_unpaid"},
    "rejected": {"rejected"},
    "expired": {"expired"},
    "cancelled": {"cancelled"},
}


class ReplaysChangeNothing(Law):
    """Every payload of Slack's and every callback, said again in another order, changes nothing."""

    name, number = "replays change nothing", 4

    def __init__(self, world: Any) -> None:  # noqa: ANN401 - as its base says
        super().__init__(world)
        self._before: dict[str, list[tuple[object, ...]]] = {}
        self._shown: dict[str, list[str]] = {}
        self._spoken = 0
        self._is_behind = False

    def before_replays(self) -> None:
        """Keep everything as it stands."""
        self._spoken = self._by_itself()
        self._is_behind = any(self._taken_back())
        self._before = self._ledger()
        self._shown = self._slack()

    def at_end(self) -> Iterator[Violation]:
        # What LigdiCash took back without a word is learnt when a callback, be it an old one, makes the bot ask.
        if self._spoken != self._by_itself() or self._is_behind:
            return
        after = self._ledger()
        for table, rows in self._before.items():
            if rows != after[table]:
                new = [row for row in after[table] if row not in rows]
                yield self.broken(f"{table}: {len(rows)} rows before, {len(after[table])} after; new: {new[:3]}")
        shown = self._slack()
        if shown != self._shown:
            new_ts = [ts for ts, lines in shown.items() if self._shown.get(ts) != lines]
            yield self.broken(f"Slack shows something new: {[shown[ts] for ts in new_ts][:3]}")

    def _ledger(self) -> dict[str, list[tuple[object, ...]]]:
        found: dict[str, list[tuple[object, ...]]] = {}
        for table in _EVERYTHING:
            rows = self.rows(f"SELECT * FROM {table}")  # noqa: S608 - the names above
            found[table] = [tuple(value for name, value in row.items() if name not in _LOOKING) for row in rows]
        return found

    def _taken_back(self) -> Iterator[bool]:
        """Of each attempt that is over: whether the bank says otherwise by now, and the ledger does not know it."""
        for row in self.rows("SELECT transaction_id, outcome FROM attempts WHERE contradicted IS NULL"):
            words = {there.word for there in self.world.provider.bank.tally(str(row["transaction_id"])).payouts}
            yield row["outcome"] in _UNPAID and "completed" in words
            yield row["outcome"] in _PAID and bool(words - {"completed"})

    def _by_itself(self) -> int:
        """How often the bot spoke by itself: of what is open, of a silent status call, of an answer about another."""
        kinds = "('pointed_out', 'status_silent', 'status_back', 'evidence_mismatch')"
        return len(list(self.rows(f"SELECT id FROM events WHERE kind IN {kinds}")))  # noqa: S608 - the kinds above

    def _slack(self) -> dict[str, list[str]]:
        return {ts: [message.text, *message.seen] for ts, message in self.world.slackside.messages_of_bot().items()}


class OneSubmissionOnePayout(Law):
    """However often a form or click arrives, it is one; what was acknowledged is stored."""

    name, number = "acknowledged is stored, once", 4

    def at_end(self) -> Iterator[Violation]:
        for reason, asked in self.world.crowd.asked.items():
            rows = list(self.rows("SELECT id FROM payouts WHERE reason = ?", reason))
            if len(rows) > 1 or (asked.taken and not rows and not self._is_one_too_many(asked)):
                yield self.broken(f"{reason}: taken {asked.taken}, and became {[row['id'] for row in rows]}")
        if Fault.LEDGER_LOCKED not in self.world.fate.storms:
            yield from self._clicks()

    def _is_one_too_many(self, asked: Asked) -> bool:
        """Whether that person was told so, once it was to be filed: several forms were right, each by itself.

        Too many of that person's wait, or somebody else asked for the same instead of the same earlier payout.
        """
        told = (event for event in self.world.events() if event.actor == asked.requester)
        return any("too_many_open" == event.data.get("why") or "followed" == event.data.get("answer") for event in told)

    def _clicks(self) -> Iterator[Violation]:
        stored = {(row["person"], row["occasion"]) for row in self.rows("SELECT person, occasion FROM inbox")}
        for delivered in self.world.slackside.slack.deliveries:
            payload = delivered.delivery.payload
            if delivered.error or payload.get("type") != "block_actions":
                continue
            if payload["actions"][0]["action_id"] == Button.CORRECT:
                # It opens a form, and that is all.
                continue
            occasion = (payload["user"]["id"], payload["actions"][0]["action_ts"])
            if occasion not in stored:
                yield self.broken(f"a click of {occasion} was acknowledged, and is not in the inbox")


class OneEventAChange(Law):
    """Each change of a state has exactly one event, in the same transaction; no event lacks its change."""

    name, number = "one event a change", 5

    def at_commit(self, life: Life, change: Change) -> Iterator[Violation]:
        kinds: dict[str, list[str]] = {}
        for event in change.events:
            if event.payout is not None:
                kinds.setdefault(event.payout, []).append(event.kind)
        for payout, (before, after) in change.states.items():
            said = kinds.get(payout, [])
            fitting = [kind for kind in said if kind in _SAYS[after.split()[0]]]
            if len(fitting) != 1:
                yield self.broken(f"{life.name}: {payout} goes from {before} to {after}, with the events {said}")
        for event in change.events:
            yield from self._has_change(event, change)

    def _has_change(self, event: EventRow, change: Change) -> Iterator[Violation]:
        """An event that says a state comes with that state."""
        if event.kind == "approved" and int(str(event.data["given"])) < int(str(event.data["needed"])):
            # The first of two.
            return
        states = [state for state, kinds in _SAYS.items() if event.kind in kinds]
        if states and event.payout is not None:
            after = change.states.get(event.payout, (None, ""))[1].split()
            if not after or after[0] not in states:
                yield self.broken(f"{event.payout}: the event {event.kind} came without its change")


class ToldEverywhere(Law):
    """Every event reaches each place that it is meant for, or is given up on Slack's last word, and told."""

    name, number = "told everywhere", 5

    def at_end(self) -> Iterator[Violation]:
        messages = {message.ts: message for message in self.world.slackside.slack.all_messages()}
        said = {str(call.answer.get("error")) for call in self.world.slackside.slack.calls if not call.ok} - _PASSING
        for event in self.world.events():
            places = [place for place in PLACES[EventKind(event.kind)] if place not in {Place.PRIVATE, Place.DIRECT}]
            rows = list(self.rows("SELECT * FROM deliveries WHERE event = ?", event.id))
            missing = set(places) - {str(row["place"]) for row in rows}
            if missing:
                yield self.broken(f"event {event.id} {event.kind} is not told in {missing}")
            for row in rows:
                yield from self._arrived(event, row, messages, said)

    def _arrived(
        self, event: EventRow, row: dict[str, str | int | None], messages: dict[str, Message], said: set[str]
    ) -> Iterator[Violation]:
        where = f"event {event.id} {event.kind} for {row['place']}"
        if row["state"] == "sent":
            message = messages.get(str(row["message_ts"]))
            if message is None:
                yield self.broken(f"{where} is noted as sent, and Slack shows nothing")
            elif row["place"] == Place.AUDIT and (message.channel != AUDIT or _about(event) not in message.words):
                yield self.broken(f"{where} is noted as sent, and Slack shows {message.words[:80]!r}")
        elif row["state"] != "undeliverable":
            yield self.broken(f"{where} is still {row['state']}, after {row['tries']} tries: {row['error']}")
        elif row["error"] != "no card" and row["error"] not in said:
            yield self.broken(f"{where} was given up for {row['error']!r}, which is not Slack's last word")
        elif row["place"] != Place.AUDIT and not self._failure_is_told(row):
            yield self.broken(f"{where} was given up, and nobody was told")

    def _failure_is_told(self, row: dict[str, str | int | None]) -> bool:
        told = self.rows("SELECT data FROM events WHERE kind = 'delivery_failed' AND payout IS ?", row["payout"] or "")
        return any(json.loads(str(each["data"]))["place"] == row["place"] for each in told) or row["payout"] is None


class ToldOnce(Law):
    """A message stands twice only if its answer was lost, or its process died or stood still."""

    name, number = "told once", 5

    def _told_again(self) -> int:
        (row,) = self.rows(
            """
            SELECT (SELECT coalesce(sum(times - 1), 0) FROM refusals)
                 + (SELECT coalesce(sum(json_extract(data, '$.times_before')), 0) FROM events) AS again
            """
        )
        return int(str(row["again"]))

    def at_end(self) -> Iterable[Violation]:
        noted = {str(row["message_ts"]) for row in self.rows("SELECT DISTINCT message_ts FROM deliveries")}
        # Who is refused the same again within a minute is told again, by the delivery that told it first.
        again = self._told_again()
        for posting in self.world.slackside.postings.values():
            if posting.ts in noted or not posting.heard or posting.process.is_dead:
                continue
            # Before it, too: whoever stands still while it tells loses its claim, and tells it all the same.
            if posting.process.stood_still(posting.at - MINUTE, within=2 * MINUTE):
                continue
            if posting.process.refused_writes != posting.refused_writes:
                continue
            if again and (posting.method == "chat.postEphemeral" or posting.channel.startswith("U")):
                # Who cannot be whispered to in the channel gets it directly.
                again -= 1
            else:
                yield self.broken(f"message {posting.ts} of {posting.process.name} is noted nowhere: it was told twice")


class SlackTellsTheTruth(Law):
    """The card, the question below it and each proposal end up saying what the ledger says."""

    name, number = "the card tells the truth", 6

    def at_end(self) -> Iterator[Violation]:
        moment = Moment(self.world.clock.now(), self.world.settings.timezone)
        messages = self.world.slackside.messages_of_bot()
        for row in self.rows("SELECT id FROM payouts"):
            record = queries.record(self.world.eye, str(row["id"]), self.world.clock.now())
            assert record is not None
            yield from self._compare(
                record, Place.CARD, messages.get(record.payout.card_ts or ""), card(record, moment)
            )
            asked = messages.get(record.payout.question_ts or "")
            if self._given_up(record, Place.QUESTION):
                continue
            # Edited once, when it loses its buttons: what it says then is not said again at each change.
            if asked is not None and bool(asked.buttons) is not (record.payout.state is State.REQUESTED):
                yield self.broken(f"{record.payout.id} is {record.payout.state}, and its buttons are {asked.buttons}")

        yield from self._proposals(messages)

    def _proposals(self, messages: dict[str, Message]) -> Iterator[Violation]:
        """Just those can be confirmed that wait for it."""
        for row in self.rows(
            """
            SELECT events.id AS id, events.payout AS payout, told.message_ts AS message_ts,
                   EXISTS (SELECT 1 FROM proposals WHERE proposals.event = events.id) AS waits
            FROM events JOIN deliveries AS told ON told.event = events.id AND told.place = 'thread'
            WHERE events.kind = 'proposed' AND told.state = 'sent' AND NOT EXISTS (
                SELECT 1 FROM deliveries AS edit
                WHERE edit.payout = events.payout AND edit.place = 'proposal' AND edit.state = 'undeliverable'
            )
            """
        ):
            shown = messages.get(str(row["message_ts"]))
            if shown is not None and bool(shown.buttons) is not bool(row["waits"]):
                yield self.broken(f"{row['payout']}: proposal {row['id']} says {shown.words!r}, waits: {row['waits']}")

    def _compare(self, record: Record, place: Place, shown: Message | None, drawn: Drawn) -> Iterator[Violation]:
        if self._given_up(record, place):
            return
        if shown is None:
            yield self.broken(f"{record.payout.id} has no {place}")
            return
        blocks: Any = list(drawn.blocks)
        expected = [drawn.text, *words_of(blocks), *_buttons(blocks)]
        actual = [shown.raw, *words_of(shown.blocks), *_buttons(shown.blocks)]
        if _without_time(expected) != _without_time(actual):
            yield self.broken(f"the {place} of {record.payout.id} says {actual}, and should say {expected}")

    def _given_up(self, record: Record, place: Place) -> bool:
        given_up = self.rows(
            "SELECT 1 FROM deliveries WHERE payout = ? AND place = ? AND state = 'undeliverable'",
            record.payout.id,
            place,
        )
        return bool(list(given_up))


def _about(event: EventRow) -> str:
    """What the audit channel's line must at least say."""
    return event.payout if event.payout and event.kind != "request_refused" else ""


def _buttons(blocks: Any) -> list[str]:  # noqa: ANN401 - Block Kit's JSON
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [str(element["action_id"]) for row in rows for element in row]


def _without_time(lines: list[str]) -> list[str]:
    """A card is not drawn anew when the time for Resolve comes, but when that is pointed out."""
    return [line for line in lines if line.lower() not in {"resolve", "[resolve]"}]


class NothingIsLost(Law):
    """Whatever came in is decided, and no payout is left on its way."""

    name, number = "nothing is lost", 6

    def at_end(self) -> Iterator[Violation]:
        for line in self.world.unsettled():
            if not line.endswith(BEING_ASKED):
                yield self.broken(line)


class ChainHolds(Law):
    """Every event carries the hash of the one before."""

    name, number = "the chain verifies", 5

    def at_end(self) -> Iterator[Violation]:
        previous = chain.FIRST
        for row in self.rows("SELECT * FROM events ORDER BY id"):
            line = {key: row[key] for key in ("id", "at", "kind", "payout", "attempt", "actor")}
            expected = chain.link(previous, line | {"data": json.loads(str(row["data"]))})
            if expected != row["hash"]:
                yield self.broken(f"event {row['id']} does not follow from the one before")
            previous = str(row["hash"])


TELLING: tuple[type[Law], ...] = (
    ReplaysChangeNothing,
    OneSubmissionOnePayout,
    OneEventAChange,
    ToldEverywhere,
    ToldOnce,
    SlackTellsTheTruth,
    NothingIsLost,
    ChainHolds,
)
