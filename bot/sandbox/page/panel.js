// LigdiCash, and the weather on both sides.
import { h, clock, reconcile } from "./dom.js";
import { say } from "./words.js";

const MOODS = ["well", "silent", "hangs up", "error page", "down"];
const SKIES = ["fair", "outage", "rate limited", "slow", "lost answers"];
const SIGNS = { completed: "🟢", pending: "⏳", notcompleted: "🔴", refused: "⛔" };

export class Panel {
  constructor(root, perform) {
    this.perform = perform;
    this.sums = h("p", { class: "sums" });
    this.list = h("ol", {
      class: "creates",
      "aria-label": say("bank_list"),
    });
    this.empty = h("p", { class: "fine" }, say("bank_empty"));
    this.said = h("p", { class: "said", role: "status" });
    this.waits = h("input", {
      type: "checkbox",
      role: "switch",
      id: "waits",
      onchange: () => this.do({ do: "wait", waits: this.waits.checked }),
    });
    this.moods = radios("mood", MOODS, say("ligdicash_is"), (mood) => this.do({ do: "mood", mood }));
    this.skies = radios("sky", SKIES, say("slack_is"), (sky) => this.do({ do: "sky", sky }));
    root.replaceChildren(
      h(
        "header",
        { class: "pane-head" },
        h("h2", { id: "panel-title", tabindex: "-1" }, "LigdiCash"),
        h("p", {}, say("sandbox")),
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
            say("waits"),
            h("span", { class: "fine" }, say("waits_about")),
          ),
        ),
        h(
          "details",
          { class: "weather" },
          h("summary", {}, `${say("ligdicash_troubles")} `, (this.mood = h("span", { class: "state" }))),
          this.moods.element,
        ),
        h(
          "details",
          { class: "weather" },
          h("summary", {}, `${say("slack_troubles")} `, (this.sky = h("span", { class: "state" }))),
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
      sum(say("sum_received"), bank.received),
      sum(say("sum_paid"), bank.paid),
      sum(say("sum_all"), say("xof", { amount: grouped(bank.sum) })),
    );
    this.waits.checked = bank.waits;
    this.moods.choose(bank.mood);
    this.skies.choose(slack);
    state(this.mood, bank.mood === "well", say(wordOf("mood", bank.mood)));
    state(this.sky, slack === "fair", say(wordOf("sky", slack)));
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
    const status = create.status ?? "refused";
    return h(
      "li",
      { class: changed ? "create changed" : "create", tabindex: "-1" },
      h(
        "div",
        { class: "row" },
        h("strong", {}, say("xof", { amount: grouped(create.amount) })),
        h("span", { class: `status ${status}` }, `${SIGNS[status]} ${say(`status_${status}`)}`),
      ),
      h("p", {}, say("to", { number: number(create.customer) }), h("br"), h("span", { class: "fine" }, create.description)),
      h(
        "p",
        { class: "fine" },
        [clock(create.received), answered(create), asked(create), callbacks(create)].filter(Boolean).join(" · "),
      ),
      create.forged.length
        ? h(
            "p",
            { class: "fine" },
            `🎭 ${say("forged", { answers: answers(create.forged) })}`,
          )
        : null,
      create.status === null ? null : this.buttons(create),
    );
  }

  buttons(create) {
    const button = (name, deed, looks = "plain") =>
      h(
        "button",
        {
          type: "button",
          class: `button small ${looks}`,
          "data-focus": name,
          title: say(`${name}_about`),
          "aria-label": say("one_payout", {
            button: say(name),
            amount: say("xof", { amount: grouped(create.amount) }),
            number: number(create.customer),
          }),
          onclick: () => this.do({ create: create.number, ...deed }),
        },
        say(name),
      );
    const complete = button(
      "complete",
      { do: "settle", status: "completed" },
      create.status === "pending" ? "primary" : "plain",
    );
    const fail = button(
      "fail",
      { do: "settle", status: "notcompleted" },
      create.status === "pending" ? "danger" : "plain",
    );
    const silent = button("stay_silent", { do: "settle", status: "completed", silently: true });
    const forge = button("forge", { do: "forge" });
    if (create.status === "pending") return h("div", { class: "buttons" }, complete, fail, silent, forge);
    return h(
      "details",
      { class: "more" },
      h("summary", {}, say("say_else")),
      h(
        "div",
        { class: "buttons" },
        create.status === "completed" ? fail : complete,
        create.paid ? null : forge,
      ),
    );
  }
}

function radios(name, values, legend, choose) {
  const inputs = values.map((value) => {
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
        h(
          "span",
          {},
          say(wordOf(name, value)),
          h("span", { class: "fine" }, say(`${wordOf(name, value)}_about`)),
        ),
      ),
    };
  });
  return {
    element: h(
      "fieldset",
      { class: "field" },
      h("legend", { class: "hidden" }, legend),
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
const wordOf = (kind, value) => `${kind}_${value.replace(" ", "_")}`;
const answered = ({ outcome }) =>
  outcome === "00"
    ? say("answered_token")
    : outcome.startsWith("Code")
      ? say("answered_refused", { code: outcome })
      : say(`answered_${outcome}`);
const asked = (create) => (create.asked ? say("asked", { times: create.asked, word: create.said }) : "");
const answers = (codes) =>
  [...new Set(codes)].map((each) => (each === null ? say("no_answer") : `HTTP ${each}`)).join(", ");
const callbacks = (create) =>
  create.callbacks.length ? say("callbacks", { answers: answers(create.callbacks) }) : "";
export const grouped = (amount) => String(amount).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const number = (digits) =>
  /^226\d{8}$/.test(digits) ? `+226\u00a0${digits.slice(3).replace(/(..)(?=.)/g, "$1\u00a0")}` : `+${digits}`;
