"""The pictures of the docs: each is shown, none is missing, and none is heavy."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs/pictures"


def test_every_picture_is_shown() -> None:
    """docs/pictures.md shows each file once, and no other; the README's are among them."""
    files = sorted(path.name for path in PICTURES.iterdir())
    assert files == sorted(_named(ROOT / "docs/pictures.md"))
    assert set(_named(ROOT / "README.md")) <= set(files)
    assert 6 == len(_named(ROOT / "README.md"))


def test_no_picture_is_heavy() -> None:
    """A page of them opens on a slow line: 150 kB each at most, 2.5 MB in all."""
    sizes = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert {} == {name: size for name, size in sizes.items() if size > 150_000}
    assert sum(sizes.values()) < 2_500_000


def _named(page: Path) -> list[str]:
    return re.findall(r"pictures/([\w-]+\.png)", page.read_text(encoding="utf-8"))
