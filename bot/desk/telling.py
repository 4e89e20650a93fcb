"""Recording what happened so that it is told: one event, in its change's transaction, with every place to reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.clock import MINUTE
from bot.speech.notices import addresses
from bot.speech.words import Answer
from storage import queries
from storage.ledger import Data, Ledger, Transaction
from storage.payout import Address, Earlier, EventKind, Payout, Place, Record, Sort

_REPEATS_AT_ONCE = 100


def tell(  # noqa: PLR0913 - one word for each thing that an event says
    tx: Transaction,
    kind: EventKind,
    payout: Payout,
    *,
    data: Data,
    attempt: int | None = None,
    actor: str | None = None,
    besides: Iterable[Address] = (),
    proposal: int | None = None,
) -> int:
    """Record an event of a payout's current attempt, or of the one that is named; the event's id.

    `besides` are places that it concerns beyond its own and beyond those that follow from what it ends; `proposal` is
    the event of a proposal that it ends, whose message loses its button. Where money was paid, or may have been, what
    was agreed to beside it before is void, and that is told, too.
    """
    event = tx.append(
        kind,
        payout=payout.id,
        attempt=payout.attempt if attempt is None else attempt,
        actor=actor,
        data=data if proposal is None else {**data, "proposal": proposal},
        addresses=[
            *addresses(kind, channel=payout.channel, actor=actor, requester=payout.requester),
            *([] if proposal is None else [Address(Place.PROPOSAL, payout.channel)]),
            *besides,
            *(questions_beside(tx, payout) if kind in _ENDS | _LEFT else ()),
            *(_cards_beside(tx, payout) if kind in _BEGINS | _ENDS - _PAID else ()),
        ],
    )
    if kind in _VOIDS_APPROVALS:
        _void_approvals_beside(tx, payout)
    return event


def _void_approvals_beside(tx: Transaction, payout: Payout) -> None:
    """Whoever agreed to the same money before did not know this: their word does not count, and they are told."""
    for other, _ in queries.undecided_beside(tx.connection, payout):
        record = tx.record(other)
        if record is not None and record.approvers:
            tx.void_approvals(record.payout)
            data: Data = {"people": ",".join(record.approvers), "other": payout.id}
            tell(tx, EventKind.APPROVALS_VOIDED, record.payout, data=data)


# From then on more or less may be paid, or was: who decides on the same must see it.
_ENDS = frozenset(
    {
        EventKind.REJECTED, EventKind.CANCELLED, EventKind.EXPIRED, EventKind.REFUSED, EventKind.COMPLETED,
        EventKind.FAILED, EventKind.MARKED_PAID, EventKind.MARKED_UNPAID, EventKind.EVIDENCE_AGREES,
        EventKind.CONTRADICTION,
    }
)  # fmt: skip
# The money left, or may have: a question that still says “approved, not yet sent” would be untrue.
_LEFT = frozenset({EventKind.INITIATED, EventKind.UNCONFIRMED, EventKind.RESTORED})
_PAID = frozenset({EventKind.COMPLETED, EventKind.MARKED_PAID})
_VOIDS_APPROVALS = _PAID | {EventKind.CONTRADICTION}
_BEGINS = frozenset({EventKind.REQUESTED, EventKind.ASKED_AGAIN})


def questions_beside(tx: Transaction, payout: Payout) -> list[Address]:
    """The open questions about the same beneficiary or order: whoever decides there must see what became of this."""
    concerned = queries.undecided_beside(tx.connection, payout)
    return [Address(Place.QUESTION, channel, payout=other) for other, channel in concerned]


def _cards_beside(tx: Transaction, payout: Payout) -> list[Address]:
    """The cards that offer to ask for the same money, or may do so again."""
    concerned = queries.followable(tx.connection, payout.id)
    return [Address(Place.CARD, channel, payout=other) for other, channel in concerned]


def refuse(  # noqa: PLR0913 - who, where, what and why
    tx: Transaction,
    kind: EventKind,
    person: str,
    channel: str,
    data: Data,
    record: Record | None,
    *,
    act: Sort | None = None,
) -> None:
    """Record that somebody changed nothing, and tell that person why; `act` is the button or form that was used.

    The same again within a minute is answered again, but written down once: nobody fills the ledger by clicking.
    """
    if act is not None:
        data = {**data, "act": _FORMS.get(act, act)}
    payout = None if record is None else record.payout.id
    why = " ".join(str(data[name]) for name in _SAYS_ANOTHER_THING if data.get(name))
    if tx.repeats_refusal(person, kind, payout, why, channel):
        return
    times = tx.refused_before(person, kind, payout, why)
    event = tx.append(
        kind,
        payout=payout,
        attempt=None if record is None else record.payout.attempt,
        actor=person,
        data={**data, "times_before": times} if times else data,
        addresses=addresses(kind, channel=channel, actor=person),
    )
    tx.note_refusal(person, kind, payout, why, event)


async def tell_repeats(ledger: Ledger) -> None:
    """Say how often a refusal was met again, once its minute is over and no later refusal said it."""
    await ledger.write(_tell_repeats)


def _tell_repeats(tx: Transaction) -> None:
    for found in queries.repeated_refusals(tx.connection, tx.now - MINUTE, _REPEATS_AT_ONCE):
        kind = EventKind.REFUSED_AGAIN
        tx.append(
            kind,
            payout=found.payout,
            attempt=found.attempt,
            actor=found.person,
            data={**found.data, "refused": found.kind, "times_before": found.again},
            addresses=addresses(kind, channel=""),
        )
        tx.note_repeats_told(found)


# A button that opens a form, and the form, are one act.
_FORMS: Mapping[Sort, Sort] = {Sort.ASK_TO_REJECT: Sort.REJECT, Sort.ASK_TO_RESOLVE: Sort.PROPOSE}
# Two refusals that differ in one of these read differently, so one is no repetition of the other.
_SAYS_ANOTHER_THING = ("what", "act", "why", "answer", "left", "stale", "asked_for", "other")


def answer(  # noqa: PLR0913 - as `refuse`
    tx: Transaction,
    what: Answer,
    person: str,
    channel: str,
    record: Record | None = None,
    *,
    left: int | None = None,
    act: Sort | None = None,
) -> None:
    """Tell one person why nothing was changed; `left` is XOF where a limit is the reason."""
    refuse(tx, EventKind.ANSWERED, person, channel, {"answer": what, "left": left}, record, act=act)


def answer_followed(
    tx: Transaction, other: Earlier, person: str, channel: str, record: Record, *, act: Sort | None = None
) -> None:
    """Tell one person which payout of the same money there is already; nothing was asked for."""
    if other.payout == record.payout.id:
        answer(tx, Answer.NOT_AGAIN, person, channel, record, act=act)
        return
    data: Data = {
        "answer": Answer.FOLLOWED, "left": None, "other": other.payout, "other_state": other.state,
        "other_outcome": other.outcome, "other_contradicted": int(other.is_contradicted),
    }  # fmt: skip
    refuse(tx, EventKind.ANSWERED, person, channel, data, record, act=act)
