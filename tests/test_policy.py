"""The policy, pure: every kind of person, every act, every reason; and how much."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people import Kind, Person
from bot.policy import (
    Approved,
    Limit,
    Refusal,
    Rules,
    approvals_needed,
    forbids,
    limit_passed,
    may_brake,
    may_cancel,
    may_decide,
    may_request,
    may_see,
    may_stop,
)
from bot.quiet import QuietHours
from storage.payout import NOTHING_COUNTED, Counted, Unsent

RULES = Rules(
    approvers=("U0CLARISSE", "S0APPROVERS"),
    requesters=("S0AGENTS",),
    channels=("C0SUPPORT",),
    countries=("226",),
    max_amount=1_000_000,
    second_approval_above=None,
    daily_limit=None,
    daily_limit_per_requester=None,
    request_ttl_hours=24,
    quiet_hours=QuietHours(20, 7),
    timezone=ZoneInfo("Africa/Ouagadougou"),
    audit_channel="C0AUDIT",
    audit_full_numbers=False,
)
ME, ANOTHER, HERE, ELSEWHERE = "U0ME", frozenset({"U0ANOTHER"}), "C0SUPPORT", "C0RANDOM"
OWN = ANOTHER | {ME}

YES = None
STRANGERS = {
    Kind.GUEST: Refusal.GUEST,
    Kind.BOT: Refusal.BOT,
    Kind.DEACTIVATED: Refusal.DEACTIVATED,
    Kind.ELSEWHERE: Refusal.ELSEWHERE,
    Kind.UNKNOWN: Refusal.NOT_LEARNT,
}
# Yes, no, and "Slack did not say".
STANDINGS: tuple[bool | None, ...] = (True, False, None)
AS_APPROVER = {True: YES, False: Refusal.NOT_AN_APPROVER, None: Refusal.GROUP_NOT_LEARNT}
AS_REQUESTER = {True: YES, False: Refusal.NOT_A_REQUESTER, None: Refusal.GROUP_NOT_LEARNT}
AS_STOPPER = {True: YES, False: Refusal.NOT_REQUESTER_OR_APPROVER, None: Refusal.GROUP_NOT_LEARNT}


def somebody(kind: Kind = Kind.MEMBER, *, approver: bool | None = True, requester: bool | None = True) -> Person:
    """A person as Slack would describe them."""
    return Person(ME, kind, "Me", approver, requester)


def test_every_kind_of_person_has_its_row() -> None:
    """A new kind is refused by name before it can be forgotten here."""
    assert set(Kind) == {Kind.MEMBER, *STRANGERS}


@pytest.mark.parametrize(("kind", "why"), STRANGERS.items())
@pytest.mark.parametrize(("approver", "requester"), list(itertools.product(STANDINGS, STANDINGS)))
def test_whoever_is_no_full_member_may_nothing(
    *, kind: Kind, why: Refusal, approver: bool | None, requester: bool | None
) -> None:
    """Named or not, own request or not: no act at all, and the reason is what they are, or what they surely are not."""
    person = somebody(kind, approver=approver, requester=requester)
    unknown = kind is Kind.UNKNOWN
    brakes = Refusal.NOT_AN_APPROVER if unknown and approver is False else why
    assert why is may_request(person, HERE, RULES)
    assert why is may_request(person, ELSEWHERE, RULES, shared=True)
    assert brakes is may_decide(person, ANOTHER)
    assert brakes is may_brake(person)
    assert why is may_cancel(person, OWN)
    assert why is may_stop(person, OWN)
    assert (Refusal.NOT_THE_REQUESTER if unknown else why) is may_cancel(person, ANOTHER)
    assert (Refusal.NOT_REQUESTER_OR_APPROVER if brakes is not why else why) is may_stop(person, ANOTHER)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("approver", STANDINGS)
def test_nobody_decides_on_an_own_request(*, kind: Kind, approver: bool | None) -> None:
    """Administrators, approvers and unknown people included; this reason comes before every other."""
    assert Refusal.OWN_REQUEST is may_decide(somebody(kind, approver=approver), OWN)
    assert Refusal.OWN_REQUEST is may_decide(somebody(kind, approver=approver), frozenset({ME}))


@pytest.mark.parametrize(("requester", "why"), AS_REQUESTER.items())
@pytest.mark.parametrize("approver", STANDINGS)
def test_asking_needs_a_requester_in_an_own_channel_that_is_allowed(
    *, approver: bool | None, requester: bool | None, why: Refusal | None
) -> None:
    """Being an approver opens no channel and no list."""
    person = somebody(approver=approver, requester=requester)
    assert why is may_request(person, HERE, RULES)
    assert (why or Refusal.CHANNEL_NOT_ALLOWED) is may_request(person, ELSEWHERE, RULES)
    assert (why or Refusal.CHANNEL_SHARED) is may_request(person, HERE, RULES, shared=True)
    anywhere = replace(RULES, channels=())
    assert why is may_request(person, ELSEWHERE, anywhere)
    assert (why or Refusal.CHANNEL_SHARED) is may_request(person, ELSEWHERE, anywhere, shared=True)


@pytest.mark.parametrize(("approver", "why"), AS_APPROVER.items())
@pytest.mark.parametrize("requester", STANDINGS)
def test_deciding_and_the_brake_need_an_approver(
    *, approver: bool | None, requester: bool | None, why: Refusal | None
) -> None:
    """What cannot be learnt is no."""
    person = somebody(approver=approver, requester=requester)
    assert why is may_decide(person, ANOTHER)
    assert why is may_brake(person)


@pytest.mark.parametrize("approver", STANDINGS)
@pytest.mark.parametrize("requester", STANDINGS)
def test_only_whoever_asked_cancels(*, approver: bool | None, requester: bool | None) -> None:
    """An approver rejects with a reason instead."""
    person = somebody(approver=approver, requester=requester)
    assert YES is may_cancel(person, OWN)
    assert Refusal.NOT_THE_REQUESTER is may_cancel(person, ANOTHER)


@pytest.mark.parametrize("approver", STANDINGS)
@pytest.mark.parametrize("kind", Kind)
def test_whoever_asked_and_approvers_see(*, kind: Kind, approver: bool | None) -> None:
    """What one asked for oneself is no secret, whatever one is by now; what others asked is for approvers."""
    person = somebody(kind, approver=approver)
    assert may_see(person, OWN)
    assert may_see(person, ANOTHER) == (kind is Kind.MEMBER and approver is True)


@pytest.mark.parametrize(("approver", "why"), AS_STOPPER.items())
def test_whoever_asked_or_an_approver_stops(*, approver: bool | None, why: Refusal | None) -> None:
    """Stopping is the safe direction: both may."""
    assert YES is may_stop(somebody(approver=approver), OWN)
    assert why is may_stop(somebody(approver=approver), ANOTHER)


def test_every_reason_is_met_in_these_tables() -> None:
    """None is left that no act gives; two more are looked at with the request itself, in the ledger and in Slack."""
    given = {*STRANGERS.values(), *AS_APPROVER.values(), *AS_REQUESTER.values(), *AS_STOPPER.values()}
    given |= {Refusal.OWN_REQUEST, Refusal.NOT_THE_REQUESTER, Refusal.CHANNEL_NOT_ALLOWED, Refusal.CHANNEL_SHARED}
    assert {Refusal.TOO_MANY_OPEN, Refusal.CHANNEL_NOT_LEARNT} == set(Refusal) - given


# --- how many


def needed(amount: int, *, before: int = 0, above: int | None = 100_000, may_still_be_paid: bool = False) -> int:
    """How many must agree, after so much was approved for the same person."""
    counted = Counted(1 if before else 0, before, may_still_be_paid, paid_meanwhile=False)
    return approvals_needed(amount, counted, replace(RULES, second_approval_above=above))


APPROVED = Approved(amount=5000, number="22670000000", approvers=("U1",), needed=1, to_person=0, team=0, requester=0)
TIGHT = replace(
    RULES, approvers=("U1", "U2"), second_approval_above=None, daily_limit=None, daily_limit_per_requester=None
)


@pytest.mark.parametrize(
    ("rules", "approved", "expected"),
    [
        ({}, {}, None),
        ({"max_amount": 5000}, {}, None),
        ({"max_amount": 4999}, {}, Unsent.ABOVE_MAX),
        ({"countries": ("225", "226")}, {}, None),
        ({"countries": ("225", "22")}, {"number": "2250700000000"}, None),
        ({"countries": ("225",)}, {}, Unsent.NOT_SERVED),
        ({"approvers": ("U2",)}, {}, Unsent.NO_APPROVER),
        ({"approvers": ("U2", "S1")}, {}, None),
        ({"approvers": ("U2",)}, {"approvers": ("U1", "U2")}, None),
        ({"approvers": ("U2",)}, {"approvers": ("U1", "U2"), "needed": 2}, Unsent.NO_APPROVER),
        ({"second_approval_above": 5000}, {}, None),
        ({"second_approval_above": 4999}, {}, Unsent.NEEDS_TWO),
        ({"second_approval_above": 4999}, {"approvers": ("U1", "U2")}, None),
        ({"second_approval_above": 4999}, {"approvers": ("U1", "U3")}, Unsent.NO_APPROVER),
        ({"second_approval_above": 9000}, {"to_person": 4000}, None),
        ({"second_approval_above": 9000}, {"to_person": 4001}, Unsent.NEEDS_TWO),
        ({"daily_limit": 9000}, {"team": 4000}, None),
        ({"daily_limit": 9000}, {"team": 4001}, Unsent.TEAM_LIMIT),
        ({"daily_limit_per_requester": 9000}, {"team": 4001, "requester": 4000}, None),
        ({"daily_limit_per_requester": 9000}, {"requester": 4001}, Unsent.OWN_LIMIT),
    ],
)
def test_the_rules_of_now_hold_for_what_was_approved_before(
    rules: dict[str, Any], approved: dict[str, Any], expected: Unsent | None
) -> None:
    """Enough of those who approved are approvers still, as far as they are named one by one, and the amount fits."""
    assert expected is forbids(replace(TIGHT, **rules), replace(APPROVED, **approved))


@pytest.mark.parametrize(
    ("amount", "before", "expected"),
    [
        (1, 0, 1),
        (99_999, 0, 1),
        (100_000, 0, 1),
        (100_001, 0, 2),
        (1, 99_999, 1),
        (1, 100_000, 2),
        (50_000, 50_000, 1),
        (50_001, 50_000, 2),
        (99_000, 99_000, 2),
        (1_000_000, 1_000_000, 2),
    ],
)
def test_above_the_threshold_two_must_agree(amount: int, before: int, expected: int) -> None:
    """Above is above, not at; what was approved for this person in the last 24 hours is part of it."""
    assert expected == needed(amount, before=before)


def test_while_an_earlier_one_may_still_be_paid_two_must_agree() -> None:
    """However small, threshold or not."""
    assert 2 == needed(1, may_still_be_paid=True)
    assert 2 == needed(1, above=None, may_still_be_paid=True)


def test_without_a_threshold_one_is_enough() -> None:
    """For any amount that may be asked for at all."""
    assert 1 == needed(1_000_000, before=10_000_000, above=None)
    rules = replace(RULES, second_approval_above=None)
    assert 1 == approvals_needed(1_000_000, NOTHING_COUNTED, rules)


@given(parts=st.lists(st.integers(1, 1_000_000), min_size=1, max_size=12), above=st.integers(1, 2_000_000))
def test_splitting_never_needs_fewer(parts: list[int], above: int) -> None:
    """If the whole needs two, then so does at least one part, whatever the order; and what one passes is not above."""
    whole = needed(sum(parts), above=above)
    each = [needed(part, before=sum(parts[:index]), above=above) for index, part in enumerate(parts)]
    assert whole == max(each)
    passed_by_one = sum(part for part, approvals in zip(parts, each, strict=True) if approvals == 1)
    assert passed_by_one <= above


@given(
    amount=st.integers(1, 10**6),
    before=st.integers(0, 10**7),
    more=st.integers(1, 10**6),
    may_still_be_paid=st.booleans(),
)
def test_more_never_needs_fewer(*, amount: int, before: int, more: int, may_still_be_paid: bool) -> None:
    """A larger amount, or more of it earlier, never lowers the bar."""
    now = needed(amount, before=before, may_still_be_paid=may_still_be_paid)
    assert now <= needed(amount + more, before=before, may_still_be_paid=may_still_be_paid)
    assert now <= needed(amount, before=before + more, may_still_be_paid=may_still_be_paid)
    assert now <= needed(amount, before=before, may_still_be_paid=True)
    assert now in {1, 2}


# --- how much


@pytest.mark.parametrize(
    ("amount", "team", "own", "expected"),
    [
        (300, 0, 0, None),
        (300, 700, 0, None),
        (301, 700, 0, (Limit.TEAM, 300)),
        (1, 1_000, 0, (Limit.TEAM, 0)),
        (1, 1_500, 0, (Limit.TEAM, 0)),
        (400, 400, 0, None),
        (401, 400, 0, (Limit.REQUESTER, 400)),
        (100, 300, 300, None),
        (101, 300, 300, (Limit.REQUESTER, 100)),
        (1, 500, 500, (Limit.REQUESTER, 0)),
        (700, 700, 300, (Limit.TEAM, 300)),
    ],
)
def test_a_limit_is_passed_by_one_franc(amount: int, team: int, own: int, expected: tuple[Limit, int] | None) -> None:
    """Exactly at it is still within it; the team's limit is said first; never less than nothing is left."""
    rules = replace(RULES, daily_limit=1_000, daily_limit_per_requester=400)
    assert expected == limit_passed(amount, team=team, requester=own, rules=rules)


def test_no_limit_is_no_limit() -> None:
    """Either may be set without the other."""
    assert limit_passed(10**9, team=10**12, requester=10**12, rules=RULES) is None
    team_alone = replace(RULES, daily_limit=1_000)
    assert limit_passed(1, team=0, requester=10**9, rules=team_alone) is None
    own_alone = replace(RULES, daily_limit_per_requester=1_000)
    assert (Limit.REQUESTER, 0) == limit_passed(1, team=0, requester=10**9, rules=own_alone)


@given(
    amounts=st.lists(st.integers(1, 500), max_size=40),
    limit=st.integers(1, 2_000),
    own=st.one_of(st.none(), st.integers(1, 2_000)),
)
def test_whatever_is_asked_in_whatever_order_the_sum_stays_within(
    amounts: list[int], limit: int, own: int | None
) -> None:
    """Not by one franc; and what is said to be left is just what would still have passed."""
    rules = replace(RULES, daily_limit=limit, daily_limit_per_requester=own)
    total = 0
    for amount in amounts:
        passed = limit_passed(amount, team=total, requester=total, rules=rules)
        if passed is None:
            total += amount
        else:
            assert amount > passed[1]
            assert passed[1] == 0 or passed[0] is not Limit.TEAM or total + passed[1] == limit
    assert total <= min(limit, own or limit)
