"""The shapes of what Slack delivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.slack.people import APP_ID, BOT_USER, TEAM
from bot.sandbox.slack.reading import filled_state
from bot.sandbox.slack.views import View

if TYPE_CHECKING:
    from bot.sandbox.slack.channels import Message
    from bot.sandbox.slack.people import Person
    from bot.sandbox.slack.reading import Button, Json
    from bot.sandbox.slack.workspace import Workspace

# Deprecated by Slack, but still in every payload.
VERIFICATION_TOKEN = "verification-token"  # noqa: S105 - the word says that it is none


class Payloads:
    """Writes payloads about a workspace; `public_url` is the address that response URLs stand behind."""

    def __init__(self, workspace: Workspace, public_url: str) -> None:
        self.workspace = workspace
        self.public_url = public_url

    def command(self, user: str, channel_id: str, name: str, text: str) -> Json:
        """A slash command: the fields of its form."""
        space = self.workspace
        person, channel = space.people[user], space.channel(channel_id)
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": person.team_id,
            "team_domain": self._domain(person),
            "channel_id": channel.id,
            "channel_name": channel.name_in_payloads,
            "user_id": person.id,
            "user_name": person.name,
            "command": name,
            "text": text.strip(),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self.public_url + space.new_response_url("commands", user, channel.id),
            "trigger_id": space.new_trigger(user),
        }

    def click(self, user: str, place: Message | View, button: Button, chosen: str | None = None) -> Json:
        """`block_actions`: a click on a button, or a choice in a menu, of a message or a view."""
        payload = self._common("block_actions", user)
        payload["actions"] = [self._action(button, chosen)]
        if isinstance(place, View):
            return payload | self._click_in_view(user, place)
        return payload | self._click_in_message(user, place)

    def shortcut(self, user: str, message: Message, callback_id: str) -> Json:
        """`message_action`: a shortcut of the app, chosen in the menu of a message."""
        space = self.workspace
        channel = space.channel(message.channel)
        return self._common("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": space.next_ts(),
            "trigger_id": space.new_trigger(user),
            "channel": {"id": channel.id, "name": channel.name_in_payloads},
            "message_ts": message.ts,
            "message": message.described(),
            "response_url": self.public_url + space.new_response_url("app", user, channel.id),
        }

    def submission(self, view: View) -> Json:
        """`view_submission`, as the view stands."""
        return self._common("view_submission", view.user) | {
            "trigger_id": self.workspace.new_trigger(view.user, view),
            "view": view.described(),
            "response_urls": [],
        }

    def closing(self, view: View, *, cleared: bool) -> Json:
        """`view_closed`: somebody left a modal without submitting it."""
        return self._common("view_closed", view.user) | {"view": view.described(), "is_cleared": cleared}

    def home_opened(self, user: str, tab: str = "home") -> Json:
        """The event `app_home_opened`."""
        space = self.workspace
        now = space.clock.now()
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": space.dm(user),
            "tab": tab,
            "event_ts": f"{now / 1000:.6f}",
        }
        if user in space.homes and tab == "home":
            event["view"] = space.homes[user].described()
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": space.random_id("Ev"),
            "event_time": now // 1000,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def _common(self, kind: str, user: str) -> Json:
        person = self.workspace.people[user]
        return {
            "type": kind,
            # The person's own workspace: in a channel shared with another one it is not the bot's.
            "team": {"id": person.team_id, "domain": self._domain(person)},
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": person.team_id,
            },
            "api_app_id": APP_ID,
            "token": VERIFICATION_TOKEN,
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _domain(self, person: Person) -> str:
        return self.workspace.domain if person.team_id == TEAM else "other"

    def _action(self, button: Button, chosen: str | None) -> Json:
        element = button.element
        action: Json = {
            "action_id": button.action_id,
            "block_id": button.block_id,
            "type": element["type"],
            "action_ts": self.workspace.next_ts(),
        }
        kept = ("text", "value", "style", "url")
        action |= {key: element[key] for key in kept if key in element}
        if element["type"] != "button":
            action |= filled_state({"options": []} | element, chosen)
        return action

    def _click_in_message(self, user: str, message: Message) -> Json:
        space = self.workspace
        channel = space.channel(message.channel)
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": bool(message.to),
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload: Json = {
            "container": container,
            "trigger_id": space.new_trigger(user),
            "channel": {"id": channel.id, "name": channel.name_in_payloads},
            "state": {"values": {}},
            "response_url": self.public_url + space.new_response_url("actions", user, channel.id, message),
        }
        # Slack keeps no copy of an ephemeral message, so it cannot send one along.
        return payload if message.to else payload | {"message": message.described()}

    def _click_in_view(self, user: str, view: View) -> Json:
        return {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self.workspace.new_trigger(user, view if view.is_modal else None),
            "view": view.described(),
        }
