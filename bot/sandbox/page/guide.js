// A short start that follows what the visitor does, and that can be closed.
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { say } from "./words.js";

const example = () => `/payout 22670000000 5000 ${say("example")}`;
const CLOSED = "guide-closed";

export class Guide {
  // `help` has: write(text), be(user), openThread(), showPanel(), names().
  constructor(root, opener, help) {
    this.root = root;
    this.opener = opener;
    this.help = help;
    this.step = 0;
    this.steps = [
      {
        words: () => say("guide_ask", { example: example() }),
        aid: ["guide_ask_aid", () => help.write(example())],
        done: (deed) => deed.do === "submit",
      },
      {
        words: () => say("guide_be"),
        aid: ["guide_be_aid", () => help.be("U0CLARISSE")],
        done: (deed) => deed.do === "be" && deed.role === "approver",
      },
      {
        words: () => say("guide_approve", { approve: say("approve") }),
        aid: ["guide_approve_aid", () => help.openThread()],
        done: (deed) => deed.do === "click" && deed.confirm,
      },
      {
        words: () => say("guide_complete"),
        aid: ["guide_complete_aid", () => help.showPanel()],
        done: (deed) => deed.do === "settle",
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

  // What was done, once it went well.
  saw(deed) {
    if (this.root.hidden || !this.steps[this.step].done(deed)) return;
    this.step += 1;
    this.draw();
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
