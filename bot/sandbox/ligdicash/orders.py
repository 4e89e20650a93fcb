"""From the bytes of a create request to an order, or the refusal that LigdiCash would give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.sandbox.ligdicash.errors import Endpoint, Refusal, Trouble
from bot.sandbox.ligdicash.payouts import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

MINIMUM, MAXIMUM = 20, 1_000_000  # XOF, as the official SDKs have it
SHORTEST, LONGEST = 8, 15  # digits of a number; 15 is E.164's limit


def read_json(body: bytes) -> object:
    """The body as JSON, or None when it is none."""
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed


def read_transaction_id(body: object) -> str:
    """What a create request's JSON calls itself, however wrong the rest of it is; empty when it does not."""
    fields = body.get("commande") if isinstance(body, dict) else None
    custom_data = fields.get("custom_data") if isinstance(fields, dict) else None
    named = custom_data.get("transaction_id") if isinstance(custom_data, dict) else None
    return named if isinstance(named, str) else ""


def read_order(endpoint: Endpoint, body: object) -> Order:
    """Check a create request's JSON; raises `Refusal`.

    LigdiCash documents no code for bad input to merchant payouts: those get "operator not recognised" for a
    bad number and "API error" for anything else. `description` may be empty, as in the SDK's default.
    """
    bad = Refusal(Trouble.BAD_INPUT if endpoint is Endpoint.CUSTOMER else Trouble.API)
    fields = body.get("commande") if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        raise bad
    description, custom_data = fields.get("description"), _custom_data(fields.get("custom_data"))
    if not isinstance(description, str) or custom_data is None:
        raise bad
    callback_url = fields.get("callback_url")
    return Order(
        endpoint=endpoint,
        customer=_customer(
            fields.get("customer"),
            bad if endpoint is Endpoint.CUSTOMER else Refusal(Trouble.OPERATOR_UNKNOWN),
        ),
        amount=_amount(fields.get("amount"), bad),
        description=description,
        callback_url=callback_url if isinstance(callback_url, str) else "",
        top_up_wallet=_top_up_wallet(fields.get("top_up_wallet"), bad) if endpoint is Endpoint.CUSTOMER else None,
        custom_data=custom_data,
    )


def _amount(value: object, bad: Refusal) -> int:
    """Whole XOF; `5000.0` is taken because the SDK declares a float."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad
    if not MINIMUM <= value <= MAXIMUM:
        raise Refusal(Trouble.AMOUNT)
    return value


def _customer(value: object, bad: Refusal) -> str:
    """Digits only: no `+`, no spaces."""
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
        raise bad
    if not SHORTEST <= len(value) <= LONGEST:
        raise bad
    return value


def _top_up_wallet(value: object, bad: Refusal) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in (0, 1):
        raise bad
    return value


def _custom_data(value: object) -> Mapping[str, str] | None:
    """Text by key. Absent is empty, and so is `[]`: that is how PHP writes an empty object."""
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        return None
    return {key: item if isinstance(item, str) else json.dumps(item) for key, item in value.items()}
