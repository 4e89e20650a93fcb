// Slack's mrkdwn as elements. Only `&amp; &lt; &gt;` are decoded, as at Slack, and always into text.
import { h } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅",
  heavy_check_mark: "✔️",
  x: "❌",
  warning: "⚠️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  no_entry: "⛔",
  no_entry_sign: "🚫",
  rotating_light: "🚨",
  tada: "🎉",
  moneybag: "💰",
  money_with_wings: "💸",
  incoming_envelope: "📨",
  outbox_tray: "📤",
  inbox_tray: "📥",
  memo: "📝",
  pencil: "📝",
  eyes: "👀",
  bell: "🔔",
  large_green_circle: "🟢",
  red_circle: "🔴",
  large_yellow_circle: "🟡",
  large_blue_circle: "🔵",
  white_circle: "⚪",
  double_vertical_bar: "⏸️",
  pause_button: "⏸️",
  arrow_forward: "▶️",
  octagonal_sign: "🛑",
  receipt: "🧾",
  link: "🔗",
  bulb: "💡",
  lock: "🔒",
  unlock: "🔓",
  wave: "👋",
  pray: "🙏",
  thumbsup: "👍",
  "+1": "👍",
  thumbsdown: "👎",
  "-1": "👎",
  smile: "😄",
  slightly_smiling_face: "🙂",
  point_right: "👉",
  point_up: "☝️",
  question: "❓",
  exclamation: "❗",
  clock3: "🕒",
};
const EVERYBODY = { channel: "@channel", here: "@here", everyone: "@everyone" };
const OPENS = /^https?:\/\/|^mailto:|^tel:/;

export const decoded = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const emojis = (text) =>
  text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => (Object.hasOwn(EMOJI, name) ? EMOJI[name] : whole));

// `names` has people, channels, groups, and `open(channel, ts, thread)` for links into the workspace.
export function mrkdwn(text, names, verbatim = false) {
  const fragment = document.createDocumentFragment();
  text.split(/```([\s\S]*?)```/).forEach((part, index) => {
    if (index % 2) fragment.append(h("pre", {}, h("code", {}, literal(part.replace(/^\n/, ""), names))));
    else if (part) lines(fragment, index ? part.replace(/^\n/, "") : part, names, verbatim);
  });
  return fragment;
}

export function plainText(text) {
  const span = document.createDocumentFragment();
  span.append(emojis(text));
  return span;
}

// What a lock screen shows: the words alone.
export function wordsOf(text, names) {
  return mrkdwn(text, names, true).textContent;
}

function lines(fragment, text, names, verbatim) {
  let quote = null;
  let fresh = true;
  for (const line of text.split("\n")) {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (quoted) {
      if (quote === null) fragment.append((quote = h("blockquote")));
      else quote.append(h("br"));
      inline(quote, quoted[1], names, verbatim);
      fresh = true;
    } else {
      if (!fresh) fragment.append(h("br"));
      quote = null;
      inline(fragment, line, names, verbatim);
      fresh = false;
    }
  }
}

// Longer than any id or command: a token.
const LONG = 100;
const INLINE = [
  [
    /`([^`\n]+)`/y,
    (found, names) => h("code", { class: found[1].length > LONG ? "long" : undefined }, literal(found[1], names)),
  ],
  [/<([^<>\n]+)>/y, (found, names) => reference(found[1], names)],
  [
    /\*(?=\S)([^*\n]*[^*\s])\*(?![\p{L}\p{N}])/uy,
    (found, names, verbatim) => styled("strong", found[1], names, verbatim),
  ],
  [
    /_(?=\S)([^_\n]*[^_\s])_(?![\p{L}\p{N}])/uy,
    (found, names, verbatim) => styled("em", found[1], names, verbatim),
  ],
  [
    /~(?=\S)([^~\n]*[^~\s])~(?![\p{L}\p{N}])/uy,
    (found, names, verbatim) => styled("s", found[1], names, verbatim),
  ],
];
const BARE_LINK = /https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)]/y;

function inline(parent, text, names, verbatim) {
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) parent.append(emojis(decoded(plain)));
    plain = "";
  };
  while (at < text.length) {
    const found = match(text, at, verbatim);
    if (found === null) {
      plain += text[at++];
      continue;
    }
    flush();
    parent.append(found.make(found.text, names, verbatim));
    at += found.text[0].length;
  }
  flush();
}

function match(text, at, verbatim) {
  const within = at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]);
  for (const [pattern, make] of INLINE) {
    // A star in the middle of a word is a star; references may stand anywhere.
    if (within && text[at] !== "<") continue;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) return { text: found, make };
  }
  if (verbatim || within) return null;
  BARE_LINK.lastIndex = at;
  const bare = BARE_LINK.exec(text);
  return bare ? { text: bare, make: (found) => link(decoded(found[0]), decoded(found[0])) } : null;
}

function styled(tag, text, names, verbatim) {
  const element = h(tag);
  inline(element, text, names, verbatim);
  return element;
}

// In code nothing is styled, but references read as what they stand for.
function literal(text, names) {
  return decoded(text.replace(/<([^<>\n]+)>/g, (_, inner) => encode(reference(inner, names).textContent)));
}

const encode = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function reference(inner, names) {
  const [target, label] = splitAt(inner, "|");
  const id = target.slice(1);
  if (target[0] === "@") return chip(`@${own(names.people, id) ?? (label || id)}`, id === names.who);
  if (target[0] === "#") return chip(`#${own(names.channels, id) ?? (label || id)}`);
  if (target[0] === "!") return chip(special(id, label, names));
  if (names.archive && target.startsWith(names.archive)) return inside(decoded(target), label, names);
  return link(decoded(target), decoded(label || target));
}

function special(id, label, names) {
  const [kind, what] = id.split("^");
  if (kind === "subteam") return label ? decoded(label) : `@${own(names.groups, what) ?? what}`;
  return own(EVERYBODY, kind) ?? decoded(label || kind);
}

const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);
const chip = (text, mine = false) => h("span", { class: mine ? "chip mine" : "chip" }, text);

function link(address, label) {
  const shown = emojis(label.replace(/^(mailto|tel):/, ""));
  if (!OPENS.test(address)) return document.createTextNode(shown);
  return h("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, shown);
}

// A link to a message of this workspace stays in this page.
function inside(address, label, names) {
  const words = emojis(decoded(label || "message"));
  const message = messageAt(address, names.archive);
  if (!message) return document.createTextNode(words);
  const { channel, ts, thread } = message;
  return h(
    "button",
    { type: "button", class: "link", onclick: () => names.open(channel, ts, thread) },
    words,
  );
}

// Which message of this workspace an address leads to, if any.
export function messageAt(address, archive) {
  const found =
    archive && address.startsWith(archive) && address.slice(archive.length).match(/^(\w+)\/p(\d{7,})/);
  if (!found) return null;
  const [, channel, digits] = found;
  const ts = `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  return { channel, ts, thread: new URL(address).searchParams.get("thread_ts") ?? ts };
}

function splitAt(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
