// Elements without any HTML in strings: what people typed can only ever become text.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export function svg(path, size = 18) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 24 24",
    width: size,
    height: size,
    "aria-hidden": "true",
  }))
    icon.setAttribute(name, value);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  icon.append(line);
  icon.setAttribute("class", "icon");
  return icon;
}

export const ICONS = {
  channel: "M9 4 7 20M17 4l-2 16M4 9h17M3 15h17",
  direct: "M4 5h16v11H9l-5 4z",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  bank: "M3 9l9-5 9 5zM5 9v9M10 9v9M14 9v9M19 9v9M3 20h18",
  reply: "M4 5h16v11H9l-5 4zM8 9h8M8 12h5",
  eye: "M2 12s4-6 10-6 10 6 10 6-4 6-10 6-10-6-10-6zM12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
  phone: "M7 3h10v18H7zM11 18h2",
};

export const plainOf = (text) => (typeof text === "string" ? text : (text?.text ?? ""));

const BUILT = new WeakMap();
let age = 0;

// Everything is built again when it is drawn next: the page speaks another language now.
export const renew = () => (age += 1);

// Makes the children of `container` be these entries ({key, version, build}), and leaves alone what did not change.
export function reconcile(container, entries) {
  const before = BUILT.get(container) ?? new Map();
  const after = new Map();
  let place = container.firstElementChild;
  for (const entry of entries) {
    const old = before.get(entry.key);
    const version = `${age} ${entry.version}`;
    const same = old !== undefined && old.version === version;
    const node = same ? old.node : entry.build(old !== undefined);
    after.set(entry.key, { version, node });
    if (old !== undefined && !same) {
      if (place === old.node) place = node;
      replace(old.node, node);
    }
    if (node === place) place = place.nextElementSibling;
    else container.insertBefore(node, place);
  }
  for (const [key, { node }] of before) if (!after.has(key)) node.remove();
  BUILT.set(container, after);
}

// Whoever was in the old element by keyboard is in the same place of the new one, or at its beginning.
function replace(old, node) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  old.replaceWith(node);
  node.querySelectorAll("details").forEach((each, index) => (each.open = open[index] ?? each.open));
  if (focused === null) return;
  const name = focused.dataset.focus;
  const same =
    name === undefined ? null : node.querySelector(`[data-focus="${CSS.escape(name)}"]:not(:disabled)`);
  (same ?? node).focus({ preventScroll: true });
}

export function clock(milliseconds) {
  const moment = new Date(milliseconds);
  return `${String(moment.getHours()).padStart(2, "0")}:${String(moment.getMinutes()).padStart(2, "0")}`;
}

export const momentOf = (ts) => Number(ts.split(".")[0]) * 1000;
