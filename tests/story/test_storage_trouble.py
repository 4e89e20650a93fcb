"""While somebody else holds the ledger's lock: everybody gets an answer in time, and nothing is half done."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot import outbox, worker
from bot.sandbox.slack import Trouble, slow
from bot.sandbox.slack.delivery import ACK_SECONDS
from storage import connection
from tests.stage import AUDIT, CLARISSE, GUEST, SUPPORT, Stage, hurried, payout_of, stage

pytestmark = pytest.mark.thorough

NOT_STORED = "This could not be stored just now, so nothing was done."


class Lock:
    """Another process that writes to the ledger, for as long as it is `held`."""

    def __init__(self, path: Path) -> None:
        # A watcher of Slack's calls may take the lock in the stand-in's turn of the loop.
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def take(self) -> None:
        """Begin to write; waits for whoever writes now."""
        self.connection.execute("BEGIN IMMEDIATE")

    def leave(self) -> None:
        """Let others write again."""
        self.connection.execute("ROLLBACK")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else can write within it."""
        self.take()
        try:
            yield
        finally:
            self.leave()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot that waits for a lock shortly, and looks again soon after it failed."""
    shortly = patch.object(connection, "BUSY_MILLISECONDS", 100)
    soon = (patch.object(worker, "REST_AFTER_FAILURE", 0.05), patch.object(outbox, "REMEMBER_AGAIN", 0.05))
    with hurried(), shortly, soon[0], soon[1]:
        async with stage(tmp_path) as started:
            yield started


@asynccontextmanager
async def failing_once(office: Stage) -> AsyncIterator[None]:
    """Leave the block only after the bot could not write in it at least once."""
    assert office.bot is not None
    writer, failed = office.bot._ledger._writer, asyncio.Event()
    carry_out = writer.run

    async def run(move: Callable[[sqlite3.Connection], object]) -> object:
        try:
            return await carry_out(move)
        except sqlite3.OperationalError:
            failed.set()
            raise

    with patch.object(writer, "run", run):
        yield
        async with asyncio.timeout(5):
            await failed.wait()


@pytest.fixture
def lock(office: Stage) -> Iterator[Lock]:
    """The other process."""
    other = Lock(office.database)
    yield other
    other.connection.close()


async def test_a_submission_that_cannot_be_stored_is_said_in_the_form(office: Stage, lock: Lock) -> None:
    """Within Slack's three seconds, with the form left as it was; the same form goes through once it can."""
    form = await office.form("22670000000 5000 refund")
    with lock.held():
        result = await office.slack.submit(form)
    assert result.error is None
    assert NOT_STORED in result.errors["beneficiary"]
    assert form.is_open
    await office.settled()
    assert [(0, 0)] == office.rows("SELECT (SELECT count(*) FROM payouts), (SELECT count(*) FROM inbox)")
    assert {} == (await office.slack.submit(form)).errors
    await office.slack.wait_for_message(SUPPORT, "Waiting for a decision")
    assert [(1,)] == office.rows("SELECT count(*) FROM payouts")


async def test_a_click_that_cannot_be_stored_is_said_to_that_person(office: Stage, lock: Lock) -> None:
    """Slack has its answer in time, the approver is told, nothing is decided; a later click works."""
    card = await office.ask("22670000000 5000 refund")
    question = await office.question(card)
    await office.settled()
    with lock.held():
        click = await office.slack.click(CLARISSE, question, "approve", confirm=True)
        told = await office.whispered(CLARISSE, NOT_STORED)
    assert click.error is None
    assert CLARISSE == told.to
    await office.settled()
    assert [("requested",)] == office.rows("SELECT state FROM payouts")
    assert question == office.slack.workspace.current(question)
    assert [] == office.ligdicash.creates
    await office.approve(card)
    await office.card_says(card, "Completed")
    assert 1 == len(office.ligdicash.creates)


async def test_a_click_behind_a_write_that_waits_is_answered_too(tmp_path: Path) -> None:
    """With the pauses of real life: two waits for the lock, one after the other, and each is told of its own."""
    with hurried():
        async with stage(tmp_path) as office:
            # That those waits fit into the real time is a test of the writer; how busy this machine is is not asked.
            office.slack.post.ack_seconds = 10 * ACK_SECONDS
            card = await office.ask("22670000000 5000 refund")
            question = await office.question(card)
            form = await office.form("22671000000 4000 refund")
            await office.settled()
            with Lock(office.database).held():
                submitted, clicked = await asyncio.gather(
                    office.slack.submit(form), office.slack.click(CLARISSE, question, "approve", confirm=True)
                )
            assert (None, None) == (submitted.error, clicked.error)
            assert NOT_STORED in submitted.errors["beneficiary"]
            await office.whispered(CLARISSE, NOT_STORED)
            await office.settled()
            assert [("requested",)] == office.rows("SELECT state FROM payouts")


async def test_a_reason_that_cannot_be_stored_is_said_in_its_form(office: Stage, lock: Lock) -> None:
    """The reason is not lost: the form stays, and the same form rejects once it can."""
    card = await office.ask("22670000000 5000 refund")
    await office.slack.click(CLARISSE, await office.question(card), "reject")
    form = await office.slack.wait_for_modal(CLARISSE)
    await office.settled()
    with lock.held():
        result = await office.slack.submit(form, {"reason": "refunded already"})
    assert NOT_STORED in result.errors["reason"]
    assert {} == (await office.slack.submit(form)).errors
    await office.card_says(card, "❌ *Rejected*")


async def test_a_refusal_that_cannot_be_stored_is_still_a_refusal(office: Stage, lock: Lock) -> None:
    """No form opens for somebody whose refusal cannot be recorded; they are told to try again."""
    with lock.held():
        answer = await office.slack.command(GUEST, SUPPORT, "22670000000 5000 refund")
        await office.whispered(GUEST, NOT_STORED)
    assert answer.error is None
    assert [] == office.slack.modals(GUEST)


async def test_a_decision_that_cannot_be_written_is_taken_later_and_once(office: Stage, lock: Lock) -> None:
    """The click was stored; the ledger is locked while it is decided: it waits, and is then decided."""
    card = await office.ask("22670000000 5000 refund")
    await office.settled()
    office.slack.api.weather = lambda method, _args: slow(0.2) if method == "users.info" else None
    async with failing_once(office):
        await office.approve(card)
        lock.take()
    assert [("requested",)] == office.rows("SELECT state FROM payouts")
    assert [] == office.ligdicash.creates
    lock.leave()
    await office.card_says(card, "Completed")
    assert [(1,)] == office.rows("SELECT count(*) FROM events WHERE kind = 'approved'")
    assert 1 == len(office.ligdicash.creates)


@pytest.mark.parametrize("place", ["card", "question"])
async def test_what_slack_took_is_not_posted_again(office: Stage, lock: Lock, place: str) -> None:
    """The ledger is locked just when Slack takes the message: that it did is written down later."""
    taken = False

    def locked_when_posted(method: str, args: dict[str, Any]) -> Trouble | None:
        nonlocal taken
        is_it = args.get("channel") == SUPPORT and ("thread_ts" in args) == (place == "question")
        if method == "chat.postMessage" and is_it and not taken:
            taken = True
            lock.take()
        return None

    office.slack.api.weather = locked_when_posted
    form = await office.form("22670000000 5000 refund")
    async with failing_once(office):
        await office.slack.submit(form)
    lock.leave()
    card = await office.slack.wait_for_message(SUPPORT, "Waiting for a decision")
    await office.approve(card)
    await office.card_says(card, "Completed")
    await office.settled()
    assert [card.ts] == [one.ts for one in office.slack.messages(SUPPORT)]
    questions = [one for one in office.slack.messages(SUPPORT, card.ts) if "*Reason:*" in one.words]
    assert 1 == len(questions)
    assert payout_of(card) in (await office.slack.wait_for_message(AUDIT, "completed")).words


async def test_work_that_cannot_be_done_holds_up_no_other(office: Stage) -> None:
    """A click that nobody can read: it fails again and again, and everything else goes on."""
    _put_in_inbox(office, "approve", "no click")
    card = await office.ask("22670000000 5000 refund")
    await office.approve(card)
    await office.card_says(card, "Completed")
    assert [("no click",)] == office.rows("SELECT payload FROM inbox WHERE due_at IS NOT NULL")


async def test_a_row_that_nobody_can_read_ends_no_worker(office: Stage) -> None:
    """Of a newer version, perhaps: work goes on as soon as it is away."""
    _put_in_inbox(office, "of a newer version", "{}")
    assert office.bot is not None
    await office.bot._ledger.write(lambda _tx: None)
    assert (200, "ready\n") == await office.readiness()
    with closing(sqlite3.connect(office.database)) as connection, connection:
        connection.execute("DELETE FROM inbox")
    card = await office.ask("22670000000 5000 refund")
    await office.approve(card)
    await office.card_says(card, "Completed")


def _put_in_inbox(office: Stage, sort: str, payload: str) -> None:
    """As no bot of this version would."""
    with closing(sqlite3.connect(office.database)) as connection, connection:
        connection.execute(
            "INSERT INTO inbox (sort, person, occasion, payload, received_at, due_at) VALUES (?, 'U0', '1', ?, 1, 1)",
            (sort, payload),
        )
