"""One thing that cannot be said, or not just now, holds up nothing else; and what was said is not said again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from bot.clock import MINUTE
from bot.outbox import LEASE
from bot.sandbox.slack import Trouble, outage, rate_limited
from bot.speech.notices import Notices
from storage.payout import Event, EventKind, Record
from tests.stage import AUDIT, CLARISSE, GUEST, SUPPORT, Stage, payout_of
from tests.story.authority import clicks
from tests.story.office import approved, audit, changed

UNSAYABLE = "that the bot cannot show"


@pytest.fixture
def odd_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of ours: no approval can be drawn as a line for finance."""
    draw = Notices.audit_line

    def line(notices: Notices, event: Event, record: Record | None) -> str:
        if event.kind is EventKind.APPROVED:
            raise KeyError("meaning")
        return draw(notices, event, record)

    monkeypatch.setattr(Notices, "audit_line", line)


def odd_words(says: str, *, plainly: bool = False) -> Callable[[str, dict[str, Any]], Trouble | None]:
    """Slack does not take an audit message in which these words stand, or not even what is said instead."""

    def weather(method: str, args: dict[str, Any]) -> Trouble | None:
        odd = args.get("channel") == AUDIT and (says in str(args) or (plainly and UNSAYABLE in str(args)))
        return Trouble(error="invalid_blocks") if method == "chat.postMessage" and odd else None

    return weather


@pytest.mark.usefixtures("odd_line")
async def test_an_audit_line_that_cannot_be_drawn_holds_up_no_other(timed: Stage) -> None:
    """Its place is taken by a sentence that names the payout; everything after it is told."""
    card = await approved(timed)
    await timed.card_says(card, "Completed")
    await timed.at_rest()
    lines = audit(timed)
    assert 1 == len([line for line in lines if UNSAYABLE in line and payout_of(card) in line])
    assert "🟢" == lines[-1][0]


async def test_a_line_that_slack_refuses_is_said_in_other_words(timed: Stage) -> None:
    """Of several that wait together only the odd one is lost; the channel is not gone, and money goes on."""
    timed.slack.api.weather = lambda _, args: outage() if args.get("channel") == AUDIT else None
    first, odd = await timed.ask("22670000001 50 first"), await timed.ask("22670000002 50 odd")
    await timed.ask("22670000003 50 third")
    await changed(timed, lambda: timed.rows("SELECT 1 FROM deliveries WHERE channel = 'audit' AND tries > 0"))
    timed.slack.api.weather = odd_words("odd")
    await timed.later(2 * MINUTE)
    await changed(timed, lambda: 3 == len(audit(timed)))
    lines = audit(timed)
    assert [True, False, True] == [line.startswith("📝") for line in lines]
    assert UNSAYABLE in lines[1]
    assert payout_of(odd) in lines[1]
    assert (200, "ready\n") == await timed.readiness()
    await timed.approve(first)
    await timed.card_says(first, "Completed")


async def test_a_line_that_slack_refuses_in_any_words_ends(timed: Stage) -> None:
    """It is noted as undeliverable, and what comes after it is told."""
    timed.slack.api.weather = odd_words("odd", plainly=True)
    await timed.ask("22670000001 50 odd")
    card = await approved(timed)
    await timed.card_says(card, "Completed")
    await timed.at_rest()
    rows = (
        "SELECT kind, error FROM deliveries JOIN events ON events.id = event WHERE deliveries.state = 'undeliverable'"
    )
    assert [("requested", "invalid_blocks")] == timed.rows(rows)
    assert "🟢" == audit(timed)[-1][0]
    assert (200, "ready\n") == await timed.readiness()


async def _refused_elsewhere(scene: Stage) -> None:
    """A guest who is not in the channel (any more) clicks; what is whispered there does not reach them."""
    card = await scene.ask("22670000000 5000 refund")
    question = await scene.question(card)
    scene.slack.workspace.channel(SUPPORT).members.discard(GUEST)
    await clicks(scene, GUEST, question, "approve")


def _direct(scene: Stage, user: str) -> list[str]:
    channel = scene.slack.workspace.channel(scene.slack.workspace.dm(user))
    return [message.text for message in channel.messages.values()]


async def test_who_is_not_in_the_channel_is_told_directly(timed: Stage) -> None:
    """Once, and nothing is given up."""
    await _refused_elsewhere(timed)
    await timed.at_rest()
    (told,) = _direct(timed, GUEST)
    assert "changed nothing. " in told
    assert [] == timed.rows("SELECT 1 FROM deliveries WHERE state <> 'sent' AND place = 'private'")


async def test_a_direct_answer_that_slack_does_not_take_now_is_told_later(timed: Stage) -> None:
    """Rate-limited is not never."""
    troubles = [rate_limited(5)]
    timed.slack.api.weather = lambda _, args: troubles.pop() if troubles and args.get("channel") == GUEST else None
    await _refused_elsewhere(timed)
    await changed(timed, lambda: not troubles)
    await timed.at_rest()
    assert [] == _direct(timed, GUEST)
    await timed.later(MINUTE)
    await changed(timed, lambda: _direct(timed, GUEST))
    await timed.at_rest()
    assert 1 == len(_direct(timed, GUEST))
    assert [] == timed.rows("SELECT 1 FROM events WHERE kind = 'delivery_failed'")


def never_written(scene: Stage, when: str) -> None:
    """From now on the ledger refuses this change, whenever it is tried."""
    with closing(sqlite3.connect(scene.database)) as connection:
        connection.execute(f"CREATE TRIGGER refused BEFORE {when} BEGIN SELECT RAISE(ABORT, 'a defect'); END")


async def test_what_slack_took_is_noted_though_what_follows_cannot_be(timed: Stage) -> None:
    """A card whose place cannot be kept is not posted again and again."""
    never_written(timed, "UPDATE OF card_ts ON payouts")
    await timed.slack.submit(await timed.form("22670000000 5000 refund"))
    await changed(timed, lambda: timed.rows("SELECT 1 FROM deliveries WHERE place = 'card' AND state = 'sent'"))
    for _ in range(3):
        await timed.later(2 * LEASE)
        await timed.at_rest()
    assert 1 == len(timed.slack.messages(SUPPORT))


async def test_an_answer_is_kept_though_what_follows_cannot_be_written(timed: Stage) -> None:
    """LigdiCash took it: the token, by which alone it can be asked about, is not lost."""
    card = await timed.ask("22670000000 5000 refund")
    await timed.at_rest()
    never_written(timed, "UPDATE OF state ON payouts WHEN NEW.state = 'initiated'")
    await timed.approve(card)
    await changed(
        timed, lambda: timed.rows("SELECT 1 FROM attempts WHERE token IS NOT NULL AND answer_kind = 'accepted'")
    )
    assert [("sending",)] == timed.rows("SELECT state FROM payouts")
    assert [CLARISSE] == [person for (person,) in timed.rows("SELECT person FROM approvals")]
