"""What people do: one table of acts, each played by chance on whatever stands on the screens just then."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.delivery import Delivery, Kind
from bot.sandbox.slack.hands import Impossible, find_button
from bot.sandbox.slack.views import View
from storage.payout import Way
from tests.laws.faults import Fault
from tests.laws.slackside import SUPPORT

if TYPE_CHECKING:
    from tests.laws.world import World

AMINATA, BOUKARY, CLARISSE, DAOUDA = "U0AMINATA", "U0BOUKARY", "U0CLARISSE", "U0DAOUDA"
AGENTS = (AMINATA, BOUKARY)
APPROVERS = (CLARISSE, DAOUDA)
STRANGERS = ("U0GUEST", "U0STRANGER", "U0SINGLE")

# The last two digits choose what becomes of a payout at the sandbox; most are ordinary.
ORDINARY = ("00", "20", "31", "47", "55", "62", "73", "90")
SPECIAL = ("02", "04", "06", "08", "10", "11", "12", "13", "14", "15", "16", "80", "81", "82", "84", "89")

NONSENSE = (
    "",
    "hello",
    "70 00",
    "0",
    "-5000",
    "5.000",
    "5k",
    "<!channel>",
    "*" * 200,
    "99999999999",
    "+1 212 555 0100",
)


@dataclass(slots=True)
class Asked:
    """What somebody asked for by submitting a form, and whether they were told that it was taken."""

    order: str
    number: str
    amount: int
    way: Way
    requester: str
    submitted: int = 0
    taken: bool = False
    refused: bool = False


@dataclass(slots=True)
class Crowd:
    """Everybody, and what they did."""

    world: World
    chance: random.Random
    asked: dict[str, Asked] = field(default_factory=dict)
    acts: int = 0
    most: int = 1
    """Payouts that are asked for at most."""
    busy: set[asyncio.Task[None]] = field(default_factory=set)
    # One form at a time on a screen: who has one open opens no other.
    at_form: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.most = self.chance.choice([1, 2, 2, 3])

    async def live(self, seconds: float) -> None:
        """Act at random moments, several at once now and then, for so long."""
        acts = self.chance.randint(6, 24)
        pace = seconds / acts
        for _ in range(self.most):
            self._start(ASK)
        while self.acts < acts:
            await asyncio.sleep(self.chance.expovariate(1 / pace))
            for _ in range(self.chance.choice([1, 1, 1, 2, 3])):
                self._start(self._any_act())
        await asyncio.gather(*self.busy)

    def _any_act(self) -> Act:
        return self.chance.choices(ACTS, [act.weight for act in ACTS])[0]

    async def afterwards(self) -> None:
        """What is uncertain is looked into for hours: people resolve, confirm, ask again and approve."""
        for _ in range(self.chance.choice([0, 0, 4, 10])):
            await asyncio.sleep(self.chance.choice([20.0, 300.0, 1_500.0, 4_000.0, 30_000.0]))
            self._start(self.chance.choice(AFTERWARDS))
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

    def any_with_button(self, name: str) -> Message:
        """Some message with such a button; LookupError when there is none."""
        messages = self.world.slackside.slack.workspace.channel(SUPPORT).messages.values()
        found = [each for each in messages if any(button.action_id == name for button in each.buttons)]
        if not found:
            raise LookupError(name)
        return self.chance.choice(found)

    def any_earlier(self) -> Message:
        """Some message as it once was, with buttons that may be gone by now."""
        messages = self.world.slackside.slack.workspace.channel(SUPPORT).messages.values()
        found = [
            Message(each.channel, each.ts, each.author, once.text, once.blocks, each.thread_ts)
            for each in messages
            for once in each.edits
            if any(block["type"] == "actions" for block in once.blocks)
        ]
        if not found:
            raise LookupError("no earlier button")
        return self.chance.choice(found)

    def new_request(self, user: str, way: Way) -> Asked:
        """What somebody is about to ask for."""
        chance = self.chance
        digits = chance.choice(ORDINARY if chance.random() < 0.5 else SPECIAL)
        number = f"2267000{len(self.asked)}{chance.randrange(10)}{digits}"
        order = f"ORD-{len(self.asked) + 1}"
        amount = chance.choice([500, 5_000, 12_500, 1_000_000])
        self.asked[order] = Asked(order, number, amount, way, user)
        return self.asked[order]

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


@dataclass(frozen=True, slots=True)
class Act:
    """Something that people do, how often beside the others, and how."""

    name: str
    weight: float
    play: Callable[[Crowd], Awaitable[None]]


async def ask(crowd: Crowd) -> None:
    """Somebody types the command, fills the form in, and submits it until it is taken."""
    chance = crowd.chance
    user = chance.choice([*AGENTS, *AGENTS, *APPROVERS])
    if len(crowd.asked) >= crowd.most or user in crowd.at_form:
        return
    crowd.at_form.add(user)
    try:
        await _fill_in(crowd, user)
    finally:
        crowd.at_form.discard(user)


async def _fill_in(crowd: Crowd, user: str) -> None:
    chance, slack = crowd.chance, crowd.world.slackside.slack
    before = crowd.views_of(user)
    text = chance.choice(
        ["", "70000000 5000 refund", "+22670000000 5 000 F CFA refund", "70 00 00 00 5.000", "hello <!here>"]
    )
    await slack.command(user, SUPPORT, text)
    form = await crowd.modal(user, before)
    asked = crowd.new_request(user, chance.choice(list(Way)))
    if chance.random() < 0.2:
        await slack.submit(form, {"amount": chance.choice(NONSENSE), "beneficiary": chance.choice(NONSENSE)})
    values: dict[str, str] = {
        "beneficiary": f"+{asked.number}",
        "amount": str(asked.amount),
        "reason": "refund <!channel> & *more*",
        "order": asked.order,
        "way": asked.way.value,
    }
    for _ in range(4):
        await crowd.pause(0.5, 3.0, 20.0)
        asked.submitted += 1
        known = {"known": "known"} if "known" in form.labels else {}
        result = await slack.submit(form, values | known)
        if result.closed:
            asked.taken = True
            return
        if result.errors:
            asked.refused = True
            return


async def approve(crowd: Crowd) -> None:
    """An approver clicks Approve."""
    await _click(crowd, "approve", crowd.chance.choice(APPROVERS), times=1)


async def approve_twice(crowd: Crowd) -> None:
    """An impatient approver clicks Approve several times."""
    await _click(crowd, "approve", crowd.chance.choice(APPROVERS), times=crowd.chance.randint(2, 3))


async def approve_together(crowd: Crowd) -> None:
    """Both approvers, and whoever else, click Approve on the same payout at the same moment."""
    question = crowd.any_with_button("approve")
    slack = crowd.world.slackside.slack
    people = [*APPROVERS, crowd.chance.choice(AGENTS)]
    clicks = (slack.click(user, question, "approve", confirm=True) for user in people)
    await asyncio.gather(*clicks, return_exceptions=True)


async def approve_as_anybody(crowd: Crowd) -> None:
    """Somebody who may not clicks Approve: the requester, an agent, a guest, a stranger."""
    await _click(crowd, "approve", crowd.chance.choice([*AGENTS, *STRANGERS]), times=1)


async def reject(crowd: Crowd) -> None:
    """An approver clicks Reject and gives a reason; the other may approve meanwhile."""
    reason = crowd.chance.choice(["no order of that number", "*bold* <!here>", "x" * 300])
    await _open_and_submit(crowd, "reject", {"reason": reason})


async def resolve(crowd: Crowd) -> None:
    """An approver says what became of an uncertain payout, rightly or wrongly."""
    finding = crowd.chance.choice(["paid", "unpaid", "unpaid"])
    await _open_and_submit(crowd, "resolve", {"finding": finding, "reason": "seen on the dashboard, or not"})


async def _open_and_submit(crowd: Crowd, name: str, values: dict[str, str]) -> None:
    chance, slack = crowd.chance, crowd.world.slackside.slack
    user = chance.choice(APPROVERS)
    message = crowd.any_with_button(name)
    if user in crowd.at_form:
        return
    crowd.at_form.add(user)
    try:
        before = crowd.views_of(user)
        await slack.click(user, message, name)
        form = await crowd.modal(user, before)
        await crowd.pause(0.5, 5.0, 60.0)
        for _ in range(chance.choice([1, 1, 2])):
            await slack.submit(form, values)
    finally:
        crowd.at_form.discard(user)


async def confirm(crowd: Crowd) -> None:
    """An approver, perhaps the one who proposed, confirms a finding."""
    await _click(crowd, "confirm", crowd.chance.choice(APPROVERS), times=crowd.chance.choice([1, 2]))


async def confirm_together(crowd: Crowd) -> None:
    """Both approvers confirm at the same moment."""
    message = crowd.any_with_button("confirm")
    slack = crowd.world.slackside.slack
    await asyncio.gather(*(slack.click(user, message, "confirm") for user in APPROVERS), return_exceptions=True)


async def cancel(crowd: Crowd) -> None:
    """Somebody, mostly the one who asked, takes a request back."""
    await _click(crowd, "cancel", crowd.chance.choice([*AGENTS, *AGENTS, *APPROVERS]), times=1)


async def stop(crowd: Crowd) -> None:
    """Somebody stops an approved payout that has not left, or so they hope."""
    await _click(crowd, "stop", crowd.chance.choice([*AGENTS, *APPROVERS]), times=crowd.chance.choice([1, 2]))


async def ask_again(crowd: Crowd) -> None:
    """Somebody asks for a new attempt, perhaps twice."""
    await _click(crowd, "ask_again", crowd.chance.choice([*AGENTS, *APPROVERS]), times=crowd.chance.choice([1, 2]))


async def ask_directly(crowd: Crowd) -> None:
    """Somebody asks for the same, straight to mobile money: a new payout."""
    if len(crowd.asked) >= crowd.most:
        return
    chance, slack = crowd.chance, crowd.world.slackside.slack
    user = chance.choice([*AGENTS, *APPROVERS])
    message = crowd.any_with_button("ask_directly")
    if user in crowd.at_form:
        return
    crowd.at_form.add(user)
    try:
        before = crowd.views_of(user)
        await slack.click(user, message, "ask_directly")
        form = await crowd.modal(user, before)
        asked = crowd.new_request(user, Way.MOBILE_DIRECTLY)
        values = {"beneficiary": f"+{asked.number}", "amount": str(asked.amount), "order": asked.order}
        asked.submitted += 1
        result = await slack.submit(form, values)
        if not result.closed and "known" in form.labels:
            result = await slack.submit(form, values | {"known": "known"})
        asked.taken = result.closed
    finally:
        crowd.at_form.discard(user)


async def pause_all(crowd: Crowd) -> None:
    """Somebody, who may or may not, stops all sending."""
    user = crowd.chance.choice([*APPROVERS, *APPROVERS, *AGENTS])
    text = crowd.chance.choice(["pause something looks wrong", "pause <!channel> *stop*", "pause"])
    await crowd.world.slackside.slack.command(user, SUPPORT, text)


async def resume(crowd: Crowd) -> None:
    """One, or both, or one twice, let sending go on."""
    people = crowd.chance.choice([APPROVERS, APPROVERS, APPROVERS[:1], (CLARISSE, CLARISSE), AGENTS])
    slack = crowd.world.slackside.slack
    await asyncio.gather(*(slack.command(user, SUPPORT, "resume") for user in people), return_exceptions=True)


async def try_now(crowd: Crowd) -> None:
    """Somebody frees an endpoint that a refusal of the account had held."""
    await _click(crowd, "try_now", crowd.chance.choice([*APPROVERS, *AGENTS]), times=1)


async def click_too_late(crowd: Crowd) -> None:
    """Somebody's screen still shows a button that is long gone, and it is clicked."""
    chance, slack = crowd.chance, crowd.world.slackside.slack
    once = crowd.any_earlier()
    button = chance.choice(once.buttons)
    await slack.post.deliver(Delivery(Kind.INTERACTIVE, slack.payloads.click(chance.choice(APPROVERS), once, button)))


async def forge(crowd: Crowd) -> None:
    """A click whose button says what no button of ours ever said."""
    chance, slack = crowd.chance, crowd.world.slackside.slack
    message = crowd.any_with_button("approve")
    payload = slack.payloads.click(chance.choice(APPROVERS), message, find_button(message.buttons, "approve"))
    value = str(payload["actions"][0]["value"])
    wrong = [
        "P-22222:1",
        value.replace(":1", ":2"),
        value.split(":", maxsplit=1)[0],
        "",
        "x" * 2000,
        "'; DROP TABLE payouts; --",
    ]
    payload["actions"][0]["value"] = chance.choice(wrong)
    await slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))


async def replay(crowd: Crowd) -> None:
    """Slack delivers something once more that it delivered before."""
    slack = crowd.world.slackside.slack
    if slack.deliveries:
        await slack.replay(crowd.chance.choice(slack.deliveries), retry_num=crowd.chance.choice([None, 1, 2]))


async def leave(crowd: Crowd) -> None:
    """An approver's account is closed, in the middle of whatever they were doing."""
    if crowd.world.fate.strikes(Fault.PEOPLE_LEAVE):
        crowd.world.slackside.slack.workspace.people.deactivate(crowd.chance.choice(APPROVERS))


async def _click(crowd: Crowd, name: str, user: str, *, times: int) -> None:
    message = crowd.any_with_button(name)
    slack = crowd.world.slackside.slack
    asks = find_button(message.buttons, name).dialog is not None
    clicks = (slack.click(user, message, name, confirm=asks) for _ in range(times))
    await asyncio.gather(*clicks, return_exceptions=True)


ASK = Act("ask", 12, ask)

ACTS = (
    ASK,
    Act("approve", 22, approve),
    Act("approve twice", 6, approve_twice),
    Act("approve together", 8, approve_together),
    Act("approve as anybody", 3, approve_as_anybody),
    Act("reject", 3, reject),
    Act("cancel", 3, cancel),
    Act("stop", 4, stop),
    Act("click too late", 4, click_too_late),
    Act("forge", 2, forge),
    Act("replay", 8, replay),
    Act("pause", 3, pause_all),
    Act("resume", 6, resume),
    Act("try now", 5, try_now),
    Act("resolve", 6, resolve),
    Act("confirm", 6, confirm),
    Act("confirm together", 3, confirm_together),
    Act("ask again", 8, ask_again),
    Act("ask directly", 2, ask_directly),
    Act("leave", 1, leave),
)

AFTERWARDS = [act for act in ACTS if act.name in {"resolve", "confirm", "ask again", "approve", "resume", "try now"}]
