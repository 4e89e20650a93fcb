"""LigdiCash's error codes, keyed by endpoint and code: the same code means different things."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Endpoint(StrEnum):
    """What a request asks for."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    STATUS = "status"


class Trouble(StrEnum):
    """What an error code says, in words."""

    AUTHENTICATION = "authentication failed"
    NOT_ENABLED = "not enabled for this API project"
    NO_ACCOUNT = "no LigdiCash account for this number"
    NO_MERCHANT_ACCOUNT = "no merchant account on this operator's network"
    DAY_RULE = "the 24-hour rule"
    NO_DEPOSIT = "no deposit in the last three months"
    BALANCE_LOW = "balance too low"
    AMOUNT = "amount out of bounds"
    OPERATOR_UNKNOWN = "operator of this number not recognised"
    IP_DENIED = "this IP address is not whitelisted"
    DUPLICATE = "this transaction_id exists already"
    PROCESSING = "error while processing"
    BAD_INPUT = "bad input"
    API = "API error"
    NO_HASH = "no hash"
    INVALID_HASH = "invalid hash"
    CURRENCY = "currency conversion not allowed"
    NOT_FOUND = "no payout with this token"


MEANINGS: Mapping[Endpoint, Mapping[str, Trouble]] = {
    Endpoint.CUSTOMER: {
        "00": Trouble.AUTHENTICATION,
        "01": Trouble.NOT_ENABLED,
        "02": Trouble.NO_ACCOUNT,
        "03": Trouble.NO_MERCHANT_ACCOUNT,
        "03a": Trouble.DAY_RULE,
        "03b": Trouble.NO_DEPOSIT,
        "04": Trouble.BALANCE_LOW,
        "05": Trouble.AMOUNT,
        "06": Trouble.IP_DENIED,
        "07": Trouble.DUPLICATE,
        "08": Trouble.PROCESSING,
        "09": Trouble.BAD_INPUT,
        "10": Trouble.API,
        "13": Trouble.NO_HASH,
        "14": Trouble.INVALID_HASH,
    },
    Endpoint.MERCHANT: {
        "00": Trouble.AUTHENTICATION,
        "01": Trouble.NOT_ENABLED,
        "02": Trouble.AMOUNT,
        "03": Trouble.NO_MERCHANT_ACCOUNT,
        "04": Trouble.DAY_RULE,
        "05": Trouble.OPERATOR_UNKNOWN,
        "06": Trouble.NO_MERCHANT_ACCOUNT,
        "07": Trouble.NO_MERCHANT_ACCOUNT,
        "08": Trouble.BALANCE_LOW,
        "09": Trouble.PROCESSING,
        "10": Trouble.API,
        "11": Trouble.NO_HASH,
        "12": Trouble.INVALID_HASH,
        "13": Trouble.CURRENCY,
        "14": Trouble.IP_DENIED,
    },
    Endpoint.STATUS: {
        "00": Trouble.AUTHENTICATION,
        "01": Trouble.NOT_ENABLED,
        "02": Trouble.NOT_FOUND,
        "03": Trouble.PROCESSING,
        "04": Trouble.BAD_INPUT,
    },
}

# The other way round; where several codes mean the same, the first is answered.
CODES: Mapping[Endpoint, Mapping[Trouble, str]] = {
    endpoint: {meaning: code for code, meaning in reversed(list(codes.items()))} for endpoint, codes in MEANINGS.items()
}


class Refusal(Exception):  # noqa: N818 - it is an ordinary answer of LigdiCash, not an error of the sandbox
    """The request is answered with an error code."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble
