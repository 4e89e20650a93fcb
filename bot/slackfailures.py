"""What keeps Slack from answering, and what it said: one place for everybody who asks it something."""

from __future__ import annotations

import socket
import ssl

import aiohttp
from slack_sdk.errors import SlackApiError

# An AttributeError among them: the SDK reads what is no JSON object, such as a proxy's page, as though it was one.
NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError)

# Seconds for one look-up: half of what Slack leaves for a whole answer.
LOOK_UP_DEADLINE = 1.5


def plainly(error: BaseException) -> str:
    """Why there was no answer, for who looks after the bot; the exception's name only where that is all there is."""
    cause = getattr(error, "os_error", error)
    if isinstance(error, aiohttp.ClientConnectorDNSError) or isinstance(cause, socket.gaierror):
        return "name not found"
    if isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return "no secure connection"
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "timed out"
    return f"no usable answer ({type(error).__name__})"


def word_of(error: SlackApiError) -> str | None:
    """Slack's error, such as `is_archived`; None where what came is not of Slack's making."""
    # With JSON that cannot be read the SDK hands over aiohttp's response, which holds no data.
    said = getattr(error.response, "data", None)
    word = said.get("error") if isinstance(said, dict) else None
    return word if isinstance(word, str) else None


def status_of(error: SlackApiError) -> int:
    """The HTTP status that came with it."""
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return status if isinstance(status, int) else 0
