"""Looking things up for one person: nothing is changed, and nobody sees what is not theirs."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels import Channels, Membership
from bot.people import People
from bot.policy import Rules, may_brake, may_decide, may_request, may_see
from bot.quiet import day_start
from bot.speech import replies, words
from storage import queries
from storage.ledger import Ledger
from storage.payout import Record

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
        record = self._ledger.record(payout.upper())
        if record is None or not may_see(await self._people.who(person), record.asked_by):
            return words.STATUS_NOT_YOURS.format(payout=words.typed(payout[:20]))
        return replies.status(record, self._people.workspace_url)

    async def latest(self, person: str) -> str:
        """What this person asked for lately."""
        return replies.listed(self._latest(person), self._people.workspace_url)

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
        )
        return replies.policy(standing, self._rules)

    async def waiting_for(self, person: str) -> Sequence[Record]:
        """The requests that this person may decide and has not decided yet, the oldest first."""
        who = await self._people.who(person)
        found = []
        for payout in queries.undecided(self._ledger.reader, _MOST_WAITING):
            record = self._ledger.record(payout)
            if record and may_decide(who, record.asked_by) is None and person not in record.approvers:
                found.append(record)
        return found

    def latest_records(self, person: str) -> Sequence[Record]:
        """The same as `latest`, not yet in words."""
        return self._latest(person)

    def _latest(self, person: str) -> list[Record]:
        found = (self._ledger.record(payout) for payout in queries.latest_of(self._ledger.reader, person, _MOST_LISTED))
        return [record for record in found if record is not None]
