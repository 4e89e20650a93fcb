"""docs/laws.md: its table of laws, and its table of breaks with what found them, each between markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.laws.laws import Law
from tests.laws.laws_of_authority import AUTHORITY
from tests.laws.laws_of_money import MONEY
from tests.laws.laws_of_telling import TELLING
from tests.laws.table_of_breaks import BREAKS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "laws.md"
LAWS: tuple[type[Law], ...] = (*MONEY, *TELLING, *AUTHORITY)

_HEAD = "| law | the code is broken so that | found by | seeds |\n| --- | --- | --- | ---: |"
_NOT_RUN, _NOT_FOUND = "*not run*", "**not found**"
_ROW = re.compile(r"^\| (\d) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """A break, the laws that noticed it, and how many seeds were played until then; nothing where none did."""

    law: int
    says: str
    found_by: str
    seeds: str

    def __str__(self) -> str:
        return f"| {self.law} | {self.says} | {self.found_by or _NOT_FOUND} | {self.seeds} |"


def numbered(name: str) -> int:
    """The number of a law, by its name; 0 for what is no law, such as an error that the bot did not expect."""
    return next((law.number for law in LAWS if law.name == name), 0)


def table(rows: Mapping[str, Row]) -> str:
    """The breaks that were tried, in Markdown."""
    return "\n".join([_HEAD, *(str(rows[each.says]) for each in BREAKS if each.says in rows)])


def table_of_laws() -> str:
    """Every law in its own words, in Markdown."""
    rows = [f"| {law.number} | {law.name} | {_sentence(law)} |" for law in sorted(LAWS, key=lambda law: law.number)]
    return "\n".join(["| number | law | what holds |", "| --- | --- | --- |", *rows])


def _sentence(law: type[Law]) -> str:
    return " ".join((law.__doc__ or "").split())


def read_rows() -> dict[str, Row]:
    """What the page says of each break; nothing of those that it says were not run."""
    found = _ROW.findall(between(PAGE.read_text(encoding="utf-8"), "breaks"))
    return {
        says: Row(int(law), says, "" if by == _NOT_FOUND else by, seeds)
        for law, says, by, seeds in found
        if by != _NOT_RUN
    }


def write_rows(rows: Mapping[str, Row]) -> None:
    """Put them on the page, with a row for each break there is; those that nobody tried yet say so."""
    every = {each.says: rows.get(each.says) or Row(each.law, each.says, _NOT_RUN, "–") for each in BREAKS}
    text = PAGE.read_text(encoding="utf-8")
    text = put_between(text, "laws", table_of_laws())
    PAGE.write_text(put_between(text, "breaks", table(every)), encoding="utf-8")


def between(text: str, name: str) -> str:
    """What stands between the markers of that name."""
    return _parted(text, name)[1]


def put_between(text: str, name: str, content: str) -> str:
    """The text with something else there."""
    before, _, after = _parted(text, name)
    return before + content + after


def _parted(text: str, name: str) -> tuple[str, str, str]:
    """What comes before, between and after the markers; `ValueError` where they are gone."""
    begin, end = f"<!-- {name} begin -->\n", f"\n<!-- {name} end -->"
    start = text.index(begin) + len(begin)
    stop = text.index(end, start - 1)
    return text[:start], text[start:stop], text[stop:]
