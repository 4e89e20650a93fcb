"""The weather that visitors switch."""

from __future__ import annotations

import pytest

from bot.sandbox.page.skies import SLOW_BY, ByHand, Mood, Sky, slack_weather
from tests.page.scene import Scene
from tests.stage import CLARISSE, SUPPORT


async def test_payouts_may_be_paid_by_themselves(shown: Scene) -> None:
    """With waiting off, the sandbox goes by the number's last digits again."""
    await shown.do(do="wait", waits=False)
    card = await shown.ask()
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.slack.wait_for_message(SUPPORT, "completed", thread_ts=card)
    assert not (await shown.state())["ligdicash"]["waits"]


async def test_ligdicash_hangs_up(shown: Scene) -> None:
    """It took the payout, and the bot does not know: unconfirmed, until the visitor lets it be paid."""
    await shown.do(do="mood", mood="hangs up")
    card = await shown.ask()
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.slack.wait_for_message(SUPPORT, "unconfirmed", thread_ts=card)
    create = (await shown.state())["create:0"]
    assert ("DROP", "pending") == (create["outcome"], create["status"])

    await shown.do(do="settle", create=0, status="completed")
    await shown.slack.wait_for_message(SUPPORT, "completed", thread_ts=card)


async def test_ligdicash_shows_an_error_page(shown: Scene) -> None:
    """Nobody knows, so nothing is sent again."""
    await shown.do(do="mood", mood="error page")
    card = await shown.ask()
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.slack.wait_for_message(SUPPORT, "HTTP 503", thread_ts=card)


async def test_ligdicash_goes_down_and_comes_back(shown: Scene) -> None:
    """Connections are refused, provably nothing left; afterwards it listens again."""
    await shown.do(do="mood", mood="down")
    await shown.ligdicash.wait_for(lambda sandbox: sandbox.closed)
    card = await shown.ask()
    await shown.decide(card, CLARISSE, "approve", confirm=True)
    await shown.stage.card_says(shown.slack.workspace.channel(SUPPORT).messages[card], "cannot be reached")
    assert "down" == (await shown.state())["ligdicash"]["mood"]

    await shown.do(do="mood", mood="well")
    await shown.ligdicash.wait_for(lambda sandbox: not sandbox.closed)
    assert [] == shown.ligdicash.creates


async def test_slack_is_switched(shown: Scene) -> None:
    """The bot's next call meets what the visitor chose."""
    await shown.do(do="sky", sky="outage")
    assert "outage" == (await shown.state())["sky"]["slack"]
    call = shown.slack.api.exchange("chat.postMessage", "xoxb-test", {"channel": SUPPORT, "text": "hello"})
    assert call.trouble is not None
    assert 503 == call.trouble.status


@pytest.mark.parametrize(
    ("sky", "methods", "expected"),
    [
        (Sky.FAIR, ["chat.postMessage"], [None]),
        (Sky.OUTAGE, ["users.info"], [(503, None, False)]),
        (Sky.RATE_LIMITED, ["chat.update", "views.open"], [(429, 3, False), None]),
        (Sky.SLOW, ["users.info"], [(200, None, False)]),
        (Sky.LOST_ANSWERS, ["chat.update", "users.info", "chat.update"], [(200, None, True), None, None]),
    ],
)
def test_what_a_sky_brings(sky: Sky, methods: list[str], expected: list[tuple[int, int | None, bool] | None]) -> None:
    """Status, pause and loss, for each call in turn."""
    weather = slack_weather(sky)
    met = [weather(method, {}) for method in methods]
    assert expected == [one and (one.status, one.retry_after, one.lost) for one in met]


def test_a_slow_slack_answers_before_a_trigger_dies() -> None:
    """Two seconds: late, and in time."""
    trouble = slack_weather(Sky.SLOW)("views.open", {})
    assert trouble is not None
    assert SLOW_BY == trouble.slow < 3


def test_a_new_mood_ends_the_one_before() -> None:
    """Moods do not pile up."""
    weather = ByHand()
    weather.be(Mood.DOWN)
    assert weather.refuses_all()
    weather.be(Mood.SILENT)
    assert [] == weather.outages
