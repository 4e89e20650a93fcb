"""`python -m tests.catalogue`: the sentences without a translation; `--write` brings the catalogues up to date."""

from __future__ import annotations

import io
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.language import Language

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "bot" / "speech" / "catalogues"
CODE = ("bot", "handlers")
TRANSLATED = tuple(language for language in Language if language is not Language.ENGLISH)

# Babel's name of each marking function, with the places of its sentences among the arguments.
_MARKS: dict[str, tuple[int, ...] | None] = {"_": None, "plural": (1, 2)}
_HEADER = """\
# Payout Bot in {name}. The sentences stand in bot/speech/words.py, in this order.
# `python -m tests.catalogue --write` adds and removes them here; what they say in this language is written by hand.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def path_of(language: Language) -> Path:
    """Where its translations are."""
    return FOLDER / f"{language}.po"


def extracted() -> Catalog:
    """Every sentence that the code marks."""
    found = Catalog()
    for folder in CODE:
        for _, _, message, comments, context in extract_from_dir(ROOT / folder, keywords=_MARKS):
            found.add(message, auto_comments=comments, context=context)
    return found


def translated(language: Language) -> Catalog:
    """The catalogue as it stands in its file."""
    return read_po(io.BytesIO(path_of(language).read_bytes()), locale=language)


def renewed(language: Language) -> Catalog:
    """The same with what the code says now: what is new has no translation yet, what is gone has gone."""
    catalogue = translated(language)
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def text_of(language: Language, catalogue: Catalog) -> str:
    """As the file holds it; without line numbers, which would change with every edit, and without dates."""
    written = io.BytesIO()
    write_po(written, catalogue, width=116, no_location=True, omit_header=True)
    header = _HEADER.format(name=language.name.title(), language=language, plurals=catalogue.plural_forms)
    return header + written.getvalue().decode()


def untranslated(catalogue: Catalog) -> list[Message]:
    """What has no words yet in that language."""
    return [message for message in catalogue if message.id and not all(texts_of(message.string))]


def texts_of(either: object) -> tuple[str, ...]:
    """The one text, or that for one and that for many."""
    return tuple(map(str, either)) if isinstance(either, (tuple, list)) else (str(either or ""),)


@click.command()
@click.option("--write", is_flag=True, help="Write the catalogues.")
def main(*, write: bool) -> None:
    """Bring every catalogue up to date, and say what is missing in it."""
    for language in TRANSLATED:
        catalogue = renewed(language)
        if write:
            path_of(language).write_text(text_of(language, catalogue), encoding="utf-8")
        for message in untranslated(catalogue):
            click.echo(f"{language}: {message.id}")


if __name__ == "__main__":
    main()
