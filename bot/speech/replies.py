"""What `/payout help`, `status`, `list` and `policy` answer, and what Home shows: only to the person who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock
from slack_sdk.models.views import View

from bot.policy import Refusal, Rules
from bot.speech import words
from bot.speech.blocks import context, number_of, section
from bot.speech.cards import Moment, brake_line, sign_of, state_of
from bot.speech.sentences import Sentence
from storage.payout import Brake, Record, State

# Slack takes 100 blocks in a Home tab.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for one person: why they may not ask or approve (None: they may), and what was approved today, XOF."""

    asking: Refusal | None
    approving: Refusal | None
    team_today: int
    own_today: int
    brakes: Sequence[Brake] = ()


@dataclass(frozen=True, slots=True)
class Tasks:
    """What waits for one person: payouts of which nobody knows what became, and requests to decide."""

    uncertain: Sequence[Record]
    undecided: Sequence[Record]
    brakes: Sequence[Brake] = ()
    approvers: Sequence[str] = ()
    for_outsider: bool = False


def usage(approvers: tuple[str, ...]) -> str:
    """How the command is typed, and who decides."""
    return words.HELP.format(
        number=words.EXAMPLE_NUMBER, amount=words.EXAMPLE_AMOUNT, approvers=words.mentions(approvers)
    )


def status(record: Record, moment: Moment) -> str:
    """One payout in two lines: how it stands, when it was asked for, and a link to its card."""
    payout = record.payout
    return words.STATUS_LINE.format(
        sign=sign_of(payout),
        payout=payout.id,
        amount=words.amount(payout.amount),
        number=number_of(payout),
        reason=words.typed(payout.reason),
        state=state_of(record),
        when=words.when(payout.created_at, moment.now, moment.timezone),
        link=_card_link(record, moment.workspace_url),
    )


def status_for_approver(record: Record, moment: Moment) -> str:
    """The same, and who asked and who approved: an approver answers for what others asked for, too."""
    payout, attempt = record.payout, record.attempt
    requesters = words.mentions(tuple(dict.fromkeys((payout.requester, attempt.asked_by))))
    people = (
        words.STATUS_APPROVED_BY.format(requesters=requesters, approvers=words.mentions(record.approvers))
        if record.approvers
        else words.STATUS_ASKED_BY.format(requesters=requesters)
    )
    return f"{status(record, moment)}\n{people}"


def ended(record: Record, workspace_url: str) -> str:
    """How a payout ended, on its requester's lock screen."""
    payout = record.payout
    if payout.state is State.REJECTED:
        return words.DIRECT_REJECTED.format(
            sign=words.SIGNS[payout.state],
            amount=words.amount(payout.amount),
            number=number_of(payout),
            decider=words.mention(payout.decided_by or ""),
            reason=words.typed(payout.decision_reason or ""),
            payout=payout.id,
            link=_card_link(record, workspace_url),
        )
    return words.DIRECT_ENDED.format(
        sign=sign_of(payout),
        amount=words.amount(payout.amount),
        number=number_of(payout),
        state=state_of(record),
        payout=payout.id,
        link=_card_link(record, workspace_url),
    )


def _card_link(record: Record, workspace_url: str) -> str:
    """A link to a payout's card; empty while there is none."""
    payout = record.payout
    if payout.card_ts is None or not workspace_url:
        return ""
    return words.STATUS_LINK.format(link=words.permalink(workspace_url, payout.channel, payout.card_ts))


def listed(records: Sequence[Record], moment: Moment) -> str:
    """Several payouts, a line each."""
    if not records:
        return str(words.LIST_EMPTY)
    return "\n".join([str(words.LIST_HEAD), *(status(record, moment) for record in records)])


def policy(standing: Standing, rules: Rules) -> str:
    """What holds for the person who asks."""
    lines = [
        *brake_lines(standing.brakes, rules.approvers),
        _asking(standing, rules),
        _approving(standing, rules),
        words.POLICY_MAX.format(amount=words.amount(rules.max_amount)),
        words.POLICY_COUNTRIES.format(countries=words.listed(f"+{code}" for code in rules.countries)),
    ]
    if rules.second_approval_above is not None:
        lines.append(words.POLICY_SECOND.format(amount=words.amount(rules.second_approval_above)))
    lines += _limit(words.POLICY_TEAM, rules.daily_limit, standing.team_today)
    lines += _limit(words.POLICY_OWN, rules.daily_limit_per_requester, standing.own_today)
    return "\n".join([*lines, words.POLICY_TTL.format(hours=rules.request_ttl_hours)])


def brake_lines(brakes: Sequence[Brake], approvers: Sequence[str]) -> list[str]:
    """What keeps payouts from leaving; and who wants it to end, which takes another of the approvers."""
    return [_held(brake, approvers) for brake in brakes]


def _held(brake: Brake, approvers: Sequence[str]) -> str:
    line = brake_line(brake)
    if brake.resume_by is None:
        return line
    wanted = words.RESUME_WANTED if set(approvers) - {brake.resume_by} else words.RESUME_WANTED_ALONE
    return f"{line}\n{wanted.format(person=words.mention(brake.resume_by))}"


def _asking(standing: Standing, rules: Rules) -> str:
    if standing.asking is None:
        return str(words.POLICY_MAY_ASK)
    return words.POLICY_MAY_NOT_ASK.format(why=words.refusal(standing.asking, rules.channels))


def _approving(standing: Standing, rules: Rules) -> str:
    if standing.approving is None:
        return str(words.POLICY_MAY_APPROVE)
    return words.POLICY_MAY_NOT_APPROVE.format(
        why=words.refusal(standing.approving, rules.channels), approvers=words.mentions(rules.approvers)
    )


def _limit(sentence: Sentence, limit: int | None, used: int) -> list[str]:
    if limit is None:
        return []
    return [sentence.format(limit=words.amount(limit), left=words.amount(max(0, limit - used)))]


def home(tasks: Tasks, yours: Sequence[Record], moment: Moment) -> View:
    """The Home tab: what waits for this person, uncertain money first, and what this person asked for."""
    blocks: list[Block] = [section(line) for line in brake_lines(tasks.brakes, tasks.approvers)]
    blocks.append(HeaderBlock(text=str(words.HOME_WAITING)))
    blocks += _oldest([_uncertain(record, moment) for record in tasks.uncertain])
    blocks += _oldest([_undecided(record, moment) for record in tasks.undecided])
    if not tasks.uncertain and not tasks.undecided:
        blocks.append(context(str(words.HOME_NOTHING)))
    if yours:
        blocks += [DividerBlock(), HeaderBlock(text=str(words.HOME_YOURS))]
        blocks += [section(status(record, moment)) for record in yours[:MOST_SHOWN]]
    blocks.append(context(str(words.HOME_OUTSIDER if tasks.for_outsider else words.HOME_HOW)))
    return View(type="home", blocks=blocks)


def _oldest(lines: Sequence[str]) -> list[Block]:
    """As many as are shown, and how many more there are."""
    more = len(lines) - MOST_SHOWN
    shown: list[Block] = [section(line) for line in lines[:MOST_SHOWN]]
    return [*shown, context(words.HOME_MORE.format(more=more))] if more > 0 else shown


def _undecided(record: Record, moment: Moment) -> str:
    payout = record.payout
    return words.HOME_ITEM.format(
        amount=words.amount(payout.amount),
        number=number_of(payout),
        reason=words.typed(payout.reason),
        requester=words.mention(payout.requester),
        when=words.when(payout.created_at, moment.now, moment.timezone),
        payout=payout.id,
        link=_reply_link(record, payout.question_ts, words.HOME_LINK, moment),
    )


def _uncertain(record: Record, moment: Moment) -> str:
    """Where somebody proposed what became of it, that is to be confirmed; else it is to be looked up."""
    payout, proposal = record.payout, record.proposal
    head = words.HOME_UNCERTAIN.format(
        amount=words.amount(payout.amount),
        number=number_of(payout),
        sign=sign_of(payout),
        state=state_of(record),
    )
    if proposal is None:
        return words.HOME_LOOK_UP.format(
            head=head,
            payout=payout.id,
            when=words.when(record.attempt.sent_at or payout.changed_at, moment.now, moment.timezone),
            link=_reply_link(record, payout.card_ts, words.HOME_LINK_CARD, moment),
        )
    return words.HOME_PROPOSED.format(
        head=head,
        payout=payout.id,
        person=words.mention(proposal.person),
        finding=words.FINDINGS[proposal.finding],
        reason=words.typed(proposal.reason),
        link=_reply_link(record, proposal.message_ts, words.HOME_LINK_PROPOSAL, moment),
    )


def _reply_link(record: Record, message_ts: str | None, sentence: Sentence, moment: Moment) -> str:
    """A link to a message in the card's thread, or to the card itself; empty while it is not there."""
    payout = record.payout
    if message_ts is None or not moment.workspace_url:
        return ""
    return sentence.format(link=words.permalink(moment.workspace_url, payout.channel, message_ts, payout.card_ts))
