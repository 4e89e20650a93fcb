"""The deliberate breaks: what is done to the bot, one after the other, to see a law turn red."""

from __future__ import annotations

from tests.laws.breaking import Break, Edit, one
from tests.laws.table_of_authority import BREAKS_OF_AUTHORITY

_CREATE = "bot.ligdicash.client:LigdicashClient.create"
_PAYMENTS = "bot.desk.payments"

_SEND_FIRST = """record = self._ledger.record(payout)
    if record is None or record.payout.state is not State.APPROVED:
        return
    sending = _Sending(payout, record.payout.attempt, self._order(record, secret), 0, set_backs)
    answer = await self._ligdicash.create(sending.order, may_still_leave=lambda: True)
    if await self._ledger.write(lambda tx: self._begin(tx, payout, secret, set_backs)) is not None:
        await self._keep(sending, answer)
    return
    sending = None"""

_BELIEVE = """answer = Status(
                Word(callback.status) if callback.status in set(Word) else Word.UNKNOWN,
                callback.status or "", frozenset({attempt.transaction_id}), None, None, None,
            )"""

BREAKS: tuple[Break, ...] = (
    # 1. Paid at most once
    one(
        1,
        "a read timeout counts as “never left”, and the request is sent again",
        _CREATE,
        "return Uncertain(Doubt.NO_ANSWER, None, type(error).__name__)",
        "return NeverLeft(type(error).__name__)",
    ),
    one(
        1,
        "a connection that broke counts as “never left”, and the request is sent again",
        _CREATE,
        "return Uncertain(Doubt.CONNECTION_BROKE, None, type(error).__name__)",
        "return NeverLeft(type(error).__name__)",
    ),
    one(
        1,
        "a lease that ran out sends the attempt again instead of doubting",
        f"{_PAYMENTS}:Payments._give_up",
        "doubt(tx, payout, Doubt.INTERRUPTED, None)",
        '_try_again(tx, record, NeverLeft("interrupted"))',
    ),
    Break(
        1,
        "an attempt that may have been paid may be followed by another one",
        (
            Edit(
                "storage.queries:_may_follow",
                "if payout.contradiction is not None:\n        return False",
                "return True",
            ),
            Edit(
                f"{_PAYMENTS}:_why_not",
                "if any(other.outcome not in NOTHING_PAID for other in earlier):",
                "if False:",
            ),
        ),
    ),
    one(1, "nobody minds an own request", "bot.policy:may_decide", "if person.id in asked_by:", "if False:"),
    one(
        1,
        "the one who proposed a finding may confirm it",
        "bot.desk.resolution:_confirm",
        "elif proposal.person == person.id:",
        "elif False:",
    ),
    one(
        1,
        "nobody compares what was approved with what is sent",
        f"{_PAYMENTS}:_why_not",
        "if stands_for != attempt.digest or",
        "if False and",
    ),
    # 2. Committed before it leaves, answers kept
    one(
        2,
        "the request leaves before its attempt and lease are committed",
        f"{_PAYMENTS}:Payments.send",
        "sending = await self._ledger.write(lambda tx: self._begin(tx, payout, secret, set_backs))",
        _SEND_FIRST,
    ),
    one(
        2,
        "the request leaves without a lease",
        f"{_PAYMENTS}:Payments._begin",
        "tx.lease(payout, owner=self._owner, until=until, secret=secret, host=self._ligdicash.host)",
        "pass",
    ),
    one(
        2,
        "nobody looks at the deadline again right before the request leaves",
        f"{_PAYMENTS}:Payments.send",
        "in_time = self._clock.steady() - begun < LEASE_SECONDS - CREATE_DEADLINE",
        "in_time = True",
    ),
    one(
        2,
        "the deadline is looked at before connecting only",
        _CREATE,
        'request.extensions["trace"] = guard.trace',
        "pass",
    ),
    one(
        2,
        "the token is dropped when the payout moved meanwhile",
        "storage.moves.attempts:AttemptMoves.keep_token",
        "WHERE payout = ? AND number = ?",
        "WHERE payout = ? AND number = ? AND (SELECT state FROM payouts WHERE id = payout) = 'sending'",
    ),
    one(
        2,
        "an answer that the locked ledger does not take is dropped",
        f"{_PAYMENTS}:Payments._write",
        "await asyncio.sleep(KEEP_AGAIN)",
        "return",
    ),
    one(
        2,
        "the callback's secret is one for each payout, not for each attempt",
        f"{_PAYMENTS}:Payments.send",
        "secret = self._ids.secret()",
        'secret = payout.encode().hex().ljust(40, "0")',
    ),
    # 3. Final on evidence only
    one(
        3,
        "a callback is believed without asking",
        "bot.desk.evidence:Evidence._ask",
        'answer = await self._ligdicash.status(endpoint, callback.token or "")',
        _BELIEVE,
    ),
    one(
        3,
        "nobody looks whose payout a callback's token belongs to",
        "bot.desk.evidence:_hear",
        "if mismatch and (found.callback is not None or _is_doubtful(attempt)):",
        "if False:",
    ),
    one(
        3,
        "a status word that nobody documented counts as failed",
        "bot.ligdicash.readers:read_status",
        "_WORDS.get(said.lower(), Word.UNKNOWN)",
        "_WORDS.get(said.lower(), Word.FAILED)",
    ),
    one(
        3,
        "an error of the status call counts as failed",
        "bot.ligdicash.readers:read_status",
        "return NoStatus(f\"code {read_code(answer) or _text(answer.get('response_code'))[:8]}\")",
        'return Status(Word.FAILED, "error", frozenset(), None, None, None)',
    ),
    one(
        3,
        "`00` counts as paid",
        f"{_PAYMENTS}:_initiate",
        "return True",
        "tx.move(tx.record(payout.id).payout, State.COMPLETED, due_at=None)\n"
        "    tx.end_attempt(payout.id, payout.attempt, Outcome.COMPLETED)\n"
        '    tell(tx, EventKind.COMPLETED, payout, data={"word": "00"})\n'
        "    return True",
    ),
    one(
        3,
        "an uncertain code counts as refused",
        "bot.ligdicash.readers:_read_refusal",
        "if taken.definite and",
        "if",
    ),
    one(
        3,
        "of callbacks only the first one for a payout is kept",
        "storage.moves.incoming:IncomingMoves.store_callback",
        "if kept >= CALLBACKS_KEPT:",
        "if kept >= 1:",
    ),
    one(
        3,
        "what contradicts a final status is not heard",
        "bot.desk.evidence:contradict",
        "if not tx.note_contradiction(payout.id, attempt.number, word):",
        "if True:",
    ),
    # 4. Replays change nothing, acknowledged is stored
    one(
        4,
        "the inbox is not unique: what is delivered again is decided again",
        "storage.moves.incoming:IncomingMoves.store_in_inbox",
        "ON CONFLICT (person, occasion) DO NOTHING",
        "ON CONFLICT (person, occasion) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload",
    ),
    one(
        4,
        "a click is acknowledged before it is stored",
        "handlers.buttons:Buttons.hear",
        "is_new = await self._store(pressed)",
        'self._background.start(self._store(pressed), name="store")\n        is_new = False',
    ),
    one(
        4,
        "callbacks are not unique: the same bytes are stored again",
        "storage.moves.incoming:IncomingMoves.store_callback",
        "hashlib.sha256(body.encode()).hexdigest()",
        "hashlib.sha256(f'{body}{self.now}'.encode()).hexdigest()",
    ),
    # 5. One event a change, told everywhere, once
    Break(
        5,
        "a decision looks at the payout before its transaction, and moves it without a state in the WHERE",
        (
            Edit(
                "bot.desk.decisions:Decisions.decide",
                "person = await",
                "self._seen = self._ledger.record(click.payout)\n    person = await",
            ),
            Edit(
                "bot.desk.decisions:Decisions._decide",
                "record = tx.record(click.payout)",
                "record = self._seen",
            ),
            Edit(
                "storage.moves.payouts:PayoutMoves.move",
                "WHERE id = ? AND state = ? AND attempt = ?",
                "WHERE id = ? AND ? != '' AND ? > 0",
            ),
        ),
    ),
    one(
        5,
        "a refusal is recorded without its event",
        f"{_PAYMENTS}:_refuse",
        "tell(\n        tx,\n        EventKind.REFUSED,",
        "(lambda *_, **__: 0)(\n        tx,\n        EventKind.REFUSED,",
    ),
    one(
        5,
        "a message is noted as sent before Slack took it",
        "storage.moves.outgoing:OutgoingMoves.note_posting",
        "due_at = ? WHERE id IN",
        "due_at = nullif(?, 0) * NULL WHERE id IN",
    ),
    one(
        5,
        "two processes tell the same",
        "storage.moves.outgoing:OutgoingMoves.note_posting",
        "if free != len(ids):",
        "if False:",
    ),
    one(
        5,
        "every error of Slack's is taken for its last word",
        "bot.slackcalls:_classify",
        "return Never(why) if why in OF_THE_MESSAGE | _OF_THE_PLACE else NotNow(why, None)",
        "return Never(why)",
    ),
    one(
        5,
        "an event is linked to the first hash, not to the last",
        "storage.chain:last_hash",
        "ORDER BY id DESC",
        "ORDER BY id",
    ),
    # 6. Nothing is lost, the card tells the truth
    Break(
        6,
        "a submission is ticked off before it is decided, in a transaction of its own",
        (
            Edit(
                "bot.desk.requests:Requests.decide",
                "await self._ledger.write(lambda tx: self._file(tx, item, request))",
                "if await self._ledger.write(lambda tx: tx.take_from_inbox(item.id)):\n"
                "        await self._ledger.write(lambda tx: self._file(tx, item, request))",
            ),
            Edit("bot.desk.requests:Requests._file", "if not tx.take_from_inbox(item.id):", "if False:"),
        ),
    ),
    one(
        6,
        "the card is not edited when a payout completed",
        "bot.desk.telling:tell",
        "*addresses(kind, channel=payout.channel, actor=actor, requester=payout.requester),",
        "*(one for one in addresses(kind, channel=payout.channel, actor=actor, requester=payout.requester)\n"
        "            if kind is not EventKind.COMPLETED or one.place != 'card'),",
    ),
    one(
        6,
        "a proposal keeps its button when it is over",
        "bot.desk.telling:tell",
        "*([] if proposal is None else [Address(Place.PROPOSAL, payout.channel)]),",
        "",
    ),
    one(
        6,
        "polling ends after ten status calls",
        "bot.desk.evidence:_asks_on",
        "return payout.state in _WATCHED",
        "return payout.state in _WATCHED and attempt.polls < 10",
    ),
    # 7. Nothing leaves paused or on a stale approval
    one(
        7,
        "the brake is not looked at",
        f"{_PAYMENTS}:_is_held",
        "return",
        "return False and",
    ),
    one(
        7,
        "the brake is looked at when the sending begins, not when the request leaves",
        f"{_PAYMENTS}:Payments._is_held",
        "return _is_held(self._ledger.reader, sending.order.way, sending.payout, self._clock.now())",
        "return False",
    ),
    Break(
        7,
        "an approval holds for a day",
        tuple(
            Edit(f"{_PAYMENTS}:{where}", f"{sign} APPROVAL_HOLDS", f"{sign} 24 * APPROVAL_HOLDS")
            for where, sign in (
                ("_why_not", ">"),
                ("_wait_for_brake", "+"),
                ("_try_again", "+"),
                ("Payments._begin", "+"),
            )
        ),
    ),
    *BREAKS_OF_AUTHORITY,
)
