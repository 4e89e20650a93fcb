"""People at their screens: what they asked for, what they see, and that they act at random moments."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.hands import Impossible
from bot.sandbox.slack.views import View
from storage.payout import Way
from tests.laws.slackside import SUPPORT

if TYPE_CHECKING:
    from tests.laws.world import World

# The last two digits choose what becomes of a payout at the sandbox; most are ordinary.
_ORDINARY = ("00", "20", "31", "47", "55", "62", "73", "90")
_SPECIAL = (
    "02", "04", "06", "08", "10", "11", "12", "13", "14", "15", "16", "52", "53", "80", "81", "82", "84", "89",
)  # fmt: skip
# One order, as different people write it.
_SPELLINGS = ("ORD-{}", "ord {}", "#Ord{}", "ORD-{}", "ORD-{}")


@dataclass(slots=True)
class Asked:
    """What somebody asked for by submitting a form, and whether they were told that it was taken."""

    reason: str
    number: str
    amount: int
    way: Way
    requester: str
    order_number: int | None
    order: str
    submitted: int = 0
    taken: bool = False
    refused: bool = False

    def values(self) -> dict[str, str]:
        """What is filled in; `reason` names this very request."""
        return {
            "beneficiary": f"+{self.number}",
            "amount": str(self.amount),
            "reason": self.reason,
            "order": self.order,
            "way": self.way.value,
        }


@dataclass(frozen=True, slots=True)
class Act:
    """Something that people do, how often beside the others, and how."""

    name: str
    weight: float
    play: Callable[[Crowd], Awaitable[None]]


@dataclass(slots=True)
class Crowd:
    """Everybody, and what they did."""

    world: World
    chance: random.Random
    acts_of: Sequence[Act]
    asked: dict[str, Asked] = field(default_factory=dict)
    """By their reason, which no two have in common."""
    acts: int = 0
    most: int = 1
    """Payouts that are asked for at most."""
    busy: set[asyncio.Task[None]] = field(default_factory=set)
    # One form at a time on a screen: who has one open opens no other.
    at_form: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.most = self.chance.choice([5, 6, 8] if self.world.rules.is_tight else [1, 2, 2, 3])

    async def live(self, seconds: float) -> None:
        """Act at random moments, several at once now and then, for so long."""
        acts = self.chance.randint(20, 32) if self.world.rules.is_tight else self.chance.randint(6, 24)
        pace = seconds / acts
        for _ in range(self.most):
            self._start(self.acts_of[0])
        while self.acts < acts:
            await asyncio.sleep(self.chance.expovariate(1 / pace))
            for _ in range(self.chance.choice([1, 1, 1, 2, 3])):
                self._start(self._any_act())
        await asyncio.gather(*self.busy)

    def _any_act(self) -> Act:
        return self.chance.choices(self.acts_of, [act.weight for act in self.acts_of])[0]

    async def afterwards(self, acts: Sequence[Act]) -> None:
        """What is uncertain is looked into for hours: people resolve, confirm, ask again and approve."""
        for _ in range(self.chance.choice([0, 0, 4, 10])):
            await asyncio.sleep(self.chance.choice([20.0, 300.0, 1_500.0, 4_000.0, 30_000.0]))
            self._start(self.chance.choice(acts))
        await asyncio.gather(*self.busy)

    async def at_last(self, act: Act) -> None:
        """When nothing was left to happen, one thing more."""
        self._start(act)
        await asyncio.gather(*self.busy)

    def _start(self, act: Act) -> None:
        self.acts += 1
        task = self.world.loop.create_task(self._play(act))
        self.busy.add(task)
        task.add_done_callback(self.busy.discard)

    async def _play(self, act: Act) -> None:
        """Nothing is expected of an act: what cannot be done at a screen is simply not done."""
        try:
            await act.play(self)
        except (Impossible, LookupError):
            return

    # What is on the screens

    def with_button(self, name: str) -> list[Message]:
        """Every message with such a button."""
        messages = self.world.slackside.slack.workspace.channel(SUPPORT).messages.values()
        return [each for each in messages if any(button.action_id == name for button in each.buttons)]

    def any_with_button(self, name: str) -> Message:
        """Some message with such a button; LookupError when there is none."""
        found = self.with_button(name)
        if not found:
            raise LookupError(name)
        return self.chance.choice(found)

    def any_earlier(self) -> Message:
        """Some message as it once was, with buttons that may be gone by now."""
        messages = self.world.slackside.slack.workspace.channel(SUPPORT).messages.values()
        found = [
            Message(each.channel, each.ts, each.author, once.raw, once.blocks, each.thread_ts)
            for each in messages
            for once in each.edits
            if any(block["type"] == "actions" for block in once.blocks)
        ]
        if not found:
            raise LookupError("no earlier button")
        return self.chance.choice(found)

    def new_request(self, user: str, way: Way, same_as: Asked | None = None) -> Asked:
        """What somebody is about to ask for; now and then for somebody, or an order, that was asked for before."""
        chance, count = self.chance, len(self.asked) + 1
        is_tight = self.world.rules.is_tight
        repeats = bool(self.asked) and chance.random() < (0.7 if is_tight else 0.4)
        earlier = same_as or (chance.choice(list(self.asked.values())) if repeats else None)
        digits = chance.choice(_SPECIAL if chance.random() < (0.2 if is_tight else 0.5) else _ORDINARY)
        number = f"22670{count % 100:02}{chance.randrange(100):02}{digits}"
        order: int | None = count
        if earlier is not None:
            which = chance.choice(["number", "number", "both", "order", "number without order"])
            number = number if which == "order" else earlier.number
            order = earlier.order_number if which in {"both", "order"} else None if "without" in which else order
        spelled = "" if order is None else chance.choice(_SPELLINGS).format(order)
        reason = f"refund <!channel> & *more* {count}"
        self.asked[reason] = Asked(reason, number, self.world.rules.amount(chance), way, user, order, spelled)
        return self.asked[reason]

    async def pause(self, *seconds: float) -> None:
        """Think."""
        await asyncio.sleep(self.chance.choice(seconds))

    async def modal(self, user: str, before: set[str]) -> View:
        """The form that opens on somebody's screen within a few seconds; LookupError when none does."""
        for _ in range(12):
            await asyncio.sleep(0.4)
            views = self.world.slackside.slack.modals(user)
            if views and views[-1].id not in before:
                return views[-1]
        raise LookupError("no form opened")

    def views_of(self, user: str) -> set[str]:
        """The forms on somebody's screen now."""
        return {view.id for view in self.world.slackside.slack.modals(user)}
