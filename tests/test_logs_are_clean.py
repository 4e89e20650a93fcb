"""All output of a whole run at DEBUG: no secret, no token, no callback path, no whole number."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from urllib.parse import urlsplit

from bot.logs import Redactor
from bot.sandbox.ligdicash import LigdicashSandbox
from bot.sandbox.slack import SlackStandIn, outage
from tests.paying import call_back, ordered, raw_call
from tests.process import HURRIED, Running, eventually, serving
from tests.stage import Stage, free_port, payout_of

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-test-bot-token",
    "SLACK_SIGNING_SECRET": "test-signing-secret",
    "LIGDICASH_API_KEY": "test-api-key-of-the-project",
    "LIGDICASH_AUTH_TOKEN": "test-auth-token-of-the-project",
}
COMPLETED, REFUSED, FAILED, UNCONFIRMED = "22670000000", "22670000002", "22670000011", "22670000016"
REJECTED = "22670000001"
NUMBERS = (COMPLETED, REFUSED, FAILED, UNCONFIRMED, REJECTED)
ENDS = {COMPLETED: "Completed", REFUSED: "Refused", FAILED: "Failed", UNCONFIRMED: "Unconfirmed"}


async def test_nothing_that_must_not_be_seen_is_logged(tmp_path: Path) -> None:
    """A payout that ends in each way, callbacks good and bad, and trouble with Slack."""
    async with (
        SlackStandIn.running(
            bot_token=SECRETS["SLACK_BOT_TOKEN"], signing_secret=SECRETS["SLACK_SIGNING_SECRET"]
        ) as slack,
        LigdicashSandbox.running(callback_delay=0.05) as ligdicash,
    ):
        scene = Stage(slack, ligdicash, tmp_path, free_port(), SECRETS | {"LOG_LEVEL": "DEBUG"})
        slack.request_url = f"{scene.url}/slack/events"
        async with serving(scene.environment(), tmp_path, code=HURRIED) as running:
            payouts = await _play(scene)
            running.process.send_signal(signal.SIGINT)
            assert 0 == await running.ended()
    _check_logs(running, payouts)
    found = [secret for secret in _forbidden(scene) if secret in running.everything]
    assert [] == found
    digits = re.sub(r"[ \u00a0().+-]", "", running.everything)
    assert [] == [number for number in NUMBERS if number in digits or number[3:] in digits]


def test_the_ticket_of_a_socket_is_hidden() -> None:
    """Slack's client logs the whole address when a connection is refused; whoever has it could connect."""
    said = "400, url='wss://wss-primary.slack.com/link/?ticket=test-ticket-1234&app_id=A0TEST'"
    assert "ticket=[hidden]&app_id=A0TEST" in Redactor([]).text(said)


async def _play(scene: Stage) -> list[str]:
    cards = {}
    for number, words in ENDS.items():
        cards[number] = await scene.ask(f"{number} 5000 refund for +226 70 00 00 00")
        await scene.approve(cards[number])
        await scene.card_says(cards[number], words)
    cards[REJECTED] = await scene.ask(f"+{REJECTED} 5000 refund")
    await scene.reject(cards[REJECTED], f"not to {REJECTED}")
    await scene.card_says(cards[REJECTED], "Rejected")
    await _trouble(scene)
    return [payout_of(card) for card in cards.values()]


async def _trouble(scene: Stage) -> None:
    """What makes programs talkative: bad callbacks, no HTTP, a Slack that is down at the wrong moment."""
    path = urlsplit(str(ordered(scene.ligdicash.creates[0])["callback_url"])).path
    for body in (b"\xff", b"x" * 70_000, json.dumps({"status": f"call {COMPLETED}", "token": "a"}).encode()):
        await call_back(scene, path, body)
    await call_back(scene, path[:-1], b"{}")
    await raw_call(scene, path, ["X: " + "y" * 9_000], b"{}")
    await raw_call(scene, f"{path} HTTP/x.y\r\nX: {path}", [], b"{}")
    scene.slack.api.weather = lambda _method, _args: outage()
    await scene.slack.command(user="U0AMINATA", channel="C0SUPPORT", text=f"{COMPLETED} 5000 refund")
    await eventually(lambda: [one for one in scene.slack.calls if one.method == "views.open" and one.trouble])
    scene.slack.api.weather = lambda _method, _args: None


def _forbidden(scene: Stage) -> list[str]:
    urls = [str(ordered(create)["callback_url"]) for create in scene.ligdicash.creates]
    tokens = list(scene.ligdicash.bank._by_token)
    calls = [urlsplit(url).path for url in urls]
    secrets = [path.rsplit("/", 1)[1] for path in calls]
    assert len(urls) == 4
    assert len(tokens) >= 5
    return [*SECRETS.values(), *urls, *calls, *secrets, *tokens]


def _check_logs(running: Running, payouts: list[str]) -> None:
    """There was something to search: JSON lines that carry the payout's id."""
    lines = [json.loads(line) for line in running.err]
    said = {line["event"] for line in lines}
    assert {"create_answered", "callback_too_large", "form_did_not_open"} <= said
    assert any("Error handling request" in event for event in said)
    sent = [payout for payout in payouts if any(payout in str(line.get("payout")) for line in lines)]
    assert 4 == len(sent)
    assert not [line for line in lines if "could not be written" in line["event"]]
