"""What people do in these stories again and again, and what is looked up to see what came of it."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import patch

from aiohttp import web

from bot.clock import MINUTE, SECOND
from bot.sandbox import PATIENCE
from bot.sandbox.ligdicash import Answer, Create, Endpoint, Request, Silence
from bot.sandbox.ligdicash.answers import CRASHED
from bot.sandbox.slack import CommandAnswer, Delivery, Kind, Message, View
from bot.sandbox.slack.hands import find_button
from storage.payout import State
from tests.stage import AUDIT, CLARISSE, DAOUDA, SUPPORT, Stage, commits, payout_of

Outcome = Answer | Silence

# By their last two digits, as the LigdiCash sandbox takes them.
PAID, FAILS, PENDING, NO_CALLBACK = "22670000000", "22670000011", "22670000010", "22670000015"
HANGS_UP, CRASHES, NO_ACCOUNT, BALANCE_LOW = "22670000013", "22670000014", "22670000002", "22670000004"


# What people do


async def pause(scene: Stage, reason: str = "looks odd", *, user: str = CLARISSE) -> CommandAnswer:
    """Type `/payout pause` and wait until sending is paused."""
    answer = await scene.slack.command(user, SUPPORT, f"pause {reason}")
    await changed(scene, lambda: scene.rows("SELECT 1 FROM brakes WHERE hold = 'all'"))
    return answer


async def resume(scene: Stage, *, user: str = CLARISSE) -> CommandAnswer:
    """Type `/payout resume`, and wait until it is decided on."""
    answer = await scene.slack.command(user, SUPPORT, "resume")
    await decided(scene)
    return answer


async def both_resume(scene: Stage) -> None:
    """Two approvers let sending go on."""
    await resume(scene, user=CLARISSE)
    await resume(scene, user=DAOUDA)
    assert [] == scene.rows("SELECT * FROM brakes WHERE hold = 'all'")


async def press(
    scene: Stage, user: str, message: Message, button: str, *, confirm: bool = False, decide: bool = True
) -> None:
    """Click a button, and wait until it is decided on; a proposal's dialog is always gone through with."""
    current = scene.slack.workspace.current(message)
    assert isinstance(current, Message)
    result = await scene.slack.click(user, current, button, confirm=confirm or button == "confirm")
    assert result.error is None
    if decide:
        await decided(scene)


async def press_again(scene: Stage, name: str, *, user: str | None = None, times: int = 1, which: int = 0) -> None:
    """Click a button once more that is gone from the screen by now, or is still there on a slow one.

    `which` of the clicks on such a button is made once more, the first one being 0.
    """
    clicks = [one for one in scene.slack.deliveries if _action(one.delivery.payload) == name]
    for number in range(times):
        payload = copy.deepcopy(clicks[which].delivery.payload)
        payload["actions"][0]["action_ts"] += str(number + 1)
        if user is not None:
            payload["user"] = {**payload["user"], "id": user}
        ended = await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
        assert ended.error is None
    await decided(scene)


async def press_as_shown(scene: Stage, user: str, message: Message, button: str) -> None:
    """Click a button of a message on a screen that does not show yet what became of it."""
    payload = scene.slack.payloads.click(user, message, find_button(message.buttons, button), None)
    ended = await scene.slack.post.deliver(Delivery(Kind.INTERACTIVE, payload))
    assert ended.error is None
    await decided(scene)


def _action(payload: Mapping[str, Any]) -> str:
    return str(payload["actions"][0]["action_id"]) if payload.get("actions") else ""


async def propose(
    scene: Stage, user: str, card: Message, finding: str, reason: str = "seen on the dashboard"
) -> Message:
    """Click Resolve, say what became of the payout, and wait for the proposal in the thread."""
    before = len(_proposals(scene, card))
    await press(scene, user, card, "resolve")
    form = await scene.slack.wait_for_modal(user, "Resolve")
    result = await scene.slack.submit(form, {"finding": finding, "reason": reason})
    assert ({}, None) == (dict(result.errors), result.error)
    return await scene.slack.wait_for(lambda _: _proposals(scene, card)[before], what="the proposal")


def _proposals(scene: Stage, card: Message) -> list[Message]:
    said = ("proposes for", "proposed for")
    return [one for one in scene.slack.messages(SUPPORT, card.ts) if any(each in one.words for each in said)]


async def home(scene: Stage, user: str) -> View:
    """What stands in somebody's Home once it is drawn."""
    before = sum(call.method == "views.publish" for call in scene.slack.calls)
    await scene.slack.open_home(user)
    await scene.slack.wait_for(
        lambda slack: sum(call.method == "views.publish" for call in slack.calls) > before, what="Home"
    )
    view = scene.slack.home(user)
    assert view is not None
    return view


async def unconfirmed(scene: Stage, number: str = CRASHES, *, amount: int = 5000) -> Message:
    """A payout that was approved, and of which nobody knows what became."""
    card = await approved(scene, number, amount=amount)
    return await scene.card_says(card, "*Unconfirmed*")


async def doubtful(scene: Stage) -> Message:
    """The same, but LigdiCash has it, pending; `settle` ends it."""
    with answers_lost(scene):
        return await unconfirmed(scene, PENDING)


async def lease_ran_out(scene: Stage, card: Message) -> None:
    """Whoever was sending is believed to be gone, as another process finds it."""
    await becomes(scene, card, State.SENDING)
    # Once it is with LigdiCash: before that a machine that slept so long would not let it go.
    await scene.ligdicash.wait_for(lambda _: bool(creates_of(scene, card)))
    await scene.later(2 * MINUTE)
    assert scene.bot is not None
    await scene.bot._house.worker._payments.give_up(payout_of(card))
    await becomes(scene, card, State.UNCONFIRMED)


async def approved(
    scene: Stage, number: str = PAID, *, amount: int = 5000, values: Mapping[str, str] | None = None
) -> Message:
    """Ask for a payout and have it approved; each has a beneficiary of its own, by the third-last digit."""
    so_far = len(scene.rows("SELECT id FROM payouts"))
    number = f"{number[:-3]}{so_far % 10}{number[-2:]}"
    card = await scene.ask(f"{number} {amount} refund", values=values)
    await press(scene, CLARISSE, await scene.question(card), "approve", confirm=True)
    return card


async def question_of(scene: Stage, card: Message, attempt: int) -> Message:
    """The question of a later attempt."""
    return await scene.thread_says(card, f"*Attempt {attempt}*")


async def whisper_count(scene: Stage, user: str, words: str) -> int:
    """How often this person alone was told these words, once everything is told."""
    await scene.at_rest()
    return sum(words in one.words for one in scene.slack.ephemerals(user))


# What came of it


async def changed(scene: Stage, holds: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Wait until it holds; looked at after each change of the ledger."""
    assert scene.bot is not None
    happened = commits()
    async with asyncio.timeout(seconds):
        while not holds():
            happened.clear()
            await happened.wait()


async def told(scene: Stage) -> None:
    """Wait until nothing that is recorded waits to be told, and nothing is on its way to Slack."""
    await changed(scene, lambda: not scene.rows("SELECT 1 FROM deliveries WHERE due_at IS NOT NULL"))


async def decided(scene: Stage) -> None:
    """Wait until nothing that came in waits for a decision."""
    await changed(scene, lambda: not scene.rows("SELECT 1 FROM inbox WHERE due_at IS NOT NULL"))


async def becomes(scene: Stage, card: Message, state: State) -> None:
    """Wait until the ledger has the payout in that state."""
    await changed(scene, lambda: state_of(scene, card) is state)


def state_of(scene: Stage, card: Message) -> State:
    """Where the payout stands in the ledger."""
    return State(str(scene.rows("SELECT state FROM payouts WHERE id = ?", payout_of(card))[0][0]))


def transaction_of(scene: Stage, card: Message, attempt: int = 1) -> str:
    """The id under which LigdiCash knows an attempt."""
    rows = scene.rows("SELECT transaction_id FROM attempts WHERE payout = ? AND number = ?", payout_of(card), attempt)
    return str(rows[0][0])


def kinds(scene: Stage, card: Message | None = None) -> list[str]:
    """What happened to the payout, or to no payout, by kind, the first event first."""
    if card is None:
        rows = scene.rows("SELECT kind FROM events WHERE payout IS NULL ORDER BY id")
    else:
        rows = scene.rows("SELECT kind FROM events WHERE payout = ? ORDER BY id", payout_of(card))
    return [str(kind) for (kind,) in rows]


def creates_of(scene: Stage, card: Message, attempt: int = 1) -> list[Create]:
    """Every request to pay it that LigdiCash received."""
    mine = transaction_of(scene, card, attempt)
    return [one for one in scene.ligdicash.creates if _order(one)["custom_data"]["transaction_id"] == mine]


def _order(create: Create) -> dict[str, Any]:
    assert isinstance(create.body, dict)
    commande: dict[str, Any] = create.body["commande"]
    return commande


def callback_url(scene: Stage, card: Message, attempt: int = 1) -> str:
    """Where LigdiCash was told to call back."""
    return str(_order(creates_of(scene, card, attempt)[0])["callback_url"])


def seen(scene: Stage, card: Message) -> Message:
    """The card as it stands now."""
    return next(one for one in scene.slack.messages(SUPPORT) if one.ts == card.ts)


def buttons_of(message: Message) -> list[str]:
    """What can be clicked in it, by action."""
    return [button.action_id for button in message.buttons]


def audit(scene: Stage) -> list[str]:
    """The audit channel, line by line."""
    seen_there = [text for message in scene.slack.messages(AUDIT) for text in message.seen]
    return [line for text in seen_there for line in text.splitlines()]


# LigdiCash in trouble


@contextmanager
def status_answers(scene: Stage, answer: Callable[[str], Outcome | None]) -> Iterator[list[str]]:
    """What the status call answers by token, None for the truth; the tokens that were asked about."""
    asked: list[str] = []
    honest = scene.ligdicash.bank.handle

    def handle(request: Request) -> Outcome:
        if request.method != "GET":
            return honest(request)
        token = next(iter(request.query.values()))
        asked.append(token)
        return answer(token) or honest(request)

    with patch.object(scene.ligdicash.bank, "handle", handle):
        yield asked


@contextmanager
def answers_lost(scene: Stage, outcome: Outcome = CRASHED) -> Iterator[None]:
    """LigdiCash takes each create request, and something else than its answer comes back."""
    bank, honest = scene.ligdicash.bank, scene.ligdicash.bank.handle

    def handle(request: Request) -> Outcome:
        answer = honest(request)
        return outcome if request.method == "POST" else answer

    with patch.object(bank, "handle", handle):
        yield


@contextmanager
def creates_refused(scene: Stage, endpoint: str, code: str) -> Iterator[None]:
    """Each create request to that endpoint is answered with that code; nothing is accepted."""
    bank, honest = scene.ligdicash.bank, scene.ligdicash.bank.handle

    def handle(request: Request) -> Outcome:
        if request.method != "POST" or endpoint not in request.path:
            return honest(request)
        customer = Endpoint.CUSTOMER if endpoint == "withdrawal" else Endpoint.MERCHANT
        bank.creates.append(Create(customer, json.loads(request.body), {}, f"Code{code}"))
        refusal = {"response_code": "01", "response_text": f"Echec (Code{code})", "token": ""}
        return Answer(200, json.dumps(refusal))

    with patch.object(bank, "handle", handle):
        yield


async def ligdicash_says(scene: Stage, transaction: str, word: str) -> None:
    """LigdiCash calls back, and enough time is over that it may be asked."""
    before = len(scene.ligdicash.deliveries)
    await scene.ligdicash.settle(transaction, word)
    await scene.ligdicash.wait_for(lambda ligdicash: len(ligdicash.deliveries) == before + 2)
    assert {200} == {delivery.answer for delivery in scene.ligdicash.deliveries[before:]}
    await scene.later(4 * SECOND)
    await scene.at_rest()


@asynccontextmanager
async def held_back(scene: Stage, method: str) -> AsyncIterator[asyncio.Event]:
    """LigdiCash does what it is asked, but its answers to that method wait until the event is set."""
    gate, honest = asyncio.Event(), scene.ligdicash._reply

    async def reply(request: web.Request, outcome: Outcome) -> web.StreamResponse:
        if request.method == method:
            await gate.wait()
        return await honest(request, outcome)

    with patch.object(scene.ligdicash, "_reply", reply):
        try:
            yield gate
        finally:
            gate.set()
