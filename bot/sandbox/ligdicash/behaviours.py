"""What happens to a payout, chosen by the last two digits of the beneficiary's number: one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.sandbox.ligdicash.errors import CODES, Endpoint, Trouble
from bot.sandbox.ligdicash.payouts import Status


class Reply(Enum):
    """What the create request gets back."""

    NORMAL = "token"
    HANG = "no answer"
    DROP = "hangs up"
    CRASH = "HTTP 500"


@dataclass(frozen=True, slots=True)
class Plan:
    """One row: with `trouble`, its code is answered; `accepts` says whether a payout comes to exist."""

    digits: str
    says: str
    trouble: Trouble | None = None
    reply: Reply = Reply.NORMAL
    accepts: bool = True
    ends: Status = Status.COMPLETED
    callback: bool = True


def _refuses(digits: str, trouble: Trouble, says: str) -> Plan:
    return Plan(digits, says, trouble=trouble, accepts=False, ends=Status.PENDING, callback=False)


class Behaviour(Enum):
    """The table. A member's `__doc__` is its sentence; a new row is one new member."""

    COMPLETES = Plan(
        "00", "Paid after a short delay, callback. So is every pair of digits not in this table."
    )
    NO_ACCOUNT = _refuses(
        "02", Trouble.NO_ACCOUNT, "No LigdiCash account; a merchant payout needs none and completes."
    )
    BALANCE_LOW = _refuses("04", Trouble.BALANCE_LOW, "The operator's sub-account is too low.")
    IP_DENIED = _refuses("06", Trouble.IP_DENIED, "The caller's IP address is not whitelisted.")
    ERROR_BUT_PAID = Plan(
        "08",
        "Answers a processing error, though it was accepted: paid, callback.",
        trouble=Trouble.PROCESSING,
    )
    STAYS_PENDING = Plan(
        "10", "Accepted, pending for ever, no callback.", ends=Status.PENDING, callback=False
    )
    FAILS = Plan("11", "Accepted, then notcompleted (or nocompleted), callback.", ends=Status.NOTCOMPLETED)
    HANGS = Plan("12", "Accepted and never answered: paid, callback.", reply=Reply.HANG)
    DROPS = Plan("13", "Accepted, connection closed without an answer: paid, callback.", reply=Reply.DROP)
    CRASHES = Plan(
        "14",
        "A web server's error page; nothing was accepted.",
        reply=Reply.CRASH,
        accepts=False,
        ends=Status.PENDING,
        callback=False,
    )
    NO_CALLBACK = Plan(
        "15", "Paid after a short delay, no callback: only a status call finds it.", callback=False
    )
    HANGS_UNPAID = Plan(
        "16",
        "Accepted and never answered, pending for ever, no callback.",
        reply=Reply.HANG,
        ends=Status.PENDING,
        callback=False,
    )
    NOT_ENABLED = _refuses("80", Trouble.NOT_ENABLED, "Payouts are not enabled for this API project.")
    NO_MERCHANT_ACCOUNT = _refuses(
        "81", Trouble.NO_MERCHANT_ACCOUNT, "No merchant account on the operator's network."
    )
    DAY_RULE = _refuses("82", Trouble.DAY_RULE, "The 24-hour rule.")
    NO_DEPOSIT = _refuses(
        "83", Trouble.NO_DEPOSIT, "No deposit in the last three months; a merchant payout completes."
    )
    OPERATOR_UNKNOWN = _refuses(
        "84", Trouble.OPERATOR_UNKNOWN, "Operator not recognised; a customer payout completes."
    )
    NO_HASH = _refuses("85", Trouble.NO_HASH, "No hash.")
    INVALID_HASH = _refuses("86", Trouble.INVALID_HASH, "Invalid hash.")
    CURRENCY = _refuses(
        "87", Trouble.CURRENCY, "Currency conversion not allowed; a customer payout completes."
    )
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
    """The table for a terminal."""
    table = [HEADINGS, *rows()]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )


def as_markdown() -> str:
    """The table for a README."""
    rule = ("---",) * len(HEADINGS)
    return "\n".join("| " + " | ".join(row) + " |" for row in (HEADINGS, rule, *rows()))
