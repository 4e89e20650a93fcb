"""No statement walks through a table that grows: each finds its rows by an index."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, cast

import pytest

from storage import queries
from storage.moves import Transaction
from storage.payout import (
    Address,
    AnswerKind,
    Endpoint,
    EventKind,
    Finding,
    Hold,
    Outcome,
    Place,
    Proposal,
    RepeatedRefusal,
    Sort,
    State,
)
from tests.storage.book import REQUEST, Book
from tests.storage.recorder import Recorder

PERSON = "U0CLARISSE"
# Walking through these is no harm: an index of what is still to be done and nothing else, a handful of rows however
# old the ledger is, or no table at all.
HARMLESS = (
    "SCAN deliveries USING COVERING INDEX deliveries_open",
    "SCAN deliveries USING INDEX deliveries_open",
    "SCAN payouts USING INDEX payouts_uncertain",
    "SCAN brakes",
    "SCAN copies",
    "SCAN silences",
    "SCAN CONSTANT ROW",
    "SCAN family",
    "SCAN json_each",
)
# Ends at its first row.
NEWEST = ("ORDER BY id DESC LIMIT 1", "max(id), 0) + 1 AS id FROM events")


def verbs_of(place: type | ModuleType) -> list[str]:
    """The public functions of a class, with what it inherits of ours, or of a module."""
    return [
        name
        for name, found in inspect.getmembers(place, inspect.isfunction)
        if not name.startswith("_") and found.__module__.startswith(("storage.queries", "storage.moves"))
    ]


@pytest.fixture
def samples(book: Book) -> dict[tuple[str, str], Any]:
    """A value for every parameter of every verb, by its name and type."""
    payout = book.file()
    address = Address(Place.CARD, payout.channel)
    book.write(
        lambda tx: tx.append(
            EventKind.REQUESTED, payout=payout.id, attempt=1, actor=PERSON, data={}, addresses=[address]
        )
    )
    book.write(lambda tx: tx.store_callback(payout.id, 1, content_type="", body="{}", token="token", status="pending"))
    book.write(lambda tx: tx.note_refusal(PERSON, EventKind.DECISION_REFUSED, payout.id, "not yours", 1))
    (waiting,) = queries.waiting(book.connection, payout.channel, 10)
    deliveries = queries.deliveries(book.connection, [waiting.id])
    return {
        ("payout", "str"): payout.id,
        ("payout", "str | None"): payout.id,
        ("payouts", "Sequence[str]"): [payout.id],
        ("payout", "Payout"): payout,
        ("request", "Request"): REQUEST,
        ("number", "int"): 1,
        ("number", "str"): REQUEST.number,
        ("attempt", "int"): 1,
        ("attempt", "int | None"): 1,
        ("needed", "int"): 2,
        ("reminders", "int"): 1,
        ("beneficiary", "int"): payout.beneficiary,
        ("order_reference", "str | None"): REQUEST.order_reference,
        ("besides", "str"): payout.id,
        ("follows", "str | None"): payout.id,
        ("secret_hash", "str"): "hash",
        ("host", "str"): "ligdicash.example",
        ("digest", "str"): "digest",
        ("stands_for", "str"): "digest",
        ("now", "int"): book.clock.now(),
        ("since", "int"): 1,
        ("limit", "int"): 10,
        ("sent_until", "int"): 1,
        ("silent_until", "int"): 1,
        ("channel", "str"): payout.channel,
        ("kind", "EventKind"): EventKind.DECISION_REFUSED,
        ("kind", "AnswerKind"): AnswerKind.ACCEPTED,
        ("actor", "str | None"): PERSON,
        ("requester", "str"): payout.requester,
        ("data", "Data"): {},
        ("addresses", "Iterable[Address]"): [address],
        ("to", "State"): State.APPROVED,
        ("state", "State"): State.REQUESTED,
        ("due_at", "int | None"): 1,
        ("due_at", "int"): 1,
        ("at", "int | None"): 1,
        ("at", "int"): 1,
        ("person", "str"): PERSON,
        ("person", "str | None"): PERSON,
        ("people", "str"): f"{PERSON},U0DAOUDA",
        ("reason", "str | None"): "no",
        ("reason", "str"): "no",
        ("why", "str"): "not yours",
        ("why", "str | None"): "HTTP 500",
        ("until", "int"): 2,
        ("until", "int | None"): book.clock.now(),
        ("claimed_until", "int"): 2,
        ("word", "str"): "pending",
        ("silent", "bool"): True,
        ("event", "int"): 1,
        ("owner", "str"): "owner",
        ("lease", "int"): 60_000,
        ("secret", "str"): "secret",
        ("code", "str | None"): "02",
        ("note", "str | None"): "note",
        ("raw", "str"): "{}",
        ("token", "str"): "token",
        ("token", "str | None"): "token",
        ("status", "str | None"): "completed",
        ("outcome", "Outcome"): Outcome.REFUSED,
        ("hold", "Hold"): Hold.ALL,
        ("endpoint", "Hold"): Hold(Endpoint.CUSTOMER),
        ("proposal", "Proposal"): Proposal(1, PERSON, Finding.PAID, "seen", book.clock.now()),
        ("sort", "Sort"): Sort.APPROVE,
        ("occasion", "str"): "1.2",
        ("payload", "str | None"): "{}",
        ("says", "str | None"): "{}",
        ("item", "int"): 1,
        ("content_type", "str"): "application/json",
        ("body", "str"): "{ }",
        ("callback", "int"): 1,
        ("told", "Delivery"): deliveries[0],
        ("deliveries", "Sequence[Delivery]"): deliveries,
        ("chosen", "Sequence[int]"): [waiting.id],
        ("message_ts", "str | None"): "1.2",
        ("message_ts", "str"): "1.2",
        ("error", "str"): "is_archived",
        ("refusal", "RepeatedRefusal"): RepeatedRefusal(1, EventKind.DECISION_REFUSED, PERSON, payout.id, 1, {}, 1),
    }


def arguments_for(verb: Callable[..., Any], samples: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """The sample for each parameter; a verb with a new one needs a new sample above."""
    given = [
        parameter
        for parameter in inspect.signature(verb).parameters.values()
        if parameter.name not in {"self", "connection"}
    ]
    return {one.name: samples[one.name, str(one.annotation)] for one in given}


def looked_at(book: Book, samples: dict[tuple[str, str], Any], name: str) -> Recorder:
    """What one query asks the ledger."""
    recorder = Recorder(book.connection)
    verb = getattr(queries, name)
    verb(cast("sqlite3.Connection", recorder), **arguments_for(verb, samples))
    assert recorder.seen
    return recorder


def plan_of(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[str]:
    """How SQLite means to carry a statement out, a line a step."""
    return [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def walks(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> list[str]:
    """The steps that go through a whole table or index; a search that names no index is such a walk too."""
    steps = plan_of(connection, statement, values)
    return [
        step
        for step in steps
        if (step.startswith("SCAN ") or (step.startswith("SEARCH ") and " USING " not in step))
        and "(subquery" not in step
        and not step.startswith(HARMLESS)
        and not (step in {"SCAN events", "SEARCH events"} and any(one in statement for one in NEWEST))
    ]


@pytest.mark.parametrize("name", verbs_of(queries))
def test_every_query_finds_its_rows_by_an_index(book: Book, samples: dict[tuple[str, str], Any], name: str) -> None:
    """Looking never takes longer because more is remembered."""
    recorder = looked_at(book, samples, name)
    assert [] == [walk for seen in recorder.seen for walk in walks(book.connection, *seen)]


@pytest.mark.parametrize("name", verbs_of(Transaction))
def test_every_move_finds_its_rows_by_an_index(book: Book, samples: dict[tuple[str, str], Any], name: str) -> None:
    """Moving one payout never takes longer because there are others."""
    recorder = Recorder(book.connection)
    tx = Transaction(cast("sqlite3.Connection", recorder), book.clock.now(), book.ids)
    verb = getattr(tx, name)
    if name == "ask_again":
        samples["payout", "Payout"] = replace(samples["payout", "Payout"], state=State.REFUSED)
        book.connection.execute("UPDATE payouts SET state = 'refused'")
    book.connection.execute("BEGIN IMMEDIATE")
    verb(**arguments_for(verb, samples))
    book.connection.execute("ROLLBACK")
    assert recorder.seen
    assert [] == [walk for seen in recorder.seen for walk in walks(book.connection, *seen)]


@pytest.mark.parametrize(
    "name",
    ["due_payouts", "due_attempts", "due_inbox", "waiting", "latest_of", "undecided", "uncertain", "in_state"],
)
def test_what_is_asked_for_in_order_comes_without_sorting(
    book: Book, samples: dict[tuple[str, str], Any], name: str
) -> None:
    """However much waits, the first few are read as they stand in the index."""
    (seen,) = looked_at(book, samples, name).seen
    assert not any("TEMP B-TREE" in step for step in plan_of(book.connection, *seen))


@pytest.mark.parametrize("person", [None, PERSON])
def test_a_days_sum_reads_one_index_and_nothing_else(
    book: Book, samples: dict[tuple[str, str], Any], person: str | None
) -> None:
    """It stands in the way of every approval: it must not look up each payout of the day."""
    samples["person", "str | None"] = person
    (seen,) = looked_at(book, samples, "approved_since").seen
    (step,) = plan_of(book.connection, *seen)
    assert step.startswith("SEARCH attempts USING COVERING INDEX attempts_counted (approved_at>?)")


def test_a_beneficiarys_day_reads_one_index_and_nothing_else(book: Book, samples: dict[tuple[str, str], Any]) -> None:
    """The same for what one person was sent, however much that is: what counts of a day, and what is still open."""
    steps = [
        step
        for seen in looked_at(book, samples, "counted_of").seen
        for step in plan_of(book.connection, *seen)
        if "attempts" in step
    ]
    assert steps
    assert [] == [step for step in steps if "USING COVERING INDEX attempts_" not in step]


@pytest.mark.parametrize(
    ("walk", "statement"),
    [
        ("SCAN payouts", "SELECT id FROM payouts WHERE reason = ?"),
        ("SEARCH deliveries", "SELECT max(id) FROM deliveries WHERE payout = ?"),
        ("SCAN events", "SELECT id FROM events WHERE actor = ?"),
    ],
)
def test_the_test_would_see_a_walk(book: Book, walk: str, statement: str) -> None:
    """A statement without an index is found out."""
    assert [walk] == walks(book.connection, statement, ("X",))
