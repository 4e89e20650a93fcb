// A short start that follows what the visitor does, and that can be closed.
import { h } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

const EXAMPLE = "/payout 22670000000 5000 refund for order 1234";
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
        words: `As Aminata, an agent, type \`${EXAMPLE}\` in #support. Then send the form.`,
        aid: ["Type it for me", () => help.write(EXAMPLE)],
        done: (deed) => deed.do === "submit",
      },
      {
        words: "Now be *Clarisse*, who may approve. Her phone has just lit up.",
        aid: ["Be Clarisse", () => help.be("U0CLARISSE")],
        done: (deed) => deed.do === "be" && deed.role === "approver",
      },
      {
        words: "Open the thread under the request, press *Approve*, and confirm.",
        aid: ["Open the thread", () => help.openThread()],
        done: (deed) => deed.do === "click" && deed.confirm,
      },
      {
        words: "LigdiCash has it now: *initiated, not yet paid*. Press *Complete* there.",
        aid: ["Show LigdiCash", () => help.showPanel()],
        done: (deed) => deed.do === "settle",
      },
      {
        words:
          "See the token and the final status in the thread. Next: approve an own request, reject one, let LigdiCash go down.",
        aid: ["Show the thread", () => help.openThread()],
        done: () => false,
      },
    ];
    opener.addEventListener("click", () => (root.hidden ? this.open() : this.close()));
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
        h("span", { class: "hidden" }, index < this.step ? `Step ${index + 1}, done` : `Step ${index + 1}`),
        h("span", { "aria-hidden": "true" }, index < this.step ? "✓" : String(index + 1)),
      ),
    );
    this.root.replaceChildren(
      h("ol", { class: "steps" }, dots),
      h("p", { role: "status" }, mrkdwn(words, this.help.names())),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", class: "button small primary", onclick: aid[1] }, aid[0]),
        h(
          "button",
          { type: "button", class: "button small plain", onclick: () => this.close() },
          last ? "Done" : "Close",
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
