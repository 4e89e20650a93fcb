"""Valid payloads spoiled by chance: keys gone, other types, huge, hostile, other people's, other attempts."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from tests.stage import AMINATA, BOUKARY, CLARISSE, DAOUDA, GONE, GUEST, QUIET, ROBOT, STRANGER, SUPPORT

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PEOPLE = (AMINATA, BOUKARY, CLARISSE, DAOUDA, GUEST, GONE, STRANGER, ROBOT)

# Nobody here has that name: what shows it came from outside.
VICTIM = "U0VICTIM"
_TEXTS = (
    "<!channel>",
    "<!here|here> <!everyone>",
    f"<@{VICTIM}>",
    f"22670000000 5000 <@{VICTIM}> <!channel>",
    "22670000000 5000 refund",
    "22676123400 1e6 refund",
    "<https://evil.example|LigdiCash>",
    "<!subteam^S0TEAM>",
    "&lt;!channel&gt;",
    "\u202e0005\u202c \u200b\ufeff\x00\x1b[31m",
    "\ud800 \udfff",
    "مبلغ ١٢٣٤ 😀👩\u200d👩\u200d👧",
    "'; DROP TABLE payouts; --",
    "{payout} {0.__class__} %s ${7*7}",
    "pause <!channel>",
    "resume",
    "status P-22222",
    "help",
    "",
    " ",
    "null",
    "a" * 20_000,
    "7 " * 5_000,
    "9" * 400,
    "completed",
)
_ODD: tuple[Any, ...] = (None, True, False, 0, -1, 10**30, 1.5, [], {}, [[]], [None], {"a": {"b": []}}, *_TEXTS)
_TYPES = (FORM, JSON, "text/plain", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "x;;=")

Path = tuple[str | int, ...]
# JSON, whatever has become of it.
Tree = Any


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Makes something else of what is valid, the same for the same seed."""

    chance: random.Random

    def payload(self, payload: Tree, others: Sequence[Tree] = ()) -> Tree:
        """A copy with up to four changes; now and then with none, as a replay."""
        spoiled = copy.deepcopy(payload)
        for _ in range(self.chance.choice((0, 1, 1, 1, 2, 2, 4))):
            places = list(_places(spoiled))
            if places:
                self._change(spoiled, self.chance.choice(places), others)
        return spoiled

    def text(self, text: str) -> str:
        """Cut, doubled, filled with something hostile, or one character of it another."""
        at = self.chance.randrange(len(text) + 1)
        return self.chance.choice(
            (
                text[:at],
                text + text,
                text[:at] + self.chance.choice(_TEXTS) + text[at:],
                text[:at] + chr(self.chance.choice((48, 49, 57, 65, 124, 0x660, 0x202E))) + text[at + 1 :],
                self.chance.choice(_TEXTS),
                self.chance.choice(PEOPLE),
            )
        )

    def raw(self, body: bytes) -> bytes:
        """What is no JSON and no form any more."""
        at = self.chance.randrange(len(body) + 1)
        return self.chance.choice(
            (body[:at], body + body, body[:at] + self.chance.randbytes(8) + body[at:], self.chance.randbytes(200), b"")
        )

    def content_type(self) -> str:
        """Any, the right ones among them."""
        return self.chance.choice(_TYPES)

    def is_rare(self) -> bool:
        """One in twelve."""
        return self.chance.randrange(12) == 0

    def _change(self, payload: Tree, path: Path, others: Sequence[Tree]) -> None:
        *way, last = path
        for key in way:
            payload = payload[key]
        kind = self.chance.randrange(6)
        if kind == 0:
            del payload[last]
        elif kind == 1:
            payload[last] = copy.deepcopy(self.chance.choice(_ODD))
        elif kind == 2 and isinstance(payload, dict):
            payload[self.text(str(last))] = payload[last]
        elif kind == 3 and others:
            payload[last] = self._elsewhere(path, others, payload[last])
        elif isinstance(payload[last], str):
            payload[last] = self.text(payload[last])
        else:
            payload[last] = copy.deepcopy(self.chance.choice(_ODD))

    def _elsewhere(self, path: Path, others: Sequence[Tree], otherwise: Tree) -> Tree:
        """What stands in the same place of another one."""
        found = self.chance.choice(others)
        for key in path:
            try:
                found = found[key]
            except (LookupError, TypeError):
                return otherwise
        return copy.deepcopy(found)


def _places(payload: Tree, path: Path = ()) -> Iterator[Path]:
    """Every key and index, however deep."""
    items = payload.items() if isinstance(payload, dict) else enumerate(payload) if isinstance(payload, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _places(value, (*path, key))


def interactive(payload: Tree) -> bytes:
    """The form in which Slack posts a click or a submission."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def command(payload: dict[str, Any]) -> bytes:
    """The form in which Slack posts a command, whatever has become of its fields."""
    fields = (
        f"{quote_plus(str(key), errors='surrogatepass')}={quote_plus(str(value), errors='surrogatepass')}"
        for key, value in payload.items()
    )
    return "&".join(fields).encode()


def typed(chance: random.Random) -> tuple[str, str, str]:
    """Who types what where."""
    return chance.choice(PEOPLE), chance.choice((SUPPORT, QUIET)), chance.choice(_TEXTS)
