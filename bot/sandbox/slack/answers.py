"""What the bot says without the Web API: in the acknowledgement of a command, or to a response URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.slack.channels import Message
from bot.sandbox.slack.limits import TEXT_TRUNCATED_AT, check_blocks
from bot.sandbox.slack.people import BOT_USER
from bot.sandbox.slack.reading import Refused
from bot.sandbox.slack.workspace import RESPONSE_URL_USES

if TYPE_CHECKING:
    from bot.sandbox.slack.reading import Json
    from bot.sandbox.slack.workspace import ResponseUrl, Workspace

OK = 200
NOT_FOUND = 404
BAD_REQUEST = 400


def answer_command(space: Workspace, user: str, channel: str, body: Json) -> Message | None:
    """Show what a command was acknowledged with; to that person alone unless it says `in_channel`."""
    text, blocks = _content(body)
    if not text and not blocks:
        return None
    if body.get("response_type") == "in_channel":
        return space.post(_message(space, channel, text, blocks, None, None))
    return space.whisper(_message(space, channel, text, blocks, None, user))


def receive_response(space: Workspace, path: str, body: Json) -> tuple[int, Json]:
    """Do what was posted to a response URL: status and body of Slack's answer."""
    url = space.response_urls.get(path)
    if url is None:
        return NOT_FOUND, {"ok": False, "error": "invalid_url"}
    if space.clock.steady() >= url.until:
        return NOT_FOUND, {"ok": False, "error": "expired_url"}
    if url.uses >= RESPONSE_URL_USES:
        return NOT_FOUND, {"ok": False, "error": "used_url"}
    try:
        _respond(space, url, body)
    except Refused as refused:
        return BAD_REQUEST, {"ok": False, "error": refused.error}
    url.uses += 1
    return OK, {"ok": True}


def _respond(space: Workspace, url: ResponseUrl, body: Json) -> None:
    original = _original(space, url)
    if body.get("delete_original") and original:
        space.delete(original)
        return
    text, blocks = _content(body)
    if not text and not blocks:
        raise Refused("no_text")
    if body.get("replace_original") and original:
        url.message = space.edit(original, text, space.with_ids(blocks))
        return
    thread_ts = body.get("thread_ts") or url.thread_ts
    if body.get("response_type") == "in_channel":
        space.post(_message(space, url.channel, text, blocks, thread_ts, None))
    else:
        space.whisper(_message(space, url.channel, text, blocks, thread_ts, url.user))


def _original(space: Workspace, url: ResponseUrl) -> Message | None:
    if url.message is None:
        return None
    try:
        return space.current(url.message)
    except LookupError:
        return None


def _content(body: Json) -> tuple[str, list[Json]]:
    text = body.get("text") or ""
    if not isinstance(text, str):
        raise Refused("invalid_payload")
    blocks = check_blocks(body["blocks"]) if body.get("blocks") else []
    return text[:TEXT_TRUNCATED_AT], blocks


def _message(
    space: Workspace, channel: str, text: str, blocks: list[Json], thread_ts: str | None, to: str | None
) -> Message:
    shown = tuple(space.with_ids(blocks))
    return Message(channel, space.next_ts(), BOT_USER, text, shown, thread_ts, to=to)
