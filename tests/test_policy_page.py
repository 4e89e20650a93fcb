"""docs/policy.md is what the policy says now: every kind of person, every act, every reason."""

from __future__ import annotations

from bot.people import Kind
from bot.policy import Limit, Refusal
from bot.speech import words
from tests.policy_table import ACTS, PAGE, PEOPLE, page


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
        if str(sentence).partition("{")[0] not in text or str(sentence).rpartition("}")[2] not in text
    ]
    assert [] == missing
    assert set(words.REFUSALS) == set(Refusal)
    assert set(words.LIMIT_REFUSED) == set(Limit)


def test_every_act_is_explained() -> None:
    """Whatever stands at the head of a column has its row in the table of acts."""
    explained = page().partition("## The table")[0].lower()
    assert [] == [act for name, _ in ACTS for act in name.lower().split("; ") if act not in explained]
