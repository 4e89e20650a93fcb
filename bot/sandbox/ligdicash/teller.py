"""Who is told what: from a step in a payout's life to the callbacks that go out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.sandbox.ligdicash.callbacks import Callback, twins
from bot.sandbox.ligdicash.garbling import garbled
from bot.sandbox.ligdicash.plans import Step, Tell

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from bot.sandbox.ligdicash.payouts import Payout

# In place of another payout's token as long as there is no other payout.
TOKEN_OF_NOBODY = "eyJ0eXAiOiJKV1QifQ.e30.nobody"  # noqa: S105 - made up


class Teller:
    """Remembers the last callback of each payout, to send it again; `mint` makes a token for a number."""

    def __init__(self, source: random.Random, mint: Callable[[int], str]) -> None:
        self._source = source
        self._mint = mint
        self._last: dict[int, Callback] = {}

    def tell(self, payouts: Mapping[int, Payout], number: int, step: Step) -> list[Callback]:
        """The callback for a step that was just taken; none without a URL or when nothing is to be told."""
        payout = payouts[number]
        if step.tell is None or not payout.callback_url:
            return []
        if step.tell is Tell.AGAIN and number in self._last:
            return [self._last[number]]
        claimed = replace(payout, word=step.word) if step.word else payout
        token = self._foreign(payouts, number) if step.tell is Tell.FOREIGN else self._mint(number)
        callback = garbled(twins(claimed, token, self._source), step.tell, self._source)
        if step.tell is Tell.ONE:
            callback = replace(callback, posts=callback.posts[:1])
        self._last[number] = callback
        return [callback]

    def _foreign(self, payouts: Mapping[int, Payout], number: int) -> str:
        others = [other for other in payouts if other != number]
        return self._mint(self._source.choice(others)) if others else TOKEN_OF_NOBODY
