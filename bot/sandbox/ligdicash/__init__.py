"""A LigdiCash to test against: payouts, status, callbacks, and a count of what was paid."""

from bot.sandbox.ligdicash.bank import Bank
from bot.sandbox.ligdicash.behaviours import Behaviour
from bot.sandbox.ligdicash.callbacks import Callback, Encoding, Post
from bot.sandbox.ligdicash.courier import Delivery
from bot.sandbox.ligdicash.errors import Endpoint, Trouble
from bot.sandbox.ligdicash.inprocess import InProcess
from bot.sandbox.ligdicash.payouts import Asked, Create, Paid, Payout, Status, Tally
from bot.sandbox.ligdicash.plans import Calls, Reply
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.ligdicash.weather import Outage, Weather
from bot.sandbox.ligdicash.wire import Answer, Request, Silence

__all__ = [
    "Answer",
    "Asked",
    "Bank",
    "Behaviour",
    "Callback",
    "Calls",
    "Create",
    "Delivery",
    "Encoding",
    "Endpoint",
    "InProcess",
    "LigdicashSandbox",
    "Outage",
    "Paid",
    "Payout",
    "Post",
    "Reply",
    "Request",
    "Silence",
    "Status",
    "Tally",
    "Trouble",
    "Weather",
]
