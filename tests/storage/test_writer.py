"""Waiting moves share a commit, and still each of them succeeds or fails alone."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.slackfailures import LOOK_UP_DEADLINE
from storage.connection import BUSY_MILLISECONDS, open_ledger
from storage.writer import BATCH, InlineWriter, ThreadWriter, carry_out


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one table."""
    path = tmp_path / "ledger.db"
    connection = open_ledger(path)
    connection.execute("CREATE TABLE notes (text TEXT UNIQUE)")
    connection.close()
    return path


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """The writer's connection."""
    opened = open_ledger(path)
    yield opened
    opened.close()


def notes(path: Path) -> list[str]:
    """What is committed, read from outside."""
    reader = sqlite3.connect(path)
    try:
        return [row[0] for row in reader.execute("SELECT text FROM notes ORDER BY rowid")]
    finally:
        reader.close()


def note(text: str) -> Callable[[sqlite3.Connection], str]:
    """A move that writes one line."""

    def move(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO notes VALUES (?)", (text,))
        return text

    return move


def note_and_fail(text: str) -> Callable[[sqlite3.Connection], str]:
    """A move that writes one line, then fails."""

    def move(connection: sqlite3.Connection) -> str:
        note(text)(connection)
        raise LookupError(text)

    return move


def roll_back(connection: sqlite3.Connection) -> None:
    """A move that ends the whole transaction, as a full disk does."""
    connection.execute("ROLLBACK")
    raise sqlite3.OperationalError("database or disk is full")


def test_a_failing_move_undoes_only_itself(path: Path, connection: sqlite3.Connection) -> None:
    """Those before and after it in the same batch are committed."""
    results = carry_out(connection, [note("a"), note_and_fail("b"), note("a"), note("c")])
    assert ["a", "c"] == [one for one in results if isinstance(one, str)]
    assert [LookupError, sqlite3.IntegrityError] == [type(one) for one in results if not isinstance(one, str)]
    assert ["a", "c"] == notes(path)
    assert not connection.in_transaction


def test_a_batch_that_cannot_be_written_leaves_nothing(path: Path, connection: sqlite3.Connection) -> None:
    """When the transaction itself is lost nobody is told that something was written."""
    with pytest.raises(sqlite3.OperationalError, match="full"):
        carry_out(connection, [note("a"), roll_back, note("b")])
    assert [] == notes(path)
    assert ["c"] == carry_out(connection, [note("c")])
    assert ["c"] == notes(path)


async def test_each_caller_hears_of_its_own_move(path: Path, connection: sqlite3.Connection) -> None:
    """Moves that waited behind a slow one are one batch; each caller gets its own result or error."""
    writer = ThreadWriter(connection)
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> str:
        begun.set()
        assert go_on.wait(5)
        return note("slow")(connection)

    first = asyncio.create_task(writer.run(slow))
    assert await asyncio.to_thread(begun.wait, 5)
    moves = [note("a"), note_and_fail("b"), note("c")]
    waiting = [asyncio.create_task(writer.run(move)) for move in moves]
    await asyncio.sleep(0)
    go_on.set()
    results = await asyncio.gather(first, *waiting, return_exceptions=True)
    await writer.close()
    assert ["slow", "a", "LookupError('b')", "c"] == [one if isinstance(one, str) else repr(one) for one in results]
    assert ["slow", "a", "c"] == notes(path)


async def test_what_is_handed_over_in_one_turn_shares_a_commit(path: Path, connection: sqlite3.Connection) -> None:
    """As many as make a batch, each of a task of its own: one commit for all of them."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    writer = ThreadWriter(connection)
    texts = [f"{number:03}" for number in range(BATCH)]
    assert texts == await asyncio.gather(*(writer.run(note(text)) for text in texts))
    await writer.close()
    assert texts == notes(path)
    assert 1 == statements.count("COMMIT")


async def test_a_caller_that_gives_up_does_not_undo(path: Path, connection: sqlite3.Connection) -> None:
    """What was handed over is carried out, whether anybody still waits for it or not."""
    writer = ThreadWriter(connection)
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> str:
        begun.set()
        assert go_on.wait(5)
        return note("slow")(connection)

    task = asyncio.create_task(writer.run(slow))
    assert await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await writer.close()
    assert ["slow"] == notes(path)


async def test_closing_waits_for_what_was_handed_over(path: Path, connection: sqlite3.Connection) -> None:
    """More than one batch of it."""
    writer = ThreadWriter(connection)
    texts = [f"{number:03}" for number in range(BATCH * 2 + 1)]
    waiting = [asyncio.create_task(writer.run(note(text))) for text in texts]
    await asyncio.sleep(0)
    await writer.close()
    assert texts == [await task for task in waiting]
    assert texts == notes(path)


async def test_what_comes_behind_the_end_is_told_so(connection: sqlite3.Connection) -> None:
    """In the same turn of the loop or later: nobody waits for ever, and nobody takes it for stored."""
    writer = ThreadWriter(connection)
    closing, behind = asyncio.create_task(writer.close()), asyncio.create_task(writer.run(_fails))
    found = await asyncio.gather(closing, behind, return_exceptions=True)
    assert [None, "the ledger is closed"] == [found[0], str(found[1])]
    with pytest.raises(sqlite3.ProgrammingError, match="the ledger is closed"):
        await writer.run(_fails)


def _fails(_connection: sqlite3.Connection) -> None:
    raise AssertionError


async def test_a_lock_that_another_process_holds_is_an_error_in_time(
    path: Path, connection: sqlite3.Connection
) -> None:
    """The caller hears of it while Slack still waits; afterwards writing works as before."""
    connection.execute("PRAGMA busy_timeout = 20")
    writer = ThreadWriter(connection)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await writer.run(note("a"))
    other.execute("ROLLBACK")
    other.close()
    assert "b" == await writer.run(note("b"))
    await writer.close()
    assert ["b"] == notes(path)


def test_all_waits_together_fit_into_slacks_patience() -> None:
    """Learning who it is, a write that waits for the lock, and one behind it: under three seconds."""
    assert LOOK_UP_DEADLINE * 1_000 + 2 * BUSY_MILLISECONDS < 3_000


async def test_inline_a_move_is_done_before_anything_else(path: Path, connection: sqlite3.Connection) -> None:
    """A simulator's writer answers like the thread's: result, or error with everything undone."""
    writer = InlineWriter(connection)
    assert "a" == await writer.run(note("a"))
    with pytest.raises(LookupError):
        await writer.run(note_and_fail("b"))
    assert ["a"] == notes(path)
