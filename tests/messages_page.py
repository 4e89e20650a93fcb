"""`python -m tests.messages_page`: every message in both languages, side by side; `--write` renews docs/messages.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from slack_sdk.models.views import View

from bot.language import Language, speaking
from bot.speech.blocks import Message
from tests.speech.drawings import USUAL_IN, Drawing, Drawings, Drawn

PAGE = Path(__file__).resolve().parents[1] / "docs" / "messages.md"

_OPENING = """\
# What the bot says

Every message in English and in French, drawn by the bot itself with made-up values; written by
`python -m tests.messages_page --write`, not to be edited by hand. Which language is spoken to whom is in
[installing](installing.md#english-and-french).

`[…]` is a button, `(→ …)` the dialog behind it, `▸` a field of a form with what stands in it, `(…)` its hint, `<@U…>`
a person."""

Json = Mapping[str, Any]


def page() -> str:
    """The whole of docs/messages.md."""
    columns = [Drawings(USUAL_IN[language]) for language in Language]
    found: dict[str, list[tuple[Drawing, ...]]] = {}
    for row in zip(*columns, strict=True):
        found.setdefault(row[0].chapter, []).append(row)
    parts = [part for chapter, drawings in found.items() for part in (f"## {chapter}", _table(drawings))]
    return "\n\n".join([_OPENING, *parts]) + "\n"


def _table(rows: Iterable[tuple[Drawing, ...]]) -> str:
    lines = ["| what | English | French |", "| --- | --- | --- |"]
    for row in rows:
        cells = [row[0].name]
        for language, drawing in zip(Language, row, strict=True):
            with speaking(language):
                cells.append("<br>".join(_cell(line) for line in _lines(drawing.draw())))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(line: str) -> str:
    """As GitHub shows it: Slack's bold and code are bold and code, and nothing else in it is formatting."""
    for sign in "\\|<>_[]~":
        line = line.replace(sign, f"&#{ord(sign)};")
    line = re.sub(r"`([^`]+)`", r"<code>\1</code>", line)
    return re.sub(r"\*([^*]+)\*", r"<b>\1</b>", line)


def _lines(drawn: Drawn) -> Iterator[str]:
    if isinstance(drawn, str):
        yield from drawn.splitlines()
        return
    if isinstance(drawn, Message):
        blocks: Iterable[Json] = drawn.blocks
    else:
        blocks = drawn.to_dict()["blocks"]
    if isinstance(drawn, View) and drawn.title is not None:
        yield f"*{drawn.to_dict()['title']['text']}*"
    for block in blocks:
        yield from _block(block)
    if isinstance(drawn, View):
        view = drawn.to_dict()
        yield " ".join(f"[{view[part]['text']}]" for part in ("submit", "close") if part in view)


def _block(block: Json) -> Iterator[str]:
    if block["type"] in {"section", "header"}:
        yield from block["text"]["text"].splitlines()
    elif block["type"] == "context":
        yield from block["elements"][0]["text"].splitlines()
    elif block["type"] == "actions":
        yield " ".join(_button(each) for each in block["elements"])
    elif block["type"] == "input":
        yield from _input(block)


def _button(button: Json) -> str:
    text = f"[{button['text']['text']}]"
    if "confirm" not in button:
        return text
    dialog = button["confirm"]
    asked = re.sub(r"\n+", " · ", dialog["text"]["text"])
    answers = f"[{dialog['confirm']['text']}] [{dialog['deny']['text']}]"
    return f"{text} (→ {dialog['title']['text']} {asked} {answers})"


def _input(block: Json) -> Iterator[str]:
    element = block["element"]
    beside = [block["hint"]["text"]] if "hint" in block else []
    filled = element.get("initial_value") or (element.get("placeholder") or {}).get("text")
    yield f"▸ *{block['label']['text']}*" + (f" {filled}" if filled else "") + "".join(f" ({each})" for each in beside)
    for option in element.get("options", ()):
        more = option.get("description")
        yield f"  ○ {option['text']['text']}" + (f" – {more['text']}" if more else "")


@click.command()
@click.option("--write", is_flag=True, help="Write docs/messages.md instead of printing it.")
def main(*, write: bool) -> None:
    """Print the page, or write it."""
    if write:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        click.echo(page(), nl=False)


if __name__ == "__main__":
    main()
