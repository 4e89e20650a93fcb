"""What `/payout help`, `status`, `list` and `policy` answer, and what Home shows: only to the person who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock
from slack_sdk.models.views import View

from bot.policy import Refusal, Rules
from bot.speech import words
from bot.speech.blocks import context, number_of, section
from bot.speech.cards import state_of
from bot.speech.sentences import Sentence
from storage.payout import Record

# Slack takes 100 blocks in a Home tab.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for one person: why they may not ask or approve (None: they may), and what was approved today, XOF."""

    asking: Refusal | None
    approving: Refusal | None
    team_today: int
    own_today: int


def usage(approvers: tuple[str, ...]) -> str:
    """How the command is typed, and who decides."""
    return words.HELP.format(
        number=words.EXAMPLE_NUMBER, amount=words.EXAMPLE_AMOUNT, approvers=words.mentions(approvers)
    )


def status(record: Record, workspace_url: str) -> str:
    """One payout in a line, with a link to its card."""
    payout = record.payout
    return words.STATUS_LINE.format(
        sign=words.SIGNS[payout.state],
        payout=payout.id,
        amount=words.amount(payout.amount),
        number=number_of(payout),
        reason=words.typed(payout.reason),
        state=state_of(record),
        link=_card_link(record, workspace_url),
    )


def ended(record: Record, workspace_url: str) -> str:
    """How a payout ended, on its requester's lock screen."""
    payout = record.payout
    return words.DIRECT_ENDED.format(
        sign=words.SIGNS[payout.state],
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


def listed(records: Sequence[Record], workspace_url: str) -> str:
    """Several payouts, a line each."""
    if not records:
        return str(words.LIST_EMPTY)
    return "\n".join([str(words.LIST_HEAD), *(status(record, workspace_url) for record in records)])


def policy(standing: Standing, rules: Rules) -> str:
    """What holds for the person who asks."""
    lines = [
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


def home(waiting: Sequence[Record], yours: Sequence[Record], workspace_url: str, rules: Rules) -> View:
    """The Home tab: what waits for this person's decision, and what this person asked for."""
    blocks: list[Block] = [HeaderBlock(text=str(words.HOME_WAITING))]
    blocks += [section(_waiting(record, workspace_url, rules)) for record in waiting[:MOST_SHOWN]]
    if not waiting:
        blocks.append(context(str(words.HOME_NOTHING)))
    if len(waiting) > MOST_SHOWN:
        blocks.append(context(words.HOME_MORE.format(more=len(waiting) - MOST_SHOWN)))
    if yours:
        blocks += [DividerBlock(), HeaderBlock(text=str(words.HOME_YOURS))]
        blocks += [section(status(record, workspace_url)) for record in yours[:MOST_SHOWN]]
    blocks.append(context(str(words.HOME_HOW)))
    return View(type="home", blocks=blocks)


def _waiting(record: Record, workspace_url: str, rules: Rules) -> str:
    payout = record.payout
    link = ""
    if payout.question_ts is not None and workspace_url:
        where = words.permalink(workspace_url, payout.channel, payout.question_ts, payout.card_ts)
        link = words.HOME_LINK.format(link=where)
    return words.HOME_ITEM.format(
        amount=words.amount(payout.amount),
        number=number_of(payout),
        reason=words.typed(payout.reason),
        requester=words.mention(payout.requester),
        time=words.at(payout.created_at, rules.timezone),
        payout=payout.id,
        link=link,
    )
