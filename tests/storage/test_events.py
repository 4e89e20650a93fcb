"""The history can only be added to, and each line holds on to the one before."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from storage import chain
from storage.ledger import Transaction
from storage.payout import Address, EventKind, Place
from tests.storage.book import Book


@pytest.fixture
def told(book: Book) -> Book:
    """A ledger with three events."""
    payout = book.file()
    for kind in (EventKind.REQUESTED, EventKind.APPROVED, EventKind.SENDING):
        book.clock.milliseconds += 1
        book.write(
            lambda tx, kind=kind: tx.append(  # type: ignore[misc]  # a default holds the loop's value
                kind,
                payout=payout.id,
                attempt=1,
                actor="U0CLARISSE",
                data={"reason": "é <&> \u202e", "amount": 5000, "order": None},
                addresses=[Address(Place.CARD, "C0SUPPORT"), Address(Place.AUDIT, "audit")],
            )
        )
    return book


def broken_links(book: Book) -> list[int]:
    """The events whose hash is not the one that what stands in the ledger gives."""
    broken, before = [], chain.FIRST
    for row in book.ledger.reader.execute("SELECT * FROM events ORDER BY id"):
        line = {key: row[key] for key in ("id", "at", "kind", "payout", "attempt", "actor")}
        if row["hash"] != chain.link(before, line | {"data": json.loads(row["data"])}):
            broken.append(row["id"])
        before = row["hash"]
    return broken


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor = 'U0MALLORY' WHERE id = 2",
        "UPDATE events SET hash = hash",
        "UPDATE OR REPLACE events SET id = 1 WHERE id = 2",
        "DELETE FROM events WHERE id = 3",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events (id, at, kind, data, hash) VALUES (2, 1, 'approved', '{}', '')",
        "REPLACE INTO events (id, at, kind, data, hash) VALUES (3, 1, 'approved', '{}', '')",
    ],
)
def test_nothing_that_was_written_is_changed_or_deleted(told: Book, statement: str) -> None:
    """The database refuses it, whoever asks."""
    before = told.rows("SELECT * FROM events")
    with closing(sqlite3.connect(told.path)) as anybody:
        with pytest.raises(sqlite3.IntegrityError, match="events are never"):
            anybody.execute(statement)
        anybody.commit()
    assert before == told.rows("SELECT * FROM events")


def test_every_link_holds(told: Book) -> None:
    """The hashes are those of the lines as they stand, each over the hash before it."""
    assert [] == broken_links(told)
    assert 3 == len({row[0] for row in told.rows("SELECT hash FROM events")})
    told.connection.execute("BEGIN")
    assert chain.last_hash(told.connection) == told.rows("SELECT hash FROM events WHERE id = 3")[0][0]
    told.connection.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", 1),
        ("kind", "rejected"),
        ("payout", "P-22222"),
        ("attempt", 2),
        ("actor", "U0MALLORY"),
        ("data", '{"amount": 50000}'),
        ("hash", "0" * 64),
    ],
)
def test_whatever_is_changed_breaks_a_link(told: Book, column: str, value: str | int) -> None:
    """Somebody who takes the triggers away and changes one field is found out."""
    told.connection.execute("DROP TRIGGER events_are_never_changed")
    told.connection.execute(f"UPDATE events SET {column} = ? WHERE id = 2", (value,))  # noqa: S608 - from above
    assert broken_links(told)


def test_a_missing_line_breaks_a_link(told: Book) -> None:
    """A line cannot be taken out of the middle."""
    told.connection.execute("PRAGMA foreign_keys = OFF")
    told.connection.execute("DROP TRIGGER events_are_never_deleted")
    told.connection.execute("DELETE FROM events WHERE id = 2")
    assert [3] == broken_links(told)


def test_ids_follow_each_other_without_a_gap(told: Book) -> None:
    """A move that was undone leaves no hole that looks like a deleted line."""

    def fails(tx: Transaction) -> None:
        tx.append(EventKind.COMPLETED, payout=None, attempt=None, actor=None, data={}, addresses=())
        raise LookupError

    with pytest.raises(LookupError):
        told.write(fails)
    told.write(lambda tx: tx.append(EventKind.COMPLETED, payout=None, attempt=None, actor=None, data={}, addresses=()))
    assert [(1,), (2,), (3,), (4,)] == told.rows("SELECT id FROM events ORDER BY id")
    assert [] == broken_links(told)


def test_an_event_and_what_must_be_told_of_it_are_one(told: Book) -> None:
    """Each event has one waiting delivery for each place, never two."""
    assert [(1, "audit"), (1, "card"), (2, "audit"), (2, "card"), (3, "audit"), (3, "card")] == told.rows(
        "SELECT event, place FROM deliveries WHERE state = 'waiting' ORDER BY event, place"
    )
    with pytest.raises(sqlite3.IntegrityError):
        told.connection.execute(
            "INSERT INTO deliveries (event, place, channel, payout, state)"
            " SELECT event, place, channel, payout, state FROM deliveries WHERE event = 1 AND place = 'card'"
        )


def test_what_is_about_no_payout_is_told_once_too(told: Book) -> None:
    """The same place for two payouts is two deliveries; without a payout it is one."""
    cards = [
        Address(Place.CARD, "C0SUPPORT", payout="P-22222"),
        Address(Place.CARD, "C0SUPPORT", payout="P-33333"),
    ]
    told.write(lambda tx: told_nothing(tx, cards))
    with pytest.raises(sqlite3.IntegrityError):
        told.write(lambda tx: told_nothing(tx, [Address(Place.AUDIT, "audit"), Address(Place.AUDIT, "audit")]))


def told_nothing(tx: Transaction, addresses: list[Address]) -> int:
    """An event about no payout."""
    return tx.append(EventKind.PAUSED, payout=None, attempt=None, actor=None, data={}, addresses=addresses)
