"""Every sentence that people see, and how amounts, people and times are written in it.

Places in a sentence are named. What people typed goes through `typed` before it is put into one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.ligdicash.errors import Meaning
from bot.ligdicash.readers import Doubt
from bot.policy import Refusal
from storage.payout import State, Way

# How things are written


def amount(xof: int) -> str:
    """`5 000 XOF`; XOF has no decimals."""
    return f"{grouped(xof)} XOF"


def grouped(number: int) -> str:
    """`5 000`: groups of three."""
    return f"{number:,}".replace(",", " ")


def mention(person: str) -> str:
    """A person's name in Slack, who is told of it."""
    return f"<@{person}>"


def mentions(people: tuple[str, ...]) -> str:
    """Several people's names."""
    return ", ".join(mention(person) for person in people)


def typed(text: str) -> str:
    """What somebody typed, so that Slack takes nothing in it for a mention, a link or a page to a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def tail(token: str) -> str:
    """The last eight characters of a token: enough to tell two apart, and no handle."""
    return f"…{token[-8:]}"


def at(milliseconds: int, timezone: ZoneInfo) -> str:
    """`14:05 on 24 Nov 2026`, in the team's time zone."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(timezone)
    return f"{moment:%H:%M} on {moment.day} {moment:%b %Y}"


def clock(milliseconds: int, timezone: ZoneInfo) -> str:
    """`14:05`, in the team's time zone."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(timezone):%H:%M}"


# The command

HELP = """\
*Pay somebody through LigdiCash*
`/payout NUMBER AMOUNT REASON` – for example `/payout 22670000000 5000 refund for order 1234`
`/payout` – opens the form empty
`/payout help` – this text
• The number may be written `+226 70 00 00 00`, `00226…` or `70000000`; the amount `5000`, `5 000` or `5000 FCFA`.
• You check everything in a form before anything is asked.
• The request appears in this channel. An approver decides in its thread; never the person who asked.
• After approval the bot asks LigdiCash to pay. The thread shows the token, then the final status.
• Uncertain outcomes are never sent again. The card says what to look up.
• The approvers here: {approvers}."""

HERE_NO_PAYOUTS_DIRECT = (
    "Payouts are asked for in a channel, so that approvers see them. Go to your team's channel and type "
    "`/payout` there. If the bot is not in it yet, type `/invite @{bot}` there first."
)
BOT_NOT_IN_CHANNEL = (
    "Nothing was asked: the bot is not in this channel, so nobody could approve here. "
    "Type `/invite @{bot}`, then your command once more."
)
NOT_BUILT_YET = "`/payout {word}` is not available yet. `/payout help` shows what is."
MODAL_DID_NOT_OPEN = (
    "The form did not open (Slack was too slow, or did not answer). Nothing was asked. Please type it once more: `{command}`"
)
TYPED_SO_FAR = "This is what you typed, to be sent once more: `{command}`"
REJECTION_DID_NOT_OPEN = "The form did not open (Slack was too slow, or did not answer). {payout} was not rejected. Please click Reject again."
COULD_NOT_STORE = (
    "This could not be stored just now, so nothing was done. Please try again in a minute; "
    "if it goes on, tell the person who runs the bot."
)

# The form

FORM_TITLE = "Ask for a payout"
FORM_SUBMIT = "Ask for approval"
FORM_CLOSE = "Cancel"
FIELD_BENEFICIARY = "Beneficiary's number"
FIELD_AMOUNT = "Amount in XOF"
FIELD_REASON = "Reason"
FIELD_ORDER = "Order reference"
FIELD_WAY = "How the money arrives"
EXAMPLE_NUMBER = "+226 70 00 00 00"
EXAMPLE_AMOUNT = "5 000"
EXAMPLE_REASON = "Refund for a cancelled order"
EXAMPLE_ORDER = "ORD-2024-001"
HINT_NUMBER = "The mobile number, for example {example}."
HINT_AMOUNT = "Whole francs, for example {example}. At most {most}."
HINT_REASON = "Approvers and finance read this."
HINT_READ_AS = "⚠️ Read as {amount}, please check."
WAYS: Mapping[Way, str] = MappingProxyType(
    {
        Way.WALLET: "LigdiCash wallet",
        Way.MOBILE_THROUGH_WALLET: "Mobile money through the wallet",
        Way.MOBILE_DIRECTLY: "Mobile money directly",
    }
)
WAY_DETAILS: Mapping[Way, str] = MappingProxyType(
    {
        Way.WALLET: "The money stays in the beneficiary's LigdiCash wallet.",
        Way.MOBILE_THROUGH_WALLET: "To the LigdiCash wallet, then on to mobile money.",
        Way.MOBILE_DIRECTLY: "For people without a LigdiCash account.",
    }
)
NUMBER_MISSING = "Please fill in the beneficiary's number, for example {example}."
NUMBER_UNREADABLE = "“{typed}” is not a phone number. Write it like {example}."
NUMBER_AMBIGUOUS = "It is not clear which part is the number. Write it with the country's code, like {example}."
NUMBER_COUNTRY = "This number's country is not served here. Numbers begin with {countries}, like {example}."
NUMBER_IMPOSSIBLE = "“{typed}” has the wrong number of digits. Write it like {example}."
NUMBER_INVALID = "“{typed}” is not a number in use. Please check it; a right one looks like {example}."
AMOUNT_MISSING = "Please fill in the amount in whole francs, for example {example}."
AMOUNT_UNREADABLE = "“{typed}” is not an amount. Write whole francs, like {example}."
AMOUNT_AMBIGUOUS = "It is not clear which part is the amount. Write it alone here, like {example}."
AMOUNT_DECIMALS = "“{typed}” has decimals, and XOF has none. Write whole francs, like {example}."
AMOUNT_ABBREVIATED = "“{typed}” is abbreviated. Write the amount out, like {example}."
AMOUNT_NOT_POSITIVE = "The amount must be more than 0, for example {example}."
AMOUNT_OTHER_CURRENCY = "“{typed}” is not in XOF. Write the amount in XOF, like {example}."
AMOUNT_DOUBTFUL = "“{typed}” can be read in two ways. If you mean {amount}, write it like {example}."
AMOUNT_TOO_LARGE = "{amount} is more than the {most} allowed for one payout. Write a smaller amount, like {example}."
REASON_MISSING = "Please say why, for example “{example}”."
WAY_MISSING = "Please choose how the money arrives, for example “{example}”."

REFUSALS: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.GUEST: "Guests of this workspace cannot ask for payouts or decide on them.",
        Refusal.BOT: "Bots cannot ask for payouts or decide on them.",
        Refusal.DEACTIVATED: "Deactivated accounts cannot ask for payouts or decide on them.",
        Refusal.ELSEWHERE: "People of another workspace cannot ask for payouts or decide on them.",
        Refusal.NOT_LEARNT: "Slack did not say who you are just now, so the answer is no for the moment. Please try again.",
        Refusal.NOT_A_REQUESTER: "You are not among the people who may ask for payouts here.",
        Refusal.NOT_AN_APPROVER: "You are not one of the approvers.",
        Refusal.OWN_REQUEST: "You asked for this payout yourself, so somebody else must decide.",
        Refusal.CHANNEL_NOT_ALLOWED: "Payouts are not asked for in this channel. Use {channels}.",
    }
)


def refusal(refused: Refusal, channels: tuple[str, ...]) -> str:
    """Why somebody may not; `channels` are those in which payouts may be asked for."""
    return REFUSALS[refused].format(channels=" ".join(f"<#{channel}>" for channel in channels))


REQUEST_REFUSED = "Your payout was not asked for. {why}"
DECISION_REFUSED = "{payout} was not changed by you. {why} {who}"
WHO_MAY_DECIDE = "These people may: {approvers}."
NOBODY_ELSE_MAY_DECIDE = "Nobody else is named as an approver; ask the person who runs the bot."
TOO_LATE: Mapping[State, str] = MappingProxyType(
    {
        State.REJECTED: "{payout} was already rejected by {decider}. Nothing more was done.",
        State.CANCELLED: "{payout} was already cancelled by {decider}. Nothing more was done.",
        State.EXPIRED: "{payout} has expired. Nothing more was done; ask for it anew if it is still needed.",
    }
)
TOO_LATE_APPROVED = "{payout} was already approved by {approvers}. Your click changed nothing. Now: {state}."
STALE_BUTTON = "This button belongs to an earlier version of {payout}. Please use the newest one in its thread."
UNKNOWN_PAYOUT = "There is no payout {payout} in this bot's ledger. Nothing was done."

# The question

QUESTION = "{approvers}: please decide on *{amount}* to *{number}*, asked by {requester}.\n*Reason:* {reason}"
QUESTION_ANSWERED = "*{amount}* to *{number}*, asked by {requester}.\n*Reason:* {reason}"
QUESTION_TEXT = "Please decide: {amount} to {number}, asked by {requester_name} – {reason}"
QUESTION_ORDER = "*Order:* {order}"
QUESTION_WAY = "*Arrives:* {way}"
QUESTION_FOUR_EYES = "The person who asked cannot approve. Nothing is paid before somebody approves."
APPROVE = "Approve"
REJECT = "Reject"
CONFIRM_TITLE = "Pay {amount}?"
CONFIRM_TEXT = "{amount} to {number}\nasked by {requester_name}\n{way}\n\nOnce sent, this cannot be taken back."
CONFIRM_YES = "Yes, pay"
CONFIRM_NO = "Not now"
QUESTION_APPROVED = "✅ Approved by {approvers} at {time}, paying…"
QUESTION_WAS_APPROVED = "✅ Approved by {approvers} at {time} · now {state}"
QUESTION_NOBODY = "Nobody but the requester is named as an approver"
QUESTION_REJECTED = "❌ Rejected by {decider} at {time}: {reason}"
QUESTION_CLOSED = "Closed: {state}."
REJECT_TITLE = "Reject {payout}"
REJECT_SUBMIT = "Reject"
REJECT_FIELD = "Why is it rejected?"
REJECT_HINT = "The requester reads this in the thread."
REJECT_EXAMPLE = "The order was already refunded"
REJECT_ABOUT = "{amount} to {number}, asked by {requester}"

# The card

CARD_SUMMARY = "*{payout}* · *{amount}* to *{number}* · {reason} · asked by {requester}"
CARD_TEXT = "{payout} · {amount} to {number} · {state}"
CARD_DETAILS = "{way}{order} · asked at {time}"
CARD_ORDER = " · order {order}"
CARD_REQUESTED = "⏳ *Waiting for a decision* – in the thread of this message"
CARD_APPROVED = "✅ *Approved* by {approvers} · paying…"
CARD_NOT_SENT = (
    "📡 *Approved* by {approvers} · LigdiCash cannot be reached, nothing has left. "
    "Trying again at {next}, until {until} at the latest."
)
CARD_SENDING = "📤 *Being sent* to LigdiCash · approved by {approvers}"
CARD_INITIATED = "📨 *Initiated, not yet paid* · LigdiCash accepted it ({token}) · waiting for the final status"
CARD_COMPLETED = "🟢 *Completed* · LigdiCash says it was paid ({token})"
CARD_FAILED = "🔴 *Failed* · LigdiCash says it was not paid ({token})"
CARD_REFUSED = "⛔ *Refused* by LigdiCash, nothing was paid · {meaning} *What to do:* {remedy}"
CARD_UNCONFIRMED = (
    "⚠️ *Unconfirmed* · {doubt} It may have been paid or not, and it will not be sent again.\n"
    "*What to do:* look up transaction `{transaction_id}` on LigdiCash's dashboard ({amount}, {number}, sent at {sent_at}). "
    "Do not ask for the same payout again before you know."
)
CARD_REJECTED = "❌ *Rejected* by {decider} · {reason}"
CARD_CANCELLED = "🚫 *Cancelled* by {decider}"
CARD_EXPIRED_UNSENT = (
    "⌛ *Expired* · LigdiCash could not be reached for an hour after the approval; nothing left, nothing was paid. "
    "Ask for it anew if it is still needed."
)
CARD_EXPIRED = "⌛ *Expired* · nobody decided in time; nothing was paid. Ask for it anew if it is still needed."
CARD_CONTRADICTION = "🚨 *LigdiCash contradicts this:* {contradiction}. Tell finance now."

NUMBER_REMOVED = "(number removed)"
NO_TOKEN = "no token"

STATES: Mapping[State, str] = MappingProxyType(
    {
        State.REQUESTED: "waiting for a decision",
        State.REJECTED: "rejected",
        State.CANCELLED: "cancelled",
        State.EXPIRED: "expired, nothing was paid",
        State.APPROVED: "approved, not yet sent",
        State.SENDING: "being sent to LigdiCash",
        State.INITIATED: "initiated, not yet paid",
        State.UNCONFIRMED: "unconfirmed, may have been paid or not",
        State.REFUSED: "refused by LigdiCash, nothing was paid",
        State.COMPLETED: "completed",
        State.FAILED: "failed, not paid",
    }
)

# The thread

THREAD_INITIATED = (
    "📨 LigdiCash accepted {payout}: *{amount}* to *{number}* is initiated, not yet paid.\n"
    "Token: `{token}`\nThe final status follows in this thread."
)
THREAD_COMPLETED = "🟢 {requester} {payout} is *completed*: LigdiCash says that {amount} to {number} was paid."
THREAD_FAILED = (
    "🔴 {requester} {payout} *failed*: LigdiCash says that {amount} to {number} was not paid. "
    "Ask for it anew if it is still needed."
)
THREAD_REFUSED = (
    "⛔ {requester} {payout} was *refused* by LigdiCash (code {code}), nothing was paid. {meaning}\n*What to do:* {remedy}"
)
THREAD_UNCONFIRMED = (
    "⚠️ {requester} {payout} is *unconfirmed*. {doubt} It may have been paid or not, and it will not be sent again.\n"
    "*What to do:* look up transaction `{transaction_id}` on LigdiCash's dashboard ({amount} to {number}, sent at {sent_at}). "
    "The bot goes on listening for LigdiCash's word."
)
THREAD_REJECTED = "❌ {requester} {payout} was *rejected* by {decider}: {reason}"
THREAD_EXPIRED = "⌛ {requester} {payout} has *expired*; nothing left, nothing was paid. Ask for it anew if it is still needed."
THREAD_STILL_PENDING = "LigdiCash says “{word}” of {payout}; that is not a final status, so it stays initiated."
THREAD_MISMATCH = (
    "🚨 {payout}: an answer of LigdiCash did not match this payout ({what}). It was recorded and changed nothing. "
    "Please tell the person who runs the bot."
)
THREAD_CONTRADICTION = (
    "🚨 {requester} {payout} is recorded as {state}, but LigdiCash now says “{word}”. Nothing was changed. Tell finance now."
)

# LigdiCash's refusals: what each means, and what to do

MEANINGS: Mapping[Meaning, tuple[str, str]] = MappingProxyType(
    {
        Meaning.KEYS_REFUSED: (
            "LigdiCash does not accept the bot's keys.",
            "the person who runs the bot corrects LIGDICASH_API_KEY and LIGDICASH_AUTH_TOKEN.",
        ),
        Meaning.NOT_ENABLED: (
            "Payouts are not enabled on this LigdiCash project.",
            "ask LigdiCash to enable them.",
        ),
        Meaning.NO_ACCOUNT: (
            "This number has no LigdiCash account.",
            "check the number, or ask again with “Mobile money directly”.",
        ),
        Meaning.NO_OPERATOR_ACCOUNT: (
            "Your LigdiCash account has no merchant account on this operator's network.",
            "first receive a payment there, or ask LigdiCash.",
        ),
        Meaning.DAY_RULE: (
            "LigdiCash's 24-hour rule for this number forbids it.",
            "look for an earlier payout to this number before you ask again.",
        ),
        Meaning.NO_RECENT_DEPOSIT: (
            "There was no deposit in the last three months.",
            "ask LigdiCash.",
        ),
        Meaning.BALANCE_LOW: (
            "Your LigdiCash balance for this operator is too low (each operator has its own).",
            "top it up, then ask again.",
        ),
        Meaning.AMOUNT_OUT_OF_BOUNDS: (
            "LigdiCash does not pay this amount.",
            "ask again with an amount between 100 and 1 000 000 XOF.",
        ),
        Meaning.ADDRESS_NOT_ALLOWED: (
            "LigdiCash does not accept requests from the bot's IP address.",
            "the person who runs the bot asks LigdiCash to whitelist it.",
        ),
        Meaning.NO_OPERATOR_OR_ADDRESS: (
            "Either there is no merchant account on this network, or the bot's IP address is not accepted.",
            "the person who runs the bot asks LigdiCash which of the two it is.",
        ),
        Meaning.OPERATOR_NOT_RECOGNISED: (
            "LigdiCash does not recognise this number's operator.",
            "check the number with the beneficiary.",
        ),
        Meaning.BAD_INPUT: (
            "LigdiCash could not read the request.",
            "this is a defect of the bot; tell the person who runs it.",
        ),
        Meaning.HASH: (
            "LigdiCash asks for a signature that this project does not send.",
            "ask LigdiCash to turn it off for this API project.",
        ),
        Meaning.CURRENCY: (
            "LigdiCash does not allow this currency conversion.",
            "check the number's country, or ask LigdiCash.",
        ),
    }
)

MEANING_UNKNOWN = ("LigdiCash gave a reason that is not in its documentation.", "ask LigdiCash.")

DOUBTS: Mapping[Doubt, str] = MappingProxyType(
    {
        Doubt.NO_ANSWER: "LigdiCash did not answer in time.",
        Doubt.CONNECTION_BROKE: "The connection to LigdiCash broke after the request may have left.",
        Doubt.HTTP_STATUS: "LigdiCash answered with an error page (HTTP {code}).",
        Doubt.UNREADABLE: "LigdiCash's answer could not be read.",
        Doubt.NO_TOKEN: "LigdiCash said yes but gave no token.",
        Doubt.UNKNOWN_CODE: "LigdiCash's answer is not in its documentation.",
        Doubt.PROVIDER_FAILED: "LigdiCash reported an error of its own (code {code}).",
        Doubt.EXISTS_ALREADY: "LigdiCash says that this transaction exists already (code {code}).",
        Doubt.INTERRUPTED: "The bot was interrupted while sending.",
    }
)

# The audit channel, one line an event

AUDIT_REQUESTED = "📝 {payout} requested by {actor}: {amount} to {number}, {way}{order} · {reason}"
AUDIT_APPROVED = "✅ {payout} approved by {actor}"
AUDIT_REJECTED = "❌ {payout} rejected by {actor}: {reason}"
AUDIT_SENDING = "📤 {payout} is being sent to LigdiCash (transaction `{transaction_id}`)"
AUDIT_NOT_SENT = "📡 {payout} did not leave ({why}); it will be tried again"
AUDIT_INITIATED = "📨 {payout} initiated, not yet paid (token {token})"
AUDIT_REFUSED = "⛔ {payout} refused by LigdiCash (code {code}), nothing was paid"
AUDIT_UNCONFIRMED = "⚠️ {payout} unconfirmed: {doubt} Transaction `{transaction_id}`"
AUDIT_COMPLETED = "🟢 {payout} completed: {amount} paid (token {token})"
AUDIT_FAILED = "🔴 {payout} failed: {amount} not paid (token {token})"
AUDIT_EXPIRED = "⌛ {payout} expired; nothing left"
AUDIT_CALLBACK_RECEIVED = "📥 {payout}: callback “{word}” received; the status will be asked before anything is believed"
AUDIT_STILL_PENDING = "{payout}: LigdiCash says “{word}”, not a final status"
AUDIT_MISMATCH = "🚨 {payout}: an answer of LigdiCash did not match ({what}); it changed nothing"
AUDIT_CONTRADICTION = "🚨 {payout} is recorded as {state}, but LigdiCash now says “{word}”"
AUDIT_REQUEST_REFUSED = "🚷 {actor} may not ask for a payout: {why}"
AUDIT_DECISION_REFUSED = "🚷 {actor} may not decide on {payout}: {why}"
AUDIT_ANSWER_RECORDED = "🧾 {payout}: LigdiCash's answer came late ({kind}); it was recorded"
AUDIT_DELIVERY_FAILED = "📪 {payout}: Slack does not take a message for {channel} ({error}); it was not told there"
DIRECT_DELIVERY_FAILED = (
    "Your payout {payout} could not be shown in its channel (Slack says “{error}”). It is: {state}."
)
AUDIT_TEXT = "Payout audit: {count} lines"
AUDIT_TEXT_ONE = "Payout audit: {line}"
