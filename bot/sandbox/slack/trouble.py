"""What can go wrong between Slack and the bot, for whoever wants to see the bot live through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.slack.reading import Json


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one call of the Web API instead of a good answer."""

    error: str | None = None
    """Slack's error, in an ordinary answer."""
    status: int = 200
    """The HTTP status; any other than 200 and 429 comes with a page instead of JSON."""
    retry_after: int | None = None
    """Seconds, in the header `Retry-After`."""
    body: str | None = None
    """What comes in place of the answer, said to be JSON."""
    done: bool = False
    """Whether Slack did what was asked all the same."""
    lost: bool = False
    """Whether the connection breaks before the answer."""
    slow: float = 0.0
    """Seconds until the answer comes; what was asked is done before."""


# Asked for each call: the trouble that it meets, if any.
Weather = Callable[[str, "Json"], Trouble | None]


def outage(status: int = 503) -> Trouble:
    """Slack is down."""
    return Trouble(status=status)


def rate_limited(seconds: int = 1) -> Trouble:
    """Slack has had enough of this bot for so many seconds."""
    return Trouble(error="ratelimited", status=429, retry_after=seconds)


def garbled(body: str = "{oops") -> Trouble:
    """Something between Slack and the bot answers for Slack, or cuts its answer short; Slack does what was asked."""
    return Trouble(body=body, done=True)


def lost_answer() -> Trouble:
    """Slack does it, and the bot never hears."""
    return Trouble(done=True, lost=True)


def slow(seconds: float) -> Trouble:
    """Slack does it, and takes its time to say so."""
    return Trouble(done=True, slow=seconds)


def fair(_method: str, _args: Json) -> Trouble | None:
    """No trouble at all."""
    return None
