"""Logs are JSON lines in which nothing secret is left, whoever wrote them."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import HIDDEN, Redactor, about_payout, configure_logs, get_logger

SECRETS = ("test-auth-token", 'a"b\\c/é-long-one', "key1")
JWT = "eyJ0eXAi.eyJpZCI6.c2lnbmF0dXJl"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where logs go, configured at DEBUG; everything global is put back."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    written = io.StringIO()
    configure_logs("DEBUG", SECRETS, written)
    yield written
    root.handlers[:], root.level = before[0], before[1]
    sys.excepthook, threading.excepthook = before[2], before[3]
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line, read as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line(stream: io.StringIO) -> None:
    """Name, level, time and the event's own values; a line break does not break the line."""
    get_logger("bot.worker").info("payout sent\nonce", attempt=1, seconds=0.123456789, ok=True, none=None)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert {
        "event": "payout sent\nonce",
        "attempt": 1,
        "seconds": 0.123456789,
        "ok": True,
        "none": None,
        "level": "info",
        "logger": "bot.worker",
    } == line


def test_standard_logging_goes_the_same_way(stream: io.StringIO) -> None:
    """Libraries' lines are JSON too, redacted, arguments included."""
    logging.getLogger("library").warning("token %s for %s", "xoxb-test-1", {"customer": "22670000000"})
    (line,) = lines(stream)
    assert f"token {HIDDEN} for {{'customer': '{HIDDEN}'}}" == line["event"]
    assert ("warning", "library") == (line["level"], line["logger"])


def test_the_payout_is_on_every_line_about_it(stream: io.StringIO) -> None:
    """Within about_payout every logger's lines carry the id; after it none does."""
    with about_payout("P-7K3F9"):
        get_logger("ours").info("one")
        logging.getLogger("theirs").info("two")
    get_logger("ours").info("three")
    assert ["P-7K3F9", "P-7K3F9", None] == [line.get("payout") for line in lines(stream)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x test-auth-token y", f"x {HIDDEN} y"),
        ('a"b\\c/é-long-one', HIDDEN),
        (repr('a"b\\c/é-long-one'), f"'{HIDDEN}'"),
        ("?q=a%22b%5Cc%2F%C3%A9-long-one", f"?q={HIDDEN}"),
        ("key1 monkey12", f"{HIDDEN} monkey12"),
        ("xoxb-1-2-abc, xoxe.xoxp-1", f"{HIDDEN}, {HIDDEN}"),
        ("xapp-1-A-2", HIDDEN),
        (f"token {JWT}!", f"token {HIDDEN}!"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {HIDDEN}"),
        ("/confirm/?withdrawalToken=abc&x=1", f"/confirm/?withdrawalToken={HIDDEN}&x=1"),
        (
            "POST https://x.example/callbacks/ligdicash/P-7K3F9/abcdef HTTP/1.1",
            f"POST https://x.example/callbacks/ligdicash/P-7K3F9/{HIDDEN} HTTP/1.1",
        ),
        ("%2Fcallbacks%2Fligdicash%2FP-7K3F9%2Fabc", f"%2Fcallbacks%2Fligdicash%2FP-7K3F9%2F{HIDDEN}"),
        ("secret " + "0a" * 20, f"secret {HIDDEN}"),
        ("+226 70 00 00 00", HIDDEN),
        ("<tel:+22670000000|70 00 00 00>", f"<tel:{HIDDEN}|{HIDDEN}>"),
        ("customer=22670000000XOF", f"customer={HIDDEN}XOF"),
        ("70.12.34.56 70-12-34-56 70\u00a012\u202f34\u200956", HIDDEN),
        ("%2B22670000000", f"%{HIDDEN[:0]}2B{HIDDEN}"),
        ("5 000 XOF of 1 000 000", "5 000 XOF of 1 000 000"),
        ("2024-11-24T07:32:00.123456Z", "2024-11-24T07:32:00.123456Z"),
        ("on 2024-11-24 07:32:00,123 it", "on 2024-11-24 07:32:00,123 it"),
        ("ts 1732434725.123456", "ts 1732434725.123456"),
        ("P-23456 12 000 XOF", "P-23456 12 000 XOF"),
        ("502d36d2086249118198d06780b1c9fd", "502d36d2086249118198d06780b1c9fd"),
        ("<object at 0x7f1234567890>", "<object at 0x7f1234567890>"),
        ("127.0.0.1:3000", "127.0.0.1:3000"),
    ],
)
def test_text_is_redacted(text: str, expected: str) -> None:
    """What is secret goes; times, payout and transaction ids, amounts stay readable."""
    assert expected == Redactor(SECRETS).text(text)


def test_values_are_redacted_throughout() -> None:
    """Nested values, keys, whole numbers and objects are no way around."""

    class Holder:
        def __repr__(self) -> str:
            return "Holder(test-auth-token)"

    value = {
        "a": ["70000000", ("xoxb-1",)],
        "22670000000": 22670000000,
        "o": Holder(),
        "s": {"key1"},
        "n": 5000,
    }
    assert {
        "a": [HIDDEN, [HIDDEN]],
        HIDDEN: HIDDEN,
        "o": f"Holder({HIDDEN})",
        "s": [HIDDEN],
        "n": 5000,
    } == Redactor(SECRETS).value(value)


def test_without_secrets_patterns_still_hold() -> None:
    """Before the settings are read there is no known secret; an empty one is none."""
    assert f"test {HIDDEN}" == Redactor([""]).text("test xoxb-1")


def test_a_secret_that_begins_with_another_goes_whole() -> None:
    """Nothing of the longer one is left behind the shorter one."""
    assert HIDDEN == Redactor(["test-secret", "test-secret-two"]).text("test-secret-two")


def fail(secret: str) -> None:
    """Raise with a secret in the message, and in a local variable."""
    local = secret[::-1]
    message = f"{secret} to 70 00 00 00"
    raise ValueError(message, len(local))


def test_a_traceback_is_redacted_and_shows_no_locals(stream: io.StringIO) -> None:
    """Exceptions pass the same way; local variables are not in them."""
    for log in (get_logger("ours"), logging.getLogger("theirs")):
        try:
            fail("test-auth-token")
        except ValueError:
            log.exception("failed")
    for line in lines(stream):
        assert f"ValueError: ('{HIDDEN} to {HIDDEN}', 15)" in line["exception"]
        assert "nekot-htua-tset" not in line["exception"]
    assert 2 == len(lines(stream))


def test_uncaught_exceptions_are_redacted(stream: io.StringIO) -> None:
    """What would end the process or a thread with a raw traceback is a JSON line as well."""
    thread = threading.Thread(target=fail, args=("test-auth-token",))
    thread.start()
    thread.join()
    error = ValueError("test-auth-token")
    sys.excepthook(ValueError, error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    threading.excepthook(threading.ExceptHookArgs((SystemExit, None, None, None)))
    assert ["critical", "critical"] == [line["level"] for line in lines(stream)]
    assert "test-auth-token" not in stream.getvalue()


def test_warnings_are_logged(stream: io.StringIO) -> None:
    """A library's warning is a line like others."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        configure_logs("INFO", SECRETS, stream)
        warnings.warn("beware of test-auth-token", stacklevel=1)
    (line,) = lines(stream)
    assert "py.warnings" == line["logger"]
    assert f"beware of {HIDDEN}" in line["event"]


def test_noisy_libraries_are_quiet_even_at_debug(stream: io.StringIO) -> None:
    """They log URLs and payloads below WARNING."""
    for name in (
        "httpx",
        "httpcore.http11",
        "aiohttp.access",
        "slack_sdk.web",
        "slack_bolt.AsyncApp",
        "asyncio",
    ):
        logging.getLogger(name).info("GET /callbacks")
        logging.getLogger(name).warning("heard")
    assert ["heard"] * 6 == [line["event"] for line in lines(stream)]


def test_the_level_holds(stream: io.StringIO) -> None:
    """Below the level nothing is written; at ERROR the noisy ones are not louder than the rest."""
    configure_logs("ERROR", SECRETS, stream)
    get_logger("ours").warning("unheard")
    logging.getLogger("httpx").warning("unheard")
    get_logger("ours").error("heard")
    assert ["heard"] == [line["event"] for line in lines(stream)]


def test_a_line_that_cannot_be_formatted_shows_nothing(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard logging would print its arguments, raw, to stderr."""
    record = logging.makeLogRecord({"name": "library", "msg": "%d", "args": ("test-auth-token",)})
    ours(stream).handle(record)
    (line,) = lines(stream)
    assert ("a log line could not be written", "library") == (line["event"], line["logger"])
    assert "" == capsys.readouterr().err


def ours(stream: io.StringIO) -> logging.Handler:
    """The handler that writes to `stream`: pytest has its own ones beside it."""
    handlers = logging.getLogger().handlers
    return next(h for h in handlers if isinstance(h, logging.StreamHandler) and h.stream is stream)


def test_a_closed_stream_is_no_error(stream: io.StringIO) -> None:
    """Logging must not bring down what it tells about."""
    stream.close()
    get_logger("ours").info("unheard")
    configure_logs("INFO", (), io.StringIO())


@given(
    st.text(max_size=80),
    st.sampled_from([*SECRETS[:2], JWT, "xoxb-test-token", "22670000000"]),
    st.text(max_size=80),
)
def test_no_surrounding_hides_a_secret(before: str, secret: str, after: str) -> None:
    """Whatever stands around it, a secret or a number is not left."""
    assert secret not in Redactor(SECRETS).text(before + secret + after)
