"""A stand-in for Slack: a real server that plays the Web API and the people against the real bot."""

from bot.sandbox.slack.channels import Channel, ChannelKind, Message
from bot.sandbox.slack.delivery import Answer, Delivered, Delivery, Kind, Unreachable
from bot.sandbox.slack.hands import ClickResult, CommandAnswer, Impossible, SubmissionResult
from bot.sandbox.slack.people import APP_ID, BOT_ID, BOT_USER, OTHER_TEAM, TEAM, Person, UserGroup
from bot.sandbox.slack.server import SlackStandIn
from bot.sandbox.slack.standin import Slack
from bot.sandbox.slack.trouble import Trouble, garbled, lost_answer, outage, rate_limited, slow
from bot.sandbox.slack.views import View

__all__ = [
    "APP_ID",
    "BOT_ID",
    "BOT_USER",
    "OTHER_TEAM",
    "TEAM",
    "Answer",
    "Channel",
    "ChannelKind",
    "ClickResult",
    "CommandAnswer",
    "Delivered",
    "Delivery",
    "Impossible",
    "Kind",
    "Message",
    "Person",
    "Slack",
    "SlackStandIn",
    "SubmissionResult",
    "Trouble",
    "Unreachable",
    "UserGroup",
    "View",
    "garbled",
    "lost_answer",
    "outage",
    "rate_limited",
    "slow",
]
