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
    """What is sent back."""

    status: int
    body: str
    content_type: str = "application/json"


class Silence(Enum):
    """No answer ever comes."""

    HANG = "the connection stays open and nothing is sent"
    DROP = "the connection is closed without an answer"


Outcome = Answer | Silence
