"""What messages are made of: paragraphs within Slack's limits, and buttons that carry a payout and its attempt."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.speech import words
from bot.speech.sentences import Sentence
from storage.payout import Payout

# Slack takes 3,000 characters; some may count twice there.
_LONGEST_SECTION = 2_900
_LONGEST_ESCAPE = len("&amp;")


class Button(enum.StrEnum):
    """Every button on a payout's messages, by its `action_id`."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    STOP = "stop"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    ASK_AGAIN = "ask_again"
    ASK_DIRECTLY = "ask_directly"
    CORRECT = "correct"
    TRY_NOW = "try_now"


_LABELS: Mapping[Button, Sentence] = {
    Button.APPROVE: words.APPROVE,
    Button.REJECT: words.REJECT,
    Button.CANCEL: words.CANCEL,
    Button.STOP: words.STOP,
    Button.RESOLVE: words.RESOLVE,
    Button.CONFIRM: words.CONFIRM,
    Button.ASK_AGAIN: words.ASK_AGAIN,
    Button.ASK_DIRECTLY: words.ASK_DIRECTLY,
    Button.CORRECT: words.CORRECT,
    Button.TRY_NOW: words.TRY_NOW,
}


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed to Slack: `text` is the sentence of a phone's lock screen, `blocks` what the channel shows."""

    text: str
    blocks: Sequence[Mapping[str, Any]]


def message(text: str, *blocks: Block) -> Message:
    """A message of these blocks, checked against Slack's limits while it is drawn."""
    return Message(text, [block.to_dict() for block in blocks])


def section(text: str) -> SectionBlock:
    """A paragraph."""
    return SectionBlock(text=_verbatim(text))


def sections(text: str) -> list[SectionBlock]:
    """As many paragraphs as Slack needs for it; a token that goes over several is code in each of them."""
    found = []
    while len(text) > _LONGEST_SECTION:
        cut = _where_to_cut(text)
        piece, text = text[:cut], text[cut:].removeprefix("\n").removeprefix(" ")
        if piece.count("`") % 2:
            piece, text = f"{piece}`", f"`{text}"
        found.append(section(piece))
    return [*found, section(text)]


def _where_to_cut(text: str) -> int:
    """At a line's end, else at a blank, so that no mention is cut; a token has neither."""
    for place in ("\n", " "):
        cut = text.rfind(place, 1, _LONGEST_SECTION)
        if cut > 0:
            return cut
    # Not within what stands for an escaped character.
    cut = text.rfind("&", _LONGEST_SECTION - _LONGEST_ESCAPE, _LONGEST_SECTION)
    return _LONGEST_SECTION if cut < 0 else cut


def context(text: str) -> ContextBlock:
    """A small grey line."""
    return ContextBlock(elements=[_verbatim(text)])


def _verbatim(text: str) -> MarkdownTextObject:
    """Without it Slack makes links, channels and mentions of what was typed plainly, whatever was escaped."""
    return MarkdownTextObject(text=text, verbatim=True)


def row(name: str, *buttons: ButtonElement) -> list[Block]:
    """A row of buttons, known by its name from one edit to the next; no row at all where there is no button."""
    return [ActionsBlock(block_id=name, elements=list(buttons))] if buttons else []


def button(
    which: Button, payout: Payout, *, style: str | None = None, asks: ConfirmObject | None = None, about: str = ""
) -> ButtonElement:
    """A button that carries the payout and the attempt it was drawn for, and what else it is `about`; nothing more."""
    value = f"{payout.id}:{payout.attempt}" + (f":{about}" if about else "")
    return ButtonElement(text=str(_LABELS[which]), action_id=which, value=value, style=style, confirm=asks)


def dialog(title: str | Sentence, text: str | Sentence, yes: Sentence) -> ConfirmObject:
    """What Slack asks before it delivers a click."""
    return ConfirmObject(
        title=str(title), text=PlainTextObject(text=str(text)), confirm=str(yes), deny=str(words.CONFIRM_NO)
    )


def number_of(payout: Payout) -> str:
    """The number as people read it; it may have been removed from the ledger."""
    return words.number(payout.number) if payout.number else str(words.NUMBER_REMOVED)
