"""What becomes of a callback's posts: cut, broken, mislabelled, in another encoding, empty, huge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.sandbox.ligdicash.callbacks import Callback, Encoding, Post
from bot.sandbox.ligdicash.plans import Tell

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

# Bytes: four times what the relay takes.
FILLER = 256 * 1024
_ACCENTED = "Opération terminée".encode("latin-1")


def garbled(callback: Callback, tell: Tell, source: random.Random) -> Callback:
    """The same with every post spoilt in this way; unchanged when `tell` is none of `plans.GARBLED`."""
    spoil = _SPOILERS.get(tell)
    if spoil is None:
        return callback
    return replace(callback, posts=tuple(spoil(post, source) for post in callback.posts))


def _cut(post: Post, source: random.Random) -> Post:
    return replace(post, body=post.body[: source.randrange(1, len(post.body))])


def _broken(post: Post, source: random.Random) -> Post:
    if post.encoding is Encoding.JSON:
        return replace(post, body=post.body + source.choice([b",", b"}", b"\x00", b"<br />"]))
    return replace(post, body=b"%%%" + post.body.replace(b"&", b";"))


def _mislabelled(post: Post, source: random.Random) -> Post:
    other = Encoding.JSON if post.encoding is Encoding.FORM else Encoding.FORM
    return replace(post, labelled=source.choice([other.value, "text/plain", "application/octet-stream", ""]))


def _latin1(post: Post, _: random.Random) -> Post:
    if post.encoding is Encoding.JSON:
        return replace(post, body=post.body[:-1] + b', "message": "' + _ACCENTED + b'"}')
    return replace(post, body=post.body + b"&message=" + _ACCENTED)


def _empty(post: Post, _: random.Random) -> Post:
    return replace(post, body=b"")


def _huge(post: Post, _: random.Random) -> Post:
    filler = b"x" * FILLER
    if post.encoding is Encoding.JSON:
        return replace(post, body=b'{"message": "' + filler + b'", ' + post.body[1:])
    return replace(post, body=b"message=" + filler + b"&" + post.body)


_SPOILERS: Mapping[Tell, Callable[[Post, random.Random], Post]] = {
    Tell.CUT: _cut,
    Tell.BROKEN: _broken,
    Tell.MISLABELLED: _mislabelled,
    Tell.LATIN1: _latin1,
    Tell.EMPTY: _empty,
    Tell.HUGE: _huge,
}
