"""kill -9 at random moments while 200 payouts are under way: paid once or honestly unconfirmed, and told."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import Delivery, Kind, Message, Person, SlackStandIn
from bot.sandbox.slack.hands import find_button
from bot.sandbox.slack.reading import Json
from tests.bench.examples import Examples, agent, ask
from tests.chained import unlinked_in
from tests.process import HURRIED, eventually, serving
from tests.stage import SUPPORT, Stage, free_port, payout_of

pytestmark = pytest.mark.prove

PAYOUTS, KILLS, SEED = 200, 10, 20_261
APPROVERS = [Person(f"U0APPROVER{number}", f"Approver {number}") for number in range(5)]

# The program as it is elsewhere, but what its lost process was doing is taken up soon.
SOON = HURRIED.replace(
    "outbox.BETWEEN_POSTS",
    "from bot.desk import evidence\nevidence._ASKING_LEASE = outbox.LEASE = 2_000\noutbox.BETWEEN_POSTS",
)


@dataclass
class _Load:
    """Many people who ask and approve, and who try again when nobody answered."""

    scene: Stage
    chance: random.Random
    examples: Examples
    approved: set[str] = field(default_factory=set)

    async def insist(self, payload: Json) -> None:
        """Deliver the very same until the bot has acknowledged it, which it does once it has stored it."""
        while (await self.scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))).error is not None:  # noqa: ASYNC110 - the bot is down
            await asyncio.sleep(0.1)

    async def submit(self, first: int, last: int) -> None:
        """So many forms are sent, four at once."""
        for start in range(first, last, 4):
            numbers = range(start, min(start + 4, last))
            for number in numbers:
                self.scene.slack.workspace.people.add(agent(number))
            await asyncio.gather(*(self.insist(self.examples.submission(number)) for number in numbers))

    async def approve_all(self) -> None:
        """Whoever sees a question with its buttons approves it, once."""
        while len(self.approved) < PAYOUTS:
            for payout, question in list(self._undecided()):
                self.approved.add(payout)
                button = find_button(question.buttons, "approve")
                who = self.chance.choice(APPROVERS).id
                await self.insist(self.scene.slack.payloads.click(who, question, button))
            await asyncio.sleep(0.05)

    def _undecided(self) -> Iterator[tuple[str, Message]]:
        threads = _threads(self.scene)
        for payout, messages in threads.items():
            asking = [one for one in messages if any(button.action_id == "approve" for button in one.buttons)]
            if asking and payout not in self.approved:
                yield payout, asking[0]

    def steps(self) -> int:
        """How often the bot has called anybody so far."""
        return len(self.scene.slack.calls) + len(self.scene.ligdicash.creates)


def _threads(scene: Stage) -> dict[str, list[Message]]:
    """What was said below each payout's card; killed right after a post, the bot posts a card once more."""
    threads: dict[str, list[Message]] = {}
    for card in scene.slack.messages(SUPPORT):
        threads.setdefault(payout_of(card), []).extend(scene.slack.messages(SUPPORT, card.ts))
    return threads


@asynccontextmanager
async def _scene_in(folder: Path) -> AsyncIterator[Stage]:
    async with SlackStandIn.running() as slack, LigdicashSandbox.running(callback_delay=0.3) as ligdicash:
        for person in APPROVERS:
            slack.workspace.people.add(person)
        extra = {"APPROVERS": ",".join(person.id for person in APPROVERS), "LOG_LEVEL": "ERROR"}
        made = Stage(slack, ligdicash, folder, free_port(), extra)
        slack.request_url = f"{made.url}/slack/events"
        yield made


async def _killed_again_and_again(load: _Load) -> list[asyncio.Task[None]]:
    """Each time a part of the people begins, and some steps later the process is gone."""
    tasks = [asyncio.create_task(load.approve_all())]
    # The first one was asked for by hand.
    bounds = [1 + (PAYOUTS - 1) * kill // KILLS for kill in range(KILLS + 1)]
    for first, last in itertools.pairwise(bounds):
        async with serving(load.scene.environment(), load.scene.folder, code=SOON) as running:
            tasks.append(asyncio.create_task(load.submit(first, last)))
            killed_at = load.steps() + load.chance.randrange(5, 200)
            await eventually(lambda until=killed_at: load.steps() >= until, seconds=90)  # type: ignore[misc]
            await running.kill()
    return tasks


_UNDER_WAY = """
    SELECT 1 FROM payouts WHERE state NOT IN ('completed', 'unconfirmed')
    UNION ALL SELECT 1 FROM inbox WHERE due_at IS NOT NULL
    UNION ALL SELECT 1 FROM deliveries WHERE due_at IS NOT NULL
    LIMIT 1
"""


async def test_killed_at_random_under_load(tmp_path: Path) -> None:
    """Every approved payout is paid once or honestly unconfirmed, every end is told in its thread, none paid twice."""
    print(f"seed {SEED}")  # noqa: T201 - shown when it fails
    async with _scene_in(tmp_path) as scene:
        async with serving(scene.environment(), tmp_path, code=SOON):
            load = _Load(scene, random.Random(SEED), await ask(scene.slack))  # noqa: S311 - the same run each time
        tasks = await _killed_again_and_again(load)
        async with serving(scene.environment(), tmp_path, code=SOON):
            async with asyncio.timeout(240):
                await asyncio.gather(*tasks)
            await eventually(lambda: not scene.rows(_UNDER_WAY), seconds=240)
        _check(scene)


def _check(scene: Stage) -> None:
    found = scene.rows("SELECT id, state, transaction_id FROM payouts JOIN attempts ON attempts.payout = payouts.id")
    assert PAYOUTS == len({payout for payout, _, _ in found}) == len(found)
    states = Counter(str(state) for _, state, _ in found)
    times = {str(transaction): scene.ligdicash.paid(str(transaction)) for _, _, transaction in found}
    doubles = sum(paid > 1 for paid in times.values())
    print(  # noqa: T201 - the figures are asked for
        f"payouts {PAYOUTS}, kills {KILLS}, paid {sum(times.values())}, "
        f"completed {states['completed']}, unconfirmed {states['unconfirmed']}, doubles {doubles}"
    )
    assert 0 == doubles
    assert [] == [row for row in found if row[1] == "completed" and times[str(row[2])] != 1]
    # Money that the ledger does not know of is none.
    assert (sum(times.values()), 5000 * sum(times.values())) == scene.ligdicash.paid_total
    threads = _threads(scene)
    assert [] == [row for row in found if not _is_told(threads[str(row[0])], str(row[1]))]
    assert [] == scene.rows("SELECT 1 FROM deliveries WHERE state <> 'sent'")
    assert [] == unlinked_in(scene.database)


def _is_told(thread: list[Message], state: str) -> bool:
    return any(f"is *{state}*" in message.words for message in thread)
