// Lock screens: what the phones of those who are mentioned show.
import { h, svg, ICONS } from "./dom.js";
import { wordsOf } from "./mrkdwn.js";
import { say } from "./words.js";

const SHOWN_FOR = 12_000;
const AT_MOST = () => (document.body.dataset.narrow === "yes" ? 1 : 2);

const away = (onclick) =>
  h(
    "button",
    { type: "button", class: "quiet", onclick },
    h("span", { "aria-hidden": "true" }, "✕"),
    h("span", { class: "hidden" }, say("toast_away")),
  );

export class Toasts {
  // `names()`; `open(notice, user)` becomes that person and goes there.
  constructor(root, { names, open }) {
    this.root = root;
    this.names = names;
    this.open = open;
    this.seen = null;
  }

  // Shows the notices that are new; gives those who have something new and are not at the screen.
  take(notices, who, onScreen) {
    const fresh =
      this.seen === null ? [] : notices.filter(([key]) => !this.seen.has(key)).map(([, notice]) => notice);
    this.seen = new Set([...(this.seen ?? []), ...notices.map(([key]) => key)]);
    for (const notice of fresh) {
      const others = notice.users.filter((user) => user !== who);
      if (others.length) this.show(notice, others);
      else if (!onScreen(notice)) this.show(notice, [who]);
    }
    return fresh.flatMap((notice) => notice.users).filter((user) => user !== who);
  }

  show(notice, users) {
    const { people, channels } = this.names();
    const whose = users.map((user) => people[user]).join(", ");
    const where = channels[notice.channel] ? say("toast_in", { channel: channels[notice.channel] }) : "";
    const toast = h(
      "article",
      { class: "toast" },
      h(
        "div",
        {},
        h("p", { class: "fine" }, svg(ICONS.phone, 14), ` ${whose} · Payout${where}`),
        away(() => toast.remove()),
      ),
      h("p", {}, wordsOf(notice.text, this.names())),
      h(
        "div",
        { class: "buttons" },
        users.map((user) =>
          h(
            "button",
            {
              type: "button",
              class: "button small plain",
              onclick: () => {
                toast.remove();
                this.open(notice, user);
              },
            },
            say("open_as", { name: people[user] }),
          ),
        ),
      ),
    );
    toast.dataset.thread = notice.thread_ts ?? notice.ts;
    toast.dataset.users = users.join(" ");
    this.add(toast);
  }

  // Whoever has the thread on the screen needs no phone for it.
  read(thread, who) {
    for (const each of [...this.root.children])
      if (each.dataset.thread === thread && each.dataset.users.split(" ").includes(who)) each.remove();
  }

  say(text) {
    this.add(h("article", { class: "toast" }, h("p", {}, text)));
  }

  add(toast) {
    this.root.append(toast);
    while (this.root.childElementCount > AT_MOST()) this.root.firstElementChild.remove();
    this.leaveLater(toast);
  }

  // Not under somebody's hands.
  leaveLater(toast) {
    setTimeout(
      () => (toast.matches(":hover, :focus-within") ? this.leaveLater(toast) : toast.remove()),
      SHOWN_FOR,
    );
  }
}
