"""Reading what LigdiCash sends: create answers, status answers and callbacks, in all the shapes seen of them.

A tolerant reader: fields come and go, numbers come as strings, lists come as JSON inside a form. Nothing here raises.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from bot.ligdicash.errors import verdict
from storage.payout import Endpoint

_CODE = re.compile(r"\bcode\s*(\d{2}[a-z]?)\b", re.IGNORECASE)

# A token is a JWT of more than 255 characters; past this it is garbage, not a handle.
LONGEST_TOKEN = 4_096

# Bytes. A longer answer is not fetched to its end, so nothing in it counts.
LONGEST_ANSWER = 256 * 1024


class Doubt(enum.StrEnum):
    """Why it is not known what a create request came to."""

    NO_ANSWER = "no_answer"
    CONNECTION_BROKE = "connection_broke"
    HTTP_STATUS = "http_status"
    UNREADABLE = "unreadable"
    NO_TOKEN = "no_token"  # noqa: S105 - a reason, no secret
    UNKNOWN_CODE = "unknown_code"
    PROVIDER_FAILED = "provider_failed"
    EXISTS_ALREADY = "exists_already"
    INTERRUPTED = "interrupted"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Accepted:
    """LigdiCash took it: initiated, not paid. `token` is the only handle for asking the status."""

    token: str
    raw: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Definitely refused: no money moved and none will."""

    code: str
    raw: str


# Why a request never left that was not let go in time, or that somebody held meanwhile.
TOO_LATE = "too late to send"


@dataclass(frozen=True, slots=True)
class NeverLeft:
    """Proven that not a byte of the request left this machine towards LigdiCash."""

    why: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may have been paid or not; by a `token` that came with it LigdiCash can be asked."""

    doubt: Doubt
    code: str | None
    raw: str
    token: str | None = None


CreateAnswer = Accepted | Refused | NeverLeft | Uncertain


class Word(enum.StrEnum):
    """What a status says, as far as we know the word."""

    COMPLETED = "completed"
    FAILED = "notcompleted"
    PENDING = "pending"
    UNKNOWN = "unknown"


_WORDS = {
    "completed": Word.COMPLETED,
    "notcompleted": Word.FAILED,
    "nocompleted": Word.FAILED,
    "pending": Word.PENDING,
}


@dataclass(frozen=True, slots=True)
class Status:
    """What LigdiCash answers about one token: all ids it names; amount (XOF) and number where it gives them.

    It may give an amount twice, once perhaps with its fees: `other_amount` is the second, where it is another one.
    """

    word: Word
    said: str
    transaction_ids: frozenset[str]
    amount: int | None
    number: str | None
    operator: str | None
    other_amount: int | None = None


@dataclass(frozen=True, slots=True)
class NoStatus:
    """The status call failed; that says nothing about the payout. `why` is a code or a short reason."""

    why: str


StatusAnswer = Status | NoStatus


@dataclass(frozen=True, slots=True)
class CallbackNews:
    """What a callback claims: a hint where to look, never proof."""

    token: str | None
    status: str | None


def read_create(endpoint: Endpoint, http_status: int, body: bytes) -> CreateAnswer:
    """What a create request came to; `00` counts only with a token, and any HTTP status but 200 proves nothing."""
    answer = _json_object(body)
    token = None if answer is None else read_token(answer.get("token"))
    raw = _keepable(body) if answer is None or token is None else _without_token(answer)
    if http_status != 200:  # noqa: PLR2004 - the one that means anything
        return Uncertain(Doubt.HTTP_STATUS, str(http_status), raw, token)
    if answer is None:
        return Uncertain(Doubt.UNREADABLE, None, raw)
    if _text(answer.get("response_code")) == "00":
        return Uncertain(Doubt.NO_TOKEN, None, raw) if token is None else Accepted(token, raw)
    return _read_refusal(endpoint, answer, raw, token)


def _read_refusal(endpoint: Endpoint, answer: Mapping[str, object], raw: str, token: str | None) -> CreateAnswer:
    code = read_code(answer)
    taken = verdict(endpoint, code)
    if code is None or taken is None:
        return Uncertain(Doubt.UNKNOWN_CODE, code, raw, token)
    # A token beside a refusal contradicts it: then nobody knows.
    if taken.definite and token is None:
        return Refused(code, raw)
    doubt = Doubt.EXISTS_ALREADY if taken.meaning == "exists_already" else Doubt.PROVIDER_FAILED
    return Uncertain(doubt, code, raw, token)


def read_code(answer: Mapping[str, object]) -> str | None:
    """The `NN` or `NNa` of `Echec (CodeNN)`; None when there is none, or when several disagree."""
    if _text(answer.get("response_code")) != "01":
        return None
    codes = {code.lower() for code in _CODE.findall(_text(answer.get("response_text")))}
    return codes.pop() if len(codes) == 1 else None


def read_status(http_status: int, body: bytes) -> StatusAnswer:
    """What LigdiCash says of a token; an error of the status call itself says nothing about the payout."""
    answer = _json_object(body)
    if http_status != 200:  # noqa: PLR2004 - the one that means anything
        return NoStatus(f"HTTP {http_status}")
    if answer is None:
        return NoStatus("unreadable")
    if _text(answer.get("response_code")) != "00":
        return NoStatus(f"code {read_code(answer) or _text(answer.get('response_code'))[:8]}")
    said = _text(answer.get("status")).strip()
    amount, other_amount = _amounts(answer)
    return Status(
        word=_WORDS.get(said.lower(), Word.UNKNOWN),
        said=said[:40],
        transaction_ids=_transaction_ids(answer),
        amount=amount,
        number=_digits(answer.get("customer")),
        operator=_text(answer.get("operator_name"))[:60] or None,
        other_amount=other_amount,
    )


def read_callback(body: str) -> CallbackNews:
    """Token and status word of a callback, JSON or form; None for what cannot be read.

    Whatever the content type says: no form reads as a JSON object, while a URL inside of JSON may read as a form.
    """
    fields = _read_json(body) or _read_form(body)
    status = _text(fields.get("status")).strip().lower()[:40]
    return CallbackNews(read_token(fields.get("token")), status or None)


def read_token(value: object) -> str | None:
    """A token worth keeping: printable ASCII without spaces, of a bounded length."""
    if not isinstance(value, str):
        return None
    token = value.strip()
    usable = token.isascii() and token.isprintable() and " " not in token
    return token if usable and 0 < len(token) <= LONGEST_TOKEN else None


def _read_json(body: str) -> Mapping[str, object]:
    return _json_object(body.encode(errors="replace")) or {}


def _read_form(body: str) -> Mapping[str, object]:
    try:
        fields: dict[str, object] = dict(parse_qsl(body, max_num_fields=200))
    except ValueError:
        return {}
    return fields if "token" in fields or "status" in fields else {}


def _json_object(body: bytes) -> Mapping[str, object] | None:
    if len(body) > LONGEST_ANSWER:
        return None
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _transaction_ids(answer: Mapping[str, object]) -> frozenset[str]:
    given = (answer.get("transaction_id"), answer.get("external_id"))
    return frozenset(text for text in map(_text, given) if text)


def _amounts(answer: Mapping[str, object]) -> tuple[int | None, int | None]:
    texts = [_text(answer.get(name)).strip() for name in ("amount", "montant")]
    found = [int(text.split(".")[0]) for text in texts if re.fullmatch(r"\d{1,12}(\.0+)?", text, re.ASCII)]
    amounts = [*dict.fromkeys(found), None, None]
    return amounts[0], amounts[1]


def _digits(value: object) -> str | None:
    digits = re.sub(r"\D", "", _text(value), flags=re.ASCII)
    return digits or None


def _text(value: object) -> str:
    """Strings and numbers as text; anything else is nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    # JSON can spell half a character, which no database takes.
    return str(value).encode(errors="replace").decode()


def _without_token(answer: Mapping[str, object]) -> str:
    """The answer for the ledger; its token has a column of its own."""
    kept = json.dumps({key: value for key, value in answer.items() if key != "token"}, ensure_ascii=False)[:4_000]
    # As in `_text`: half a character would keep the token from being stored.
    return kept.encode(errors="replace").decode()


def _keepable(body: bytes) -> str:
    return body[:4_000].decode(errors="replace")
