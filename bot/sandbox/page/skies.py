"""The weather that a visitor can switch, at LigdiCash and at Slack."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from bot.sandbox.ligdicash.plans import Calls, Plan, Reply
from bot.sandbox.ligdicash.weather import Weather
from bot.sandbox.slack.trouble import Trouble, fair, lost_answer, outage, rate_limited, slow

if TYPE_CHECKING:
    from bot.sandbox.slack.reading import Json
    from bot.sandbox.slack.trouble import Weather as SlackWeather

# Seconds.
SLOW_BY = 2.0
RETRY_AFTER = 3


class Mood(StrEnum):
    """How LigdiCash behaves."""

    WELL = "well"
    SILENT = "silent"
    HANGS_UP = "hangs up"
    ERROR_PAGE = "error page"
    DOWN = "down"


class ByHand(Weather):
    """LigdiCash's weather in a visitor's hands: payouts may wait for a hand, and answers may stay out."""

    waits = False
    """Whether an accepted payout stays pending until somebody settles it."""
    mood = Mood.WELL

    def be(self, mood: Mood) -> None:
        """Change the mood; whatever was switched on before is over."""
        self.clear()
        self.mood = mood
        if mood is Mood.DOWN:
            self.outage(Calls.ALL, Reply.REFUSED)
        elif mood is Mood.ERROR_PAGE:
            self.outage(Calls.ALL, Reply.UNAVAILABLE)

    def bend(self, plan: Plan) -> Plan:
        """What becomes of a payout that is about to be accepted."""
        bent = super().bend(plan)
        if self.waits:
            bent = replace(bent, course=())
        silence = {Mood.SILENT: Reply.HANG, Mood.HANGS_UP: Reply.DROP}.get(self.mood)
        return bent if silence is None else replace(bent, reply=silence)


class Sky(StrEnum):
    """How Slack behaves."""

    FAIR = "fair"
    OUTAGE = "outage"
    RATE_LIMITED = "rate limited"
    SLOW = "slow"
    LOST_ANSWERS = "lost answers"


def slack_weather(sky: Sky) -> SlackWeather:
    """What `slack.api.weather` is to be under this sky."""
    match sky:
        case Sky.OUTAGE:
            return lambda _method, _args: outage()
        case Sky.SLOW:
            return lambda _method, _args: slow(SLOW_BY)
        case Sky.RATE_LIMITED:
            return lambda method, _args: rate_limited(RETRY_AFTER) if _is_message(method) else None
        case Sky.LOST_ANSWERS:
            return _every_second_lost()
        case Sky.FAIR:
            return fair


def _every_second_lost() -> SlackWeather:
    # Never all of them: a message is posted once more after a lost answer, which would have no end.
    calls = count()

    def weather(method: str, _args: Json) -> Trouble | None:
        return lost_answer() if _is_message(method) and next(calls) % 2 == 0 else None

    return weather


def _is_message(method: str) -> bool:
    return method.startswith("chat.")
