// Messages and threads.
import { h, svg, ICONS, clock, momentOf } from "./dom.js";
import { blocks } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";
import { say } from "./words.js";

export const isReply = (message) => message.thread_ts !== null;
export const keyOf = (message) => `${message.channel}:${message.ts}`;
const byTime = (one, other) => (one.ts < other.ts ? -1 : 1);

export function inChannel(store, channel) {
  return store
    .all("message")
    .filter((each) => each.channel === channel && !isReply(each))
    .sort(byTime);
}

export function inThread(store, { channel, ts }) {
  const of = store.all("message").filter((each) => each.channel === channel);
  const parent = of.filter((each) => each.ts === ts);
  return [...parent, ...of.filter((each) => each.thread_ts === ts).sort(byTime)];
}

// The ids of the payouts whose cards stand in a channel.
export function cardsIn(store, channel, bot) {
  return inChannel(store, channel)
    .filter((each) => each.author === bot && !each.only_you)
    .flatMap((each) => JSON.stringify(each.blocks).match(/\bP-[2-9A-Z]{5}\b/) ?? []);
}

// Entries for `reconcile`; `context` has names, bot, edited (keys), shortcuts, click(message, …), openThread, dismiss,
// shortcut(message, callback_id).
export function entries(list, store, context, { summaries }) {
  const replies = new Map();
  if (summaries) {
    for (const each of store.all("message")) {
      if (isReply(each) && !each.only_you)
        replies.set(each.thread_ts, [...(replies.get(each.thread_ts) ?? []), each]);
    }
  }
  return list.map((message) => {
    const below = replies.get(message.ts) ?? [];
    return {
      key: keyOf(message),
      version: JSON.stringify([message, below.map((each) => each.ts), context.names.who]),
      build: () => drawn(message, below, context),
    };
  });
}

function drawn(message, below, context) {
  const name = context.names.people[message.author] ?? message.author;
  const isBot = message.author === context.names.bot;
  const head = h(
    "div",
    { class: "who" },
    h("strong", {}, name),
    isBot ? h("span", { class: "tag" }, say("app")) : null,
    h("time", {}, clock(momentOf(message.ts))),
  );
  const body = h("div", { class: "content" }, shown(message, context));
  const item = h(
    "li",
    { class: classes(message, context.edited.has(keyOf(message))), tabindex: "-1", "data-ts": message.ts },
    avatar(name, isBot),
    h(
      "div",
      { class: "what" },
      message.only_you ? only(message, context) : null,
      head,
      body,
      thread(message, below, context),
    ),
    message.only_you ? null : more(message, context),
  );
  return item;
}

const classes = (message, changed) =>
  ["message", message.only_you ? "only-you" : "", changed ? "changed" : ""].join(" ").trim();

export function avatar(name, isBot) {
  const face = h(
    "span",
    { class: isBot ? "avatar bot" : "avatar", "aria-hidden": "true" },
    isBot ? "✓" : name.slice(0, 1),
  );
  if (!isBot)
    face.dataset.tone = String([...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 5);
  return face;
}

function only(message, context) {
  return h(
    "p",
    { class: "only" },
    svg(ICONS.eye, 14),
    `${say("only_you")} `,
    h(
      "button",
      { type: "button", class: "link", "data-focus": "dismiss", onclick: () => context.dismiss(message) },
      say("dismiss"),
    ),
  );
}

// What Slack has behind ⋮ of a message: to reply in its thread, and the app's shortcuts.
function more(message, context) {
  const choose = (words, act) =>
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          list.open = false;
          act();
        },
      },
      words,
    );
  const list = h(
    "details",
    {
      class: "dots",
      ontoggle: () => list.classList.toggle("upwards", list.open && cutOff(list)),
      onkeydown: (event) => {
        if (event.key !== "Escape" || !list.open) return;
        event.stopPropagation();
        list.open = false;
        list.querySelector("summary").focus();
      },
    },
    h(
      "summary",
      { "data-focus": "more" },
      h("span", { "aria-hidden": "true" }, "⋮"),
      h("span", { class: "hidden" }, say("more_actions")),
    ),
    h(
      "div",
      {},
      isReply(message) ? null : choose(say("reply_in_thread"), () => context.openThread(message)),
      context.shortcuts.map((each) => choose(each.text, () => context.shortcut(message, each.callback_id))),
    ),
  );
  return list;
}

// Below the last messages there is no room for a menu, above the first ones neither.
function cutOff(list) {
  const room = list.closest(".scroll").getBoundingClientRect();
  const menu = list.querySelector("div").getBoundingClientRect();
  const opener = list.querySelector("summary").getBoundingClientRect();
  return menu.bottom > room.bottom && opener.top - menu.height > room.top;
}

function shown(message, context) {
  if (!message.blocks.length)
    return h(
      "div",
      { class: "block section" },
      h("div", { class: "words" }, mrkdwn(message.text, context.names)),
    );
  return blocks(message.blocks, {
    names: context.names,
    click: (block_id, element, choose, target) => context.click(message, block_id, element, choose, target),
  });
}

function thread(message, below, context) {
  if (!below.length) return null;
  const count = say(below.length === 1 ? "reply_one" : "reply_many", { count: below.length });
  const last = below.reduce((one, other) => (one.ts > other.ts ? one : other));
  return h(
    "button",
    { type: "button", class: "replies", "data-focus": "replies", onclick: () => context.openThread(message) },
    svg(ICONS.reply, 16),
    h("span", {}, count),
    h("span", { class: "fine" }, say("reply_last", { time: clock(momentOf(last.ts)) })),
  );
}
