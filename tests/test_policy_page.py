"""docs/policy.md is what the policy says now: every kind of person, every act, every reason."""

from __future__ import annotations

from typing import cast

import pytest

from bot.channels import Channels
from bot.desk.inquiries import Inquiries
from bot.people import Kind, People, Person
from bot.policy import Limit, Refusal
from bot.speech import words
from storage.ledger import Ledger
from storage.payout import Record
from tests.policy_table import ACTS, PAGE, PEOPLE, RULES, Somebody, may_see, page


def test_the_page_is_up_to_date() -> None:
    """Where it is not: `python -m tests.policy_table --write`."""
    assert page() == PAGE.read_text(encoding="utf-8")


def test_every_kind_of_person_is_in_the_table() -> None:
    """Each kind; a member as approver, as requester and as neither; and what Slack did not say."""
    assert set(Kind) == {each.person.kind for each in PEOPLE}
    members = [each.person for each in PEOPLE if each.person.kind is Kind.MEMBER]
    assert {True, False, None} == {person.is_approver for person in members}
    assert {True, False, None} == {person.is_requester for person in members}


def test_every_reason_is_on_the_page() -> None:
    """No reason that the bot can give, for a person or for a limit, is missing."""
    text = page()
    missing = [
        reason.name
        for reason, sentence in [*words.REFUSALS.items(), *words.LIMIT_REFUSED.items()]
        if sentence.partition("{")[0] not in text or sentence.rpartition("}")[2] not in text
    ]
    assert [] == missing
    assert set(words.REFUSALS) == set(Refusal)
    assert set(words.LIMIT_REFUSED) == set(Limit)


def test_every_act_is_explained() -> None:
    """Whatever stands at the head of a column has its row in the table of acts."""
    explained = page().partition("## The table")[0].lower()
    assert [] == [act for name, _ in ACTS for act in name.lower().split("; ") if act not in explained]


class _Known(People):
    """Slack's word on one person, without Slack."""

    def __init__(self, person: Person) -> None:
        self._person = person

    async def who(self, person: str, *, fresh: bool = False, may_ask: bool = False) -> Person:
        """Always this one."""
        assert (person, fresh, may_ask) == (self._person.id, False, False)
        return self._person


class _Asked:
    """The one thing of a record that is looked at."""

    def __init__(self, asked_by: frozenset[str]) -> None:
        self.asked_by = asked_by


@pytest.mark.parametrize("each", PEOPLE, ids=lambda each: each.label)
async def test_the_status_is_seen_by_those_of_whom_the_page_says_so(each: Somebody) -> None:
    """That rule stands in the desk and not in the policy: the page must not drift from it."""
    desk = Inquiries(cast("Ledger", None), _Known(each.person), cast("Channels", None), RULES)
    record = cast("Record", _Asked(each.asked_by))
    assert (may_see(each.person, each.asked_by) is None) == await desk._may_see(each.person.id, record)
