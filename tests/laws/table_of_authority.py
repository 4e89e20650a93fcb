"""The deliberate breaks of who may, and how much; `table_of_breaks` has the others."""

from __future__ import annotations

from tests.laws.breaking import Break, Edit, one

_DECIDE = "bot.desk.decisions:Decisions"
_OURS = "outcome IN ('open', 'completed', 'found_paid', 'failed_by_callback')"
_NEXT_LOOK = "bot.desk.reminders:next_look"
_MAY_PAGE = "bot.speech.notices:Notices._may_page"

BREAKS_OF_AUTHORITY: tuple[Break, ...] = (
    # Limits
    Break(
        8,
        "the limits are looked at before the transaction of the approval",
        (
            Edit(
                f"{_DECIDE}.decide",
                "gone = await self._gone(item.sort, click)",
                "gone = await self._gone(item.sort, click)\n"
                "    seen = self._ledger.record(click.payout)\n"
                "    space = __import__('types').SimpleNamespace\n"
                "    looked = space(now=self._ledger.now(), connection=self._ledger.reader)\n"
                "    self._passed = seen and self._limit_passed(looked, seen)",
            ),
            Edit(f"{_DECIDE}._approve", "passed = self._limit_passed(tx, record)", "passed = self._passed"),
        ),
    ),
    one(
        8,
        "against the limits only what is completed counts",
        "storage.queries:approved_since",
        _OURS,
        "outcome = 'completed'",
    ),
    one(
        8,
        "against the limits nothing counts that people found unpaid, whatever LigdiCash says since",
        "storage.queries:approved_since",
        " OR contradicted IS NOT NULL",
        "",
    ),
    one(
        8,
        "the day of the limits is a day in UTC",
        f"{_DECIDE}._limit_passed",
        "day_start(tx.now, self._rules.timezone)",
        "day_start(tx.now, __import__('zoneinfo').ZoneInfo('UTC'))",
    ),
    one(
        8,
        "the limits hold but for one franc",
        "bot.policy:limit_passed",
        "team + amount > rules.daily_limit",
        "team + amount > rules.daily_limit + 1",
    ),
    one(
        8,
        "the limit of a requester is not looked at",
        "bot.policy:limit_passed",
        "if own is not None and",
        "if False and",
    ),
    one(
        8,
        "what somebody asks for again counts for whoever asked first",
        f"{_DECIDE}._limit_passed",
        "record.attempt.asked_by",
        "record.payout.requester",
    ),
    one(
        8,
        "the form takes any amount",
        "bot.desk.requests:Requests._amount_not_taken",
        "if amount.xof > self._rules.max_amount:",
        "if False:",
    ),
    # Four eyes
    one(
        8,
        "whoever asked again may approve what they asked for",
        f"{_DECIDE}._refusal",
        "return may_decide(person, record.asked_by)",
        "return may_decide(person, {record.payout.requester})",
    ),
    Break(
        8,
        "the same person counts twice",
        (
            Edit(f"{_DECIDE}._approve", "if person.id in record.approvers and given < needed:", "if False:"),
            Edit(
                f"{_DECIDE}._approve",
                "given = len({*record.approvers, person.id} - gone)",
                "given = len(record.approvers) + 1",
            ),
            Edit("storage.moves.attempts:AttemptMoves.add_approval", "INSERT INTO", "INSERT OR REPLACE INTO"),
        ),
    ),
    one(8, "the first of two approvals is enough", f"{_DECIDE}._approve", "given >= needed", "given >= 1"),
    one(
        8,
        "approvals of an earlier attempt count for the next one",
        "storage.queries:approvers",
        "payout = ? AND attempt = ?",
        "payout = ? AND attempt <= ?",
    ),
    one(
        8,
        "the move to sending does not count the approvals again",
        "bot.desk.payments:_why_not",
        "or agreed < needed",
        "",
    ),
    one(
        8,
        "approvals are counted in their table, whatever the chained events say",
        "storage.queries:approvals_of_digest",
        """WHERE approvals.payout = ?1 AND approvals.attempt = ?2 AND approvals.digest = ?3
          AND events.kind = 'approved' AND events.payout = approvals.payout
          AND events.attempt = approvals.attempt AND events.actor = approvals.person
          AND json_extract(events.data, '$.digest') = approvals.digest""",
        "WHERE approvals.payout = ?1 AND approvals.attempt = ?2 AND approvals.digest = ?3",
    ),
    one(
        8,
        "what the settings do not allow any more since a restart is sent all the same",
        "bot.desk.payments:_why_not",
        "return forbids(rules, approved) if",
        "return None if",
    ),
    # Splitting
    one(
        8,
        "the threshold is compared with this amount only",
        "bot.policy:approvals_needed",
        "amount + counted.total > above",
        "amount > above",
    ),
    one(
        8,
        "against the threshold what was paid does not count",
        "storage.queries:counted_of",
        _OURS,
        "outcome = 'open'",
    ),
    one(
        8,
        "against the threshold an hour counts, not a day",
        "storage.queries:counted_of",
        "now - DAY",
        "now - DAY // 24",
    ),
    one(
        8,
        "one approver is enough while an earlier payout may still be paid",
        "bot.policy:approvals_needed",
        "return 2 if may_be_paid or counted.paid_meanwhile else 1",
        "return 1",
    ),
    Break(
        8,
        "what LigdiCash contradicts does not make anybody careful",
        (Edit("storage.queries:_is_open_elsewhere", "contradiction IS NOT NULL", "0"),),
    ),
    # Repeats
    one(
        8,
        "the form does not ask whether an earlier payout is known",
        "bot.desk.requests:Requests._look_at",
        "queries.earlier(reader, beneficiary, order, now=now, follows=follows)",
        "()",
    ),
    one(
        8,
        "an order that is spelled differently is another one",
        "storage.queries:earlier",
        "order_key(order_reference)",
        "order_reference",
    ),
    one(
        8,
        "approvers are not shown what a request may repeat",
        "bot.speech.questions:_before_deciding",
        "if _may_repeat(record):",
        "if False:",
    ),
    # Who decides
    one(
        8,
        "whoever decides is looked up in what was remembered",
        f"{_DECIDE}.decide",
        "self._people.who(item.person, fresh=True)",
        "self._people.who(item.person)",
    ),
    one(
        8,
        "the first of two is not looked at again when the second approves",
        f"{_DECIDE}._approve",
        "{*record.approvers, person.id} - gone",
        "{*record.approvers, person.id}",
    ),
    one(
        8,
        "whoever asks is looked up in what was remembered",
        "bot.people:People._is_requester",
        "self._named.requesters, fresh=fresh",
        "self._named.requesters, fresh=False",
    ),
    one(
        8,
        "while a group cannot be read, everybody is in it",
        "bot.people:People._is_named",
        "return None if None in found else False",
        "return None in found",
    ),
    one(
        8,
        "guests are members",
        "bot.people:People._kind",
        'if user.get("is_restricted") or user.get("is_ultra_restricted"):',
        "if False:",
    ),
    one(
        8,
        "an approval that waited for hours still counts",
        "bot.policy:is_click_too_old",
        "not -CLOCK_CORRECTED <= now - clicked_at <= CLICK_HOLDS",
        "False",
    ),
    # Reminders
    # They are looked at when a reminder is due, and once more when it is told.
    Break(
        8,
        "quiet hours are not kept",
        (
            Edit(_NEXT_LOOK, "rules.quiet_hours.after(requested_at + pause, rules.timezone)", "requested_at + pause"),
            Edit(_MAY_PAGE, "self.rules.quiet_hours.after(now, self.rules.timezone) == now", "True"),
        ),
    ),
    Break(
        8,
        "quiet hours are kept in UTC",
        (
            Edit(_NEXT_LOOK, "pause, rules.timezone)", "pause, __import__('zoneinfo').ZoneInfo('UTC'))"),
            Edit(_MAY_PAGE, "now, self.rules.timezone)", "now, __import__('zoneinfo').ZoneInfo('UTC'))"),
        ),
    ),
    one(
        8,
        "a reminder pages people whenever Slack takes it, be it decided by then",
        "bot.speech.notices:Notices._may_page",
        "return undecided and",
        "return True or",
    ),
    one(
        8,
        "requests run out an hour early",
        "bot.desk.reminders:expire_if_over",
        "attempt.requested_at + rules.request_ttl_hours * HOUR",
        "attempt.requested_at + rules.request_ttl_hours * HOUR - HOUR",
    ),
    # Bounds
    one(
        8,
        "how much somebody has open is looked at with the form, not when it is filed",
        "bot.desk.requests:Requests._file",
        "queries.open_requests(tx.connection, request.requester) >= MOST_OPEN_REQUESTS",
        "False",
    ),
)
