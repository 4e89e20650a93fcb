"""Bad weather between Slack and the bot, seen by Slack's own client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackStandIn, Trouble, lost_answer, outage, rate_limited, slow
from bot.sandbox.slack.trouble import fair


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A running stand-in."""
    async with SlackStandIn.running() as running:
        yield running


@pytest.fixture
def client(slack: SlackStandIn) -> AsyncWebClient:
    """Slack's own client, which repeats nothing."""
    return AsyncWebClient("xoxb-test", base_url=slack.api_url, retry_handlers=[])


async def test_an_outage(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """A page instead of JSON, and nothing is posted; afterwards all is well."""
    slack.api.weather = lambda _method, _args: outage()
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0SUPPORT", text="hello")
    assert (503, []) == (caught.value.response.status_code, slack.all_messages())
    slack.api.weather = fair
    await client.chat_postMessage(channel="C0SUPPORT", text="hello")
    assert ["hello"] == [each.text for each in slack.messages("C0SUPPORT")]


async def test_a_rate_limit_says_how_long(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """429, `ratelimited` and `Retry-After`; only for the calls that the weather picks."""
    slack.api.weather = lambda method, _args: rate_limited(7) if method == "chat.postMessage" else None
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0SUPPORT", text="hello")
    response = caught.value.response
    assert (429, "ratelimited", "7") == (
        response.status_code,
        response["error"],
        response.headers["Retry-After"],
    )
    assert (await client.auth_test())["ok"]


async def test_a_lost_answer(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Slack posted it, and the client sees nothing but a broken connection."""
    slack.api.weather = lambda _method, _args: lost_answer()
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C0SUPPORT", text="hello")
    assert ["hello"] == [each.text for each in slack.messages("C0SUPPORT")]


async def test_a_slow_answer(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Longer than the client waits, though it was done."""
    slack.api.weather = lambda _method, _args: slow(5.0)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.05)) as session:
        client.session = session
        with pytest.raises(TimeoutError):
            await client.chat_postMessage(channel="C0SUPPORT", text="hello")
    assert ["hello"] == [each.text for each in slack.messages("C0SUPPORT")]


async def test_an_error_of_choice(slack: SlackStandIn, client: AsyncWebClient) -> None:
    """Any of Slack's errors can be had in an ordinary answer, and is on record with the call."""
    slack.api.weather = lambda _method, _args: Trouble(error="fatal_error")
    with pytest.raises(SlackApiError, match="fatal_error"):
        await client.auth_test()
    assert Trouble(error="fatal_error") == slack.calls[0].trouble
