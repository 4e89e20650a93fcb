"""The workspace in a browser: the stand-ins of Slack and LigdiCash, to be looked at and touched."""

from bot.sandbox.page.page import LOCALES, Page
from bot.sandbox.page.skies import ByHand

__all__ = ["LOCALES", "ByHand", "Page"]
