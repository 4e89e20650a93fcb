"""What stories of who may what share: anybody's hand at any door, groups, and Slack that does not say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.desk.telling import tell
from bot.sandbox.slack import Delivery, Kind, Message, Person, SubmissionResult, Trouble, UserGroup, outage
from bot.sandbox.slack.hands import find_button
from storage.ledger import Transaction
from storage.payout import EventKind, Request, Way
from tests.paying import impatient
from tests.stage import (
    AMINATA,
    BOUKARY,
    CLARISSE,
    DAOUDA,
    GONE,
    GUEST,
    ROBOT,
    STRANGER,
    SUPPORT,
    SkippingClock,
    Stage,
    hurried,
    payout_of,
    stage,
)
from tests.story.office import changed, decided, kinds

APPROVERS_GROUP, AGENTS_GROUP = "S0APPROVERS", "S0AGENTS"


def clock_at(text: str, zone: str = "Africa/Ouagadougou") -> SkippingClock:
    """A clock that goes on from that local time."""
    clock = SkippingClock()
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    clock.skip(int(local.timestamp() * 1000) - clock.now())
    return clock


@asynccontextmanager
async def office(folder: Path, clock: SkippingClock | None = None, /, **extra: str) -> AsyncIterator[Stage]:
    """A bot in no hurry to wait, which may read user groups; time is skipped by hand."""
    with hurried(), impatient(read=5):
        async with stage(folder, clock=clock or SkippingClock(), **extra) as started:
            started.slack.api.scopes.add("usergroups:read")
            yield started


async def file_requests(scene: Stage, requests: Sequence[Request]) -> list[str]:
    """Many requests at once, as the desk files them; their ids, once each has its question."""
    assert scene.bot is not None

    def file(tx: Transaction) -> list[str]:
        return [_file(tx, request) for request in requests]

    filed = await scene.bot._ledger.write(file)
    asked = "SELECT count(*) FROM payouts WHERE question_ts IS NOT NULL"
    before = len(scene.rows("SELECT 1 FROM payouts")) - len(filed)
    await changed(scene, lambda: scene.rows(asked) >= [(before + len(filed),)], seconds=30)
    return filed


def _file(tx: Transaction, request: Request) -> str:
    payout = tx.file(request, due_at=None)
    data: dict[str, str | int | None] = {
        "amount": payout.amount, "way": payout.way, "reason": payout.reason, "order": payout.order_reference,
        "channel": payout.channel, "follows": None, "knows_of": None,
    }  # fmt: skip
    tell(tx, EventKind.REQUESTED, payout, actor=payout.requester, data=data)
    return payout.id


def somebody(number: int) -> str:
    """A beneficiary to whom the sandbox pays in the ordinary way."""
    return f"22670{number:04}00"


def wish(number: str, amount: int, *, user: str = AMINATA) -> Request:
    """Something to ask for."""
    return Request(number, amount, Way.WALLET, "refund", None, user, user, SUPPORT)


def click_on(scene: Stage, user: str, payout: str, name: str) -> dict[str, Any]:
    """The payload of somebody's click in the question of a payout."""
    ((ts,),) = scene.rows("SELECT question_ts FROM payouts WHERE id = ?", payout)
    question = scene.slack.workspace.channel(SUPPORT).messages[str(ts)]
    payload: dict[str, Any] = scene.slack.payloads.click(user, question, find_button(question.buttons, name))
    return payload


async def clicks(scene: Stage, user: str, message: Message, name: str) -> None:
    """Somebody's click, whether or not their screen would show that button, and its decision."""
    button = find_button(message.buttons, name)
    payload = scene.slack.payloads.click(user, message, button)
    ended = await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.error is None
    await decided(scene)


async def commands(scene: Stage, user: str, text: str, *, channel: str = SUPPORT) -> str:
    """Somebody's command, whether or not Slack would let them type it, and its decision; the answer given at once."""
    payload = scene.slack.payloads.command(user, channel, "/payout", text)
    ended = await scene.slack.post.deliver(Delivery(Kind.COMMAND, payload))
    assert ended.error is None
    await scene.at_rest()
    return ended.body


async def approves(scene: Stage, user: str, card: Message) -> None:
    """Click Approve on the question as it is now, and wait for the decision."""
    await clicks(scene, user, await scene.question(card), "approve")


async def submits(
    scene: Stage, text: str, *, user: str = AMINATA, channel: str = SUPPORT, **values: str
) -> SubmissionResult:
    """Type the command and submit the form once, whatever it says then."""
    form = await scene.form(text, user=user, channel=channel)
    return await scene.slack.submit(form, values)


def refusals(scene: Stage, user: str) -> list[tuple[Any, ...]]:
    """What is written down of this person's refused tries: kind, payout and why, the first one first."""
    return scene.rows(
        "SELECT kind, payout, json_extract(data, '$.why') FROM events "
        "WHERE actor = ? AND kind LIKE '%refused' ORDER BY id",
        user,
    )


def approvals(scene: Stage, card: Message) -> list[str]:
    """Whose word counts for it so far."""
    rows = scene.rows("SELECT person FROM approvals WHERE payout = ? ORDER BY event", payout_of(card))
    return [str(person) for (person,) in rows]


def sent(scene: Stage, card: Message) -> bool:
    """Whether anything was sent for it."""
    return "sending" in kinds(scene, card)


def enrol(scene: Stage, group: str, users: Sequence[str]) -> None:
    """Say who is in a user group from now on."""
    people = scene.slack.workspace.people
    known = people.groups.get(group) or UserGroup(group, group.lower(), ())
    people.add_group(replace(known, users=tuple(users)))


# A full member whom no list names, and somebody of another workspace whom `users.info` does find.
ESTHER, VISITOR = "U0ESTHER", "U0VISITOR"
# Both lists name people who must never count; a user group may go on listing them, too.
NEVER = (GUEST, GONE, STRANGER, ROBOT, VISITOR)
TOWN = {
    "APPROVERS": f"{DAOUDA},{APPROVERS_GROUP},{GUEST},{STRANGER}",
    "REQUESTERS": f"{AGENTS_GROUP},{DAOUDA},{ROBOT}",
    "PAYOUT_CHANNELS": f"{SUPPORT},C0PARTNERS",
    "REQUEST_TTL_HOURS": "500",
}


def settle_in(scene: Stage) -> None:
    """Say who there is in that town, and in which groups."""
    people, space = scene.slack.workspace.people, scene.slack.workspace
    people.add(Person(ESTHER, "Esther"))
    people.add(Person(VISITOR, "Visitor", team_id="T0OTHER"))
    space.channel(SUPPORT).members |= {ESTHER, VISITOR}
    enrol(scene, APPROVERS_GROUP, (CLARISSE, *NEVER))
    enrol(scene, AGENTS_GROUP, (AMINATA, BOUKARY, *NEVER))


@contextmanager
def silent(scene: Stage, *methods: str, trouble: Trouble | None = None) -> Iterator[None]:
    """Slack does not answer these calls; the rest it does."""
    before = scene.slack.api.weather
    met = trouble or outage()
    scene.slack.api.weather = lambda method, _args: met if method in methods else None
    try:
        yield
    finally:
        scene.slack.api.weather = before
