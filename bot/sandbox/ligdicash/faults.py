"""What each trouble is called when troubles are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.ligdicash.errors import Endpoint
from bot.sandbox.ligdicash.payouts import Status
from bot.sandbox.ligdicash.plans import Mishap, Plan, Reply, Step, Tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.ligdicash.payouts import Payout

# Milliseconds.
HOUR, DAY = 3_600_000, 86_400_000
_FINAL = frozenset({Status.COMPLETED, Status.NOTCOMPLETED})


def of_answer(endpoint: Endpoint, mishap: Mishap) -> str:
    """A request that the weather answered; nothing was accepted."""
    return f"{'status' if endpoint is Endpoint.STATUS else 'create'}: {mishap.value}"


def of_create(plan: Plan) -> Iterator[str]:
    """A create request that followed a plan: its answer, and what is already known of its end."""
    where = "create, accepted" if plan.accepts else "create"
    if plan.trouble or plan.reply is not Reply.NORMAL:
        yield f"{where}: {(plan.trouble or plan.reply).value}"
    elif plan.answers_after:
        yield f"{where}: answered late"
    if plan.calls_back_first:
        yield f"{where}: callback first"
    if plan.accepts and not plan.ends:
        yield "end: never"
    if plan.ailment:
        yield f"token: {plan.ailment.mishap.value}"


def of_step(before: Payout, step: Step, now: int) -> Iterator[str]:
    """A step that is taken by a payout as it stood `before`."""
    if step.status:
        yield from _of_move(before, step, now)
    elif step.word:
        yield "callback: claims what is not so"
    elif step.tell and step.tell is not Tell.AGAIN:
        yield "callback: late"
    if step.tell not in {None, Tell.TWINS}:
        yield f"callback: {step.tell}"


def _of_move(before: Payout, step: Step, now: int) -> Iterator[str]:
    age = now - before.created
    if step.word:
        yield "status: unknown word"
    if step.status in _FINAL and before.status in _FINAL and step.status is not before.status:
        yield f"end: {step.status} after {before.status}"
    elif step.status in _FINAL and age >= HOUR:
        yield f"end: after {'days' if age >= DAY else 'hours'}"
    if step.status in _FINAL and step.tell is None:
        yield "callback: none"
