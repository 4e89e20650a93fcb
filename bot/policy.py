"""Who may do what, and how much: pure decisions, each with its reason. Nothing here asks anybody anything."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from bot.people import Kind, Person


class Refusal(enum.StrEnum):
    """Why somebody may not; the words for it are in `bot.speech.words`."""

    GUEST = "guest"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    ELSEWHERE = "elsewhere"
    NOT_LEARNT = "not_learnt"
    NOT_A_REQUESTER = "not_a_requester"
    NOT_AN_APPROVER = "not_an_approver"
    OWN_REQUEST = "own_request"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"


@dataclass(frozen=True, slots=True)
class Rules:
    """What this installation allows. An empty `requesters` is every full member, empty `channels` every channel."""

    approvers: tuple[str, ...]
    requesters: tuple[str, ...]
    channels: tuple[str, ...]
    countries: tuple[str, ...]
    max_amount: int
    audit_channel: str
    audit_full_numbers: bool


_KINDS = {
    Kind.GUEST: Refusal.GUEST,
    Kind.BOT: Refusal.BOT,
    Kind.DEACTIVATED: Refusal.DEACTIVATED,
    Kind.ELSEWHERE: Refusal.ELSEWHERE,
    Kind.UNKNOWN: Refusal.NOT_LEARNT,
}


def may_request(person: Person, channel: str, rules: Rules) -> Refusal | None:
    """Whether somebody may ask for a payout in that channel; None is yes."""
    if person.kind is not Kind.MEMBER:
        return _KINDS[person.kind]
    if rules.requesters and person.id not in rules.requesters:
        return Refusal.NOT_A_REQUESTER
    if rules.channels and channel not in rules.channels:
        return Refusal.CHANNEL_NOT_ALLOWED
    return None


def may_decide(person: Person, requester: str, rules: Rules) -> Refusal | None:
    """Whether somebody may approve or reject what `requester` asked for; None is yes.

    An own request comes first: nobody decides on it, whatever else that person is.
    """
    if person.id == requester:
        return Refusal.OWN_REQUEST
    if person.kind is not Kind.MEMBER:
        return _KINDS[person.kind]
    if person.id not in rules.approvers:
        return Refusal.NOT_AN_APPROVER
    return None
