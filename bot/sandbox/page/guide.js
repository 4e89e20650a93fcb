// A short start that follows what the visitor does, and that can be closed.
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { say } from "./words.js";

const example = () => `/payout 22670124578 5000 ${say("example")}`;
const CLOSED = "guide-closed";

export class Guide {
  // `help` has: write(text), be(user), openThread(), showPanel(), names(), isApprover(), and what there is to see:
  // cards(), the ids of the payouts in #support, and creates(), what LigdiCash received.
  constructor(root, opener, help) {
    this.root = root;
    this.opener = opener;
    this.help = help;
    this.step = 0;
    this.folded = true;
    this.before = new Set();
    this.steps = [
      {
        words: () => say("guide_ask", { example: example() }),
        aid: ["guide_ask_aid", () => help.write(example())],
        done: () => this.asked().length > 0,
      },
      {
        words: () => say("guide_be"),
        aid: ["guide_be_aid", () => help.be("U0CLARISSE")],
        done: () => help.isApprover(),
      },
      {
        words: () => say("guide_approve", { approve: say("approve") }),
        aid: ["guide_approve_aid", () => help.openThread()],
        // What it refused is not with LigdiCash: nothing can be completed there.
        done: () => this.received().some((create) => ["pending", "completed"].includes(create.status)),
      },
      {
        words: () => say("guide_complete"),
        aid: ["guide_complete_aid", () => help.showPanel()],
        done: () => this.received().some((create) => create.status === "completed"),
      },
      {
        words: () => say("guide_end"),
        aid: ["guide_end_aid", () => help.openThread()],
        done: () => false,
      },
    ];
    opener.addEventListener("click", () => (root.hidden ? this.open() : this.close()));
  }

  // Once the page knows its language.
  start() {
    if (remembered() !== CLOSED) this.open();
  }

  open() {
    this.step = 0;
    this.before = new Set(this.help.cards());
    this.root.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.draw();
  }

  close() {
    this.root.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    remember(CLOSED);
    this.opener.focus();
  }

  // Only payouts that were asked for since the guide was opened: what else is done here ticks nothing.
  asked() {
    return this.help.cards().filter((id) => !this.before.has(id));
  }

  // LigdiCash's description of a payout begins with its id.
  received() {
    const asked = new Set(this.asked());
    return this.help.creates().filter((create) => asked.has(create.description.split(" ")[0]));
  }

  // Goes on past what is done by now.
  look() {
    if (this.root.hidden) return;
    const from = this.step;
    while (this.steps[this.step].done()) this.step += 1;
    if (this.step !== from) this.draw();
  }

  draw() {
    const { words, aid } = this.steps[this.step];
    const last = this.step === this.steps.length - 1;
    const dots = this.steps.map((_, index) =>
      h(
        "li",
        {
          class: index < this.step ? "done" : index === this.step ? "now" : "",
          "aria-current": index === this.step ? "step" : undefined,
        },
        h("span", { class: "hidden" }, say(index < this.step ? "step_done" : "step", { number: index + 1 })),
        h("span", { "aria-hidden": "true" }, index < this.step ? "✓" : String(index + 1)),
      ),
    );
    this.root.replaceChildren(
      this.unfold(),
      h("ol", { class: "steps" }, dots),
      h("p", { role: "status" }, mrkdwn(words(), this.help.names())),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", class: "button small primary", onclick: aid[1] }, say(aid[0])),
        h(
          "button",
          { type: "button", class: "button small plain", onclick: () => this.close() },
          say(last ? "guide_done" : "close"),
        ),
      ),
    );
  }

  // On a phone the guide is one line until somebody wants all of it; elsewhere this button is not shown.
  unfold() {
    const toggle = () => {
      this.folded = !this.folded;
      this.draw();
      this.root.querySelector(".unfold").focus();
    };
    this.root.classList.toggle("folded", this.folded);
    return h(
      "button",
      { type: "button", class: "quiet unfold", "aria-expanded": String(!this.folded), onclick: toggle },
      h("span", { class: "hidden" }, say("guide_unfold")),
      h("span", { "aria-hidden": "true" }, this.folded ? "▾" : "▴"),
    );
  }
}

function remembered() {
  try {
    return localStorage.getItem(CLOSED);
  } catch {
    return null;
  }
}

function remember(what) {
  try {
    localStorage.setItem(CLOSED, what);
  } catch {
    // A browser that keeps nothing shows the guide again.
  }
}
