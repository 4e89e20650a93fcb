"""The app's Home tab: what waits for whoever opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.desk.inquiries import Inquiries
from bot.language import speaking
from bot.people import People
from bot.slackfailures import NO_ANSWER
from bot.speech.replies import home

log = structlog.get_logger(__name__)


class Home:
    """Hears that somebody opened Home."""

    def __init__(self, slack: AsyncWebClient, *, inquiries: Inquiries, people: People, background: Background) -> None:
        self._slack = slack
        self._inquiries = inquiries
        self._people = people
        self._background = background

    def register(self, app: AsyncApp) -> None:
        """Listen for Home being opened."""
        app.event("app_home_opened")(self.hear)

    async def hear(self, event: Mapping[str, Any]) -> None:
        """Draw it anew each time it is looked at; it is never older than that look."""
        if event.get("tab", "home") == "home":
            self._background.start(self._publish(str(event["user"])), name="publish home")

    async def _publish(self, person: str) -> None:
        tasks = await self._inquiries.waiting_for(person)
        with speaking(await self._people.language(person)):
            view = home(tasks, self._inquiries.latest_records(person), self._inquiries.moment())
        try:
            await self._slack.views_publish(user_id=person, view=view)
        except (SlackApiError, *NO_ANSWER) as error:
            log.warning("home_not_published", why=type(error).__name__)
