// One visitor at one screen: who they are, where they look, what they do. What happens then is the server's to say.
import { h, svg, ICONS, reconcile, renew } from "./dom.js";
import { say, sayAll, speak } from "./words.js";
import { Store, perform } from "./store.js";
import { Modals } from "./modals.js";
import { Composer } from "./composer.js";
import { Panel } from "./panel.js";
import { Guide } from "./guide.js";
import { Toasts } from "./toasts.js";
import { blocks, confirmed } from "./blocks.js";
import { messageAt } from "./mrkdwn.js";
import { keepingPlace, toTheEnd } from "./scroll.js";
import { avatar, cardsIn, entries, inChannel, inThread, keyOf } from "./messages.js";

const $ = (id) => document.getElementById(id);
const HOME = "home";
const PANEL = "panel";

let who = "U0AMINATA";
let place = "C0SUPPORT";
let thread = null;
let edited = new Set();
let pending = null;
const edits = new Map();
const dismissed = new Set();
const read = new Map();
const unread = new Set();

const store = new Store(onChange, (lost) => ($("lost").hidden = !lost));
const roleOf = (user) => store.get("workspace")?.cast.find((each) => each.id === user)?.role ?? "";

// Names, and links into the workspace

function names() {
  const {
    names: people = {},
    channels = {},
    groups = {},
    archive = "",
    bot = "",
  } = store.get("workspace") ?? {};
  return { who, people, channels, groups, archive, bot, open: openMessage };
}

function openMessage(channel, ts, parent) {
  if (!store.get(`channel:${channel}`)) return;
  go(channel);
  thread = { channel, ts: parent ?? ts };
  draw();
  $("thread-title").focus();
}

function follow(address) {
  const message = messageAt(address, names().archive);
  if (message) openMessage(message.channel, message.ts, message.thread);
  else window.open(address, "_blank", "noopener,noreferrer");
}

// Where the visitor looks

function go(where) {
  if (where !== place) thread = null;
  place = where;
  if (where === HOME) perform({ do: "home", who });
  draw(true);
}

function be(user) {
  if (user === who) return;
  who = user;
  unread.delete(user);
  modals.show([]);
  store.follow(who);
}

function openThread(message) {
  thread = { channel: message.channel, ts: message.ts };
  draw();
  $("thread-title").focus();
}

function closeThread() {
  const back = thread && document.querySelector(`[data-ts="${thread.ts}"] .replies`);
  thread = null;
  draw();
  (back ?? $("conversation-title")).focus();
}

function openNewestThread() {
  const all = store.all("message").filter((each) => each.channel === "C0SUPPORT" && each.thread_ts);
  const newest = all.sort((one, other) => (one.thread_ts < other.thread_ts ? 1 : -1))[0];
  if (newest) openMessage(newest.channel, newest.ts, newest.thread_ts);
}

// What the visitor does in messages and views

async function click(where, block_id, element, choose, target) {
  if (element.confirm && !(await confirmed(element.confirm, { names: names() }))) return;
  target.setAttribute("aria-busy", "true");
  target.disabled = true;
  const deed = {
    do: "click",
    who,
    ...where(),
    block_id,
    action_id: element.action_id,
    confirm: Boolean(element.confirm),
  };
  if (choose !== undefined) deed.choose = choose;
  if (element.url) follow(element.url);
  const { error } = await perform(deed);
  target.disabled = false;
  target.removeAttribute("aria-busy");
  target.parentElement?.querySelector(".trouble")?.remove();
  if (element.type === "overflow") target.value = "";
  if (!error) return;
  if (target.isConnected) target.after(h("span", { class: "trouble", role: "alert" }, `⚠ ${error}`));
  else toasts.say(`⚠ ${error}`);
}

const inMessage = (message, ...rest) => click(() => ({ channel: message.channel, ts: message.ts }), ...rest);

const modals = new Modals({
  room: (view, values) => ({
    names: names(),
    click: (...rest) => click(() => ({ view: view.id, values: values() }), ...rest),
  }),
  submit: (view, values) => perform({ do: "submit", who, view: view.id, values }),
  close: (view) => perform({ do: "close", who, view: view.id }),
});

const commands = () => store.get("workspace").commands;
const composer = new Composer($("composer"), {
  id: "composer",
  commands,
  send: (text) => {
    toTheEnd($("messages-scroll"));
    return perform({ do: "say", who, channel: place, text });
  },
});
const threadComposer = new Composer($("thread-composer"), {
  id: "thread-composer",
  commands: () => [],
  send: (text) => perform({ do: "say", who, channel: thread.channel, text, thread_ts: thread.ts }),
});
let panel = null;
const toasts = new Toasts($("toasts"), {
  names,
  open: (notice, user) => {
    be(user);
    pending = notice;
  },
});
const guide = new Guide($("guide"), $("open-guide"), {
  names,
  be,
  isApprover: () => roleOf(who) === "approver",
  cards: () => cardsIn(store, "C0SUPPORT", names().bot),
  creates: () => store.all("create"),
  write: (text) => {
    be("U0AMINATA");
    go("C0SUPPORT");
    composer.write(text);
  },
  openThread: openNewestThread,
  showPanel: () => {
    go(document.body.dataset.narrow === "yes" ? PANEL : place);
    $("panel-title").focus();
    $("panel").classList.add("pointed");
    setTimeout(() => $("panel").classList.remove("pointed"), 2000);
  },
});

// Drawing

// The language is that of the Slack of whoever looks.
function listen() {
  if (!speak(store.get("workspace").cast.find((each) => each.id === who).locale) && panel) return;
  const first = panel === null;
  sayAll();
  renew();
  panel = new Panel($("panel"), perform);
  if (first) guide.start();
  else guide.draw();
}

function onChange(whole) {
  listen();
  edited = editedOf(store.all("message"), whole);
  if (whole) document.body.dataset.who = store.get("workspace").names[who];
  if (whole && place.startsWith("D")) place = directOf() ?? "C0SUPPORT";
  if (place !== HOME && place !== PANEL && !store.get(`channel:${place}`)) place = "C0SUPPORT";
  if (thread && !store.get(`channel:${thread.channel}`)) thread = null;
  if (whole && place === HOME) perform({ do: "home", who });
  const notices = [...store.items].filter(([key]) => key.startsWith("notice:"));
  const onScreen = (notice) =>
    notice.channel === place && (notice.thread_ts === null || notice.thread_ts === thread?.ts);
  for (const user of toasts.take(notices, who, onScreen)) unread.add(user);
  draw(whole);
  guide.look();
  if (pending && whole) {
    openMessage(pending.channel, pending.ts, pending.thread_ts ?? pending.ts);
    pending = null;
  }
}

// Those that say something else than before, while the visitor looked.
function editedOf(messages, whole) {
  const found = messages.filter((each) => !whole && each.edits > (edits.get(keyOf(each)) ?? each.edits));
  for (const each of messages) edits.set(keyOf(each), each.edits);
  return new Set(found.map(keyOf));
}

const directOf = () => store.all("channel").find((each) => each.direct)?.id;

function draw(moved = false) {
  if (!store.get("workspace")) return;
  drawCast();
  drawPlaces();
  drawConversation(moved);
  drawThread();
  panel.show(store);
  modals.show(store.all("view").sort((one, other) => one.place - other.place));
}

function drawCast() {
  const { cast, names: people, languages } = store.get("workspace");
  reconcile(
    $("cast"),
    cast.map(({ id, role }) => ({
      key: id,
      version: `${id === who} ${unread.has(id)}`,
      build: () =>
        h(
          "label",
          { class: "person", tabindex: "-1" },
          h("input", {
            type: "radio",
            name: "who",
            value: id,
            checked: id === who,
            "data-focus": "who",
            onchange: () => be(id),
          }),
          avatar(people[id], false),
          h("span", { class: "name" }, people[id], h("span", { class: "fine" }, say(`role_${role}`))),
          unread.has(id)
            ? h("span", { class: "dot" }, h("span", { class: "hidden" }, say("something_new")))
            : null,
        ),
    })),
  );
  const mine = cast.find((each) => each.id === who);
  reconcile(
    $("language"),
    languages.map((each) => ({
      key: each,
      version: `${each === mine.locale}`,
      build: () => {
        const option = h("option", { value: each }, each.slice(0, 2).toUpperCase());
        option.selected = each === mine.locale;
        return option;
      },
    })),
  );
}

function drawPlaces() {
  const channels = store
    .all("channel")
    .sort((one, other) => one.place - other.place)
    .map((channel) => {
      const newest = newestIn(channel.id);
      if (channel.id === place || !read.has(`${who} ${channel.id}`)) read.set(`${who} ${channel.id}`, newest);
      const isNew = newest > read.get(`${who} ${channel.id}`);
      return channel.direct
        ? [channel.id, ICONS.direct, "Payout", isNew]
        : [channel.id, ICONS.channel, channel.name, isNew];
    });
  const all = [...channels, [HOME, ICONS.home, say("home"), false], [PANEL, ICONS.bank, "LigdiCash", false]];
  reconcile(
    $("places"),
    all.map(([id, icon, words, isNew]) => ({
      key: id.startsWith("D") ? "direct" : id,
      version: `${id} ${id === place} ${isNew}`,
      build: () =>
        h(
          "li",
          { class: id === PANEL ? "narrow-only" : "" },
          h(
            "button",
            {
              type: "button",
              "data-focus": "place",
              class: isNew ? "place unread" : "place",
              "aria-current": id === place ? "page" : undefined,
              onclick: () => go(id),
            },
            svg(icon),
            h("span", {}, words),
            isNew ? h("span", { class: "dot" }, h("span", { class: "hidden" }, say("new_messages"))) : null,
          ),
        ),
    })),
  );
}

const newestIn = (channel) =>
  store
    .all("message")
    .filter((each) => each.channel === channel && !each.thread_ts)
    .reduce((ts, each) => (each.ts > ts ? each.ts : ts), "");

const context = () => ({
  names: names(),
  bot: store.get("workspace").bot,
  edited,
  shortcuts: store.get("workspace").shortcuts,
  click: inMessage,
  shortcut: async (message, callback_id) => {
    const { error } = await perform({ do: "shortcut", who, channel: message.channel, ts: message.ts, callback_id });
    if (error) toasts.say(`⚠ ${error}`);
  },
  openThread,
  dismiss: (message) => {
    dismissed.add(keyOf(message));
    draw();
  },
});
const visible = (list) => list.filter((each) => !dismissed.has(keyOf(each)));

function drawConversation(moved) {
  document.body.dataset.place = place === HOME ? HOME : place === PANEL ? PANEL : "channel";
  document.body.dataset.thread = thread ? "open" : "closed";
  const channel = store.get(`channel:${place}`);
  $("home").hidden = place !== HOME;
  $("messages").hidden = $("composer").hidden = place === HOME;
  if (place === HOME) return drawHome();
  if (!channel) return;
  const title = channel.direct ? "Payout" : `# ${channel.name}`;
  head(title, channel.direct ? say("direct_of", { name: names().people[who] }) : "");
  composer.about(say("message_to", { place: channel.direct ? "Payout" : `#${channel.name}` }));
  keepingPlace($("messages-scroll"), moved, () => {
    reconcile(
      $("messages"),
      entries(visible(inChannel(store, place)), store, context(), { summaries: true }),
    );
  });
  $("messages").dataset.empty = say("empty");
  $("messages").classList.toggle("empty", !$("messages").childElementCount);
}

function head(title, about) {
  $("conversation-title").textContent = title;
  $("conversation-about").textContent = about;
  document.title = `${title} · Payout Bot · ${say("workspace")}`;
}

function drawHome() {
  const view = store.get("home");
  head(`Payout · ${say("home")}`, say("home_of", { name: names().people[who] }));
  const room = { names: names(), click: (...rest) => click(() => ({ view: view.id }), ...rest) };
  const drawn = view
    ? view.blocks.map((block) => ({
        key: block.block_id,
        version: JSON.stringify(block),
        build: () => h("div", { tabindex: "-1" }, blocks([block], room)),
      }))
    : [
        {
          key: "none",
          version: "",
          build: () => h("p", { class: "fine" }, say("home_empty")),
        },
      ];
  reconcile($("home"), drawn);
}

function drawThread() {
  $("thread").hidden = thread === null;
  if (thread === null) return;
  const channel = store.get(`channel:${thread.channel}`);
  toasts.read(thread.ts, who);
  $("thread-title").textContent = channel.direct ? say("thread") : say("thread_in", { channel: channel.name });
  threadComposer.about(say("reply_label"));
  keepingPlace($("thread-scroll"), $("thread").dataset.ts !== thread.ts, () => {
    reconcile(
      $("thread-messages"),
      entries(visible(inThread(store, thread)), store, context(), { summaries: false }),
    );
  });
  $("thread").dataset.ts = thread.ts;
}

// The screen

const narrow = window.matchMedia("(max-width: 820px)");
const fit = () => {
  document.body.dataset.narrow = narrow.matches ? "yes" : "no";
  if (!narrow.matches && place === PANEL) go("C0SUPPORT");
};
narrow.addEventListener("change", fit);
fit();
$("close-thread").addEventListener("click", closeThread);
$("language").addEventListener("change", async (event) => {
  await perform({ do: "speak", locale: event.target.value });
  if (place === HOME) perform({ do: "home", who });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && thread && !document.querySelector("dialog[open]")) closeThread();
});
store.follow(who);
