"""The JSON that is answered: shapes that satisfy the documentation and the official Python SDK alike.

`ligdicash.responses.BaseResponse` takes any further key; `StatusResponse` takes these keys and no other.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.sandbox.ligdicash.errors import Endpoint
from bot.sandbox.ligdicash.plans import Reply
from bot.sandbox.ligdicash.tokens import stamp
from bot.sandbox.ligdicash.wire import Answer, Outcome, Silence

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from bot.sandbox.ligdicash.payouts import Payout

WIKI = {
    Endpoint.CUSTOMER: "https://client.ligdicash.com/wiki/createWithdrawal",
    Endpoint.MERCHANT: "https://client.ligdicash.com/wiki/createStraightWithdrawal",
    Endpoint.STATUS: "https://client.ligdicash.com/wiki/confirmWithdrawal",
}


def _page(status: int, says: str) -> Answer:
    html = f"<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{says}</h1></body></html>"
    return Answer(status, html, "text/html")


CRASHED = _page(500, "Internal Server Error")
UNAVAILABLE = _page(503, "Service Unavailable")
NOT_FOUND = _page(404, "Not Found")
GARBLED = Answer(200, '{"response_code":"00","token":"eyJ')

_SPOILT: Mapping[Reply, Outcome] = {
    Reply.HANG: Silence.HANG,
    Reply.DROP: Silence.DROP,
    Reply.REFUSED: Silence.REFUSED,
    Reply.UNREACHABLE: Silence.UNREACHABLE,
    Reply.CRASH: CRASHED,
    Reply.UNAVAILABLE: UNAVAILABLE,
    Reply.GARBLED: GARBLED,
}


def spoilt(reply: Reply, good: Answer) -> Outcome:
    """What arrives in place of a good answer, or that very answer."""
    if reply is Reply.NO_TOKEN:
        return replace(good, body=json.dumps({**json.loads(good.body), "token": ""}))
    if reply is Reply.CUT:
        return replace(good, cut=True)
    return _SPOILT.get(reply, good)


def created(endpoint: Endpoint, token: str) -> Answer:
    """Accepted: initiated, not paid."""
    return _json(
        {
            "response_code": "00",
            "token": token,
            "response_text": "",
            "description": "",
            "custom_data": [] if endpoint is Endpoint.CUSTOMER else "",
            "wiki": WIKI[endpoint],
        }
    )


def failed(endpoint: Endpoint, code: str, source: random.Random) -> Answer:
    """An error, with HTTP 200 as seen; the keys that LigdiCash may leave empty or out are varied."""
    empty: dict[str, object] = {"token": "", "description": "", "custom_data": source.choice(["", [], {}])}
    kept = {key: value for key, value in empty.items() if source.choice([True, False])}
    return _json({"response_code": "01", "response_text": f"Echec (Code{code})", **kept, "wiki": WIKI[endpoint]})


def status(payout: Payout, token: str, source: random.Random) -> Answer:
    """How a payout stands, with numbers that are sometimes text."""
    order = payout.order
    return _json(
        {
            "response_code": "00",
            "token": token,
            "response_text": "",
            "description": order.description,
            "custom_data": source.choice([[], "", listed(payout)]),
            "wiki": WIKI[Endpoint.STATUS],
            "amount": loosely(order.amount, source),
            "montant": loosely(order.amount, source),
            "status": payout.word,
            "operator_id": loosely(payout.operator.number, source),
            "operator_name": payout.operator.name,
            "external_id": order.external_id,
            "transaction_id": order.transaction_id,
            "date": stamp(payout.created),
            "customer": order.customer,
            "request_id": str(payout.number),
        }
    )


def listed(payout: Payout) -> list[dict[str, str]]:
    """`custom_data` as LigdiCash gives it back, when it does."""
    return [
        {"id_invoice": str(payout.number), "keyof_customdata": key, "valueof_customdata": value}
        for key, value in payout.order.custom_data.items()
    ]


def loosely(number: int, source: random.Random) -> int | str:
    """A number or its text: both are live."""
    either: list[int | str] = [number, str(number)]
    return source.choice(either)


def _json(content: dict[str, object]) -> Answer:
    return Answer(200, json.dumps(content, ensure_ascii=False))
