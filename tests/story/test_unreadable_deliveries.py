"""Whatever is posted where Slack posts: what is not Slack's is refused, without a 5xx and without a trace."""

from __future__ import annotations

from io import BytesIO

import aiohttp
import pytest

from tests.stage import AMINATA, FORM, SUPPORT, Stage

COMMAND = b"command=%2Fpayout&text=22670000000+5000&user_id=U0AMINATA&channel_id=C0SUPPORT&trigger_id=1.2.3"


async def post(scene: Stage, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer."""
    url = f"{scene.url}/slack/events"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=BytesIO(body), headers=headers) as response,
    ):
        return response.status


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"payload=%7Bbad"),
        (FORM, b"payload=[1]"),
        (FORM, b"payload=3"),
        (FORM, b"payload=" + b"[" * 50_000),
        ("application/json", b"not json"),
        ("application/json", b"[]"),
        ("application/json", b"\xff"),
        ("text/plain", b"\xff\xfe"),
    ],
)
async def test_what_cannot_be_read_is_a_400(scene: Stage, content_type: str, body: bytes) -> None:
    """If it is signed; without a signature nobody tries to read it."""
    assert 401 == await post(scene, body, {"Content-Type": content_type})
    forged = {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": f"v0={'0' * 64}"}
    assert 400 == await post(scene, body, {"Content-Type": content_type} | forged)
    assert 400 == (await scene.post_signed(body, content_type=content_type))[0]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=00"},
        {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": f"v0={'0' * 64}"},
        {"X-Slack-Request-Timestamp": "9" * 12, "X-Slack-Signature": f"v0={'0' * 64}"},
        {"X-Slack-Request-Timestamp": "9" * 5_000, "X-Slack-Signature": f"v0={'0' * 64}"},
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": f"v0={'0' * 64}"},
        {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=\u00e9"},
        {"X-Slack-Signature": f"v0={'0' * 64}"},
    ],
)
async def test_what_slack_did_not_sign_is_a_401(scene: Stage, headers: dict[str, str]) -> None:
    """Nobody is answered, and nothing is asked of Slack."""
    before = len(scene.slack.calls)
    assert 401 == await post(scene, COMMAND, {"Content-Type": FORM} | headers)
    assert before == len(scene.slack.calls)


async def test_a_signature_holds_for_one_secret(scene: Stage) -> None:
    """What is signed with the app's secret is heard; the same signed with another one is not."""
    assert 200 == (await scene.slack.command(AMINATA, SUPPORT, "help")).status
    scene.slack.signing_secret = "another-secret"
    assert 401 == (await scene.slack.command(AMINATA, SUPPORT, "help")).status


async def test_what_is_too_large_is_a_413(scene: Stage) -> None:
    """A body that Slack never sends is not read to its end."""
    forged = {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": f"v0={'0' * 64}"}
    assert 413 == await post(scene, b"a" * (1024 * 1024 + 1), {"Content-Type": FORM} | forged)
