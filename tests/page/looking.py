"""A look at the screen as it stands: axe finds nothing serious, and nothing reaches beyond the screen's edge."""

from __future__ import annotations

import pytest

from tests.page.screen import Screen

SERIOUS = {"serious", "critical"}
# Of all that axe looks at, only this depends on the colours.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
EVERYTHING = {"resultTypes": ["violations"]}

OVER_THE_EDGE = """
    () => [...document.querySelectorAll("body, body *")]
        .filter((each) => each.checkVisibility() && !each.closest(".hidden, .skip"))
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
        .map((each) => `${each.tagName}.${each.className}`)
"""


async def look(screen: Screen) -> None:
    """In light colours and in dark ones."""
    await _axe(screen, EVERYTHING)
    assert [] == await screen.page.evaluate(OVER_THE_EDGE)
    await screen.wear("dark")
    await _axe(screen, COLOURS)
    await screen.wear("light")


async def _axe(screen: Screen, options: dict[str, list[str]]) -> None:
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed")
    if not await screen.page.evaluate("'axe' in window"):
        await screen.page.evaluate(axe.AXE_SCRIPT)
    found = await screen.page.evaluate("(options) => axe.run(document, options)", options)
    serious = [
        (each["id"], node["target"], node["failureSummary"])
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
    assert [] == serious
