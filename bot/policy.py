"""Who may do what, and how much: pure decisions, each with its reason. Nothing here asks anybody anything."""

from __future__ import annotations

import enum
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.clock import CLOCK_CORRECTED, HOUR, MINUTE
from bot.ligdicash.readers import Doubt
from bot.people import Kind, Person, is_group
from bot.quiet import QuietHours
from storage.payout import Counted, Record, State, Unsent

# No approval older than this sends anything.
APPROVAL_HOLDS = HOUR
# Whoever let money move, and was not heard for so long, may think otherwise by now.
CLICK_HOLDS = 5 * MINUTE
# Before "it was not paid" may be said of an attempt: a late callback is more likely than a mistake of LigdiCash.
NOT_PAID_AFTER = 60 * MINUTE
# From then on two people may say what became of an initiated payout.
PENDING_FOR_LONG = 24 * HOUR
# The same when the status call told nothing but errors for so long: tokens may expire.
SILENT_FOR_LONG = 6 * HOUR
# Payouts to the same beneficiary within this time are pointed out, and added up against the second approval.
SAME_PERSON_WITHIN = 24 * HOUR
# What one person may have open at once, so that nobody fills the ledger or the approvers' day.
MOST_OPEN_REQUESTS = 20


class Refusal(enum.StrEnum):
    """Why somebody may not; the words for it are in `bot.speech.words`."""

    GUEST = "guest"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    ELSEWHERE = "elsewhere"
    NOT_LEARNT = "not_learnt"
    GROUP_NOT_LEARNT = "group_not_learnt"
    NOT_A_REQUESTER = "not_a_requester"
    NOT_AN_APPROVER = "not_an_approver"
    OWN_REQUEST = "own_request"
    NOT_THE_REQUESTER = "not_the_requester"
    NOT_REQUESTER_OR_APPROVER = "not_requester_or_approver"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"
    CHANNEL_SHARED = "channel_shared"
    CHANNEL_NOT_LEARNT = "channel_not_learnt"
    TOO_MANY_OPEN = "too_many_open"


class Limit(enum.StrEnum):
    """Which limit of the day would be passed."""

    TEAM = "team"
    REQUESTER = "requester"


# Whoever asked knows what to ask for instead, and may at once: nothing is doubtful about it.
SET_OTHERWISE = frozenset(
    {
        Unsent.ABOVE_MAX, Unsent.NOT_SERVED, Unsent.NO_APPROVER, Unsent.NEEDS_TWO, Unsent.TEAM_LIMIT, Unsent.OWN_LIMIT,
        Unsent.OTHER_HOST,
    }
)  # fmt: skip
_UNSENT_FOR = {Limit.TEAM: Unsent.TEAM_LIMIT, Limit.REQUESTER: Unsent.OWN_LIMIT}


@dataclass(frozen=True, slots=True)
class Rules:
    """What this installation allows; amounts in XOF. None is no limit, empty `channels` is every channel."""

    approvers: tuple[str, ...]
    requesters: tuple[str, ...]
    channels: tuple[str, ...]
    countries: tuple[str, ...]
    max_amount: int
    second_approval_above: int | None
    daily_limit: int | None
    daily_limit_per_requester: int | None
    request_ttl_hours: int
    quiet_hours: QuietHours
    timezone: ZoneInfo
    audit_channel: str
    audit_full_numbers: bool


_KINDS = {
    Kind.GUEST: Refusal.GUEST,
    Kind.BOT: Refusal.BOT,
    Kind.DEACTIVATED: Refusal.DEACTIVATED,
    Kind.ELSEWHERE: Refusal.ELSEWHERE,
    Kind.UNKNOWN: Refusal.NOT_LEARNT,
}


@dataclass(frozen=True, slots=True)
class Approved:
    """What was approved, by whom of as many as were needed, and in XOF what was approved besides it and may be paid.

    `to_person` in the 24 hours before, `team` and `requester` on its day.
    """

    amount: int
    number: str
    approvers: tuple[str, ...]
    needed: int
    to_person: int
    team: int
    requester: int


# Who may


def may_request(person: Person, channel: str, rules: Rules, *, shared: bool = False) -> Refusal | None:
    """Whether somebody may ask for a payout in that channel; None is yes."""
    if person.kind is not Kind.MEMBER:
        return _KINDS[person.kind]
    if person.is_requester is None:
        return Refusal.GROUP_NOT_LEARNT
    if not person.is_requester:
        return Refusal.NOT_A_REQUESTER
    if shared:
        return Refusal.CHANNEL_SHARED
    return None if allows_channel(channel, rules) else Refusal.CHANNEL_NOT_ALLOWED


def may_take_part(person: Person) -> bool:
    """Whether somebody asks for payouts in some channel, or decides on them."""
    return person.kind is Kind.MEMBER and bool(person.is_requester or person.is_approver)


def is_outsider(person: Person) -> bool:
    """Whether somebody surely neither asks for payouts nor decides on them, wherever they try."""
    is_nobody = person.is_requester is False and person.is_approver is False
    return is_nobody or person.kind not in {Kind.MEMBER, Kind.UNKNOWN}


def allows_channel(channel: str, rules: Rules) -> bool:
    """Whether payouts are asked for in that channel."""
    return not rules.channels or channel in rules.channels


def may_decide(person: Person, asked_by: AbstractSet[str]) -> Refusal | None:
    """Whether somebody may approve, reject or resolve what `asked_by` asked for; None is yes.

    An own request comes first: nobody decides on it, whatever else that person is.
    """
    if person.id in asked_by:
        return Refusal.OWN_REQUEST
    return may_brake(person)


def may_brake(person: Person) -> Refusal | None:
    """Whether somebody may stop all sending, or help to let it go on; None is yes."""
    if person.kind is Kind.UNKNOWN and person.is_approver is False:
        # Whoever the settings do not name is none, whatever Slack would say: a sure no, which holds no money.
        return Refusal.NOT_AN_APPROVER
    if person.kind is not Kind.MEMBER:
        return _KINDS[person.kind]
    if person.is_approver is None:
        return Refusal.GROUP_NOT_LEARNT
    return None if person.is_approver else Refusal.NOT_AN_APPROVER


def may_cancel(person: Person, asked_by: AbstractSet[str]) -> Refusal | None:
    """Whether somebody may take a request back before it is decided; None is yes."""
    if person.kind is Kind.UNKNOWN and person.id not in asked_by:
        return Refusal.NOT_THE_REQUESTER
    if person.kind is not Kind.MEMBER:
        return _KINDS[person.kind]
    return None if person.id in asked_by else Refusal.NOT_THE_REQUESTER


def may_stop(person: Person, asked_by: AbstractSet[str]) -> Refusal | None:
    """Whether somebody may stop an approved payout that has not left; None is yes."""
    if person.id in asked_by:
        return may_cancel(person, asked_by)
    refused = may_brake(person)
    return Refusal.NOT_REQUESTER_OR_APPROVER if refused is Refusal.NOT_AN_APPROVER else refused


def may_see(person: Person, asked_by: AbstractSet[str]) -> bool:
    """Whether somebody may look up what became of a payout: whoever asked for it, and approvers."""
    return person.id in asked_by or may_brake(person) is None


# How much


def approvals_needed(amount: int, counted: Counted, rules: Rules) -> int:
    """How many different people must agree: two above the threshold, and while another payout may still be paid.

    Two also where another was paid since this one was asked for: their question said so while that was on its way.
    `counted` is what this beneficiary was approved in the last 24 hours, so that splitting an amount gains nothing.
    """
    above = rules.second_approval_above
    if above is not None and amount + counted.total > above:
        return 2
    may_be_paid = counted.may_still_be_paid or counted.unpaid_but is not None or counted.unknown_since is not None
    return 2 if may_be_paid or counted.paid_meanwhile else 1


def is_click_too_old(clicked_at: int, now: int) -> bool:
    """Whether a click that lets money move waited too long to be heard, since nobody worked.

    Of one from a time that has not come yet, since the clock was set back, nobody knows how old it is.
    """
    return not -CLOCK_CORRECTED <= now - clicked_at <= CLICK_HOLDS


def allows_number(number: str, rules: Rules) -> bool:
    """Whether somebody may be paid at a number, calling code first: no calling code begins with another one."""
    return number.startswith(rules.countries)


def forbids(rules: Rules, approved: Approved) -> Unsent | None:
    """Which rule of now keeps what was approved from leaving: whoever runs the bot may have tightened them since.

    Whoever approved must still be named. Who is named by a group is not asked again: Slack said so an hour ago at most.
    """
    if approved.amount > rules.max_amount:
        return Unsent.ABOVE_MAX
    if not allows_number(approved.number, rules):
        return Unsent.NOT_SERVED
    by_name = not any(map(is_group, rules.approvers))
    standing = [each for each in approved.approvers if not by_name or each in rules.approvers]
    above = rules.second_approval_above
    needed = 2 if above is not None and approved.amount + approved.to_person > above else approved.needed
    if len(standing) < needed:
        return Unsent.NEEDS_TWO if len(approved.approvers) < needed else Unsent.NO_APPROVER
    passed = limit_passed(approved.amount, team=approved.team, requester=approved.requester, rules=rules)
    return None if passed is None else _UNSENT_FOR[passed[0]]


def limit_passed(amount: int, *, team: int, requester: int, rules: Rules) -> tuple[Limit, int] | None:
    """Which daily limit `amount` would pass, and how much is left today; None when it fits.

    `team` and `requester` are what was approved today and is not known to have come to nothing.
    """
    if rules.daily_limit is not None and team + amount > rules.daily_limit:
        return Limit.TEAM, max(0, rules.daily_limit - team)
    own = rules.daily_limit_per_requester
    if own is not None and requester + amount > own:
        return Limit.REQUESTER, max(0, own - requester)
    return None


# What may be resolved by people


def is_resolvable(record: Record, now: int) -> bool:
    """Whether two people may say what became of it: when it is uncertain, or when LigdiCash has had its time."""
    attempt = record.attempt
    if record.payout.state is State.UNCONFIRMED:
        return True
    if record.payout.state is not State.INITIATED or attempt.sent_at is None:
        return False
    silent = attempt.silent_since is not None and now - attempt.silent_since >= SILENT_FOR_LONG
    return silent or now - attempt.sent_at >= PENDING_FOR_LONG


def doubtful_since(record: Record) -> int:
    """Since when it may have been paid: of a restored ledger nobody knows when, but not after it was restored."""
    sent_at = record.attempt.sent_at
    restored = record.attempt.answer_note == Doubt.RESTORED
    return record.payout.changed_at if sent_at is None or restored else sent_at


def unpaid_sayable_from(record: Record) -> int:
    """From when on people may say that it was not paid: LigdiCash's word may come until then."""
    return doubtful_since(record) + NOT_PAID_AFTER


def eligible(record: Record, rules: Rules) -> tuple[str, ...]:
    """The approvers named in the settings, groups among them, who did not ask for this attempt themselves."""
    return tuple(person for person in rules.approvers if person not in record.asked_by)


def enough_to_resolve(record: Record, rules: Rules) -> bool:
    """Whether two could resolve it in Slack; a group is taken to have two such members."""
    named = eligible(record, rules)
    return len(named) >= 2 or any(is_group(name) for name in named)  # noqa: PLR2004 - one proposes, another confirms
