// Whoever reads at the end goes on reading at the end, whatever grows or shrinks.

const NEAR = 60;
const away = new WeakSet();
const watched = new WeakSet();

export function keepingPlace(scroll, moved, change) {
  watch(scroll);
  if (moved) away.delete(scroll);
  change();
  settle(scroll);
}

export function toTheEnd(scroll) {
  away.delete(scroll);
  settle(scroll);
}

function settle(scroll) {
  if (!away.has(scroll)) scroll.scrollTop = scroll.scrollHeight;
}

function watch(scroll) {
  if (watched.has(scroll)) return;
  watched.add(scroll);
  new ResizeObserver(() => settle(scroll)).observe(scroll);
  scroll.addEventListener("scroll", () => {
    if (scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR) away.delete(scroll);
    else away.add(scroll);
  });
}
