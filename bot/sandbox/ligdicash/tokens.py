"""Tokens that look like LigdiCash's: JWTs of more than 255 characters, dated for a day."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

DAY = 24 * 60 * 60 * 1_000


def mint(number: int, now: int, source: random.Random) -> str:
    """A new token for payout `number`; `now` in milliseconds. The signature's key is thrown away."""
    head = _part({"typ": "JWT", "alg": "HS256"})
    claims = _part(
        {
            "id_invoice": str(number),
            "start_date": stamp(now),
            "expiry_date": stamp(now + DAY),
            "nonce": f"{source.getrandbits(640):0160x}",
        }
    )
    signature = hmac.digest(source.randbytes(32), f"{head}.{claims}".encode(), hashlib.sha256)
    return f"{head}.{claims}.{_encode(signature)}"


def stamp(milliseconds: int) -> str:
    """A moment as LigdiCash writes it, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _part(content: dict[str, str]) -> str:
    return _encode(json.dumps(content, separators=(",", ":")).encode())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
