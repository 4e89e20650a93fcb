"""`python -m tests.policy_table`: who may do what, by the bot's own policy; `--write` renews docs/policy.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot.clock import HOUR, MINUTE
from bot.people import Kind, Person
from bot.policy import (
    APPROVAL_HOLDS,
    MOST_OPEN_REQUESTS,
    NOT_PAID_AFTER,
    PENDING_FOR_LONG,
    SAME_PERSON_WITHIN,
    SILENT_FOR_LONG,
    Refusal,
    Rules,
    approvals_needed,
    limit_passed,
    may_brake,
    may_cancel,
    may_decide,
    may_request,
    may_see,
    may_stop,
)
from bot.quiet import QuietHours
from bot.speech import words
from bot.speech.words import Answer
from storage.payout import Counted

PAGE = Path(__file__).resolve().parents[1] / "docs" / "policy.md"

ME, ASKER, HERE, OTHER_CHANNEL = "U0ME", "U0ASKER", "C0SUPPORT", "C0RANDOM"
RULES = Rules(
    approvers=("U0ME",),
    requesters=(),
    channels=(HERE,),
    countries=("226",),
    max_amount=1_000_000,
    second_approval_above=100_000,
    daily_limit=500_000,
    daily_limit_per_requester=200_000,
    request_ttl_hours=24,
    quiet_hours=QuietHours(20, 7),
    timezone=ZoneInfo("Africa/Ouagadougou"),
    audit_channel="C0AUDIT",
    audit_full_numbers=False,
)

# A rule's word: None is yes, else the reason.
Rule = Callable[[Person, frozenset[str]], str | None]


@dataclass(frozen=True, slots=True)
class Somebody:
    """One row: a person, and whether that person asked for the payout in question, or asked for it again."""

    label: str
    person: Person
    asked_by: frozenset[str] = frozenset({ASKER})


def _somebody(
    label: str,
    kind: Kind = Kind.MEMBER,
    *,
    approver: bool | None = False,
    requester: bool | None = True,
    asked_by: frozenset[str] = frozenset({ASKER}),
) -> Somebody:
    return Somebody(label, Person(ME, kind, "Me", approver, requester), asked_by)


_ASKED, _ASKED_AGAIN = frozenset({ME}), frozenset({ASKER, ME})

PEOPLE = (
    _somebody("A full member who may ask"),
    _somebody("A full member who is not among `REQUESTERS`", requester=False),
    _somebody("An approver", approver=True),
    _somebody("An approver who is not among `REQUESTERS`", approver=True, requester=False),
    _somebody("Whoever asked for this payout", asked_by=_ASKED),
    _somebody("Whoever asked for it again", asked_by=_ASKED_AGAIN),
    _somebody("An approver who asked for this payout", approver=True, asked_by=_ASKED),
    _somebody("An approver who asked for it again", approver=True, asked_by=_ASKED_AGAIN),
    _somebody("A guest, named as an approver or not", Kind.GUEST, approver=True),
    _somebody("A bot, named or not", Kind.BOT, approver=True),
    _somebody("A deactivated person, named or not", Kind.DEACTIVATED, approver=True),
    _somebody("Somebody of another workspace, named or not", Kind.ELSEWHERE, approver=True),
    _somebody("An approver of whom Slack says nothing just now", Kind.UNKNOWN, approver=True),
    _somebody("The same, who asked for this payout", Kind.UNKNOWN, approver=True, asked_by=_ASKED),
    _somebody("Somebody else of whom Slack says nothing just now", Kind.UNKNOWN),
    _somebody("The same, who asked for this payout", Kind.UNKNOWN, asked_by=_ASKED),
    _somebody("A full member, while Slack does not say who is in a group of `APPROVERS`", approver=None),
    _somebody("The same, who asked for this payout", approver=None, asked_by=_ASKED),
    _somebody("A full member, while Slack does not say who is in a group of `REQUESTERS`", requester=None),
)


def _reason(refused: Refusal | None) -> str | None:
    if refused is None:
        return None
    return words.REFUSALS[refused].format(channels="the channels of `PAYOUT_CHANNELS`")


def _sees(person: Person, asked_by: frozenset[str]) -> str | None:
    return None if may_see(person, asked_by) else words.STATUS_NOT_YOURS.format(payout="P-…")


# One column a rule, with every act that goes by it.
ACTS: tuple[tuple[str, Rule], ...] = (
    ("Ask; ask again", lambda person, _: _reason(may_request(person, HERE, RULES))),
    ("Approve; reject; resolve; confirm", lambda person, asked_by: _reason(may_decide(person, asked_by))),
    ("Cancel a request", lambda person, asked_by: _reason(may_cancel(person, asked_by))),
    ("Stop what is approved", lambda person, asked_by: _reason(may_stop(person, asked_by))),
    ("Pause; resume; try now", lambda person, _: _reason(may_brake(person))),
    ("See its status", _sees),
)

MEANINGS = (
    (
        "Ask; ask again",
        "the form; the button *Ask again* of a payout that came to nothing",
    ),
    ("Approve; reject", "the buttons of the question in the thread"),
    (
        "Resolve; confirm",
        "say of an uncertain payout whether it was paid; agree to just that as the second person",
    ),
    ("Cancel a request", "take it back while nobody has decided"),
    ("Stop what is approved", "before it has left for LigdiCash"),
    (
        "Pause; resume; try now",
        "stop all sending; let it go on, which takes two; let go what waits since LigdiCash refused the account",
    ),
    ("See its status", "`/payout status`"),
)


def page() -> str:
    """The whole of docs/policy.md."""
    parts = (
        _OPENING,
        _table(("act", "what it is"), MEANINGS),
        *_who(),
        *_where(),
        *_besides(),
        *_approvals(),
        *_limits(),
        *_times(),
    )
    return "\n\n".join(parts) + "\n"


_OPENING = """\
# Who may do what

Computed from the bot's own rules by `python -m tests.policy_table --write`; not to be edited by hand. A reason in
quotation marks is what the person is told, word for word.

Three lists in the settings decide: `APPROVERS`, `REQUESTERS` (left empty: every full member) and `PAYOUT_CHANNELS`
(left empty: every channel the bot is in). Slack is asked at the moment of each request and each decision who somebody
is; what it does not say is taken as no. Titles count for nothing: owners and administrators of the workspace have the
rights that the lists give them."""


def _who() -> Iterable[str]:
    reasons: dict[str, int] = {}
    rows = [(each.label, *(_cell(rule(each.person, each.asked_by), reasons) for _, rule in ACTS)) for each in PEOPLE]
    yield "## The table"
    yield _table(("", *(name for name, _ in ACTS)), rows)
    yield "The reasons:"
    yield "\n".join(f"{number}. “{reason}”" for reason, number in reasons.items())


def _cell(reason: str | None, reasons: dict[str, int]) -> str:
    return "**yes**" if reason is None else f"no ({reasons.setdefault(reason, len(reasons) + 1)})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _quoted(reason: str | None) -> str:
    return "**yes**" if reason is None else f"no: “{reason}”"


def _where() -> Iterable[str]:
    member = PEOPLE[0].person
    rows = (
        ("one of `PAYOUT_CHANNELS`", _quoted(_reason(may_request(member, HERE, RULES)))),
        ("another channel", _quoted(_reason(may_request(member, OTHER_CHANNEL, RULES)))),
        (
            "any channel the bot is in, while `PAYOUT_CHANNELS` is empty",
            _quoted(_reason(may_request(member, OTHER_CHANNEL, replace(RULES, channels=())))),
        ),
        (
            "a channel shared with another workspace",
            _quoted(_reason(may_request(member, HERE, RULES, shared=True))),
        ),
        ("Slack does not say whether it is shared", _quoted(_reason(Refusal.CHANNEL_NOT_LEARNT))),
        ("a direct message", _quoted(words.HERE_NO_PAYOUTS_DIRECT.format(bot="payout"))),
        ("a channel without the bot", _quoted(words.BOT_NOT_IN_CHANNEL.format(bot="payout"))),
        (
            f"whoever has {MOST_OPEN_REQUESTS} undecided requests already",
            _quoted(_reason(Refusal.TOO_MANY_OPEN)),
        ),
    )
    yield "## Where one may ask"
    yield "This holds for people whom the table lets ask."
    yield _table(("where", "may ask?"), rows)


_BESIDES = (
    ("who approved already, approving once more", Answer.APPROVED_ALREADY),
    ("who proposed what became of it, confirming it", Answer.CONFIRM_NEEDS_ANOTHER),
    ("confirming what somebody proposed who may not decide any more", Answer.PROPOSER_GONE),
    ("who said “resume” already, saying it once more", Answer.RESUME_NEEDS_ANOTHER),
    ("a button of an earlier attempt", Answer.STALE),
)


def _besides() -> Iterable[str]:
    yield "## Nobody counts twice"
    yield "These change nothing, although the table says yes:"
    yield _table(
        ("who, or what", "is told"),
        [(what, f"“{words.ANSWERS[answer].format(payout='P-…', state='…')}”") for what, answer in _BESIDES],
    )


_HOW_MANY = """\
One approver is enough; two different ones are needed

- above `SECOND_APPROVAL_ABOVE`. What is compared is this amount and everything that was approved for the same person in
  the last {hours} hours and did not come to nothing, so splitting gains nothing;
- while an earlier payout to the same person, or for the same order, may still be paid: approved, being sent, initiated
  or unconfirmed, contradicted by LigdiCash, or found unpaid by two people while LigdiCash's newest word on it was not
  final; so it is where an earlier attempt of the same payout was found unpaid like that. This holds whether or not
  there is a threshold;
- where another payout to the same person, or for the same order, was paid since this one was asked for. Whoever
  approved before that must do so anew.

How many are needed is looked at with each approval. The first of two sends nothing."""

# How many approvals: amount, approved for this person lately, whether some of it may still be paid.
EXAMPLES_OF_APPROVALS = (
    (100_000, 0, False),
    (100_001, 0, False),
    (40_000, 60_000, False),
    (40_000, 60_001, False),
    (1_000, 0, True),
)


def _approvals() -> Iterable[str]:
    above = words.amount(RULES.second_approval_above or 0)
    yield "## How many approvals"
    yield _HOW_MANY.format(hours=SAME_PERSON_WITHIN // HOUR)
    yield f"With `SECOND_APPROVAL_ABOVE` of {above}, and without one:"
    yield _table(
        ("amount", "before, same person", "an earlier one may still be paid", "approvals", "without a threshold"),
        [_approvals_row(*example) for example in EXAMPLES_OF_APPROVALS],
    )


def _approvals_row(amount: int, before: int, may_still_be_paid: bool) -> tuple[str, ...]:  # noqa: FBT001 - a row's cell
    counted = Counted(1 if before else 0, before, may_still_be_paid, paid_meanwhile=False)
    without = replace(RULES, second_approval_above=None)
    return (
        words.amount(amount),
        words.amount(before),
        "yes" if may_still_be_paid else "no",
        str(approvals_needed(amount, counted, RULES)),
        str(approvals_needed(amount, counted, without)),
    )


_WHAT_COUNTS = """\
- `MAX_AMOUNT`: no single payout above it can be asked for.
- `DAILY_LIMIT`: what may be approved in a calendar day of `TIMEZONE`, for everybody together.
- `DAILY_LIMIT_PER_REQUESTER`: the same for what one person asked for, or asked for again.

What counts is everything that was approved today and is not known to have come to nothing. So an unconfirmed payout
counts. One that was refused, stopped, expired unsent or found unpaid by two people does not; nor does one that failed,
unless that was learnt by a callback's token alone.

The limits are looked at when somebody asks, so that nobody waits in vain, and decided with the approval that completes
it. What would pass a limit stays open, to be approved another day or rejected. `/payout policy` says what is left.

Settings may be changed by a restart, and those of now count. `MAX_AMOUNT`, `COUNTRIES` and `PAYOUT_CHANNELS` are looked
at again with each approval. Before an approved payout leaves, `MAX_AMOUNT`, `COUNTRIES`, `APPROVERS` (where it names
people only), `SECOND_APPROVAL_ABOVE` and the limits of its day are: what they do not allow any more expires unsent, and
the thread and the audit channel say which rule it was."""

# What counts today: amount, the whole team's, the requester's own.
EXAMPLES_OF_LIMITS = (
    (50_000, 0, 0),
    (50_000, 450_000, 150_000),
    (50_001, 450_000, 0),
    (50_000, 300_000, 150_001),
    (1, 500_000, 0),
)


def _limits() -> Iterable[str]:
    yield "## How much"
    yield _WHAT_COUNTS
    team, own = RULES.daily_limit or 0, RULES.daily_limit_per_requester or 0
    yield f"With `DAILY_LIMIT` of {words.amount(team)} and `DAILY_LIMIT_PER_REQUESTER` of {words.amount(own)}:"
    yield _table(
        ("amount", "today, everybody", "today, this requester", "may be approved?"),
        [_limits_row(*example) for example in EXAMPLES_OF_LIMITS],
    )


def _limits_row(amount: int, team: int, own: int) -> tuple[str, ...]:
    passed = limit_passed(amount, team=team, requester=own, rules=RULES)
    told = None
    if passed is not None:
        limit, left = passed
        told = words.LIMIT_REFUSED[limit].format(payout="P-…", left=words.amount(left))
    return words.amount(amount), words.amount(team), words.amount(own), _quoted(told)


def _times() -> Iterable[str]:
    yield "## Times that count"
    yield _TIMES.format(
        holds=APPROVAL_HOLDS // MINUTE,
        unpaid=NOT_PAID_AFTER // MINUTE,
        pending=PENDING_FOR_LONG // HOUR,
        silent=SILENT_FOR_LONG // HOUR,
    )


_TIMES = """\
- An undecided request expires after `REQUEST_TTL_HOURS`.
- An approval older than {holds} minutes sends nothing: what has not left by then expires.
- “It was not paid” can be proposed and confirmed {unpaid} minutes after it was sent at the earliest.
- Unconfirmed payouts can be resolved at once; initiated ones after {pending} hours, or when the status call has told
  nothing for {silent} hours."""


@click.command()
@click.option("--write", is_flag=True, help="Write docs/policy.md instead of printing it.")
def main(*, write: bool) -> None:
    """Print the page, or write it."""
    if write:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        click.echo(page(), nl=False)


if __name__ == "__main__":
    main()
