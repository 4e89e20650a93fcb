"""What happens to a payout, chosen by the last two digits of the beneficiary's number: one table.

Seconds in its sentences are the sandbox's `callback_delay`, which is one second unless said otherwise.
"""

from __future__ import annotations

from enum import Enum
from itertools import groupby

from bot.sandbox.ligdicash.errors import CODES, Endpoint, Trouble
from bot.sandbox.ligdicash.payouts import Status
from bot.sandbox.ligdicash.plans import GARBLED, Ailment, Plan, Reply, Step, Tell

# A moment after the token, and then once more, much later.
_SOON, _LATER = 1, 10


def _refuses(digits: str, trouble: Trouble, says: str) -> Plan:
    return Plan(digits, says, trouble=trouble, accepts=False, course=())


class Behaviour(Enum):
    """The table. A member's `__doc__` is its sentence; a new row is one new member."""

    COMPLETES = Plan("00", "Paid after a short delay, callback. So is every pair of digits not in this table.")
    NO_ACCOUNT = _refuses("02", Trouble.NO_ACCOUNT, "No LigdiCash account; a merchant payout needs none and completes.")
    BALANCE_LOW = _refuses("04", Trouble.BALANCE_LOW, "The operator's sub-account is too low.")
    IP_DENIED = _refuses("06", Trouble.IP_DENIED, "The caller's IP address is not whitelisted.")
    ERROR_BUT_PAID = Plan(
        "08",
        "Answers a processing error, though it was accepted: paid, callback.",
        trouble=Trouble.PROCESSING,
    )

    STAYS_PENDING = Plan("10", "Accepted, pending for ever, no callback.", course=())
    FAILS = Plan(
        "11",
        "Accepted, then notcompleted (or nocompleted), callback.",
        course=(Step(_SOON, Status.NOTCOMPLETED),),
    )
    HANGS = Plan("12", "Accepted and never answered: paid, callback.", reply=Reply.HANG)
    DROPS = Plan("13", "Accepted, connection closed without an answer: paid, callback.", reply=Reply.DROP)
    CRASHES = Plan(
        "14",
        "A web server's error page; nothing was accepted.",
        reply=Reply.CRASH,
        accepts=False,
        course=(),
    )
    NO_CALLBACK = Plan(
        "15",
        "Paid after a short delay, no callback: only a status call finds it.",
        course=(Step(_SOON, Status.COMPLETED, tell=None),),
    )
    HANGS_UNPAID = Plan(
        "16", "Accepted and never answered, pending for ever, no callback.", reply=Reply.HANG, course=()
    )

    CALLS_BACK_FIRST = Plan(
        "41",
        "Paid, callback; only then, after 3 s, is the token answered.",
        answers_after=3,
        course=(Step(0, Status.COMPLETED),),
    )
    ANSWERS_LATE = Plan(
        "42",
        "The token is answered after 45 s, longer than most clients wait: paid, callback.",
        answers_after=45,
    )
    ANSWERS_NO_TOKEN = Plan("43", "Answers 00 with an empty token: paid, callback.", reply=Reply.NO_TOKEN)
    ANSWERS_GARBAGE = Plan("44", "Accepted, answered with broken JSON: paid, callback.", reply=Reply.GARBLED)
    BREAKS_OFF = Plan("45", "Accepted, connection breaks in the middle of the answer: paid, callback.", reply=Reply.CUT)
    CRASHES_BUT_PAID = Plan("46", "A web server's error page, though paid, callback.", reply=Reply.CRASH)

    SLOW = Plan("51", "Pending for five minutes, then paid, callback.", course=(Step(300, Status.COMPLETED),))
    FAILS_THEN_PAID = Plan(
        "52",
        "notcompleted; 10 s later completed after all; a callback for each.",
        course=(Step(_SOON, Status.NOTCOMPLETED), Step(_LATER, Status.COMPLETED)),
    )
    PAID_THEN_FAILS = Plan(
        "53",
        "completed; 10 s later notcompleted, though the money left; a callback for each.",
        course=(Step(_SOON, Status.COMPLETED), Step(_LATER, Status.NOTCOMPLETED)),
    )
    TELLS_PENDING = Plan(
        "54",
        "A callback says pending; 10 s later paid, callback.",
        course=(Step(_SOON, Status.PENDING), Step(_LATER, Status.COMPLETED)),
    )
    UNKNOWN_WORD = Plan(
        "55",
        "The status is `processing`, a word nobody documented; 10 s later paid; a callback for each.",
        course=(Step(_SOON, Status.PENDING, word="processing"), Step(_LATER, Status.COMPLETED)),
    )

    GARBLED_CALLBACKS = Plan(
        "61",
        f"Paid; six callbacks, a second apart, none as it should be: {', '.join(GARBLED)}.",
        course=tuple(
            Step(second, None if second > _SOON else Status.COMPLETED, tell)
            for second, tell in enumerate(GARBLED, start=_SOON)
        ),
    )
    FOREIGN_TOKEN = Plan(
        "62",
        "Paid; its callback carries another payout's token.",
        course=(Step(_SOON, Status.COMPLETED, Tell.FOREIGN),),
    )
    REPEATED_CALLBACK = Plan(
        "63",
        "Paid, callback; the very same posts again after 2, 10 and 60 s.",
        course=(
            Step(_SOON, Status.COMPLETED),
            *(Step(second, None, Tell.AGAIN) for second in (2, _LATER, 60)),
        ),
    )
    LATE_CALLBACK = Plan(
        "64",
        "Paid after a short delay; the callback comes a minute later.",
        course=(Step(_SOON, Status.COMPLETED, tell=None), Step(60, None)),
    )
    ONE_POST = Plan(
        "65",
        "Paid; the callback is one post, form or JSON, not both.",
        course=(Step(_SOON, Status.COMPLETED, Tell.ONE),),
    )
    STALE_CALLBACK = Plan(
        "66",
        "Paid, callback; 10 s later another that says pending.",
        course=(Step(_SOON, Status.COMPLETED), Step(_LATER, None, word=Status.PENDING)),
    )

    STATUS_CRASHES = Plan(
        "71",
        "Paid, callback; a status call by the create's token gets HTTP 500 for half a minute.",
        ailment=Ailment(Reply.CRASH, lasts=30),
    )
    TOKEN_EXPIRES = Plan(
        "72",
        "Paid, callback; a status call by the create's token gets Code02 for good.",
        ailment=Ailment(Trouble.NOT_FOUND),
    )
    STATUS_HANGS = Plan(
        "73",
        "Paid, callback; a status call by the create's token is never answered.",
        ailment=Ailment(Reply.HANG),
    )
    STATUS_ERRORS = Plan(
        "74",
        "Paid, callback; a status call by the create's token gets Code03 for half a minute.",
        ailment=Ailment(Trouble.PROCESSING, lasts=30),
    )

    NOT_ENABLED = _refuses("80", Trouble.NOT_ENABLED, "Payouts are not enabled for this API project.")
    NO_MERCHANT_ACCOUNT = _refuses("81", Trouble.NO_MERCHANT_ACCOUNT, "No merchant account on the operator's network.")
    DAY_RULE = _refuses("82", Trouble.DAY_RULE, "The 24-hour rule.")
    NO_DEPOSIT = _refuses("83", Trouble.NO_DEPOSIT, "No deposit in the last three months; a merchant payout completes.")
    OPERATOR_UNKNOWN = _refuses("84", Trouble.OPERATOR_UNKNOWN, "Operator not recognised; a customer payout completes.")
    NO_HASH = _refuses("85", Trouble.NO_HASH, "No hash.")
    INVALID_HASH = _refuses("86", Trouble.INVALID_HASH, "Invalid hash.")
    CURRENCY = _refuses("87", Trouble.CURRENCY, "Currency conversion not allowed; a customer payout completes.")
    API_ERROR = _refuses("89", Trouble.API, "An API error; nothing was accepted.")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.__doc__ = plan.says

    @classmethod
    def of(cls, customer: str, endpoint: Endpoint) -> Behaviour:
        """The row for a number; a trouble that the endpoint has no code for does not happen there."""
        chosen = _BY_DIGITS.get(customer[-2:], cls.COMPLETES)
        trouble = chosen.plan.trouble
        return cls.COMPLETES if trouble and trouble not in CODES[endpoint] else chosen


_BY_DIGITS = {behaviour.plan.digits: behaviour for behaviour in Behaviour}

HEADINGS = ("digits", "customer payout", "merchant payout", "what happens")


def rows() -> list[tuple[str, ...]]:
    """The table as text, one tuple a row, in the order of `HEADINGS`."""
    return [
        (
            behaviour.plan.digits,
            _answer(behaviour, Endpoint.CUSTOMER),
            _answer(behaviour, Endpoint.MERCHANT),
            behaviour.plan.says,
        )
        for behaviour in Behaviour
    ]


def _answer(behaviour: Behaviour, endpoint: Endpoint) -> str:
    trouble = behaviour.plan.trouble
    if trouble is None:
        return behaviour.plan.reply.value
    code = CODES[endpoint].get(trouble)
    return f"Code{code}" if code else Reply.NORMAL.value


def as_text() -> str:
    """The table for a terminal, with a blank line between the tens."""
    table = [HEADINGS, *rows()]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
    tens = groupby(table, key=lambda row: row[0][0])
    return "\n\n".join("\n".join(_line(row, widths) for row in group) for _, group in tens)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def as_markdown() -> str:
    """The table for a README."""
    rule = ("---",) * len(HEADINGS)
    return "\n".join("| " + " | ".join(row) + " |" for row in (HEADINGS, rule, *rows()))
