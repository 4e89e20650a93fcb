"""A change of status is told twice at the same instant: one form-urlencoded POST, one JSON, in any order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bot.sandbox.ligdicash.answers import listed, loosely

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

    from bot.sandbox.ligdicash.payouts import Payout


class Encoding(StrEnum):
    """How a POST writes its body; the value is the content type."""

    FORM = "application/x-www-form-urlencoded"
    JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Post:
    """One of the twins; `labelled` is the content type that it wrongly goes out with, empty for none."""

    encoding: Encoding
    body: bytes
    labelled: str | None = None

    @property
    def content_type(self) -> str:
        """What its header says."""
        return self.encoding.value if self.labelled is None else self.labelled


@dataclass(frozen=True, slots=True)
class Callback:
    """What is to be sent to `payout.callback_url` at once, all posts side by side: two, when all is well."""

    payout: Payout
    posts: tuple[Post, ...]


def twins(payout: Payout, token: str, source: random.Random) -> Callback:
    """The two posts for the payout's present status; `token` is the callback's own."""
    fields = _fields(payout, token, source)
    form = Post(Encoding.FORM, urlencode(list(_flat(payout, fields, source))).encode())
    document = Post(Encoding.JSON, json.dumps({**fields, "custom_data": source.choice([[], listed(payout)])}).encode())
    return Callback(payout, source.choice([(form, document), (document, form)]))


def _fields(payout: Payout, token: str, source: random.Random) -> dict[str, object]:
    return {
        "response_code": "00",
        "token": token,
        "response_text": "",
        "status": payout.word,
        "custom_data": [],
        "operator_id": loosely(payout.operator.number, source),
        "operator_name": payout.operator.name,
        "url": "https://client.ligdicash.com/",
        "url_method": "",
        "transaction_id": payout.transaction_id,
        "external_id": payout.order.external_id,
        "montant": loosely(payout.amount, source),
        "amount": loosely(payout.amount, source),
    }


def _flat(payout: Payout, fields: Mapping[str, object], source: random.Random) -> Iterator[tuple[str, str]]:
    for key, value in fields.items():
        if key == "custom_data":
            yield from source.choice(
                [[(key, "[]")], [(key, json.dumps(listed(payout)))], _by_name(payout), _by_place(payout)]
            )
        else:
            yield key, str(value)


def _by_name(payout: Payout) -> list[tuple[str, str]]:
    return [(f"custom_data[{key}]", value) for key, value in payout.order.custom_data.items()]


def _by_place(payout: Payout) -> list[tuple[str, str]]:
    return [
        (f"custom_data[{place}][{key}]", value)
        for place, item in enumerate(listed(payout))
        for key, value in item.items()
    ]
