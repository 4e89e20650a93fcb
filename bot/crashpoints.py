"""Where a test kills the process on the money path, as a power cut would; without the test's switch, nowhere."""

from __future__ import annotations

import enum
import os
import signal

# `PAYOUT_BOT_CRASH_AT=leased` dies the first time, `leased:3` the third. Nothing in an installation sets it.
SWITCH = "PAYOUT_BOT_CRASH_AT"


class Point(enum.StrEnum):
    """Between which two steps it dies."""

    SUBMISSION_STORED = "submission_stored"
    FILED = "filed"
    CLICK_STORED = "click_stored"
    DECIDED = "decided"
    LEASED = "leased"
    ANSWERED = "answered"
    KEPT = "kept"
    CALLBACK_STORED = "callback_stored"
    ASKED = "asked"
    HEARD = "heard"
    ABOUT_TO_POST = "about_to_post"
    POSTED = "posted"
    TOLD = "told"


_WANTED, _, _TIMES = os.environ.get(SWITCH, "").partition(":")
_left = int(_TIMES or 1)


def may_die(point: Point) -> None:
    """Die here, if a test wants it: at once, with nothing cleaned up."""
    global _left  # noqa: PLW0603 - counts down in one process, for one test
    if point != _WANTED:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
