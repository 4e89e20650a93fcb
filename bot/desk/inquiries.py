"""Looking things up for one person: nothing is changed, and nobody sees what is not theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.channels import Channels, Membership
from bot.parsing import read_payout
from bot.people import People, Person
from bot.policy import (
    PENDING_FOR_LONG,
    SILENT_FOR_LONG,
    Rules,
    is_outsider,
    is_resolvable,
    may_brake,
    may_decide,
    may_request,
    may_see,
    may_take_part,
)
from bot.quiet import day_start
from bot.speech import replies, words
from bot.speech.cards import Moment
from storage import queries
from storage.ledger import Ledger
from storage.payout import Brake, Record

_MOST_LISTED = 10
_MOST_WAITING = 200


class Inquiries:
    """The desk for questions."""

    def __init__(self, ledger: Ledger, people: People, channels: Channels, rules: Rules) -> None:
        self._ledger = ledger
        self._people = people
        self._channels = channels
        self._rules = rules

    async def status(self, person: str, payout: str) -> str:
        """One payout, for its requester and for approvers."""
        record = self._ledger.record(read_payout(payout))
        who = None if record is None else await self._people.who(person)
        if record is None or who is None or not may_see(who, record.asked_by):
            return words.STATUS_NOT_YOURS.format(payout=words.typed(payout[:20]))
        say = replies.status_for_approver if may_brake(who) is None else replies.status
        return say(record, self.moment())

    async def latest(self, person: str) -> str:
        """What this person asked for lately."""
        return replies.listed(self._latest(person), self.moment())

    async def policy(self, person: str, channel: str) -> str:
        """What holds for this person, here and today."""
        who = await self._people.who(person)
        shared = await self._channels.membership(channel) is Membership.SHARED
        today = day_start(self._ledger.now(), self._rules.timezone)
        standing = replies.Standing(
            asking=may_request(who, channel, self._rules, shared=shared),
            approving=may_brake(who),
            team_today=queries.approved_since(self._ledger.reader, today),
            own_today=queries.approved_since(self._ledger.reader, today, person),
            brakes=self._brakes(who),
        )
        return replies.policy(standing, self._rules)

    async def waiting_for(self, person: str) -> replies.Tasks:
        """What this person may decide or resolve, and has not had their say on yet, the oldest first."""
        who = await self._people.who(person)
        undecided = self._records(queries.undecided(self._ledger.reader, _MOST_WAITING))
        return replies.Tasks(
            uncertain=[one for one in self._uncertain() if _waits_for(who, one) and not _proposed_by(who, one)],
            undecided=[one for one in undecided if _waits_for(who, one) and person not in one.approvers],
            brakes=self._brakes(who),
            approvers=self._rules.approvers,
            for_outsider=is_outsider(who),
        )

    def _brakes(self, who: Person) -> Sequence[Brake]:
        """What keeps payouts from leaving, and why: an approver's words are for those who ask and who approve."""
        return queries.brakes(self._ledger.reader) if may_take_part(who) else ()

    def _uncertain(self) -> list[Record]:
        now = self._ledger.now()
        found = queries.uncertain(
            self._ledger.reader,
            sent_until=now - PENDING_FOR_LONG,
            silent_until=now - SILENT_FOR_LONG,
            limit=_MOST_WAITING,
        )
        # Each is read by itself, and may have ended meanwhile.
        return [record for record in self._records(found) if is_resolvable(record, now)]

    def _records(self, payouts: Iterable[str]) -> list[Record]:
        return [record for payout in payouts if (record := self._ledger.record(payout)) is not None]

    def moment(self) -> Moment:
        """Now, and where: what an answer says of times and links."""
        return Moment(self._ledger.now(), self._rules.timezone, self._people.workspace_url)

    def latest_records(self, person: str) -> Sequence[Record]:
        """The same as `latest`, not yet in words."""
        return self._latest(person)

    def _latest(self, person: str) -> list[Record]:
        return self._records(queries.latest_of(self._ledger.reader, person, _MOST_LISTED))


def _waits_for(who: Person, record: Record) -> bool:
    return may_decide(who, record.asked_by) is None


def _proposed_by(who: Person, record: Record) -> bool:
    """Whether the next word must be another's."""
    return record.proposal is not None and record.proposal.person == who.id
