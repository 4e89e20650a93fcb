"""A LigdiCash to test against: payouts, status, callbacks, and a count of what was paid."""

from bot.sandbox.ligdicash.bank import Bank, Create, Paid
from bot.sandbox.ligdicash.behaviours import Behaviour
from bot.sandbox.ligdicash.callbacks import Callback, Encoding, Post
from bot.sandbox.ligdicash.courier import Delivery
from bot.sandbox.ligdicash.errors import Endpoint, Trouble
from bot.sandbox.ligdicash.payouts import Payout, Status
from bot.sandbox.ligdicash.server import LigdicashSandbox
from bot.sandbox.ligdicash.wire import Answer, Request, Silence

__all__ = [
    "Answer",
    "Bank",
    "Behaviour",
    "Callback",
    "Create",
    "Delivery",
    "Encoding",
    "Endpoint",
    "LigdicashSandbox",
    "Paid",
    "Payout",
    "Post",
    "Request",
    "Silence",
    "Status",
    "Trouble",
]
