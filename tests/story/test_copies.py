"""Copies of the ledger: taken while it lives, stamped, and served as what they are, a past day."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.clock import DAY, HOUR, MINUTE
from bot.sandbox.slack import Message
from storage.chain import FIRST, link
from storage.connection import LedgerError
from storage.copying import copy_ledger
from storage.payout import State
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, SUPPORT, Stage, free_port
from tests.story.office import (
    NO_ACCOUNT,
    PENDING,
    approved,
    audit,
    becomes,
    both_resume,
    buttons_of,
    creates_of,
    creates_refused,
    held_back,
    kinds,
    pause,
    press,
    press_again,
    propose,
    question_of,
    resume,
    seen,
    state_of,
    told,
    transaction_of,
)

ROOT = Path(__file__).resolve().parents[2]
TABLES = (
    *("payouts", "attempts", "approvals", "events", "inbox", "callbacks", "deliveries", "beneficiaries"),
    *("brakes", "proposals"),
)


async def _backup(scene: Stage, target: Path) -> Result:
    """`payout-bot backup` at the terminal, beside the running bot."""

    def run() -> Result:
        return CliRunner().invoke(main, ["backup", str(target)], env=scene.environment())

    return await asyncio.to_thread(run)


def test_a_ledger_that_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    """In one line, as any other trouble of a copy; here the name of its log would be too long for the disk."""
    ledger = tmp_path / ("x" * 253)
    ledger.touch()
    with pytest.raises(LedgerError, match=f"{ledger.name}: .*too long"):
        copy_ledger(ledger, tmp_path / "copy.db", 1)
    assert [ledger] == list(tmp_path.iterdir())


@asynccontextmanager
async def _restored(scene: Stage, folder: Path) -> AsyncIterator[Stage]:
    """The machine is lost: the bot on the copy in that folder, for the same Slack and the same LigdiCash."""
    await scene.stop()
    again = Stage(scene.slack, scene.ligdicash, folder, free_port(), scene.extra, clock=scene.clock)
    try:
        await again.start()
        yield again
    finally:
        await again.stop()


@pytest.fixture
def safe(tmp_path: Path) -> Path:
    """Where the copy is kept; the bot that is served from there finds its ledger."""
    folder = tmp_path / "safe"
    folder.mkdir()
    return folder


# Taking one


def test_what_is_no_ledger_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    """Not the copy, which is not there, but the file that could not be read."""
    ledger, copy = tmp_path / "payouts.db", tmp_path / "copy.db"
    ledger.write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match=f"{ledger.name} was not copied to .*{copy.name}: file is not a database"):
        copy_ledger(ledger, copy, 1)
    assert not copy.exists()


async def test_a_live_ledger_is_copied_whole(timed: Stage, safe: Path) -> None:
    """While people ask and approve: one sound file, its owner's alone, with an unbroken chain of events."""
    target = safe / "payouts.db"

    async def work() -> None:
        for number in range(8):
            await approved(timed, PENDING, amount=100 + number)

    result, _ = await asyncio.gather(_backup(timed, target), work())
    assert 0 == result.exit_code, result.output
    assert ["payouts.db"] == _kept_in(safe)
    assert 0o600 == stat.S_IMODE(target.stat().st_mode)
    with closing(sqlite3.connect(target)) as copy:
        assert [("ok",)] == copy.execute("PRAGMA integrity_check").fetchall()
        payouts, events = (len(_all_of(copy, name)) for name in ("payouts", "events"))
        assert f"{payouts} payouts, {events} events" in result.output
        assert _chain_holds(copy)
        assert 1 == copy.execute("SELECT count(*) FROM copies").fetchone()[0]
    assert [] == timed.rows("SELECT * FROM copies")


async def test_a_copy_holds_all_that_was_committed(timed: Stage, safe: Path) -> None:
    """Row for row, the write-ahead log included."""
    await timed.card_says(await approved(timed), "Completed")
    await timed.at_rest()
    assert 0 == (await _backup(timed, safe / "copy.db")).exit_code
    with closing(sqlite3.connect(safe / "copy.db")) as copy, closing(sqlite3.connect(timed.database)) as live:
        for table in TABLES:
            assert _all_of(live, table) == _all_of(copy, table)


async def test_nothing_is_written_over(timed: Stage, safe: Path) -> None:
    """An existing file stays as it is, and so does one that a link points to."""
    target = safe / "payouts.db"
    target.write_text("precious")
    refused = await _backup(timed, target)
    assert (1, True) == (refused.exit_code, "exists already; nothing was written" in refused.output)
    assert "precious" == target.read_text()
    link_to_nothing = safe / "link.db"
    link_to_nothing.symlink_to(safe / "elsewhere.db")
    assert 1 == (await _backup(timed, link_to_nothing)).exit_code
    assert not (safe / "elsewhere.db").exists()


async def test_without_a_ledger_there_is_nothing_to_copy(timed: Stage, safe: Path) -> None:
    """Said so; no empty ledger is made, neither here nor there."""
    timed.extra = {"DATABASE_URL": f"sqlite:///{safe / 'none.db'}"}
    refused = await _backup(timed, safe / "copy.db")
    assert (1, True) == (refused.exit_code, "there is no ledger to copy" in refused.output)
    assert [] == _kept_in(safe)


# Serving one


async def test_a_served_copy_starts_paused_and_in_doubt(timed: Stage, safe: Path) -> None:
    """What was approved or being sent may have been paid since; what was requested waits for the brake."""
    await pause(timed)
    waits = await approved(timed, amount=100)
    asked = await timed.ask("22670000000 200 asked")
    await timed.at_rest()
    # The brake is released, and this one's turn has not come yet.
    assert timed.bot is not None
    await timed.bot._ledger.write(lambda tx: tx.connection.execute("DELETE FROM brakes"))
    async with held_back(timed, "POST"):
        leaving = await approved(timed, PENDING, amount=300)
        await becomes(timed, leaving, State.SENDING)
        await told(timed)
        assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    await becomes(timed, leaving, State.INITIATED)
    sent = len(timed.ligdicash.creates)
    async with _restored(timed, safe) as again:
        await again.at_rest()
        assert [State.UNCONFIRMED, State.REQUESTED, State.UNCONFIRMED] == [
            state_of(again, card) for card in (waits, asked, leaving)
        ]
        for card in (waits, leaving):
            assert "The ledger was restored from a copy" in seen(again, card).words
            assert transaction_of(again, card) in seen(again, card).words
            assert ["resolve"] == buttons_of(seen(again, card))
            told_why = await again.thread_says(card, "the ledger was restored from a copy")
            assert f"<@{CLARISSE}>, <@{DAOUDA}>: please look this transaction up" in told_why.words
        question = (await again.question(asked)).words
        assert "*Sending is paused* by the bot: the ledger was restored from a copy" in question
        assert "may have been asked for again, paid or ended" in question
        assert any(line.startswith("⛔ Sending paused by the bot: the ledger was restored") for line in audit(again))
        status, text = await again.readiness()
        assert (200, True) == (status, "note: sending is paused by the bot" in text)
        await both_resume(again)
        await again.later(DAY)
        await again.at_rest()
        assert sent == len(again.ligdicash.creates)


async def test_what_was_in_doubt_is_resolved_by_two(timed: Stage, safe: Path) -> None:
    """Not paid can be said an hour after the start on the copy: nothing of the lost bot is under way then."""
    card = await _approved_in_copy(timed, safe)
    async with _restored(timed, safe) as again:
        await again.at_rest()
        await again.later(59 * MINUTE)
        await press(again, CLARISSE, card, "resolve")
        form = await again.slack.wait_for_modal(CLARISSE, "Resolve")
        refused = await again.slack.submit(form, {"finding": "unpaid", "reason": "not there"})
        assert "“It was not paid” can be said from " in refused.errors["finding"]
        again.slack.workspace.close(form)
        await again.later(2 * MINUTE)
        await press(again, DAOUDA, await propose(again, CLARISSE, card, "unpaid"), "confirm")
        await again.card_says(card, "*Marked not paid*")


async def test_one_in_doubt_is_pointed_out_daily(timed: Stage, safe: Path) -> None:
    """Nobody knows when it was sent, if it was; it is not forgotten for that."""
    card = await _approved_in_copy(timed, safe)
    async with _restored(timed, safe) as again:
        for _ in range(26):
            await again.later(HOUR)
            await again.at_rest()
        assert 1 == kinds(again, card).count("pointed_out")


async def test_a_copy_needs_two_to_resume_whatever_was_said_before(timed: Stage, safe: Path) -> None:
    """Somebody had agreed to go on when the copy was taken: that was about another day."""
    await pause(timed)
    asked = await timed.ask("22670000000 200 asked")
    await resume(timed, user=DAOUDA)
    await told(timed)
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    async with _restored(timed, safe) as again:
        await resume(again, user=CLARISSE)
        for user in (CLARISSE, DAOUDA):
            await press(again, user, await again.question(asked), "approve", confirm=True)
            await again.at_rest()
        assert (State.APPROVED, []) == (state_of(again, asked), again.ligdicash.creates)
        await resume(again, user=DAOUDA)
        await becomes(again, asked, State.COMPLETED)


async def test_a_request_that_the_lost_bot_paid_says_so_and_needs_two(timed: Stage, safe: Path) -> None:
    """Paid directly to mobile money LigdiCash would pay it once more: nobody may take it for an ordinary request."""
    card = await timed.ask("22670000000 200 asked", values={"way": "mobile_directly"})
    await timed.at_rest()
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    await press(timed, CLARISSE, await timed.question(card), "approve", confirm=True)
    await timed.card_says(card, "Completed")
    async with _restored(timed, safe) as again:
        await again.at_rest()
        assert "Completed" not in seen(again, card).words
        assert "What became of" in (await again.thread_says(card, "The ledger was restored from a copy")).words
        await both_resume(again)
        await told(again)
        question = await again.question(card)
        assert "This may have been paid already" in question.words
        await press(again, CLARISSE, question, "approve", confirm=True)
        await again.at_rest()
        assert (State.REQUESTED, []) == (state_of(again, card), again.ligdicash.creates[1:])
        later = await again.ask("22670000001 300 new")
        await press(again, CLARISSE, await again.question(later), "approve", confirm=True)
        await again.card_says(later, "Completed")


async def test_an_approval_from_before_the_copy_does_not_count(timed: Stage, safe: Path) -> None:
    """One of two had approved; on the copy both must look again."""
    await timed.stop()
    timed.extra = {**timed.extra, "SECOND_APPROVAL_ABOVE": "100"}
    await timed.start()
    card = await timed.ask("22670000000 5000 asked")
    await press(timed, CLARISSE, await timed.question(card), "approve", confirm=True)
    await timed.at_rest()
    assert [(CLARISSE,)] == timed.rows("SELECT person FROM approvals")
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    async with _restored(timed, safe) as again:
        await again.at_rest()
        assert [] == again.rows("SELECT person FROM approvals")


async def test_what_was_refused_in_the_copy_needs_two_when_it_is_asked_again(timed: Stage, safe: Path) -> None:
    """The lost bot may have asked for it again, and paid it."""
    with creates_refused(timed, "straight", "08"):
        card = await timed.card_says(await approved(timed, values={"way": "mobile_directly"}), "*Refused*")
    await timed.at_rest()
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    async with _restored(timed, safe) as again:
        await both_resume(again)
        await press(again, AMINATA, seen(again, card), "ask_again")
        question = await question_of(again, card, 2)
        assert "This may have been paid already" in question.words
        await press(again, CLARISSE, question, "approve", confirm=True)
        await again.at_rest()
        assert State.REQUESTED is state_of(again, card)


async def test_what_follows_one_from_before_the_copy_needs_two(timed: Stage, safe: Path) -> None:
    """Asked directly on the copy it is a new payout, but the same money: the lost bot may have paid it."""
    card = await timed.card_says(await approved(timed, NO_ACCOUNT), "*Refused*")
    await timed.at_rest()
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    async with _restored(timed, safe) as again:
        await both_resume(again)
        await press(again, BOUKARY, seen(again, card), "ask_directly")
        await again.slack.submit(await again.slack.wait_for_modal(BOUKARY))
        new = await again.slack.wait_for(lambda slack: slack.messages(card.channel)[1], what="the new card")
        question = await again.question(new)
        assert "This may have been paid already" in question.words
        await press(again, CLARISSE, question, "approve", confirm=True)
        await again.at_rest()
        assert State.REQUESTED is state_of(again, new)


async def test_what_waited_in_the_copy_lets_no_money_move(timed: Stage, safe: Path) -> None:
    """Two who wanted to go on, and an approval, were stored but not heard: the lost bot has perhaps done all of it."""
    await pause(timed)
    card = await timed.ask("22670000000 200 asked")
    question = await timed.question(card)
    await timed.at_rest()
    assert timed.bot is not None
    await timed.bot._house.worker.stop(1)
    for user in (CLARISSE, DAOUDA):
        await timed.slack.command(user, SUPPORT, "resume")
    await press(timed, CLARISSE, question, "approve", confirm=True, decide=False)
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    async with _restored(timed, safe) as again:
        for user in (CLARISSE, DAOUDA):
            await again.whispered(user, "The bot works with a copy of its ledger now")
        await again.at_rest()
        assert State.REQUESTED is state_of(again, card)
        assert [("all",)] == again.rows("SELECT hold FROM brakes")
        assert [] == again.rows("SELECT 1 FROM inbox WHERE due_at IS NOT NULL")


async def test_a_request_in_the_copy_is_sent_with_its_own_transaction_id(timed: Stage, safe: Path) -> None:
    """Paid by the lost bot, approved once more on the copy: LigdiCash knows it and pays nothing twice."""
    asked = await timed.ask("22670000000 200 asked")
    await timed.at_rest()
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    await press(timed, CLARISSE, await timed.question(asked), "approve", confirm=True)
    await timed.card_says(asked, "Completed")
    async with _restored(timed, safe) as again:
        await both_resume(again)
        await press_again(again, "approve")
        await press(again, DAOUDA, await again.question(asked), "approve", confirm=True)
        await again.card_says(asked, "LigdiCash says that this transaction exists already (code 07)")
        assert (2, 1) == (len(creates_of(again, asked)), again.ligdicash.paid(transaction_of(again, asked)))


async def test_a_new_attempt_has_the_same_transaction_id_on_the_copy(timed: Stage, safe: Path) -> None:
    """Asked again and paid by the lost bot, asked again on the copy: LigdiCash knows it and pays nothing twice."""
    with creates_refused(timed, "withdrawal", "09"):
        card = await timed.card_says(await approved(timed), "*Refused*")
    await timed.at_rest()
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    await press(timed, AMINATA, card, "ask_again")
    await press(timed, CLARISSE, await question_of(timed, card, 2), "approve", confirm=True)
    await timed.card_says(card, "Completed")
    async with _restored(timed, safe) as again:
        await both_resume(again)
        await press_again(again, "ask_again")
        await again.at_rest()
        asked = [one for one in again.slack.messages(card.channel, card.ts) if "*Attempt 2*" in one.words]
        for user in (CLARISSE, DAOUDA):
            await press(again, user, asked[-1], "approve", confirm=True)
        await again.card_says(card, "LigdiCash says that this transaction exists already (code 07)")
        assert ["00", "Code07"] == [create.outcome for create in creates_of(again, card, 2)]
        assert (1, 5000) == again.ligdicash.paid_total


async def test_the_stamp_is_gone_at_the_second_start(timed: Stage, safe: Path) -> None:
    """From then on it is the ledger: what was resumed stays so, what is approved stays approved."""
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    async with _restored(timed, safe) as again:
        assert _copied_at(again) is not None
        await both_resume(again)
        await pause(again, "for the night")
        card = await approved(again)
        await again.at_rest()
        await again.stop()
        await again.start()
        await again.at_rest()
        assert _copied_at(again) is None
        assert (State.APPROVED, [("for the night",)]) == (
            state_of(again, card),
            again.rows("SELECT reason FROM brakes"),
        )
        await both_resume(again)
        await becomes(again, card, State.COMPLETED)


async def test_serve_says_how_to_go_on(timed: Stage, safe: Path) -> None:
    """At the terminal, where whoever restored it is looking."""
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    await timed.stop()
    again = Stage(timed.slack, timed.ligdicash, safe, free_port())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "serve"),
        cwd=safe,
        env={**again.environment(), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            while b"This ledger is a copy made at" not in (line := await process.stdout.readline()):
                assert line
    finally:
        process.terminate()
        await process.wait()
    for word in (
        b"All sending is paused",
        b"refused, failed or initiated here may have been asked for again, paid or ended",
        b"LigdiCash's dashboard",
        b"two approvers type /payout resume",
    ):
        assert word in line


async def test_a_form_from_before_is_still_taken(timed: Stage, safe: Path) -> None:
    """It follows a payout that the copy does not know: then it follows none, and nothing gets stuck."""
    assert 0 == (await _backup(timed, safe / "payouts.db")).exit_code
    card = await timed.card_says(await approved(timed, NO_ACCOUNT), "*Refused*")
    await press(timed, AMINATA, card, "ask_directly")
    form = await timed.slack.wait_for_modal(AMINATA)
    async with _restored(timed, safe) as again:
        assert {} == (await again.slack.submit(form)).errors
        await again.at_rest()
        assert [("mobile_directly", None)] == again.rows("SELECT way, follows FROM payouts")


async def test_a_plain_copy_of_the_file_sends_the_same_transaction_id(timed: Stage, safe: Path) -> None:
    """No stamp warns of it; the id that was stored with the request does."""
    asked = await timed.ask("22670000000 200 asked")
    await timed.at_rest()
    await timed.stop()
    shutil.copy(timed.database, safe / "payouts.db")
    await timed.start()
    await press(timed, CLARISSE, await timed.question(asked), "approve", confirm=True)
    await timed.card_says(asked, "Completed")
    async with _restored(timed, safe) as again:
        assert State.REQUESTED is state_of(again, asked)
        await press_again(again, "approve")
        await becomes(again, asked, State.UNCONFIRMED)
        ours, theirs = creates_of(again, asked)
        assert ("00", "Code07") == (ours.outcome, theirs.outcome)
        assert 1 == again.ligdicash.paid(transaction_of(again, asked))


async def _approved_in_copy(scene: Stage, safe: Path) -> Message:
    await pause(scene)
    card = await approved(scene)
    await scene.at_rest()
    assert 0 == (await _backup(scene, safe / "payouts.db")).exit_code
    return card


def _copied_at(scene: Stage) -> int | None:
    assert scene.bot is not None
    return scene.bot.copied_at


def _kept_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _all_of(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - a name from this file


def _chain_holds(connection: sqlite3.Connection) -> bool:
    previous = FIRST
    names = ("id", "at", "kind", "payout", "attempt", "actor", "data", "hash")
    for row in _all_of(connection, "events"):
        line = dict(zip(names, row, strict=True))
        expected, line["data"] = line.pop("hash"), json.loads(line["data"])
        previous = link(previous, line)
        if expected != previous:
            return False
    return True
