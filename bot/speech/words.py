"""Every sentence that people see, and how amounts, people and times are written in it.

Places in a sentence are named. What people typed goes through `typed` before it is put into one.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.ligdicash.errors import Meaning
from bot.ligdicash.readers import Doubt
from bot.policy import Limit, Refusal
from storage.payout import Finding, Outcome, State, Way

# Before the name of whoever did something there.
CONSOLE = "console:"

# How things are written


def amount(xof: int) -> str:
    """`5 000 XOF`; XOF has no decimals."""
    return f"{grouped(xof)} XOF"


def grouped(number: int) -> str:
    """`5 000`: groups of three."""
    return f"{number:,}".replace(",", " ")


def mention(person: str) -> str:
    """A person's or a user group's name in Slack, who is told of it; whoever was at the console has none there."""
    if person.startswith(CONSOLE):
        return f"{typed(person.removeprefix(CONSOLE))} at the console"
    return f"<!subteam^{person}>" if person.startswith("S") else f"<@{person}>"


def mentions(people: tuple[str, ...]) -> str:
    """Several people's names."""
    return ", ".join(mention(person) for person in people)


def both(people: str) -> str:
    """Two people by their ids with a comma between, as they are recorded."""
    return " and ".join(mention(person) for person in people.split(","))


def permalink(workspace_url: str, channel: str, message_ts: str) -> str:
    """Where a message stands, as Slack's own links say it."""
    return f"{workspace_url}archives/{channel}/p{message_ts.replace('.', '')}"


def typed(text: str) -> str:
    """What somebody typed, so that Slack takes nothing in it for a mention, a link or a page to a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def tail(token: str) -> str:
    """The last eight characters of a token: enough to tell two apart, and no handle."""
    return f"…{typed(token[-8:])}"


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
`/payout` – opens the form empty · `/payout help` – this text
`/payout status ID`, `/payout list`, `/payout policy` – what became of one, your latest, what you may
`/payout pause REASON` – an approver stops all sending at once; `/payout resume` needs two of them
• The number may be written `+226 70 00 00 00`, `00226…` or `70000000`; the amount `5000`, `5 000` or `5000 FCFA`.
• You check everything in a form. The request appears in this channel; an approver, never who asked, decides in its thread.
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
MODAL_DID_NOT_OPEN = "The form did not open (Slack was too slow, or did not answer). Nothing was asked. Please type it once more: `{command}`"
TYPED_SO_FAR = "This is what you typed, to be sent once more: `{command}`"
BUTTON_FORM_DID_NOT_OPEN = "The form did not open (Slack was too slow, or did not answer). {payout} was not changed. Please click the button again."
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
HINT_ORDER = "Leave it empty where there is none; “none” and the like are read as that."
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
OVER_TEAM_LIMIT = (
    "That is more than what is left of the team's limit today: {left}. Ask for at most that, like {example}."
)
OVER_OWN_LIMIT = "That is more than what is left of your limit today: {left}. Ask for at most that, like {example}."
AMOUNT_TOO_LARGE = "{amount} is more than the {most} allowed for one payout. Write a smaller amount, like {example}."
FIELD_KNOWN = "This may be a repetition"
KNOWN_OPTION = "I know these, and this is another payout"
KNOWN_HINT = "Approvers see these too."
EARLIER_WARNING = "⚠️ *Please look first:* this may have been asked for already.\n{lines}"
EARLIER_LINE = "• {link}: {amount}, {state}, {time}{order}{contradicted}"
EARLIER_CONTRADICTED = " · 🚨 LigdiCash contradicts this: it may have been paid or not"
EARLIER_SAME_ORDER = " (same order)"
SENT_ALREADY_REASON = "This was sent before, with other words, and that first version was taken. Close this form."
SENT_ALREADY = (
    "This form was sent before, with other contents, and that first version was taken: see its card in the channel. "
    "Close this form; if the first version is wrong, cancel it there."
)
REASON_MISSING = "Please say why, for example “{example}”."
WAY_MISSING = "Please choose how the money arrives, for example “{example}”."

REFUSALS: Mapping[Refusal, str] = MappingProxyType(
    {
        Refusal.GUEST: "Guests of this workspace cannot ask for payouts or decide on them.",
        Refusal.BOT: "Bots cannot ask for payouts or decide on them.",
        Refusal.DEACTIVATED: "Deactivated accounts cannot ask for payouts or decide on them.",
        Refusal.ELSEWHERE: "People of another workspace cannot ask for payouts or decide on them.",
        Refusal.NOT_LEARNT: "Slack did not say who you are just now, so the answer is no for the moment. Please try again.",
        Refusal.GROUP_NOT_LEARNT: (
            "Slack did not say who is in the group that may do this, so the answer is no for the moment. "
            "Please click again in a minute."
        ),
        Refusal.CHANNEL_NOT_LEARNT: (
            "Slack did not say just now whether this channel is shared with another workspace, so the answer is no for the "
            "moment. Please try again."
        ),
        Refusal.CHANNEL_SHARED: "This channel is shared with another workspace, so payouts are not possible in it.",
        Refusal.TOO_MANY_OPEN: (
            "You have 20 undecided requests open, which is the most one person may have. Wait for a decision, or cancel one."
        ),
        Refusal.NOT_A_REQUESTER: "You are not among the people who may ask for payouts here.",
        Refusal.NOT_AN_APPROVER: "You are not one of the approvers.",
        Refusal.OWN_REQUEST: "You asked for this payout yourself, so somebody else must decide.",
        Refusal.NOT_THE_REQUESTER: "Only the person who asked can cancel a request.",
        Refusal.NOT_REQUESTER_OR_APPROVER: "Only the person who asked, or an approver, can stop it.",
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
TOO_LATE_OTHERWISE = "Your click on {payout} changed nothing. It is: {state}."
STALE_BUTTON = "This button belongs to an earlier version of {payout}. Please use the newest one in its thread."
UNKNOWN_PAYOUT = "There is no payout {payout} in this bot's ledger. Nothing was done."

# The question

QUESTION = "{approvers}: please decide on *{amount}* to *{number}*, asked by {requester}.\n*Reason:* {reason}"
QUESTION_ANSWERED = "*{amount}* to *{number}*, asked by {requester}.\n*Reason:* {reason}"
QUESTION_TEXT = "Please decide: {amount} to {number}, asked by {requester_name} – {reason}"
QUESTION_LEADS = (
    "🚨 *An earlier payout to this person, or for this order, may still be paid.* "
    "Two approvers are needed. Look at it before you approve:"
)
QUESTION_EARLIER = "⚠️ *This may repeat an earlier payout.* Look at it before you approve:"
QUESTION_TODAY = "Approved for this person in the last 24 hours: {times}, {total} in all."
QUESTION_COUNT = "☑️ *{given} of {needed}* approvals, by {approvers}. Another approver is needed."
QUESTION_TWO = "*Two* different approvers are needed."
QUESTION_AGAIN = "🔁 *Attempt {attempt}*, asked again by {asked_by}: the earlier attempt came to nothing. Approve only if that is right."
QUESTION_ORDER = "*Order:* {order}"
QUESTION_WAY = "*Arrives:* {way}"
QUESTION_FOUR_EYES = "The person who asked cannot approve. Nothing is paid before somebody approves."
APPROVE = "Approve"
REJECT = "Reject"
CANCEL = "Cancel request"
CANCEL_TITLE = "Cancel this request?"
CANCEL_TEXT = "Only the person who asked can. Nothing is paid then."
STOP = "Stop"
STOP_TITLE = "Stop this payout?"
STOP_TEXT = "It was approved but has not left yet. The requester or an approver can stop it; nothing is paid then."
RESOLVE = "Resolve"
CONFIRM = "Confirm"
ASK_AGAIN = "Ask again"
CORRECT = "Correct and ask again"
ASK_DIRECTLY = "Ask directly to mobile money"
TRY_NOW = "Try now"
CONFIRM_TITLE = "Pay {amount}?"
CONFIRM_TEXT = "{amount} to {number}\nasked by {requester_name}\n{way}\n\nOnce sent, this cannot be taken back."
CONFIRM_YES = "Yes, pay"
CONFIRM_NO = "Not now"
QUESTION_APPROVED = "✅ Approved by {approvers} at {time}, paying… How it ends stands on the card above."
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
CARD_DETAILS = "{way}{order}{follows}{attempt} · asked at {time}"
CARD_FOLLOWS = " · follows {payout}"
CARD_ATTEMPT = " · attempt {attempt}"
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
CARD_CANCELLED = "🚫 *Cancelled* by {decider} · nothing was paid"
CARD_STOPPED_BY = "🚫 *Stopped* by {decider} before it left · nothing was paid by this attempt"
CARD_STOPPED = "🚫 *Stopped* before it left · LigdiCash says that an earlier attempt may have been paid"
CARD_HELD = "⏸️ *Approved* by {approvers} · not sent yet; it expires at {until} if it is still held then"
CARD_MARKED_PAID = "🟢 *Marked paid* by {people} · {reason}"
CARD_MARKED_UNPAID = "🔴 *Marked not paid* by {people} · {reason}"
CARD_PROPOSED = "🗳️ {person} proposes: *{finding}* · {reason} · another approver confirms in the thread"
CARD_EXPIRED_UNSENT = (
    "⌛ *Expired* · it could not be sent within an hour of the approval; nothing left, nothing was paid. "
    "Ask for it anew if it is still needed."
)
CARD_EXPIRED = "⌛ *Expired* · nobody decided in time; nothing was paid. Ask for it anew if it is still needed."
BRAKE = "⛔ *Sending is paused* by {person}: {reason}"
THE_BOT = "the bot"
HELD_LINE = "⏸️ *LigdiCash refuses this account:* {meaning} Approved payouts wait until an approver clicks *Try now*."
FINDINGS: Mapping[Finding, str] = MappingProxyType({Finding.PAID: "it was paid", Finding.UNPAID: "it was not paid"})
CARD_CONTRADICTION = "🚨 *LigdiCash contradicts this:* {contradiction}. Tell finance now."

NUMBER_REMOVED = "(number removed)"
NO_TOKEN = "no token"  # noqa: S105 - what is shown instead of one

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

FOUND: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.FOUND_PAID: "marked paid by two people",
        Outcome.FOUND_UNPAID: "marked not paid by two people",
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
THREAD_REFUSED = "⛔ {requester} {payout} was *refused* by LigdiCash (code {code}), nothing was paid. {meaning}\n*What to do:* {remedy}"
THREAD_UNCONFIRMED = (
    "⚠️ {requester} {payout} is *unconfirmed*. {doubt} It may have been paid or not, and it will not be sent again.\n"
    "*What to do:* look up transaction `{transaction_id}` on LigdiCash's dashboard ({amount} to {number}, sent at {sent_at}). "
    "The bot goes on listening for LigdiCash's word."
)
THREAD_REJECTED = "❌ {requester} {payout} was *rejected* by {decider}: {reason}"
THREAD_EXPIRED = (
    "⌛ {requester} {payout} has *expired*; nothing left, nothing was paid. Ask for it anew if it is still needed."
)
THREAD_STILL_PENDING = "LigdiCash says “{word}” of {payout}; that is not a final status. Still: {state}."
THREAD_MISMATCH = (
    "🚨 {payout}: an answer of LigdiCash did not match this payout ({what}). It was recorded and changed nothing. "
    "Please tell the person who runs the bot."
)
THREAD_MISMATCH_OWN = (
    "🚨 {payout}: LigdiCash's answer to this payout's own token names another transaction. It was recorded, and what it says "
    "is taken as said of this payout; a failure of which only such an answer tells cannot be asked for again. "
    "Please tell the person who runs the bot."
)
THREAD_CONTRADICTION = "🚨 {requester} {payout} is recorded as {state}, but LigdiCash now says “{word}”. Nothing was changed. Tell finance now."
THREAD_CONTRADICTION_EARLIER = (
    "🚨 {requester} {payout}: attempt {attempt} is recorded as not paid, but LigdiCash now says “{word}” of it. "
    "The newest attempt is: {state}. If that one was paid too, money left twice. Tell finance now."
)

THREAD_REMINDED = "⏰ {paged}: {payout}, {amount} to {number}, has waited for a decision for {minutes} minutes."
# A reminder that Slack takes hours later, when nobody is to be paged any more.
THREAD_REMINDED_LATE = (
    "⏰ {payout}, {amount} to {number}, had waited for a decision for {minutes} minutes. Now: {state}."
)
THREAD_CANCELLED = "🚫 {requester} {payout} was *cancelled* by {decider}; nothing was paid."
THREAD_STOPPED = "🚫 {requester} {payout} was *stopped* before it left: LigdiCash says that an earlier attempt may have been paid. Tell finance now."
THREAD_POINTED_OUT = (
    "🕰️ {requester} {payout} has been open for {hours} hours: {state}. The bot goes on asking LigdiCash. "
    "If you know what became of it, an approver can click *Resolve* on the card."
)
THREAD_PROPOSED = (
    "🗳️ {actor} proposes for {payout}: *{finding}* – {reason}\n"
    "Another approver, not {asked_by}, confirms just this. {console}"
)
THREAD_PROPOSED_CONSOLE = (
    "Nobody else is named who could: the person who runs the bot ends it with `payout-bot resolve {payout}`."
)
THREAD_PROPOSAL_VOIDED = (
    "🗳️ Something new came from LigdiCash about {payout}: the proposal no longer counts. Please look again."
)
THREAD_MARKED_PAID = "🟢 {requester} {payout} was *marked paid* by {proposed_by} and {actor}: {reason}"
THREAD_MARKED_UNPAID = (
    "🔴 {requester} {payout} was *marked not paid* by {proposed_by} and {actor}: {reason}\n"
    "If LigdiCash says otherwise later, it is told here."
)
THREAD_AGREES = "✔️ LigdiCash now says of {payout} what two people found: “{word}”."
THREAD_CONFIRMED = "✔️ LigdiCash's answer to the own token of {payout} says the same now: “{word}”."
THREAD_HELD = (
    "⏸️ This refusal concerns the LigdiCash account, not the payout: {meaning} Other approved payouts of this kind wait. "
    "When it is mended, an approver clicks *Try now*."
)
THREAD_RESTORED = (
    "⚠️ {requester} {payout}: the ledger was restored from a copy. What was sent after the copy was made is not known here. "
    "Look it up on LigdiCash's dashboard before you ask again."
)

# The brake

PAUSED = "⛔ {actor} paused all sending: {reason}\nTwo approvers let it go on, each with `/payout resume`."
RESUME_PROPOSED = "▶️ {actor} wants sending to go on (it was paused: {reason}). Another approver types `/payout resume`."
RESUMED = "▶️ Sending goes on: {actor} was the second approver to say so."
RELEASED = "▶️ {actor} lets held payouts be tried now."
BRAKE_HEARD = "Heard. The answer follows in a moment."
PAUSE_NEEDS_REASON = (
    "Please say why, for example `/payout pause the LigdiCash balance looks wrong`. Nothing was paused."
)

# Told to one person, when nothing was changed


class Answer(enum.StrEnum):
    """Why what somebody did changed nothing, although they may do it."""

    APPROVED_ALREADY = "approved_already"
    CLICK_TOO_OLD = "click_too_old"
    ABOVE_MAX = "above_max"
    ABOVE_MAX_AGAIN = "above_max_again"
    PAUSED_ALREADY = "paused_already"
    NOT_PAUSED = "not_paused"
    RESUME_NEEDS_ANOTHER = "resume_needs_another"
    NOT_HELD = "not_held"
    STALE = "stale"
    NOT_RESOLVABLE = "not_resolvable"
    TOO_EARLY = "too_early"
    PROPOSAL_GONE = "proposal_gone"
    CONFIRM_NEEDS_ANOTHER = "confirm_needs_another"
    PROPOSER_GONE = "proposer_gone"
    NOT_AGAIN = "not_again"


ANSWERS: Mapping[Answer, str] = MappingProxyType(
    {
        Answer.APPROVED_ALREADY: "You approved {payout} already. Another approver is needed; your second click changed nothing.",
        Answer.CLICK_TOO_OLD: (
            "Your approval of {payout} waited too long to be heard, so it was not counted. "
            "If it is still right, please click Approve again."
        ),
        Answer.ABOVE_MAX: (
            "{payout} was not approved: it is more than is allowed for one payout now. Please reject it; a smaller one can be asked for."
        ),
        Answer.ABOVE_MAX_AGAIN: (
            "{payout} was not asked for again: it is more than is allowed for one payout now. A smaller one can be asked for."
        ),
        Answer.PAUSED_ALREADY: "Sending is paused already. Nothing was changed.",
        Answer.NOT_PAUSED: "Sending is not paused, so there is nothing to resume.",
        Answer.RESUME_NEEDS_ANOTHER: "You said so already. Another approver types `/payout resume`; nothing leaves before.",
        Answer.NOT_HELD: "Nothing is held any more.",
        Answer.STALE: "This button belongs to an earlier version of {payout}. Please use the newest card. Now: {state}.",
        Answer.NOT_RESOLVABLE: "{payout} cannot be resolved by people now. It is: {state}.",
        Answer.TOO_EARLY: (
            "“It was not paid” can be said of {payout} 60 minutes after it was sent at the earliest: "
            "LigdiCash's word may still come. Nothing was changed; please try again later."
        ),
        Answer.PROPOSAL_GONE: "That proposal no longer counts: something newer came. Nothing was changed. {payout} is: {state}.",
        Answer.CONFIRM_NEEDS_ANOTHER: "You made this proposal yourself, so another approver must confirm it.",
        Answer.PROPOSER_GONE: (
            "Whoever proposed this may not decide any more, or Slack does not say so now. "
            "Nothing was changed; click *Resolve* on the card of {payout} to propose it yourself."
        ),
        Answer.NOT_AGAIN: (
            "{payout} cannot be asked for again: it is not known that nothing was paid. It is: {state}. Nothing was changed."
        ),
    }
)
LIMIT_REFUSED: Mapping[Limit, str] = MappingProxyType(
    {
        Limit.TEAM: (
            "{payout} was not approved: it would pass the team's limit for today. Left today: {left}. "
            "It stays open; approve it tomorrow, or reject it."
        ),
        Limit.REQUESTER: (
            "{payout} was not approved: it would pass the requester's limit for today. Left today: {left}. "
            "It stays open; approve it tomorrow, or reject it."
        ),
    }
)
BRAKE_REFUSED = "Nothing was changed. {why} {who}"

# Resolving

RESOLVE_TITLE = "Resolve {payout}"
RESOLVE_SUBMIT = "Propose"
RESOLVE_FIELD = "What became of it?"
RESOLVE_REASON = "How do you know?"
RESOLVE_EXAMPLE = "Seen on LigdiCash's dashboard"
RESOLVE_HINT = (
    "Look up transaction {transaction_id} on LigdiCash's dashboard: {amount} to {number}, sent at {sent_at}. "
    "Another approver must confirm what you say."
)
FINDING_LABELS: Mapping[Finding, str] = MappingProxyType(
    {Finding.PAID: "It was paid", Finding.UNPAID: "It was not paid"}
)
FINDING_DETAILS: Mapping[Finding, str] = MappingProxyType(
    {
        Finding.PAID: "The dashboard shows it as paid.",
        Finding.UNPAID: "The dashboard does not show it, or as failed.",
    }
)
FINDING_MISSING = "Please choose what became of it, for example “{example}”."

NOT_DRAWN = (
    "Something happened with {payout} that the bot cannot show (event {event}). It is recorded; "
    "please tell the person who runs the bot."
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
        Doubt.RESTORED: "The ledger was restored from a copy, and what was sent since is not known.",
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
AUDIT_CALLBACK_RECEIVED = (
    "📥 {payout}: callback “{word}” received; the status will be asked before anything is believed"
)
AUDIT_STILL_PENDING = "{payout}: LigdiCash says “{word}”, not a final status"
AUDIT_MISMATCH = "🚨 {payout}: an answer of LigdiCash did not match ({what}); it changed nothing"
AUDIT_MISMATCH_OWN = "🚨 {payout}: LigdiCash's answer to its own token names another transaction; please look into it"
AUDIT_CONTRADICTION = "🚨 {payout} is recorded as {state}, but LigdiCash now says “{word}”"
AUDIT_CONTRADICTION_EARLIER = (
    "🚨 {payout}: attempt {attempt} is recorded as not paid, but LigdiCash now says “{word}” of it; "
    "the newest attempt was then {state}"
)
AUDIT_REQUEST_REFUSED = "🚷 {actor} may not ask for a payout: {why}"
AUDIT_AGAIN_REFUSED = "🚷 {actor} may not ask for {payout} again: {why}"
AUDIT_DECISION_REFUSED = "🚷 {actor} may not decide on {payout}: {why}"
AUDIT_ANSWER_RECORDED = "🧾 {payout}: LigdiCash's answer came late ({kind}); it was recorded"
AUDIT_APPROVED_PART = "☑️ {payout} approved by {actor} ({given} of {needed})"
AUDIT_LIMIT_REFUSED = "🚷 {payout} not approved by {actor}: today's limit ({why}) leaves {left}"
AUDIT_REPEATED = " (and {times} times more within a minute)"
AUDIT_CANCELLED = "🚫 {payout} cancelled by {actor} (it was {state}); nothing left"
AUDIT_STOPPED = "🚫 {payout} stopped before it left: an earlier attempt may have been paid"
AUDIT_ASKED_AGAIN = "🔁 {payout} asked for again by {actor}: attempt {attempt}"
AUDIT_POINTED_OUT = "🕰️ {payout} open for {hours} hours (token {token})"
AUDIT_STATUS_SILENT = "📡 LigdiCash's status call tells nothing ({why}); open payouts wait and are asked about again"
AUDIT_STATUS_BACK = "📡 LigdiCash's status call answers again"
AUDIT_AGREES = "✔️ {payout}: LigdiCash now says “{word}”, as two people found"
AUDIT_CONFIRMED = "✔️ {payout}: LigdiCash's answer to its own token says the same now: “{word}”"
AUDIT_PROPOSED = "🗳️ {payout}: {actor} proposes “{finding}”: {reason}"
AUDIT_PROPOSAL_VOIDED = "🗳️ {payout}: new evidence, the proposal no longer counts"
AUDIT_MARKED_PAID = "🟢 {payout} marked paid by {proposed_by} and {actor}: {reason}"
AUDIT_MARKED_UNPAID = "🔴 {payout} marked not paid by {proposed_by} and {actor}: {reason}"
AUDIT_PAUSED = "⛔ Sending paused by {actor}: {reason}"
AUDIT_RESUME_PROPOSED = "▶️ {actor} wants sending to go on; another approver is needed"
AUDIT_RESUMED = "▶️ Sending goes on, says {actor} as the second approver"
AUDIT_HELD = (
    "⏸️ {payout}: LigdiCash refuses the account: {meaning} Other approved payouts of this kind wait for *Try now*"
)
AUDIT_RELEASED = "▶️ {actor} lets held payouts be tried now"
AUDIT_RESTORED = "⚠️ {payout}: restored from a copy; what was sent since is not known"
AUDIT_BRAKE_REFUSED = "🚷 {actor} may not {what}: {why}"
AUDIT_DELIVERY_FAILED = "📪 {payout}: Slack does not take a message for {channel} ({error}); it was not told there"
DIRECT_DELIVERY_FAILED = (
    "Your payout {payout} could not be shown in its channel (Slack says “{error}”). It is: {state}."
)
AUDIT_TEXT = "Payout audit: {count} lines"
AUDIT_TEXT_ONE = "Payout audit: {line}"

# Ends, told to the requester directly

DIRECT_ENDED = "{payout}, {amount} to {number}: {state}."

# `/payout status`, `list` and `policy`

STATUS_LINE = "*{payout}* · {amount} to {number} · {reason} · {state}{link}"
STATUS_LINK = " · <{link}|open>"
STATUS_EXAMPLE = "Please say which, for example `/payout status P-7K3F9`."
STATUS_NOT_YOURS = "There is no payout {payout} that you may see. Only its requester and the approvers may."
LIST_EMPTY = "You have asked for no payouts yet. `/payout help` says how."
LIST_HEAD = "Your latest payouts:"
POLICY_MAY_ASK = "✅ You may ask for payouts here."
POLICY_MAY_NOT_ASK = "🚷 You may not ask for payouts here: {why}"
POLICY_MAY_APPROVE = "✅ You may approve what others ask for."
POLICY_MAY_NOT_APPROVE = "• You are not an approver: {why} Approvers are: {approvers}."
POLICY_MAX = "• One payout: at most {amount}."
POLICY_SECOND = "• Above {amount} to one person within 24 hours two different approvers are needed."
POLICY_TEAM = "• The team's limit a day: {limit}; left today: {left}."
POLICY_OWN = "• Your limit a day: {limit}; left today: {left}."
POLICY_TTL = "• An undecided request expires after {hours} hours."
POLICY_COUNTRIES = "• Numbers begin with {countries}."

# Home

HOME_WAITING = "Waiting for you"
HOME_NOTHING = "Nothing waits for you."
HOME_MORE = "These are the oldest; and {more} more wait."
HOME_YOURS = "Your latest payouts"
HOME_ITEM = "*{amount}* to *{number}* · {reason}\nasked by {requester} at {time} · {payout}{link}"
HOME_LINK = " · <{link}|decide in its thread>"
