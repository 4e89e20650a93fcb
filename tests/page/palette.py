"""A screenshot with at most 256 colours, a third of the size: Chromium finds them, the file is written here."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

# The commonest colours stay as they are; a rare one, at the edge of a letter, becomes the nearest of them.
REDUCE = """
async (png) => {
    const bytes = Uint8Array.from(atob(png), (each) => each.codePointAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    const count = new Map();
    const colourAt = (at) => (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    for (let at = 0; at < data.length; at += 4) count.set(colourAt(at), (count.get(colourAt(at)) ?? 0) + 1);
    const palette = [...count].sort((one, other) => other[1] - one[1]).slice(0, 256).map(([each]) => each);
    const index = new Map(palette.map((each, place) => [each, place]));
    const apart = (one, other) =>
        [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
    const nearest = (colour) => {
        let best = 0;
        palette.forEach((each, place) => {
            if (apart(colour, each) < apart(colour, palette[best])) best = place;
        });
        return best;
    };
    let rows = "";
    for (let y = 0; y < image.height; y++) {
        rows += "\\0";
        for (let x = 0; x < image.width; x++) {
            const colour = colourAt(4 * (y * image.width + x));
            if (!index.has(colour)) index.set(colour, nearest(colour));
            rows += String.fromCharCode(index.get(colour));
        }
    }
    return { width: image.width, height: image.height, palette, rows: btoa(rows) };
}
"""


async def with_palette(page: Page, png: bytes) -> bytes:
    """The same picture as a PNG with a palette."""
    found = await page.evaluate(REDUCE, base64.b64encode(png).decode())
    colours = b"".join(colour.to_bytes(3, "big") for colour in found["palette"])
    header = struct.pack(">IIBBBBB", found["width"], found["height"], 8, 3, 0, 0, 0)
    rows = zlib.compress(base64.b64decode(found["rows"]), level=9)
    parts = {b"IHDR": header, b"PLTE": colours, b"IDAT": rows, b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts.items())


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
