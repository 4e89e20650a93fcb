"""What goes in and comes out of the bank, whatever carries it: HTTP, or a function call in a simulator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, already taken apart; the names of `headers` are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, `after` so many seconds; with `cut`, the connection breaks in the middle of it."""

    status: int
    body: str
    content_type: str = "application/json"
    after: float = 0.0
    cut: bool = False


class Silence(Enum):
    """No answer ever comes."""

    HANG = "the connection stays open and nothing is sent"
    DROP = "the connection is closed without an answer"
    REFUSED = "nobody listens: nothing was received"
    UNREACHABLE = "no connection comes about: nothing was received"


Outcome = Answer | Silence
