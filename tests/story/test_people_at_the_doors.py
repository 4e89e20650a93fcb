"""Each kind of person at each door, over real HTTP: who may not is told why, and nothing is changed but the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.slack import Delivery, Kind, Message
from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, GONE, GUEST, ROBOT, STRANGER, SUPPORT, Stage, payout_of
from tests.story.authority import ESTHER, TOWN, VISITOR, clicks, commands, office, refusals, settle_in
from tests.story.office import BALANCE_LOW, NO_ACCOUNT, approved, pause, propose, unconfirmed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One bot for this file, with groups in both lists."""
    async with office(tmp_path_factory.mktemp("doors"), **TOWN) as started:
        settle_in(started)
        yield started


# --- every door


@dataclass(frozen=True, slots=True)
class Doors:
    """One payout for each thing that can be done to one."""

    scene: Stage
    requested: Message
    refused: Message
    unsure: Message
    proposal: Message
    held: Message
    stopped: Message


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(town: Stage) -> Doors:
    """Payouts of Aminata's in every state in which somebody may do something, and all sending paused."""
    requested = await town.ask("22670000101 5000 refund")
    refused = await approved(town, NO_ACCOUNT)
    await town.card_says(refused, "Refused")
    unsure = await unconfirmed(town)
    proposal = await propose(town, CLARISSE, unsure, "paid")
    held = await approved(town, BALANCE_LOW)
    await town.thread_says(held, "Try now")
    stopped = await approved(town, "22670000102")
    await pause(town)
    await town.at_rest()
    return Doors(town, requested, refused, unsure, proposal, held, stopped)


async def submits_anothers_form(doors: Doors, user: str) -> None:
    """The form that was opened for an agent, sent as if somebody else had."""
    scene = doors.scene
    form = await scene.form("22670000103 5000 refund", user=BOUKARY)
    payload = scene.slack.payloads.submission(form)
    payload["user"]["id"] = user
    scene.slack.workspace.close(form)
    ended = await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.json is not None
    assert "errors" == ended.json["response_action"]


async def click_current(doors: Doors, user: str, message: Message, name: str) -> None:
    """Click what stands there now."""
    current = doors.scene.slack.workspace.current(message)
    assert isinstance(current, Message)
    await clicks(doors.scene, user, current, name)


async def click_question(doors: Doors, user: str, name: str) -> None:
    """Click in the question that waits."""
    await clicks(doors.scene, user, await doors.scene.question(doors.requested), name)


async def try_now(doors: Doors, user: str) -> None:
    """Click what the thread of a refused account offers."""
    offered = await doors.scene.thread_says(doors.held, "concerns the LigdiCash account")
    await click_current(doors, user, offered, "try_now")


async def types(doors: Doors, user: str, text: str) -> None:
    """Type the command."""
    await commands(doors.scene, user, text)


ASKS, DECIDES, BRAKES = "request_refused", "decision_refused", "brake_refused"
Knock = Callable[[Doors, str], Awaitable[None]]
DOORS: dict[str, tuple[str, Knock]] = {
    "command": (ASKS, lambda doors, user: types(doors, user, "22670000103 5000 refund")),
    "submission": (ASKS, submits_anothers_form),
    "approve": (DECIDES, lambda doors, user: click_question(doors, user, "approve")),
    "reject": (DECIDES, lambda doors, user: click_question(doors, user, "reject")),
    "cancel": (DECIDES, lambda doors, user: click_question(doors, user, "cancel")),
    "stop": (DECIDES, lambda doors, user: click_current(doors, user, doors.stopped, "stop")),
    "resolve": (DECIDES, lambda doors, user: click_current(doors, user, doors.unsure, "resolve")),
    "confirm": (DECIDES, lambda doors, user: click_current(doors, user, doors.proposal, "confirm")),
    "ask again": (ASKS, lambda doors, user: click_current(doors, user, doors.refused, "ask_again")),
    "pause": (BRAKES, lambda doors, user: types(doors, user, "pause I want to")),
    "resume": (BRAKES, lambda doors, user: types(doors, user, "resume")),
    "try now": (BRAKES, try_now),
}
# What a full member is told who may not: none of the lists names Esther, Boukary is an agent, Aminata asked.
NOBODY = {
    "command": "not_a_requester", "submission": "not_a_requester", "approve": "not_an_approver",
    "reject": "not_an_approver", "cancel": "not_the_requester", "stop": "not_requester_or_approver",
    "resolve": "not_an_approver", "confirm": "not_an_approver", "ask again": "not_a_requester",
    "pause": "not_an_approver", "resume": "not_an_approver", "try now": "not_an_approver",
}  # fmt: skip
OWN = {
    "approve": "own_request", "reject": "own_request", "resolve": "own_request", "confirm": "own_request",
    "pause": "not_an_approver", "resume": "not_an_approver", "try now": "not_an_approver",
}  # fmt: skip
ASKING = ("command", "submission", "ask again")
TABLE: dict[str, dict[str, str]] = {
    GUEST: dict.fromkeys(DOORS, "guest"),
    GONE: dict.fromkeys(DOORS, "deactivated"),
    STRANGER: dict.fromkeys(DOORS, "elsewhere"),
    VISITOR: dict.fromkeys(DOORS, "elsewhere"),
    ROBOT: dict.fromkeys(DOORS, "bot"),
    ESTHER: NOBODY,
    BOUKARY: {door: why for door, why in NOBODY.items() if door not in ASKING},
    CLARISSE: {"cancel": "not_the_requester", "command": "not_a_requester", "submission": "not_a_requester"},
    AMINATA: OWN,
}


def remembered(scene: Stage) -> list[Any]:
    """Everything that a person could change."""
    tables = ("attempts", "approvals", "proposals", "brakes", "beneficiaries")
    return [
        scene.rows("SELECT id, state, attempt, amount, decided_by FROM payouts"),
        *(scene.rows(f"SELECT * FROM {table}") for table in tables),  # noqa: S608 - the names stand above  # noqa: S608 - names from above
    ]


@pytest.mark.parametrize("user", TABLE)
async def test_who_may_not_changes_nothing_at_any_door(doors: Doors, user: str) -> None:
    """Each try is refused for its reason, written down with who, what and why, and told to that person alone."""
    scene = doors.scene
    before = (remembered(scene), len(scene.ligdicash.creates), len(refusals(scene, user)))
    for door, why in TABLE[user].items():
        # Repeats within a minute are gathered, which is another story.
        assert scene.bot is not None
        await scene.bot._ledger.write(lambda tx: tx.connection.execute("DELETE FROM refusals"))
        kind, knock = DOORS[door]
        told = len(scene.slack.ephemerals(user))
        await knock(doors, user)
        await scene.at_rest()
        assert (kind, why) == (refusals(scene, user)[-1][0], refusals(scene, user)[-1][2]), door
        # Nobody whispers to somebody who is not there any more.
        assert len(scene.slack.ephemerals(user)) > told or user == GONE, door
        assert [] == scene.slack.modals(user), door
    after = (remembered(scene), len(scene.ligdicash.creates), len(refusals(scene, user)))
    assert (*before[:2], before[2] + len(TABLE[user])) == after


@pytest.mark.parametrize("user", [GUEST, STRANGER, VISITOR, ESTHER, BOUKARY])
async def test_nobody_looks_into_what_is_not_theirs(doors: Doors, user: str) -> None:
    """The answer is the same as for a payout that does not exist."""
    scene, payout = doors.scene, payout_of(doors.requested)
    answers = []
    for asked in (payout, "P-22222"):
        await commands(scene, user, f"status {asked}")
        answers.append(scene.slack.ephemerals(user)[-1].text.replace(asked, "P-?"))
    assert answers[0] == answers[1]
    assert "that you may see" in answers[0]


@pytest.mark.parametrize("user", [AMINATA, CLARISSE, DAOUDA])
async def test_its_requester_and_approvers_look_it_up(doors: Doors, user: str) -> None:
    """With what it is, where it stands and a link."""
    await commands(doors.scene, user, f"status {payout_of(doors.requested)}")
    told = doors.scene.slack.ephemerals(user)[-1].text
    assert "⏳ *5 000 XOF* to *+226 70 00 01 01* · waiting for a decision\n" in told
    assert f"{payout_of(doors.requested)} · refund · <https://" in told
    assert f"/archives/{SUPPORT}/p{doors.requested.ts.replace('.', '')}" in told
