"""Whether a form opens for somebody: at least for everybody whom the worker will not refuse."""

from __future__ import annotations

from collections.abc import Callable

from bot.people import People, Person
from bot.policy import Refusal

# Who it is counts when the form is sent. The worker may have learnt by now what could not be learnt here, and then it
# refuses nobody: without a form such a click would have no answer at all.
_OPENS = frozenset({None, Refusal.NOT_LEARNT, Refusal.GROUP_NOT_LEARNT})


async def opens_for(people: People, person: str, refusal: Callable[[Person], Refusal | None]) -> bool:
    """Whether it makes sense to ask this person; whoever is refused is told why by the worker."""
    if refusal(await people.who(person)) in _OPENS:
        return True
    # What is remembered may be a minute old, and the worker asks anew.
    return refusal(await people.who(person, fresh=True)) in _OPENS
