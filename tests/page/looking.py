"""A look at the screen as it stands: axe finds nothing serious, and nothing reaches beyond the screen's edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.page.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import Locator

SERIOUS = {"serious", "critical"}
# Of all that axe looks at, only this depends on the colours.
COLOURS = {"resultTypes": ["violations"], "preload": False, "runOnly": ["color-contrast"]}
EVERYTHING = {"resultTypes": ["violations"], "preload": False}

OVER_THE_EDGE = """
    () => [...document.querySelectorAll("body, body *")]
        .filter((each) => each.checkVisibility() && !each.closest(".hidden, .skip"))
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
        .map((each) => `${each.tagName}.${each.className}`)
"""


INSIDE = """
    ([each, around]) => {
        const [inner, outer] = [each, around].map((one) => one.getBoundingClientRect());
        return each.checkVisibility({opacityProperty: true}) && inner.top >= outer.top && inner.left >= outer.left
            && inner.bottom <= outer.bottom && inner.right <= outer.right;
    }
"""


async def stands_in(screen: Screen, each: Locator, around: Locator) -> None:
    """It can be seen, and does not reach beyond what it stands in: a click alone would find it anywhere."""
    both = [await each.element_handle(), await around.element_handle()]
    await screen.page.wait_for_function(INSIDE, arg=both)


async def look(screen: Screen, part: str = "html") -> None:
    """In light colours and in dark ones, at the part that was not looked at before: axe takes its time for the rest."""
    await _axe(screen, part, EVERYTHING)
    assert [] == await screen.page.evaluate(OVER_THE_EDGE)
    await screen.wear("dark")
    await _axe(screen, part, COLOURS)
    await screen.wear("light")


async def _axe(screen: Screen, part: str, options: Mapping[str, object]) -> None:
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed")
    if not await screen.page.evaluate("'axe' in window"):
        await screen.page.evaluate(axe.AXE_SCRIPT)
    found = await screen.page.evaluate("([part, options]) => axe.run(part, options)", [part, options])
    serious = [
        (each["id"], node["target"], node["failureSummary"])
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
    assert [] == serious
