"""Why Slack did not answer, in plain words."""

from __future__ import annotations

import socket
import ssl
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.slackfailures import plainly

KEY = cast("ConnectionKey", SimpleNamespace(host="slack.com", port=443, ssl=True))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "Name or service not known")), "name not found"),
        (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "refused")), "connection refused"),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("bad")), "no secure connection"),
        (aiohttp.ServerTimeoutError(), "timed out"),
        (TimeoutError(), "timed out"),
        (ValueError("<html>"), "no usable answer (ValueError)"),
    ],
)
def test_people_read_words_and_no_class(error: Exception, words: str) -> None:
    """The class stands in brackets where nothing else is known."""
    assert words == plainly(error)
