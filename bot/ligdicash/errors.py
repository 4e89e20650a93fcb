"""The one table of LigdiCash's error codes: what each means at which endpoint, and whether nothing was paid.

Source: LigdiCash's public documentation and its official SDKs, late 2026. The same code means different things at
the two endpoints. What is not listed as definite is uncertain.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from storage.payout import Endpoint


class Meaning(enum.StrEnum):
    """What a refusal says; the words for it are in `bot.speech.words`."""

    KEYS_REFUSED = "keys_refused"
    NOT_ENABLED = "not_enabled"
    NO_ACCOUNT = "no_account"
    NO_OPERATOR_ACCOUNT = "no_operator_account"
    DAY_RULE = "day_rule"
    NO_RECENT_DEPOSIT = "no_recent_deposit"
    BALANCE_LOW = "balance_low"
    AMOUNT_OUT_OF_BOUNDS = "amount_out_of_bounds"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    NO_OPERATOR_OR_ADDRESS = "no_operator_or_address"
    OPERATOR_NOT_RECOGNISED = "operator_not_recognised"
    BAD_INPUT = "bad_input"
    HASH = "hash"
    CURRENCY = "currency"
    EXISTS_ALREADY = "exists_already"
    PROVIDER_FAILED = "provider_failed"


# What LigdiCash pays, in XOF. Its SDKs say 20 for the least; integrators met 100, so that is what people are told.
USUAL_LEAST, USUAL_MOST = 100, 1_000_000


class Scope(enum.StrEnum):
    """What a refusal concerns: this payout, or every payout of the account until somebody mends it."""

    PAYOUT = "payout"
    ACCOUNT = "account"


_ACCOUNT = frozenset(
    {
        Meaning.KEYS_REFUSED,
        Meaning.NOT_ENABLED,
        Meaning.BALANCE_LOW,
        Meaning.ADDRESS_NOT_ALLOWED,
        Meaning.HASH,
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one code is taken: `definite` means that no money moved and none will."""

    meaning: Meaning
    definite: bool

    @property
    def scope(self) -> Scope:
        """What the refusal concerns."""
        return Scope.ACCOUNT if self.meaning in _ACCOUNT else Scope.PAYOUT

    @property
    def needs_correction(self) -> bool:
        """Whether the very same would only be refused once more: something in the request must be changed first."""
        return self.meaning is Meaning.AMOUNT_OUT_OF_BOUNDS


def _definite(meaning: Meaning) -> Verdict:
    return Verdict(meaning, definite=True)


def _uncertain(meaning: Meaning) -> Verdict:
    return Verdict(meaning, definite=False)


VERDICTS: Mapping[tuple[Endpoint, str], Verdict] = MappingProxyType(
    {
        (Endpoint.CUSTOMER, "00"): _definite(Meaning.KEYS_REFUSED),
        (Endpoint.CUSTOMER, "01"): _definite(Meaning.NOT_ENABLED),
        (Endpoint.CUSTOMER, "02"): _definite(Meaning.NO_ACCOUNT),
        (Endpoint.CUSTOMER, "03"): _definite(Meaning.NO_OPERATOR_ACCOUNT),
        (Endpoint.CUSTOMER, "03a"): _definite(Meaning.DAY_RULE),
        (Endpoint.CUSTOMER, "03b"): _definite(Meaning.NO_RECENT_DEPOSIT),
        (Endpoint.CUSTOMER, "04"): _definite(Meaning.BALANCE_LOW),
        (Endpoint.CUSTOMER, "05"): _definite(Meaning.AMOUNT_OUT_OF_BOUNDS),
        (Endpoint.CUSTOMER, "06"): _definite(Meaning.ADDRESS_NOT_ALLOWED),
        # This very transaction_id was taken before: some earlier request of ours arrived, and may have been paid.
        (Endpoint.CUSTOMER, "07"): _uncertain(Meaning.EXISTS_ALREADY),
        (Endpoint.CUSTOMER, "08"): _uncertain(Meaning.PROVIDER_FAILED),
        (Endpoint.CUSTOMER, "09"): _definite(Meaning.BAD_INPUT),
        (Endpoint.CUSTOMER, "10"): _uncertain(Meaning.PROVIDER_FAILED),
        (Endpoint.CUSTOMER, "13"): _definite(Meaning.HASH),
        (Endpoint.CUSTOMER, "14"): _definite(Meaning.HASH),
        (Endpoint.MERCHANT, "00"): _definite(Meaning.KEYS_REFUSED),
        (Endpoint.MERCHANT, "01"): _definite(Meaning.KEYS_REFUSED),
        (Endpoint.MERCHANT, "02"): _definite(Meaning.AMOUNT_OUT_OF_BOUNDS),
        (Endpoint.MERCHANT, "03"): _definite(Meaning.NO_OPERATOR_ACCOUNT),
        (Endpoint.MERCHANT, "04"): _definite(Meaning.DAY_RULE),
        (Endpoint.MERCHANT, "05"): _definite(Meaning.OPERATOR_NOT_RECOGNISED),
        (Endpoint.MERCHANT, "06"): _definite(Meaning.NO_OPERATOR_OR_ADDRESS),
        (Endpoint.MERCHANT, "07"): _definite(Meaning.NO_OPERATOR_ACCOUNT),
        (Endpoint.MERCHANT, "08"): _definite(Meaning.BALANCE_LOW),
        (Endpoint.MERCHANT, "09"): _uncertain(Meaning.PROVIDER_FAILED),
        (Endpoint.MERCHANT, "10"): _uncertain(Meaning.PROVIDER_FAILED),
        (Endpoint.MERCHANT, "11"): _definite(Meaning.HASH),
        (Endpoint.MERCHANT, "12"): _definite(Meaning.HASH),
        (Endpoint.MERCHANT, "13"): _definite(Meaning.CURRENCY),
        (Endpoint.MERCHANT, "14"): _definite(Meaning.ADDRESS_NOT_ALLOWED),
    }
)


def verdict(endpoint: Endpoint, code: str | None) -> Verdict | None:
    """How a code is taken at an endpoint; None for one that nobody documented: then nothing is known."""
    return None if code is None else VERDICTS.get((endpoint, code))
