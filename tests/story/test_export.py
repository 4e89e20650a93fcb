"""`payout-bot export` and `verify`: what was paid, to whom and why, and that nobody altered what says so."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.commands.export import EVENTS, PAYOUTS
from storage.chain import link
from storage.copying import copy_ledger
from tests.process import command, program
from tests.stage import AMINATA, CLARISSE, DAOUDA, Stage, payout_of
from tests.story.authority import approves
from tests.story.office import PAID, approved

pytestmark = pytest.mark.thorough


async def _said(scene: Stage, *args: str, **changes: str) -> str:
    result = await command({**scene.environment(), **changes}, scene.folder, *args)
    assert 0 == result.exit_code, result.output
    assert "" == result.stderr
    return result.stdout


async def _table(scene: Stage, *args: str, **changes: str) -> list[dict[str, str]]:
    text = await _said(scene, "export", *args, **changes)
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def _objects(scene: Stage, *args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await _said(scene, "export", "--format", "json", *args))
    return found


@pytest.fixture
async def paid(timed: Stage) -> Stage:
    """One payout was paid."""
    await timed.card_says(await approved(timed), "Completed")
    await timed.at_rest()
    return timed


async def test_who_paid_what_and_why(paid: Stage) -> None:
    """A row an attempt, while the bot runs: who asked, who approved, to whom, how much, why, and when each was."""
    before = paid.rows("SELECT * FROM events")
    (row,) = await _table(paid)
    ((payout, number, amount, reason, order, transaction, token),) = paid.rows(
        """
        SELECT payouts.id, beneficiaries.number, payouts.amount, reason, order_reference, transaction_id,
               substr(token, -8)
        FROM payouts JOIN attempts ON payout = payouts.id JOIN beneficiaries ON beneficiaries.id = payouts.beneficiary
        """
    )
    assert tuple(row) == PAYOUTS
    # About one token in sixty ends in something that a spreadsheet would take for a formula.
    token = f"'{token}" if str(token).startswith("-") else token
    assert row | {
        "payout": payout, "attempt": "1", "requester": AMINATA, "asked_by": AMINATA, "approvers": CLARISSE,
        "number": number, "amount": str(amount), "reason": reason, "order": order or "", "state": "completed",
        "outcome": "completed", "transaction_id": transaction, "token_end": token, "contradiction": "",
        "found_by": "",
    } == row  # fmt: skip
    moments = [datetime.fromisoformat(row[name]) for name in ("asked_at", "approved_at", "sent_at", "ended_at")]
    assert sorted(moments) == moments
    assert all(moment.utcoffset() == timedelta(0) for moment in moments)
    assert before == paid.rows("SELECT * FROM events")


async def test_days_are_those_of_the_team_and_the_last_is_included(paid: Stage) -> None:
    """From one day to the same is that day in TIMEZONE; the days beside it hold nothing."""
    (row,) = await _table(paid, TIMEZONE="Pacific/Kiritimati")
    asked = datetime.fromisoformat(row["asked_at"])
    assert timedelta(hours=14) == asked.utcoffset()
    day = asked.date()
    for first, last, count in [(0, 0, 1), (-9, -1, 0), (1, 9, 0)]:
        days = ["--from", str(day + timedelta(first)), "--to", str(day + timedelta(last))]
        assert count == len(await _table(paid, *days, TIMEZONE="Pacific/Kiritimati"))
    assert 1 == len(await _table(paid, "--from", "0001-01-01", "--to", "9999-12-31"))


async def test_who_rejected_and_why(timed: Stage) -> None:
    """What was never sent is explained, too."""
    card = await timed.ask("22670000000 5000 refund")
    await timed.reject(card, "refunded at the counter", user=DAOUDA)
    await timed.card_says(card, "Rejected")
    await timed.at_rest()
    (row,) = await _table(timed)
    assert ("rejected", DAOUDA, "refunded at the counter") == (
        row["state"], row["decided_by"], row["decision_reason"]
    )  # fmt: skip


async def test_days_that_are_none_are_refused(paid: Stage) -> None:
    """With exit status 2 and a line that says which."""
    for days in (["--from", "2026-02-30"], ["--to", "tomorrow"], ["--from", "2026-02-02", "--to", "2026-02-01"]):
        result = await command(paid.environment(), paid.folder, "export", *days)
        assert (2, "", True) == (result.exit_code, result.stdout, "--" in result.stderr)


@pytest.mark.parametrize("reason", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", '="é", "so"\n=2'])
async def test_a_spreadsheet_carries_nothing_out(paid: Stage, reason: str) -> None:
    """A text that a spreadsheet would take for a formula begins with an apostrophe; in JSON it is as it was typed."""
    with closing(sqlite3.connect(paid.database)) as ledger, ledger:
        ledger.execute("UPDATE payouts SET reason = ?", (reason,))
    (row,) = await _table(paid)
    assert f"'{reason}" == row["reason"]
    assert row["number"].isdigit()
    assert [reason] == [found["reason"] for found in await _objects(paid)]


async def test_json_is_the_same_with_lists_and_numbers(paid: Stage) -> None:
    """One array, an object a line; nothing at all is an empty one."""
    (row,), (found,) = await _table(paid), await _objects(paid)
    lists: dict[str, object] = {"approvers": [CLARISSE], "found_by": [], "may_repeat": []}
    assert found == found | lists | {"amount": int(row["amount"]), "order": None}
    assert [] == await _objects(paid, "--to", "2001-01-01")


async def test_what_may_repeat_another_is_told(timed: Stage) -> None:
    """What whoever asked ticked to know, and what only those who approved were shown: it was paid after the request."""
    older = await timed.ask(f"{PAID} 5000 refund")
    newer = await timed.ask(f"{PAID} 6000 refund")
    await approves(timed, CLARISSE, newer)
    await timed.card_says(newer, "Completed")
    for person in (CLARISSE, DAOUDA):
        await approves(timed, person, older)
    await timed.card_says(older, "Completed")
    waiting = await timed.ask(f"{PAID} 7000 refund")
    await timed.at_rest()
    found = {one["payout"]: one["may_repeat"] for one in await _objects(timed)}
    assert [[payout_of(newer)], [payout_of(older)]] == [found[payout_of(card)] for card in (older, newer)]
    assert {payout_of(older), payout_of(newer)} == set(found[payout_of(waiting)])
    assert {name: " ".join(known) for name, known in found.items()} == {
        row["payout"]: row["may_repeat"] for row in await _table(timed)
    }


async def test_the_audit_trail_proves_itself(paid: Stage) -> None:
    """Whoever has the exported events can recompute their hashes without us."""
    events = await _objects(paid, "--events")
    previous = "0" * 64
    for event in events:
        at = round(datetime.fromisoformat(event["at"]).timestamp() * 1000)
        previous = link(previous, {name: event[name] for name in EVENTS if name != "hash"} | {"at": at})
        assert previous == event["hash"]
    assert [(len(events),)] == paid.rows("SELECT count(*) FROM events")
    table = await _table(paid, "--events")
    assert [event["data"] for event in events] == [json.loads(row["data"]) for row in table]
    assert previous in await _said(paid, "verify")


async def test_a_copy_is_read_and_stays_as_it_is(paid: Stage, tmp_path: Path) -> None:
    """By DATABASE_URL, or by its path, for which no setting is needed; by a program of its own."""
    copy = tmp_path / "copies" / "monday.db"
    copy_ledger(paid.database, copy, 1)
    before = copy.read_bytes()
    assert await _table(paid) == await _table(paid, DATABASE_URL=f"sqlite:///{copy}")
    async with program({}, copy.parent, "verify", str(copy)) as running:
        assert (0, []) == (await running.ended(), running.err)
    (count,) = paid.rows("SELECT count(*) FROM events")
    assert running.out[0].startswith(f"{count[0]} events from ")
    assert running.out[0].endswith("Z, unbroken\n")
    assert [(running.out[-1].strip(),)] == paid.rows("SELECT hash FROM events ORDER BY id DESC LIMIT 1")
    assert (before, [copy]) == (copy.read_bytes(), list(copy.parent.iterdir()))


@pytest.mark.parametrize(
    ("says", "statement"),
    [
        ("event 2 was altered or removed; the 1 before", "UPDATE events SET actor = 'U0MALLORY' WHERE id = 2"),
        ("attempt 1: sent, but its row is not what was approved", "UPDATE attempts SET amount = amount + 1"),
    ],
)
async def test_what_was_altered_is_named(paid: Stage, says: str, statement: str) -> None:
    """And the exit status is 1."""
    with closing(sqlite3.connect(paid.database)) as ledger, ledger:
        ledger.execute("DROP TRIGGER events_are_never_changed")
        ledger.execute(statement)
    result = await command(paid.environment(), paid.folder, "verify")
    assert (1, True) == (result.exit_code, says in result.stdout)


@pytest.mark.parametrize("verb", ["export", "verify"])
async def test_what_cannot_be_looked_at_is_no_tampering(timed: Stage, tmp_path: Path, verb: str) -> None:
    """One line names the file, whatever the machine says of it."""
    changes = {"DATABASE_URL": f"sqlite:///{tmp_path}/{'n' * 300}.db"}
    result = await command({**timed.environment(), **changes}, timed.folder, verb)
    assert (2 if verb == "verify" else 1, "") == (result.exit_code, result.stdout)
    assert "File name too long" in result.stderr


@pytest.mark.parametrize("verb", ["export", "verify"])
async def test_where_there_is_no_ledger_none_is_made(timed: Stage, tmp_path: Path, verb: str) -> None:
    """One line names the file."""
    missing = tmp_path / "none.db"
    changes = {"DATABASE_URL": f"sqlite:///{missing}"}
    result = await command({**timed.environment(), **changes}, timed.folder, verb)
    # Of `verify`, 1 says that something was altered.
    exits = 2 if verb == "verify" else 1
    assert (exits, "", False) == (result.exit_code, result.stdout, missing.exists())
    assert f"{missing}: there is no ledger\n" == result.stderr
