"""Every sentence that people see, and how amounts, people and times are written in it.

Places in a sentence are named. What people typed goes through `typed` before it is put into one. What is marked here
is translated in `catalogues`; `python -m tests.catalogue --write` brings those up to date.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import reduce
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.language import Language, spoken
from bot.ligdicash.errors import Meaning
from bot.ligdicash.readers import Doubt
from bot.parsing import format_number, mask_number
from bot.policy import Limit, Refusal
from bot.speech.sentences import Sentence, plural
from bot.speech.sentences import sentence as _
from storage.payout import AnswerKind, Earlier, EventKind, Finding, Outcome, Sort, State, Unsent, Way

# Before the name of whoever did something there.
CONSOLE = "console:"

# How things are written

TIME = _("{clock} on {day}")
WHEN_TODAY = _("at {clock}")
WHEN = _("at {time}")
AT_THE_CONSOLE = _("{name} at the console")
BOTH = _("{one} and {other}")
ONE_MORE = _("{before}, {another}")
ONE_PERSON_MORE = _("{before}, {last}")


def amount(xof: int) -> str:
    """`5 000 XOF` or `5 000 F CFA`, on one line; XOF has no decimals."""
    language = spoken()
    if language is Language.ENGLISH:
        return unbroken(f"{as_typed(xof)} XOF")
    from bot.speech.locales import francs  # noqa: PLC0415 - whoever speaks English never needs Babel

    return francs(xof, language)


def grouped(number: int) -> str:
    """`5 000`: groups of three, on one line."""
    language = spoken()
    if language is Language.ENGLISH:
        return unbroken(as_typed(number))
    from bot.speech.locales import number as written  # noqa: PLC0415 - as above

    return written(number, language)


def as_typed(number: int) -> str:
    """`5 000` with the blanks that people type: what stands in a field, where it is edited."""
    return f"{number:,}".replace(",", " ")


def unbroken(figures: str) -> str:
    """The same with blanks at which no line breaks: half of an amount or of a number reads as another one."""
    return figures.replace(" ", "\N{NO-BREAK SPACE}")


def number(digits: str, *, masked: bool = False) -> str:
    """`+226 70 00 00 00`, or `+226 ·· ·· ·· 00`, on one line."""
    return unbroken(mask_number(digits) if masked else format_number(digits))


def mention(person: str) -> str:
    """A person's or a user group's name in Slack, who is told of it; whoever was at the console has none there."""
    if person.startswith(CONSOLE):
        return AT_THE_CONSOLE.format(name=typed(person.removeprefix(CONSOLE)))
    return f"<!subteam^{person}>" if person.startswith("S") else f"<@{person}>"


def mentions(people: tuple[str, ...]) -> str:
    """Several people's names."""
    *before, last = [mention(person) for person in people] or [""]
    return ONE_PERSON_MORE.format(before=listed(before), last=last) if before else last


def listed(items: Iterable[str]) -> str:
    """One after the other; the empty text for none."""
    found = list(items)
    return reduce(lambda before, another: ONE_MORE.format(before=before, another=another), found) if found else ""


def both(people: str) -> str:
    """Two people by their ids with a comma between, as they are recorded."""
    one, _comma, other = people.partition(",")
    return BOTH.format(one=mention(one), other=mention(other)) if other else mention(one)


def permalink(workspace_url: str, channel: str, message_ts: str, thread_ts: str | None = None) -> str:
    """Where a message stands, as Slack's own links say it; `thread_ts` is the thread it is a reply in."""
    link = f"{workspace_url}archives/{channel}/p{message_ts.replace('.', '')}"
    return link if thread_ts in {None, message_ts} else f"{link}?thread_ts={thread_ts}&cid={channel}"


def typed(text: str) -> str:
    """What somebody typed, so that Slack takes nothing in it for a mention, a link or a page to a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def tail(token: str) -> str:
    """The last eight characters of a token: enough to tell two apart, and no handle."""
    return f"…{typed(token[-8:])}"


def at(milliseconds: int, timezone: ZoneInfo) -> str:
    """`14:05 on 24 Nov 2026`, in the team's time zone."""
    moment, language = _moment(milliseconds, timezone), spoken()
    if language is Language.ENGLISH:
        return TIME.format(clock=f"{moment:%H:%M}", day=unbroken(f"{moment.day} {moment:%b %Y}"))
    from bot.speech.locales import day  # noqa: PLC0415 - as above

    return TIME.format(clock=f"{moment:%H:%M}", day=unbroken(day(moment, language)))


def when(milliseconds: int, now: int, timezone: ZoneInfo) -> str:
    """`at 14:05`, and the day where that is not today's in the team's time zone."""
    if _moment(milliseconds, timezone).date() == _moment(now, timezone).date():
        return WHEN_TODAY.format(clock=clock(milliseconds, timezone))
    return WHEN.format(time=at(milliseconds, timezone))


def clock(milliseconds: int, timezone: ZoneInfo) -> str:
    """`14:05`, in the team's time zone."""
    return f"{_moment(milliseconds, timezone):%H:%M}"


def _moment(milliseconds: int, timezone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(timezone)


# The command

HELP = _("""\
*Pay somebody through LigdiCash*
`/payout NUMBER AMOUNT REASON` – for example `/payout 22670000000 5000 refund for order 1234`
`/payout` – the form, empty; *Refund* in the ⋮ menu of a message – the form, filled in from it
`/payout status ID`, `/payout list`, `/payout policy` – what became of one, your latest, what you may
`/payout pause REASON` – an approver stops all sending at once; `/payout resume` needs two of them · `/payout help` or `/payout aide` – this text
• The number may be written `{number}`, `00226…` or `70000000`; the amount `5000`, `{amount}` or `5000\N{NO-BREAK SPACE}FCFA`.
• You check everything in a form. The request appears in this channel; an approver, never who asked, decides in its thread.
• After approval the bot asks LigdiCash to pay. The thread shows the token, then the final status.
• Uncertain outcomes are never sent again. The card says what to look up.
• The approvers here: {approvers}.""")

DID_YOU_MEAN = _(
    "Did you mean `/payout {word}`? Nothing was done. "
    "To ask for a payout type `/payout NUMBER AMOUNT REASON`, or `/payout` alone for the empty form."
)
CANCEL_WHERE = _(
    "Nothing was cancelled: it takes a button. A request that waits: *Cancel request* in the thread of its card, by whoever "
    "asked. An approved one that has not left: *Stop* on its card. `/payout pause REASON` stops all sending."
)
DECIDE_WHERE = _(
    "Nothing was decided: it takes a button. *Approve* and *Reject*: in the thread of the payout's card, by an approver who "
    "did not ask for it. *Resolve*, for an uncertain one: on its card. What waits for you stands in the bot's Home."
)
HERE_NO_PAYOUTS_DIRECT = _(
    "Payouts are asked for in a channel, so that approvers see them. Go to your team's channel and type "
    "`/payout` there. If the bot is not in it yet, type `/invite @{bot}` there first."
)
BOT_NOT_IN_CHANNEL = _(
    "Nothing was asked: the bot is not in this channel, so nobody could approve here. "
    "Type `/invite @{bot}`, then your command once more."
)
BOT_NOT_IN_CHANNEL_SHORTCUT = _(
    "Nothing was asked: the bot is not in this channel, so nobody could approve here. "
    "Type `/invite @{bot}` in it, then choose *Refund* on the message once more."
)
SHORTCUT_DID_NOT_OPEN = _(
    "The form did not open (Slack was too slow, or did not answer). Nothing was asked. "
    "Please choose *Refund* on the message once more."
)
MODAL_DID_NOT_OPEN = _(
    "The form did not open (Slack was too slow, or did not answer). Nothing was asked. Please type it once more: `{command}`"
)
TYPED_SO_FAR = _("This is what you typed, to be sent once more: `{command}`")
BUTTON_FORM_DID_NOT_OPEN = _(
    "The form did not open (Slack was too slow, or did not answer). {payout} was not changed. Please click the button again."
)
COULD_NOT_STORE = _(
    "This could not be stored just now, so nothing was done. Please try again in a minute; "
    "if it goes on, tell the person who runs the bot."
)
WENT_WRONG = _(
    "Something went wrong here, so no form opened and nothing was asked. Please try again in a minute; "
    "if it goes on, tell the person who runs the bot."
)

# The form

FORM_TITLE = _("Ask for a payout")
FORM_TITLE_REPEATED = _("Asked for already?")
FORM_TITLE_SMALL = _("Is the amount right?")
FORM_SUBMIT = _("Ask for approval")
FORM_CLOSE = _("Cancel")
FIELD_BENEFICIARY = _("Beneficiary's number")
FIELD_AMOUNT = _("Amount in XOF")
FIELD_REASON = _("Reason")
FIELD_ORDER = _("Order reference")
FIELD_WAY = _("How the money arrives")
EXAMPLE_NUMBER = number("22670000000")
EXAMPLE_AMOUNT = unbroken(as_typed(5_000))
EXAMPLE_REASON = _("Refund for a cancelled order")
EXAMPLE_ORDER = "ORD-2024-001"
HINT_NUMBER = _("The mobile number, for example {example}.")
HINT_AMOUNT = _("Whole francs, for example {example}. At most {most}.")
HINT_SMALL = _(
    "⚠️ LigdiCash usually pays an amount between {least} and {most}: this is probably refused. "
    "Send it only if it is right all the same."
)
HINT_REASON = _("Approvers and finance read this.")
HINT_ORDER = _("Leave it empty where there is none; “none” and the like are read as that.")
HINT_READ_AS = _("⚠️ Read as {amount}, please check.")
WAYS: Mapping[Way, Sentence] = MappingProxyType(
    {
        Way.WALLET: _("LigdiCash wallet"),
        Way.MOBILE_THROUGH_WALLET: _("Mobile money through the wallet"),
        Way.MOBILE_DIRECTLY: _("Mobile money directly"),
    }
)
WAY_DETAILS: Mapping[Way, Sentence] = MappingProxyType(
    {
        Way.WALLET: _("The money stays in the beneficiary's LigdiCash wallet."),
        Way.MOBILE_THROUGH_WALLET: _("To the LigdiCash wallet, then on to mobile money."),
        Way.MOBILE_DIRECTLY: _("For people without a LigdiCash account."),
    }
)
NUMBER_MISSING = _("Please fill in the beneficiary's number, for example {example}.")
NUMBER_UNREADABLE = _("“{typed}” is not a phone number. Write it like {example}.")
NUMBER_AMBIGUOUS = _("It is not clear which part is the number. Write it with the country's code, like {example}.")
NUMBER_COUNTRY = _("This number's country is not served here. Numbers begin with {countries}, like {example}.")
NUMBER_IMPOSSIBLE = _("“{typed}” has the wrong number of digits. Write it like {example}.")
NUMBER_INVALID = _("“{typed}” is not a number in use. Please check it; a right one looks like {example}.")
AMOUNT_MISSING = _("Please fill in the amount in figures, whole francs, for example {example}.")
AMOUNT_UNREADABLE = _("“{typed}” is not an amount. Write whole francs, like {example}.")
AMOUNT_AMBIGUOUS = _("It is not clear which part is the amount. Write it alone here, like {example}.")
AMOUNT_DECIMALS = _("“{typed}” has decimals, and XOF has none. Write whole francs, like {example}.")
AMOUNT_ABBREVIATED = _("“{typed}” is abbreviated. Write the amount out, like {example}.")
AMOUNT_NOT_POSITIVE = _("The amount must be more than 0, for example {example}.")
AMOUNT_OTHER_CURRENCY = _("“{typed}” is not in XOF. Write the amount in XOF, like {example}.")
AMOUNT_DOUBTFUL = _("“{typed}” can be read in two ways. If you mean {amount}, write it like {example}.")
OVER_TEAM_LIMIT = _(
    "That is more than what is left of the team's limit today: {left}. Ask for at most that, like {example}."
)
OVER_OWN_LIMIT = _("That is more than what is left of your limit today: {left}. Ask for at most that, like {example}.")
TEAM_LIMIT_USED_UP = _("Nothing is left of the team's limit today. Ask again tomorrow.")
OWN_LIMIT_USED_UP = _("Nothing is left of your limit today. Ask again tomorrow.")
AMOUNT_TOO_LARGE = _("{amount} is more than the {most} allowed for one payout. Write a smaller amount, like {example}.")
FIELD_KNOWN = _("This may be a repetition")
KNOWN_OPTION = _("I have looked, and ask for this one all the same")
KNOWN_HINT = _("Tick it, or change the number or the order. Approvers see this too.")
KNOWN_MISSING = _("Please look at what is named above, and tick this if you ask for it all the same.")
EARLIER_WARNING = _("⚠️ *Please look first:* this may have been asked for already.\n{lines}")
EARLIER_LINE = _("• {link}: {amount}, {state}, asked at {time}{order}")
REJECTED_WARNING = _("❌ *Please look first:* an approver rejected this before, or something like it.\n{lines}")
REJECTED_LINE = _("• {link}: {amount}, rejected by {decider}, {time}{order}{followed}: {reason}")
# A reason is said to those of its own channel.
REJECTED_LINE_ELSEWHERE = _(
    "• {link}: {amount}, rejected by {decider}, {time}{order}{followed}; the reason stands in its own channel"
)
REJECTED_FOLLOWED = _(" (this request follows it)")
EARLIER_SAME_ORDER = _(" (same order)")
SENT_ALREADY_REASON = _("This was sent before, with other words, and that first version was taken. Close this form.")
SENT_ALREADY = _(
    "This form was sent before, with other contents, and that first version was taken: see its card in the channel. "
    "Close this form; if the first version is wrong, cancel it there."
)
REASON_MISSING = _("Please say why, for example “{example}”.")
WAY_MISSING = _("Please choose how the money arrives, for example “{example}”.")

REFUSALS: Mapping[Refusal, Sentence] = MappingProxyType(
    {
        Refusal.GUEST: _("Guests of this workspace cannot ask for payouts or decide on them."),
        Refusal.BOT: _("Bots cannot ask for payouts or decide on them."),
        Refusal.DEACTIVATED: _("Deactivated accounts cannot ask for payouts or decide on them."),
        Refusal.ELSEWHERE: _("People of another workspace cannot ask for payouts or decide on them."),
        Refusal.NOT_LEARNT: _(
            "Slack did not say who you are just now, so the answer is no for the moment. Please try again."
        ),
        Refusal.GROUP_NOT_LEARNT: _(
            "Slack did not say who is in the group that may do this, so the answer is no for the moment. "
            "Please click again in a minute."
        ),
        Refusal.CHANNEL_NOT_LEARNT: _(
            "Slack did not say just now whether this channel is shared with another workspace, so the answer is no for the "
            "moment. Please try again."
        ),
        Refusal.CHANNEL_SHARED: _("This channel is shared with another workspace, so payouts are not possible in it."),
        Refusal.TOO_MANY_OPEN: _(
            "You have 20 undecided requests open, which is the most one person may have. Wait for a decision, or cancel one."
        ),
        Refusal.NOT_A_REQUESTER: _("You are not among the people who may ask for payouts here."),
        Refusal.NOT_AN_APPROVER: _("You are not one of the approvers."),
        Refusal.OWN_REQUEST: _("You asked for this payout yourself, so somebody else must decide."),
        Refusal.NOT_THE_REQUESTER: _("Only the person who asked can cancel a request."),
        Refusal.NOT_REQUESTER_OR_APPROVER: _("Only the person who asked, or an approver, can stop it."),
        Refusal.CHANNEL_NOT_ALLOWED: _("Payouts are not asked for in this channel. Use {channels}."),
    }
)


# The same where others read it: the audit channel speaks of that person, and not to them.
REFUSALS_OF_OTHERS: Mapping[Refusal, Sentence] = MappingProxyType(
    {
        Refusal.NOT_LEARNT: _("Slack did not say who this person is."),
        Refusal.GROUP_NOT_LEARNT: _("Slack did not say who is in the group that may do this."),
        Refusal.CHANNEL_NOT_LEARNT: _("Slack did not say whether this channel is shared with another workspace."),
        Refusal.TOO_MANY_OPEN: _("This person has 20 undecided requests open, which is the most one may have."),
        Refusal.NOT_A_REQUESTER: _("This person is not among those who may ask for payouts there."),
        Refusal.NOT_AN_APPROVER: _("This person is not one of the approvers."),
        Refusal.OWN_REQUEST: _("This person asked for it, so somebody else must decide."),
        Refusal.CHANNEL_NOT_ALLOWED: _("Payouts are not asked for in that channel."),
    }
)


def refusal(refused: Refusal, channels: tuple[str, ...]) -> str:
    """Why somebody may not; `channels` are those in which payouts may be asked for."""
    return REFUSALS[refused].format(channels=" ".join(f"<#{channel}>" for channel in channels))


REQUEST_REFUSED = _("Your payout was not asked for. {why}")
DECISION_REFUSED = _("Your click on {payout} changed nothing. {why} {who}")
WHO_MAY_DECIDE = _("These people may: {approvers}.")
NOBODY_ELSE_MAY_DECIDE = _("Nobody else is named as an approver; ask the person who runs the bot.")
TOO_LATE: Mapping[State, Sentence] = MappingProxyType(
    {
        State.REJECTED: _("{payout} was already rejected by {decider}. Nothing more was done."),
        State.CANCELLED: _("{payout} was already cancelled by {decider}. Nothing more was done."),
        State.EXPIRED: _("{payout} has expired. Nothing more was done; ask for it anew if it is still needed."),
    }
)
TOO_LATE_APPROVED = _("{payout} was already approved by {approvers}. Your click changed nothing. Now: {state}.")
TOO_LATE_OTHERWISE = _("Your click on {payout} changed nothing. It is: {state}.")
STALE_BUTTON = _("This button belongs to an earlier version of {payout}. Please use the newest one in its thread.")
UNKNOWN_PAYOUT = _("There is no payout {payout} in this bot's ledger. Nothing was done.")

# The question

QUESTION = _("*{amount}* to *{number}*, asked by {requester}\n*Reason:* {reason}")
QUESTION_PAGED = _("{approvers}: please decide.")
QUESTION_TEXT = _("Please decide: {amount} to {number}, asked by {requester_name} – {reason}")
QUESTION_ON_A_COPY = _(
    "🚨 *This may have been paid already.* The bot works with a copy of its ledger that was made at {made}; what was paid after "
    "that is not known here. Two approvers are needed. Look for it on LigdiCash's dashboard before you approve."
)
QUESTION_LEADS = _(
    "🚨 *An earlier payout to this person, or for this order, may still be paid.* "
    "Two approvers are needed. Look at it before you approve:"
)
QUESTION_PAID_MEANWHILE = _(
    "🚨 *Since this was asked for, another payout to this person, or for this order, was paid.* "
    "Two approvers are needed, and approvals from before do not count. Look at it before you approve:"
)
QUESTION_EARLIER = _("⚠️ *This may repeat an earlier payout.* Look at it before you approve:")
QUESTION_REPEATS = _("⚠️ Before it was decided it was said that this may repeat {payouts}.")
QUESTION_REJECTED_BEFORE = _(
    "❌ *An approver rejected this before, or something like it.* Look at it before you approve:"
)
QUESTION_TODAY = _("Approved for this person in the last 24 hours: {times}, {total} in all.")
QUESTION_COUNT = _("☑️ *{given} of {needed}* approvals, by {approvers}. Another approver is needed.")
# Somebody of them may not decide any more, or fewer are needed by now: nothing happens before the next click.
QUESTION_COUNT_ONCE_MORE = _(
    "☑️ Approved by {approvers}, which is not enough by itself now. Another approver is needed, or one of them once more."
)
QUESTION_TWO = _("*Two* different approvers are needed.")
QUESTION_AGAIN = _(
    "🔁 *Attempt {attempt}*, asked again by {asked_by}: the earlier attempt came to nothing. Approve only if that is right."
)
QUESTION_AGAIN_FOUND = _(
    "🔁 *Attempt {attempt}*, asked again by {asked_by}: of an earlier attempt two people say that it was not paid; LigdiCash "
    "has not said so. Approve only if that is right."
)
QUESTION_UNPAID_BUT = _(
    "🚨 *LigdiCash's newest word on an earlier attempt is “{word}”: it may still be paid,* though two people say that it was "
    "not. Two approvers are needed. Look it up on LigdiCash's dashboard before you approve."
)
QUESTION_ORDER = _("*Order:* {order}")
QUESTION_SOURCE = _("*Case:* <{link}|the message this came from>")
QUESTION_WAY = _("*Arrives:* {way}")
QUESTION_FOUR_EYES = _("The person who asked cannot approve. Nothing is paid before somebody approves.")
APPROVE = _("Approve")
REJECT = _("Reject")
CANCEL = _("Cancel request")
CANCEL_TITLE = _("Cancel this request?")
CANCEL_TEXT = _("Only the person who asked can. Nothing is paid then.")
STOP = _("Stop")
STOP_TITLE = _("Stop this payout?")
STOP_TEXT = _("It was approved but has not left yet. The requester or an approver can stop it; nothing is paid then.")
RESOLVE = _("Resolve")
CONFIRM = _("Confirm")
ASK_AGAIN = _("Ask again")
CORRECT = _("Correct and ask again")
ASK_DIRECTLY = _("Directly to mobile money")
TRY_NOW = _("Try now")
CONFIRM_TITLE = _("Pay {amount}?")
CONFIRM_TEXT = _("{amount} to {number}\nasked by {requester_name}\n{way}")
CONFIRM_ONCE_SENT = _("Once sent, this cannot be taken back.")
# True also for whoever still sees it when the other one has just approved.
CONFIRM_ONE_OF_TWO = _("It leaves once two have approved, and cannot be taken back then.")
CONFIRM_REPEATS = _("⚠️ It may repeat an earlier payout: see above.")
CONFIRM_PAUSED = _("⏸️ Sending is paused: it waits, and expires after an hour.")
CONFIRM_HELD = _("⏸️ LigdiCash refuses this account: it waits, and expires after an hour.")
CONFIRM_YES = _("Yes, pay")
CONFIRM_FINDING_TITLE = _("Confirm: {finding}?")
CONFIRM_FINDING_TEXT: Mapping[Finding, Sentence] = MappingProxyType(
    {
        Finding.PAID: _(
            "{payout}: {amount} to {number}\n\nConfirm only what you saw yourself on LigdiCash's dashboard. "
            "It is then recorded as paid."
        ),
        Finding.UNPAID: _(
            "{payout}: {amount} to {number}\n\nConfirm only what you saw yourself on LigdiCash's dashboard. "
            "The same can then be asked for, and paid, again."
        ),
    }
)
# Before people say what became of it.
SAYS_STILL = _("⚠️ *LigdiCash's newest word on it is “{word}”: it may still be paid.*")
SAYS_STILL_PLAIN = _("⚠️ LigdiCash's newest word on it is “{word}”: it may still be paid.")
CONFIRM_FINDING_YES = _("Yes, confirm")
CONFIRM_NO = _("Not now")
# Not edited once more when it has ended, so it must stay true.
QUESTION_APPROVED = _("✅ Approved by {approvers} at {time}. What became of it stands on the card above.")
QUESTION_NOBODY = _("Nobody but the requester is named as an approver.")
NOBODY_TO_PAGE = _("Nobody but the requester is named as an approver")
QUESTION_REJECTED = _("❌ Rejected by {decider} at {time}: {reason}")
QUESTION_CLOSED = _("Closed: {state}.")
REJECT_TITLE = _("Reject {payout}")
REJECT_SUBMIT = _("Reject")
REJECT_FIELD = _("Why is it rejected?")
REJECT_EXAMPLE = _("The order was already refunded")
REJECT_ABOUT = _("{amount} to {number}, asked by {requester}. The requester reads this in the thread.")

# The card

CARD_HEAD = _("*{amount}* to *{number}*\n{state}")
CARD_ABOUT = _("*For:* {reason} · asked by {requester}")
CARD_TEXT = _("{payout} · {amount} to {number} · {state}")
CARD_DETAILS = _("{payout}{order}{source} · {way}{follows}{attempt}{token} · asked at {time}{repeats}")
CARD_FOLLOWS = _(" · follows {payout}")
CARD_REPEATS = _(" · ⚠️ may repeat {payouts}")
CARD_SOURCE = _(" · <{link}|from this message>")
CARD_NO_TOKEN = _(" · no token")
CARD_TOKEN = _(" · token {token}")
CARD_ATTEMPT = _(" · attempt {attempt}")
CARD_ORDER = _(" · order {order}")
CARD_REQUESTED = _("⏳ *Waiting for a decision* – in the thread of this message")
CARD_APPROVED = _("✅ *Approved* by {approvers} · paying…")
CARD_NOT_SENT = _(
    "📡 *Approved* by {approvers} · LigdiCash cannot be reached, nothing has left. "
    "Trying again at {next}, until {until} at the latest."
)
CARD_NOT_SENT_IN_TIME = _(
    "⏱️ *Approved* by {approvers} · it was not let go in time, nothing has left. "
    "Trying again at {next}, until {until} at the latest."
)
CARD_SENDING = _("📤 *Being sent* to LigdiCash · approved by {approvers}")
CARD_INITIATED = _("📨 *Initiated, not yet paid* · LigdiCash accepted it · waiting for the final status")
CARD_COMPLETED = _("🟢 *Completed* · LigdiCash says it was paid")
CARD_FAILED = _("🔴 *Failed* · LigdiCash says it was not paid")
CARD_FAILED_UNPROVEN = _(
    "🔴 *Failed*, not proven · LigdiCash says that it was not paid, but this payout's own token does not confirm it. "
    "*What to do:* look it up on LigdiCash's dashboard before you ask for it again."
)
CARD_REFUSED = _("⛔ *Refused* by LigdiCash, {nothing} · {meaning} *What to do:* {remedy}")
REMEDY_CONTRADICTED = _("do not ask for it again before finance has looked it up.")
CARD_UNCONFIRMED = _(
    "⚠️ *Unconfirmed* · {doubt} It may have been paid or not, and it will not be sent again.\n"
    "*What to do:* do not ask for the same payout again. An approver looks this transaction up on LigdiCash's dashboard "
    "and clicks *Resolve*.\n"
    "`{transaction_id}`\nsent at {sent_at}"
)
NOTHING_PAID = _("nothing was paid")
NOTHING_PAID_BY_THIS = _("nothing was paid by this attempt")
NOTHING_PAID_IS_RECORDED = _("it is recorded as not paid")
CARD_REJECTED = _("❌ *Rejected* by {decider} · {reason}")
CARD_CANCELLED = _("🚫 *Cancelled* by {decider} · {nothing}")
CARD_STOPPED_BY = _("🚫 *Stopped* by {decider} before it left · {nothing}")
CARD_STOPPED = _("🚫 *Stopped* before it left · LigdiCash says that an earlier attempt may have been paid")
CARD_STOPPED_FAMILY = _(
    "🚫 *Stopped* before it left · LigdiCash contradicts what is recorded of {other}, the same money: it may have been paid"
)
CARD_HELD = _("⏸️ *Approved* by {approvers} · not sent yet; it expires at {until} if it is still held then")
CARD_MARKED_PAID = _("🟢 *Marked paid* by {people} · {reason}")
CARD_MARKED_UNPAID = _("🔴 *Marked not paid* by {people} · {reason}")
CARD_PROPOSED = _("🗳️ {person} proposes: *{finding}* · {reason} · another approver confirms in the thread")
CARD_EXPIRED_UNSENT = _("⌛ *Expired* · {why}; nothing left, {nothing}. Ask for it anew if it is still needed.")
# Here asking anew might pay twice, or hide that the ledger was altered.
CARD_EXPIRED_DOUBTED = _(
    "⌛ *Expired* · {why}; nothing left, {nothing}. Before anybody asks for it anew, finance looks it up on LigdiCash's dashboard."
)
UNSENT: Mapping[Unsent, Sentence] = MappingProxyType(
    {
        Unsent.TOO_OLD: _("it could not be sent within an hour of the approval"),
        Unsent.CLOCK_SET_BACK: _("the machine's clock was set back, so nobody can tell how old the approval is"),
        Unsent.PAID_BEFORE: _("an earlier attempt may have been paid"),
        Unsent.ABOVE_MAX: _("the rules were changed since it was approved, and one payout may not be as large now"),
        Unsent.NOT_SERVED: _("the rules were changed since it was approved, and nobody is paid in that country now"),
        Unsent.NO_APPROVER: _("the rules were changed since it was approved, and who approved it may not do so now"),
        Unsent.NEEDS_TWO: _("the rules were changed since it was approved, and it takes two approvers now"),
        Unsent.TEAM_LIMIT: _("more was approved on that day than the team's limit allows now"),
        Unsent.OWN_LIMIT: _("more was approved on that day for its requester than their limit allows now"),
        Unsent.OTHER_HOST: _("the settings were changed since it was approved, and another LigdiCash would pay it now"),
        Unsent.CHANGED: _("what was approved is not what would have been sent; tell the person who runs the bot"),
        Unsent.CONTRADICTED: _(
            "LigdiCash contradicts what is recorded of another payout to this person, or for this order, so that one may "
            "have been paid"
        ),
    }
)
CARD_EXPIRED = _("⌛ *Expired* · nobody decided in time; {nothing}. Ask for it anew if it is still needed.")
BRAKE = _("⛔ *Sending is paused* by {person}: {reason}")
RESUME_WANTED = _("▶️ {person} wants sending to go on: another approver agrees by typing `/payout resume`.")
RESUME_WANTED_ALONE = _(
    "▶️ {person} wants sending to go on; another approver is needed, and none is named. Ask the person who runs the bot."
)
THE_BOT = _("the bot")
# A reason of the bot's own, which the ledger keeps in English.
RESTORED_REASON = _(
    "the ledger was restored from a copy; what happened since is not known, so what is refused, failed or initiated "
    "here may have been asked for again, paid or ended; compare it with LigdiCash's dashboard first"
)
HELD_LINE = _("⏸️ *LigdiCash refuses this account:* {meaning} Approved payouts wait until an approver clicks *Try now*.")
FINDINGS: Mapping[Finding, Sentence] = MappingProxyType(
    {Finding.PAID: _("it was paid"), Finding.UNPAID: _("it was not paid")}
)
CARD_CONTRADICTION = _("🚨 *LigdiCash contradicts this:* “{word}” of attempt {attempt}. Tell finance now.")
# What LigdiCash is quoted with although it said so by a code, and not by a word.
SAID_ACCEPTED = _("accepted")
SAID_REFUSED = _("refused (code {code})")

# What in an answer of LigdiCash was another than it must be.
MISMATCHES: Mapping[str, Sentence] = MappingProxyType(
    {"transaction": _("transaction"), "amount": _("amount"), "number": _("number")}
)
NUMBER_REMOVED = _("(number removed)")
NO_TOKEN = _("no token")

# Before the state's words, where several payouts stand below each other.
SIGNS: Mapping[State, str] = MappingProxyType(
    {
        State.REQUESTED: "⏳",
        State.REJECTED: "❌",
        State.CANCELLED: "🚫",
        State.EXPIRED: "⌛",
        State.APPROVED: "✅",
        State.SENDING: "📤",
        State.INITIATED: "📨",
        State.UNCONFIRMED: "⚠️",
        State.REFUSED: "⛔",
        State.COMPLETED: "🟢",
        State.FAILED: "🔴",
    }
)
STATES: Mapping[State, Sentence] = MappingProxyType(
    {
        State.REQUESTED: _("waiting for a decision"),
        State.REJECTED: _("rejected"),
        State.CANCELLED: _("cancelled"),
        State.EXPIRED: _("expired, nothing was paid"),
        State.APPROVED: _("approved, not yet sent"),
        State.SENDING: _("being sent to LigdiCash"),
        State.INITIATED: _("initiated, not yet paid"),
        State.UNCONFIRMED: _("unconfirmed, may have been paid or not"),
        State.REFUSED: _("refused by LigdiCash, nothing was paid"),
        State.COMPLETED: _("completed"),
        State.FAILED: _("failed, not paid"),
    }
)
STATES_OF_LATER_ATTEMPTS: Mapping[State, Sentence] = MappingProxyType(
    {
        State.EXPIRED: _("expired, nothing was paid by this attempt"),
        State.REFUSED: _("refused by LigdiCash, nothing was paid by this attempt"),
    }
)

# Said instead of the state's words, after a sign of its own.
CONTRADICTED_SIGN = "🚨"
CONTRADICTED = _("contradicted by LigdiCash, may have been paid or not")
# Of a request that came to nothing by itself: what LigdiCash contradicts is an earlier attempt, or the like.
CONTRADICTED_CLOSED = _("{state}; contradicted by LigdiCash, may have been paid or not")
# Of one that was paid, by LigdiCash's word or two people's: what is contradicted may be that, or an earlier attempt.
CONTRADICTED_PAID = _("recorded as {state}; LigdiCash contradicts something about it, see its card")
_CLOSED = frozenset({State.REJECTED, State.CANCELLED})
FOUND: Mapping[Outcome, Sentence] = MappingProxyType(
    {
        Outcome.FOUND_PAID: _("marked paid by two people"),
        Outcome.FOUND_UNPAID: _("marked not paid by two people"),
        Outcome.FAILED_BY_CALLBACK: _("said to have failed, which is not proven"),
    }
)

# The thread

THREAD_INITIATED = _(
    "📨 LigdiCash accepted {payout}: *{amount}* to *{number}* is initiated, not yet paid. "
    "The final status follows in this thread.\nToken:\n`{token}`"
)
# LigdiCash says it of the payout's token, often without an amount or a number: these are what was sent to it.
THREAD_COMPLETED = _(
    "🟢 {requester} {payout} is *completed*: LigdiCash says that it was paid. Sent: {amount} to {number}."
)
THREAD_COMPLETED_OTHERWISE = _(
    "🟢 {requester} {payout} is *completed*: LigdiCash says so for its token, but that answer does not fit this payout, as is "
    "said above.\n*What to do:* compare it with LigdiCash's dashboard: how much was paid, and to which number?"
)
THREAD_FAILED = _(
    "🔴 {requester} {payout} *failed*: LigdiCash says that {amount} to {number} was not paid. "
    "Ask for it anew if it is still needed."
)
THREAD_FAILED_UNPROVEN = _(
    "🔴 {requester} {payout} is said to have *failed*: LigdiCash says that {amount} to {number} was not paid, "
    "but its own token does not confirm it, so it may have been paid.\n"
    "*What to do:* look it up on LigdiCash's dashboard before you ask for it again."
)
THREAD_REFUSED = _(
    "⛔ {requester} {payout} was *refused* by LigdiCash (code {code}), {nothing}. {meaning}\n*What to do:* {remedy}"
)
THREAD_UNCONFIRMED = _(
    "⚠️ {requester} {payout} is *unconfirmed*. {doubt} It may have been paid or not, and it will not be sent again.\n"
    "*What to do:* do not ask for it again. {who} The bot goes on listening for LigdiCash's word.\n"
    "`{transaction_id}`\n{amount} to {number}, sent at {sent_at}"
)
LOOK_UP = _("{approvers}: please look this transaction up on LigdiCash's dashboard, then click *Resolve* on the card.")
LOOK_UP_NOBODY = _(
    "Nobody but the requester is named as an approver: the person who runs the bot looks this transaction up on "
    "LigdiCash's dashboard."
)
# Told hours later, when nobody is to be paged any more.
LOOK_UP_LATE = _("An approver looks this transaction up on LigdiCash's dashboard.")
THREAD_UNCONFIRMED_TOKEN = _("{before}\nLigdiCash gave a token all the same; the bot asks by it.\nToken:\n`{token}`")
THREAD_REJECTED = _("❌ {requester} {payout} was *rejected* by {decider}: {reason}")
THREAD_EXPIRED = _(
    "⌛ {requester} {payout} has *expired*; nothing left, {nothing}. Ask for it anew if it is still needed."
)
THREAD_EXPIRED_CONTRADICTED = _(
    "⌛ {requester} {payout} was approved, and has *expired* before it left, {nothing}: LigdiCash contradicts what is recorded "
    "of {other}, to this person or for this order, so that one may have been paid. Tell finance now; if this one is still "
    "right after that, ask for it anew."
)
THREAD_EXPIRED_SET_OTHERWISE = _(
    "⌛ {requester} {payout} was approved, and has *expired* before it left, {nothing}: {why}. "
    "*What to do:* if it is still needed, click *Correct and ask again* on the card."
)
THREAD_STILL_PENDING = _("LigdiCash says “{word}” of {payout}; that is not a final status. Still: {state}.")
THREAD_MISMATCH = _(
    "🚨 {payout}: an answer of LigdiCash did not match this payout ({what}). It was recorded and changed nothing. "
    "Please tell the person who runs the bot."
)
THREAD_MISMATCH_OWN = _(
    "🚨 {payout}: LigdiCash's answer to this payout's own token names another {what}. It was recorded, and what it says "
    "is taken as said of this payout; a failure of which only such an answer tells cannot be asked for again. "
    "Please tell the person who runs the bot."
)
THREAD_CONTRADICTION = _(
    "🚨 {requester} {payout} is recorded as {state}, but LigdiCash now says “{word}”. Nothing was changed. Tell finance now."
)
THREAD_CONTRADICTION_EARLIER = _(
    "🚨 {requester} {payout}: attempt {attempt} is recorded as not paid, but LigdiCash now says “{word}” of it. "
    "The newest attempt is: {state}. If that one was paid too, money left twice. Tell finance now."
)
# What had not left by then was stopped in the same transaction.
THREAD_CONTRADICTION_IN_TIME = _(
    "🚨 {requester} {payout}: attempt {attempt} is recorded as not paid, but LigdiCash now says “{word}” of it. "
    "The newest attempt had not left, and does not leave any more. Tell finance now."
)

THREAD_REMINDED = plural(
    "⏰ {paged}: {payout}, {amount} to {number}, has waited for a decision for {minutes} minute.",
    "⏰ {paged}: {payout}, {amount} to {number}, has waited for a decision for {minutes} minutes.",
    by="minutes",
)
# A reminder that Slack takes hours later, when nobody is to be paged any more.
THREAD_REMINDED_LATE = plural(
    "⏰ {payout}, {amount} to {number}, had waited for a decision for {minutes} minute. Now: {state}.",
    "⏰ {payout}, {amount} to {number}, had waited for a decision for {minutes} minutes. Now: {state}.",
    by="minutes",
)
THREAD_CANCELLED = _("🚫 {requester} {payout} was *cancelled* by {decider}; {nothing}.")
THREAD_STOPPED_WHY = _("🚫 {requester} {payout} was *stopped* by {decider} before it left, {nothing}: {reason}")
THREAD_STOPPED = _(
    "🚫 {requester} {payout} was *stopped* before it left: LigdiCash says that an earlier attempt may have been paid. Tell finance now."
)
THREAD_STOPPED_FAMILY = _(
    "🚫 {requester} {payout} was *stopped* before it left: LigdiCash contradicts what is recorded of {other}, the same "
    "money, so it may have been paid. Tell finance now."
)
THREAD_POINTED_OUT = plural(
    "🕰️ {requester} {payout} has been open for {hours} hour: {state}. The bot goes on asking LigdiCash. "
    "If you know what became of it, an approver can click *Resolve* on the card.",
    "🕰️ {requester} {payout} has been open for {hours} hours: {state}. The bot goes on asking LigdiCash. "
    "If you know what became of it, an approver can click *Resolve* on the card.",
    by="hours",
)
THREAD_APPROVALS_VOIDED = _(
    "⚠️ {people}: your approval of {payout} no longer counts. {other}, to this person or for this order, was paid, or "
    "may have been. Look at the question again, and approve anew only if this one is still right."
)
THREAD_PROPOSED = _("🗳️ {actor} proposes for {payout}: *{finding}* – {reason}\n{who}")
THREAD_PROPOSED_WHO = _("{approvers}: please confirm just this, or click *Resolve* on the card if you found otherwise.")
THREAD_PROPOSED_LATE = _("Nothing is to be confirmed here any more.")
THREAD_PROPOSED_CONSOLE = _(
    "Nobody else is named who could: the person who runs the bot ends it with `payout-bot resolve {payout}`."
)
# In place of a proposal that is over.
PROPOSAL_WAS = _("🗳️ {actor} proposed for {payout}: *{finding}* – {reason}\n{end}")
_PROPOSAL_CONFIRMED = _("✅ Confirmed by {actor} at {time}.")
PROPOSAL_OVER: Mapping[EventKind, Sentence] = MappingProxyType(
    {
        EventKind.MARKED_PAID: _PROPOSAL_CONFIRMED,
        EventKind.MARKED_UNPAID: _PROPOSAL_CONFIRMED,
        EventKind.PROPOSED: _("↩️ Void: {actor} proposed anew at {time}, below."),
    }
)
PROPOSAL_OVERTAKEN = _("↩️ Void: something new came from LigdiCash at {time}.")
THREAD_PROPOSAL_VOIDED = _(
    "🗳️ Something new came from LigdiCash about {payout}: the proposal no longer counts. Please look again."
)
THREAD_MARKED_PAID = _("🟢 {requester} {payout} was *marked paid* by {proposed_by} and {actor}: {reason}")
THREAD_MARKED_UNPAID = _(
    "🔴 {requester} {payout} was *marked not paid* by {proposed_by} and {actor}: {reason}\n"
    "If LigdiCash says otherwise later, it is told here."
)
THREAD_AGREES = _("✔️ LigdiCash now says of {payout} what two people found: “{word}”.")
THREAD_CONFIRMED = _("✔️ LigdiCash's answer to the own token of {payout} says the same now: “{word}”.")
THREAD_HELD = _(
    "⏸️ This refusal concerns the LigdiCash account, not the payout: {meaning} Other approved payouts of this kind wait. "
    "When it is mended, an approver clicks *Try now*."
)
THREAD_RESTORED_UNDECIDED = _(
    "⚠️ The ledger was restored from a copy. What became of {payout} after the copy was made is not known here: it may have "
    "been approved and paid. It is asked again, and approvals from before do not count."
)
THREAD_RESTORED = _(
    "⚠️ {requester} {payout}: the ledger was restored from a copy. What was sent after the copy was made is not known here. "
    "*What to do:* do not ask for it again. {who}"
)

# The brake

PAUSED = _("⛔ {actor} paused all sending: {reason}\nTwo approvers let it go on, each with `/payout resume`.")
RESUME_PROPOSED = _("▶️ You said so; another approver types `/payout resume` (it was paused: {reason}).")
RESUMED = _("▶️ Sending was resumed: {actor} was the second approver to say so.")
RELEASED = _("▶️ {actor} lets held payouts be tried now.")
BRAKE_HEARD = _("Heard. The answer follows in a moment.")
PAUSE_NEEDS_REASON = _(
    "Please say why, for example `/payout pause the LigdiCash balance looks wrong`. Nothing was paused."
)

# Told to one person, when nothing was changed


class Answer(enum.StrEnum):
    """Why what somebody did changed nothing, although they may do it."""

    APPROVED_ALREADY = "approved_already"
    CLICK_TOO_OLD = "click_too_old"
    WISH_TOO_OLD = "wish_too_old"
    COPY_PUT_BACK = "copy_put_back"
    CLICK_OVERTAKEN = "click_overtaken"
    ON_ITS_WAY = "on_its_way"
    ABOVE_MAX = "above_max"
    ABOVE_MAX_AGAIN = "above_max_again"
    NOT_SERVED = "not_served"
    NOT_SERVED_AGAIN = "not_served_again"
    CHANNEL_CLOSED = "channel_closed"
    PAUSED_ALREADY = "paused_already"
    PAUSED_SINCE = "paused_since"
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
    FOLLOWED = "followed"


ANSWERS: Mapping[Answer, Sentence] = MappingProxyType(
    {
        Answer.APPROVED_ALREADY: _(
            "You approved {payout} already. Another approver is needed; your second click changed nothing."
        ),
        Answer.CLICK_TOO_OLD: _(
            "Your approval of {payout} waited too long to be heard, so it was not counted. "
            "If it is still right, please click Approve again."
        ),
        Answer.WISH_TOO_OLD: _(
            "What you clicked or typed waited too long to be heard, so nothing was changed. "
            "Look at what is there now, and do it again if it is still right."
        ),
        Answer.COPY_PUT_BACK: _(
            "The bot works with a copy of its ledger now, and what you clicked or typed just before that copy was made was "
            "not done. Look at what is there now, and do it again if it is still right."
        ),
        Answer.CLICK_OVERTAKEN: _(
            "Your approval of {payout} was not counted: when you clicked, it was not yet known that another payout, to this "
            "person or for this order, was paid, or may have been. Look at the question again, and click Approve again "
            "only if this one is still right."
        ),
        Answer.ON_ITS_WAY: _(
            "You were heard. The request to LigdiCash for {payout} is on its way; whether you were in time will be known "
            "within moments."
        ),
        Answer.ABOVE_MAX: _(
            "{payout} was not approved: it is more than is allowed for one payout now. Please reject it; a smaller one can be asked for."
        ),
        Answer.ABOVE_MAX_AGAIN: _(
            "{payout} was not asked for again: it is more than is allowed for one payout now. A smaller one can be asked for."
        ),
        Answer.NOT_SERVED: _(
            "{payout} was not approved: nobody is paid in that country now. Please reject it; it can be asked for to a "
            "number of another country."
        ),
        Answer.NOT_SERVED_AGAIN: _(
            "{payout} was not asked for again: nobody is paid in that country now. It can be asked for to a number of "
            "another country."
        ),
        Answer.CHANNEL_CLOSED: _(
            "{payout} was not approved: payouts are not asked for in this channel any more. Please reject it; it can be asked "
            "for where they are."
        ),
        Answer.PAUSED_ALREADY: _("Sending is paused already. Nothing was changed."),
        Answer.PAUSED_SINCE: _(
            "Somebody paused sending anew after you wanted it to go on. It stays paused; if you still want it to go on, "
            "type `/payout resume` again."
        ),
        Answer.NOT_PAUSED: _("Sending is not paused, so there is nothing to resume."),
        Answer.RESUME_NEEDS_ANOTHER: _(
            "You said so already. Another approver types `/payout resume`; nothing leaves before."
        ),
        Answer.NOT_HELD: _("Nothing is held any more."),
        Answer.STALE: _(
            "This button belongs to an earlier version of {payout}. Please use the newest card. Now: {state}."
        ),
        Answer.NOT_RESOLVABLE: _("{payout} cannot be resolved by people now. It is: {state}."),
        Answer.TOO_EARLY: _(
            "“It was not paid” can be said of {payout} 60 minutes after it was sent at the earliest: "
            "LigdiCash's word may still come. Nothing was changed; please try again later."
        ),
        Answer.PROPOSAL_GONE: _(
            "That proposal no longer counts: something newer came. Nothing was changed. {payout} is: {state}."
        ),
        Answer.CONFIRM_NEEDS_ANOTHER: _("You made this proposal yourself, so another approver must confirm it."),
        Answer.PROPOSER_GONE: _(
            "Whoever proposed this may not decide any more, or Slack does not say at the moment who they are. "
            "Nothing was changed; click *Resolve* on the card of {payout} to propose it yourself."
        ),
        Answer.FOLLOWED: _(
            "Nothing was asked for: the money of {payout} is asked for by {other} already. It is: {other_state}."
        ),
        Answer.NOT_AGAIN: _(
            "{payout} cannot be asked for again: it is not known that nothing was paid. It is: {state}. Nothing was changed."
        ),
    }
)


# Instead of `NOT_RESOLVABLE`.
RESOLVED_ALREADY: Mapping[Outcome, Sentence] = MappingProxyType(
    {
        Outcome.FOUND_PAID: _("{payout} is already resolved: marked paid by {people}. Your click changed nothing."),
        Outcome.FOUND_UNPAID: _(
            "{payout} is already resolved: marked not paid by {people}. Your click changed nothing."
        ),
    }
)


def standing(state: State, outcome: Outcome | None, *, is_contradicted: bool, is_later: bool = False) -> str:
    """How a payout stands: that LigdiCash contradicts it, or else what two people found, or else its state.

    The one place that says so: of what LigdiCash contradicts nobody may read that nothing was paid.
    """
    found = None if outcome is None else FOUND.get(outcome)
    later = STATES_OF_LATER_ATTEMPTS.get(state) if is_later else None
    if is_contradicted and state in _CLOSED:
        return CONTRADICTED_CLOSED.format(state=STATES[state])
    if is_contradicted and state is State.COMPLETED:
        return CONTRADICTED_PAID.format(state=found or STATES[state])
    return str(CONTRADICTED if is_contradicted else found or later or STATES[state])


def followed(payout: str, other: Earlier) -> str:
    """That the money of one payout is asked for by another, or may not be asked for again, and how that stands."""
    what = Answer.NOT_AGAIN if other.payout == payout else Answer.FOLLOWED
    state = standing(other.state, other.outcome, is_contradicted=other.is_contradicted)
    return ANSWERS[what].format(payout=payout, state=state, other=other.payout, other_state=state)


LIMIT_REFUSED: Mapping[Limit, Sentence] = MappingProxyType(
    {
        Limit.TEAM: _(
            "{payout} was not approved: it would pass the team's limit for today. Left today: {left}. "
            "It stays open; approve it tomorrow, or reject it."
        ),
        Limit.REQUESTER: _(
            "{payout} was not approved: it would pass the requester's limit for today. Left today: {left}. "
            "It stays open; approve it tomorrow, or reject it."
        ),
    }
)
BRAKE_REFUSED = _("Nothing was changed. {why} {who}")

# Resolving

RESOLVE_TITLE = _("Resolve {payout}")
RESOLVE_SUBMIT = _("Propose")
RESOLVE_FIELD = _("What became of it?")
RESOLVE_REASON = _("How do you know?")
RESOLVE_EXAMPLE = _("Seen on LigdiCash's dashboard")
RESOLVE_ABOUT = _(
    "Look this transaction up on LigdiCash's dashboard:\n`{transaction_id}`\n{amount} to {number}, sent at {sent_at}"
)
RESOLVE_HINT = _("Another approver must confirm what you say.")
FINDING_LABELS: Mapping[Finding, Sentence] = MappingProxyType(
    {Finding.PAID: _("It was paid"), Finding.UNPAID: _("It was not paid")}
)
FINDING_DETAILS: Mapping[Finding, Sentence] = MappingProxyType(
    {
        Finding.PAID: _("The dashboard shows it as paid."),
        Finding.UNPAID: _("The dashboard shows it as failed, or not at all."),
    }
)
FINDING_MISSING = _("Please choose what became of it, for example “{example}”.")
FINDING_TOO_EARLY = _("“{finding}” can be said from {time} on: LigdiCash's word may still come.")

NOT_DRAWN = _(
    "Something happened with {payout} that the bot cannot show (event {event}). It is recorded; "
    "please tell the person who runs the bot."
)

# LigdiCash's refusals: what each means, and what to do

MEANINGS: Mapping[Meaning, tuple[Sentence, Sentence]] = MappingProxyType(
    {
        Meaning.KEYS_REFUSED: (
            _("LigdiCash does not accept the bot's keys."),
            _("the person who runs the bot corrects LIGDICASH_API_KEY and LIGDICASH_AUTH_TOKEN."),
        ),
        Meaning.NOT_ENABLED: (
            _("Payouts are not enabled on this LigdiCash project."),
            _("ask LigdiCash to enable them."),
        ),
        Meaning.NO_ACCOUNT: (
            _("This number has no LigdiCash account."),
            _("check the number, or click *Directly to mobile money*."),
        ),
        Meaning.NO_OPERATOR_ACCOUNT: (
            _("Your LigdiCash account has no merchant account on this operator's network."),
            _("first receive a payment there, or ask LigdiCash."),
        ),
        Meaning.DAY_RULE: (
            _("LigdiCash's 24-hour rule for this number forbids it."),
            _("look for an earlier payout to this number before you ask again."),
        ),
        Meaning.NO_RECENT_DEPOSIT: (
            _("There was no deposit in the last three months."),
            _("ask LigdiCash."),
        ),
        Meaning.BALANCE_LOW: (
            _("Your LigdiCash balance for this operator is too low (each operator has its own)."),
            _("top it up, then ask again."),
        ),
        Meaning.AMOUNT_OUT_OF_BOUNDS: (
            _("LigdiCash does not pay this amount."),
            _("ask again with an amount between {least} and {most}: *Correct and ask again* on the card."),
        ),
        Meaning.ADDRESS_NOT_ALLOWED: (
            _("LigdiCash does not accept requests from the bot's IP address."),
            _("the person who runs the bot asks LigdiCash to whitelist it."),
        ),
        Meaning.NO_OPERATOR_OR_ADDRESS: (
            _("Either there is no merchant account on this network, or the bot's IP address is not accepted."),
            _("the person who runs the bot asks LigdiCash which of the two it is."),
        ),
        Meaning.OPERATOR_NOT_RECOGNISED: (
            _("LigdiCash does not recognise this number's operator."),
            _("check the number with the beneficiary."),
        ),
        Meaning.BAD_INPUT: (
            _("LigdiCash could not read the request."),
            _("this is a defect of the bot; tell the person who runs it."),
        ),
        Meaning.HASH: (
            _("LigdiCash asks for a signature that this project does not send."),
            _("ask LigdiCash to turn it off for this API project."),
        ),
        Meaning.CURRENCY: (
            _("LigdiCash does not allow this currency conversion."),
            _("check the number's country, or ask LigdiCash."),
        ),
    }
)

MEANING_UNKNOWN = (_("LigdiCash gave a reason that is not in its documentation."), _("ask LigdiCash."))

DOUBTS: Mapping[Doubt, Sentence] = MappingProxyType(
    {
        Doubt.NO_ANSWER: _("LigdiCash did not answer in time."),
        Doubt.CONNECTION_BROKE: _("The connection to LigdiCash broke after the request may have left."),
        Doubt.HTTP_STATUS: _("LigdiCash answered with an error page (HTTP {code})."),
        Doubt.UNREADABLE: _("LigdiCash's answer could not be read."),
        Doubt.NO_TOKEN: _("LigdiCash said yes but gave no token."),
        Doubt.UNKNOWN_CODE: _("LigdiCash's answer is not in its documentation."),
        Doubt.PROVIDER_FAILED: _("LigdiCash reported an error of its own (code {code})."),
        Doubt.EXISTS_ALREADY: _("LigdiCash says that this transaction exists already (code {code})."),
        Doubt.INTERRUPTED: _("The bot was interrupted while sending."),
        Doubt.RESTORED: _("The ledger was restored from a copy, and what was sent since is not known."),
    }
)

# The audit channel, one line an event

BRAKES: Mapping[Sort, Sentence] = MappingProxyType(
    {Sort.PAUSE: _("pause"), Sort.RESUME: _("resume"), Sort.TRY_NOW: _("try now")}
)
# What somebody tried; an event from before it was recorded says nothing of it.
DECIDE_ON = _("decide on")
ACTS: Mapping[Sort, Sentence] = MappingProxyType(
    {
        Sort.APPROVE: _("approve"),
        Sort.REJECT: _("reject"),
        Sort.CANCEL: _("cancel"),
        Sort.STOP: _("stop"),
        Sort.PROPOSE: _("resolve"),
        Sort.CONFIRM: _("confirm what became of"),
    }
)
LIMITS: Mapping[Limit, Sentence] = MappingProxyType({Limit.TEAM: _("team"), Limit.REQUESTER: _("requester")})
LATE_ANSWERS: Mapping[AnswerKind, Sentence] = MappingProxyType(
    {
        AnswerKind.ACCEPTED: _("accepted"),
        AnswerKind.REFUSED: _("refused"),
        AnswerKind.NEVER_LEFT: _("never left"),
        AnswerKind.UNCERTAIN: _("uncertain"),
    }
)

AUDIT_REQUESTED = _("📝 {payout} requested by {actor}: {amount} to {number}, {way}{order}{follows}{repeats} · {reason}")
AUDIT_APPROVED = _("✅ {payout} approved by {actor}{repeats}")
AUDIT_APPROVALS_VOIDED = _(
    "↩️ {payout}: the approval of {people} no longer counts, since {other} was paid, or may have been"
)
AUDIT_REJECTED = _("❌ {payout} rejected by {actor}: {reason}")
AUDIT_SENDING = _("📤 {payout} is being sent to LigdiCash (transaction `{transaction_id}`)")
AUDIT_NOT_SENT = _("📡 {payout} did not leave ({why}); it will be tried again")
AUDIT_INITIATED = _("📨 {payout} initiated, not yet paid ({token})")
AUDIT_REFUSED = _("⛔ {payout} refused by LigdiCash (code {code}), {nothing}")
AUDIT_UNCONFIRMED = _("⚠️ {payout} unconfirmed: {doubt} Transaction `{transaction_id}`")
AUDIT_COMPLETED = _("🟢 {payout} completed: {amount} paid ({token})")
AUDIT_COMPLETED_OTHERWISE = _(
    "🟢 {payout} completed: LigdiCash says so for its token ({token}), but that answer does not fit this payout; please look "
    "into it"
)
AUDIT_FAILED_UNPROVEN = _(
    "🔴 {payout} is said to have failed: {amount} not paid, but its own token does not confirm it ({token})"
)
AUDIT_FAILED = _("🔴 {payout} failed: {amount} not paid ({token})")
AUDIT_EXPIRED = _("⌛ {payout} expired; nothing left")
AUDIT_EXPIRED_CONTRADICTED = _(
    "⌛ {payout} expired before it left: {other}, to the same person or for the same order, may have been paid"
)
AUDIT_EXPIRED_SET_OTHERWISE = _("⌛ {payout} expired before it left: {why}")
AUDIT_CALLBACK_RECEIVED = _(
    "📥 {payout}: callback “{word}” received; the status will be asked before anything is believed"
)
AUDIT_STILL_PENDING = _("{payout}: LigdiCash says “{word}”, not a final status")
AUDIT_MISMATCH = _("🚨 {payout}: an answer of LigdiCash did not match ({what}); it changed nothing")
AUDIT_MISMATCH_OWN = _("🚨 {payout}: LigdiCash's answer to its own token names another {what}; please look into it")
AUDIT_CONTRADICTION = _("🚨 {payout} is recorded as {state}, but LigdiCash now says “{word}”")
AUDIT_CONTRADICTION_EARLIER = _(
    "🚨 {payout}: attempt {attempt} is recorded as not paid, but LigdiCash now says “{word}” of it; "
    "the newest attempt was then {state}"
)
AUDIT_REQUEST_REFUSED = _("🚷 {actor} may not ask for a payout: {why}")
AUDIT_AGAIN_REFUSED = _("🚷 {actor} may not ask for {payout} again: {why}")
AUDIT_DECISION_REFUSED = _("🚷 {actor} may not {act} {payout}: {why}")
AUDIT_ANSWER_RECORDED = _("🧾 {payout}: LigdiCash's answer came late ({kind}); it was recorded")
AUDIT_APPROVED_PART = _("☑️ {payout} approved by {actor} ({given} of {needed}){repeats}")
AUDIT_LIMIT_REFUSED = _("🚷 {payout} not approved by {actor}: today's limit ({why}) leaves {left}")
AUDIT_REPEATED = plural(
    " (and {times} time more within a minute)", " (and {times} times more within a minute)", by="times"
)
AUDIT_CANCELLED = _("🚫 {payout} cancelled by {actor} (it was {state}); nothing left")
AUDIT_STOPPED = _("🚫 {payout} stopped before it left: an earlier attempt may have been paid")
AUDIT_STOPPED_FAMILY = _("🚫 {payout} stopped before it left: {other}, the same money, may have been paid")
AUDIT_ASKED_AGAIN = _("🔁 {payout} asked for again by {actor}: attempt {attempt}")
AUDIT_POINTED_OUT = plural(
    "🕰️ {payout} open for {hours} hour ({token})", "🕰️ {payout} open for {hours} hours ({token})", by="hours"
)
AUDIT_STATUS_SILENT = _("📡 LigdiCash's status call tells nothing ({why}); open payouts wait and are asked about again")
AUDIT_OPEN_ELSEWHERE = _(
    "📡 Payouts that another LigdiCash ({hosts}) may still pay: {count}. The settings name {host} now, so nothing is asked "
    "about them until that address is back"
)
AUDIT_STATUS_BACK = _("📡 LigdiCash's status call answers again")
AUDIT_AGREES = _("✔️ {payout}: LigdiCash now says “{word}”, as two people found")
AUDIT_CONFIRMED = _("✔️ {payout}: LigdiCash's answer to its own token says the same now: “{word}”")
AUDIT_PROPOSED = _("🗳️ {payout}: {actor} proposes “{finding}”: {reason}")
AUDIT_PROPOSAL_VOIDED = _("🗳️ {payout}: new evidence, the proposal no longer counts")
AUDIT_MARKED_PAID = _("🟢 {payout} marked paid by {proposed_by} and {actor}: {reason}")
AUDIT_MARKED_UNPAID = _("🔴 {payout} marked not paid by {proposed_by} and {actor}: {reason}")
AUDIT_PAUSED = _("⛔ Sending paused by {actor}: {reason}")
AUDIT_RESUME_PROPOSED = _("▶️ {others}: {actor} wants sending to go on; type `/payout resume` to agree")
AUDIT_RESUME_PROPOSED_ALONE = _("▶️ {actor} wants sending to go on; another approver is needed, and none is named")
AUDIT_RESUMED = _("▶️ Sending goes on, says {actor} as the second approver")
AUDIT_HELD = _(
    "⏸️ {payout}: LigdiCash refuses the account: {meaning} Other approved payouts of this kind wait for *Try now*"
)
AUDIT_RELEASED = _("▶️ {actor} lets held payouts be tried now")
AUDIT_RESTORED = _("⚠️ {payout}: restored from a copy; what was sent since is not known")
AUDIT_BRAKE_REFUSED = _("🚷 {actor} may not {what}: {why}")
AUDIT_DELIVERY_FAILED = _("📪 {payout}: Slack does not take a message for {channel} ({error}); it was not told there")
DIRECT_DELIVERY_FAILED = _(
    "Your payout {payout} could not be shown in its channel (Slack says “{error}”). It is: {state}."
)
AUDIT_HANDLE = _("token {token}")
AUDIT_TEXT = plural("Payout audit: {count} line", "Payout audit: {count} lines", by="count")
AUDIT_TEXT_ONE = _("Payout audit: {line}")

# Ends, told to the requester directly

DIRECT_ENDED = _("{sign} {amount} to {number}: {state} · {payout}{link}")
DIRECT_REJECTED = _("{sign} {amount} to {number}: rejected by {decider}: {reason} · {payout}{link}")

# `/payout status`, `list` and `policy`

STATUS_LINE = _("{sign} *{amount}* to *{number}* · {state}\nasked {when} · {payout} · {reason}{link}")
STATUS_LINK = _(" · <{link}|see it>")
STATUS_ASKED_BY = _("asked by {requesters}")
STATUS_APPROVED_BY = _("asked by {requesters}, approved by {approvers}")
STATUS_EXAMPLE = _("Please say which, for example `/payout status P-7K3F9`.")
STATUS_NOT_YOURS = _("There is no payout {payout} that you may see. Only its requester and the approvers may.")
LIST_EMPTY = _("You have asked for no payouts yet. `/payout help` says how.")
LIST_HEAD = _("Your latest payouts:")
POLICY_MAY_ASK = _("✅ You may ask for payouts here.")
POLICY_MAY_NOT_ASK = _("🚷 You may not ask for payouts here: {why}")
POLICY_MAY_APPROVE = _("✅ You may approve what others ask for.")
POLICY_MAY_NOT_APPROVE = _("🚷 You may not approve: {why} Approvers: {approvers}.")
POLICY_MAX = _("• One payout: at most {amount}.")
POLICY_SECOND = _("• Above {amount} to one person within 24 hours two different approvers are needed.")
POLICY_TEAM = _("• The team's limit a day: {limit}; left today: {left}.")
POLICY_OWN = _("• Your limit a day: {limit}; left today: {left}.")
POLICY_TTL = plural(
    "• An undecided request expires after {hours} hour.",
    "• An undecided request expires after {hours} hours.",
    by="hours",
)
POLICY_COUNTRIES = _("• Numbers begin with {countries}.")

# Home

HOME_WAITING = _("Waiting for you")
HOME_NOTHING = _("Nothing waits for you.")
HOME_MORE = plural(
    "These are the oldest; and {more} more waits.", "These are the oldest; and {more} more wait.", by="more"
)
HOME_OUTSIDER = _("You neither ask for payouts nor decide on them. `/payout policy` says why.")
HOME_HOW = _(
    "To ask for a payout: `/payout` in your team's channel, or *Refund* in the ⋮ menu of a customer's message there. "
    "`/payout help` says more."
)
HOME_YOURS = _("Your latest payouts")
HOME_ITEM = _("*{amount}* to *{number}* · {reason}\nasked by {requester} {when} · {payout}{link}")
HOME_LINK = _(" · <{link}|decide in its thread>")
HOME_UNCERTAIN = _("*{amount}* to *{number}* · {sign} {state}")
HOME_LOOK_UP = _("{head}\nlook it up and resolve it · sent {when} · {payout}{link}")
HOME_PROPOSED = _("{head}\n🗳️ {person} proposes: *{finding}* · {reason} · {payout}{link}")
HOME_LINK_CARD = _(" · <{link}|resolve it on its card>")
HOME_LINK_PROPOSAL = _(" · <{link}|confirm in its thread>")
