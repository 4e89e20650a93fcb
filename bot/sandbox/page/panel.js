// LigdiCash, and the weather on both sides.
import { h, clock, reconcile } from "./dom.js";

const MOODS = {
  well: ["Well", "Answers every request."],
  silent: ["Silent", "Takes payouts, and never answers: nobody knows whether they exist."],
  "hangs up": ["Hangs up", "Takes payouts, and breaks the connection before the answer."],
  "error page": ["Error page", "Answers HTTP 503, and takes nothing."],
  down: ["Down", "Nobody listens: connections are refused."],
};
const SKIES = {
  fair: ["Fair", "Slack works."],
  outage: ["Outage", "Slack answers HTTP 503 to everything the bot asks."],
  "rate limited": ["Rate limited", "Slack refuses messages: 429, try again in 3 s."],
  slow: ["Slow", "Slack takes 2 s for every answer."],
  "lost answers": ["Lost answers", "Slack posts, but every second answer gets lost on the way."],
};
const STATES = {
  completed: ["🟢", "completed"],
  pending: ["⏳", "pending"],
  notcompleted: ["🔴", "notcompleted"],
};
const OUTCOMES = {
  HANG: "taken, never answered",
  DROP: "taken, hung up",
  CRASH: "answered HTTP 500",
  UNAVAILABLE: "answered HTTP 503",
  NO_TOKEN: "taken, answered without a token",
  GARBLED: "taken, answered broken JSON",
  CUT: "taken, answer broke off",
};

export class Panel {
  constructor(root, perform) {
    this.perform = perform;
    this.sums = h("p", { class: "sums" });
    this.list = h("ol", {
      class: "creates",
      "aria-label": "Payout requests that LigdiCash received, newest first",
    });
    this.empty = h(
      "p",
      { class: "fine" },
      "Nothing was received yet. A request appears here once a payout was approved in Slack.",
    );
    this.said = h("p", { class: "said", role: "status" });
    this.waits = h("input", {
      type: "checkbox",
      role: "switch",
      id: "waits",
      onchange: () => this.do({ do: "wait", waits: this.waits.checked }),
    });
    this.moods = radios("mood", MOODS, (mood) => this.do({ do: "mood", mood }));
    this.skies = radios("sky", SKIES, (sky) => this.do({ do: "sky", sky }));
    root.append(
      h(
        "header",
        { class: "pane-head" },
        h("h2", { id: "panel-title", tabindex: "-1" }, "LigdiCash"),
        h("p", {}, "sandbox: no money moves"),
      ),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": "LigdiCash" },
        this.sums,
        h(
          "label",
          { class: "switch", for: "waits" },
          this.waits,
          h(
            "span",
            {},
            "Payouts wait for me",
            h("span", { class: "fine" }, "Off: payouts are paid by themselves after a second"),
          ),
        ),
        h(
          "details",
          { class: "weather" },
          h("summary", {}, "LigdiCash’s troubles ", (this.mood = h("span", { class: "state" }))),
          this.moods.element,
        ),
        h(
          "details",
          { class: "weather" },
          h("summary", {}, "Slack’s troubles ", (this.sky = h("span", { class: "state" }))),
          this.skies.element,
        ),
        this.said,
        this.empty,
        this.list,
      ),
    );
  }

  async do(deed) {
    const { error, note } = await this.perform(deed);
    this.said.textContent = error ? `⚠ ${error}` : (note ?? "");
  }

  show(store) {
    const bank = store.get("ligdicash");
    const { slack } = store.get("sky");
    this.sums.replaceChildren(
      sum("received", bank.received),
      sum("paid", bank.paid),
      sum("in all", `${grouped(bank.sum)} XOF`),
    );
    this.waits.checked = bank.waits;
    this.moods.choose(bank.mood);
    this.skies.choose(slack);
    state(this.mood, bank.mood === "well", MOODS[bank.mood][0]);
    state(this.sky, slack === "fair", SKIES[slack][0]);
    const creates = store.all("create").sort((one, other) => other.number - one.number);
    this.empty.hidden = creates.length > 0;
    reconcile(
      this.list,
      creates.map((create) => ({
        key: String(create.number),
        version: JSON.stringify(create),
        build: (changed) => this.create(create, changed),
      })),
    );
  }

  create(create, changed) {
    const [sign, word] = STATES[create.status] ?? ["⛔", "not accepted"];
    const answered =
      create.outcome === "00"
        ? "answered with a token"
        : (OUTCOMES[create.outcome] ?? `refused: ${create.outcome}`);
    const accepted = create.status !== null;
    return h(
      "li",
      { class: changed ? "create changed" : "create", tabindex: "-1" },
      h(
        "div",
        { class: "row" },
        h("strong", {}, `${grouped(create.amount)} XOF`),
        h("span", { class: `status ${create.status ?? "refused"}` }, `${sign} ${word}`),
      ),
      h("p", {}, `to ${number(create.customer)}`, h("br"), h("span", { class: "fine" }, create.description)),
      h(
        "p",
        { class: "fine" },
        [clock(create.received), answered, asked(create), callbacks(create)].filter(Boolean).join(" · "),
      ),
      create.forged.length
        ? h(
            "p",
            { class: "fine" },
            `🎭 forged callbacks: ${create.forged.map((each) => `HTTP ${each ?? "none"}`).join(", ")}`,
          )
        : null,
      accepted ? this.buttons(create) : null,
    );
  }

  buttons(create) {
    const button = (words, deed, title, looks = "plain") =>
      h(
        "button",
        {
          type: "button",
          class: `button small ${looks}`,
          "data-focus": words,
          title,
          "aria-label": `${words}: ${grouped(create.amount)} XOF to ${number(create.customer)}`,
          onclick: () => this.do({ create: create.number, ...deed }),
        },
        words,
      );
    const complete = button(
      "Complete",
      { do: "settle", status: "completed" },
      "Paid, and told by a callback",
      create.status === "pending" ? "primary" : "plain",
    );
    const fail = button(
      "Fail",
      { do: "settle", status: "notcompleted" },
      "Not paid, and told by a callback",
      create.status === "pending" ? "danger" : "plain",
    );
    const silent = button(
      "Stay silent",
      { do: "settle", status: "completed", silently: true },
      "Paid, but no callback is sent: the bot has to ask",
    );
    const forge = button(
      "Forged callback",
      { do: "forge" },
      "Somebody else posts “completed” with a made-up token",
    );
    if (create.status === "pending") return h("div", { class: "buttons" }, complete, fail, silent, forge);
    return h(
      "details",
      { class: "more" },
      h("summary", {}, "Say something else"),
      h(
        "div",
        { class: "buttons" },
        create.status === "completed" ? fail : complete,
        create.paid ? null : forge,
      ),
    );
  }
}

function radios(name, table, choose) {
  const inputs = Object.entries(table).map(([value, [words, about]]) => {
    const input = h("input", {
      type: "radio",
      name,
      value,
      id: `${name}-${value.replace(" ", "-")}`,
      onchange: () => choose(value),
    });
    return {
      value,
      input,
      label: h(
        "label",
        { class: "choice", for: input.id },
        input,
        h("span", {}, words, h("span", { class: "fine" }, about)),
      ),
    };
  });
  return {
    element: h(
      "fieldset",
      { class: "field" },
      h("legend", { class: "hidden" }, name === "mood" ? "LigdiCash is" : "Slack is"),
      inputs.map((each) => each.label),
    ),
    choose: (value) => inputs.forEach((each) => (each.input.checked = each.value === value)),
  };
}

function state(element, good, words) {
  element.textContent = good ? `· ${words}` : `⚠ ${words}`;
  element.classList.toggle("bad", !good);
}

const sum = (words, value) => h("span", {}, h("strong", {}, String(value)), ` ${words}`);
const asked = (create) => (create.asked ? `asked ${create.asked}×, said “${create.said}”` : "");
const callbacks = (create) =>
  create.callbacks.length
    ? `callbacks: HTTP ${[...new Set(create.callbacks.map((each) => each ?? "none"))].join(", ")}`
    : "";
export const grouped = (amount) => String(amount).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const number = (digits) =>
  /^226\d{8}$/.test(digits) ? `+226 ${digits.slice(3).replace(/(..)(?=.)/g, "$1 ")}` : `+${digits}`;
