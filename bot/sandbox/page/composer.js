// The message box, with completion of the command.
import { h } from "./dom.js";
import { say } from "./words.js";

export class Composer {
  constructor(form, { id, send, commands }) {
    this.send = send;
    this.commands = commands;
    this.active = -1;
    this.offered = [];
    this.input = h("input", {
      id: `${id}-text`,
      type: "text",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${id}-list`,
      maxlength: "8000",
      enterkeyhint: "send",
      oninput: () => this.offer(),
      onkeydown: (event) => this.key(event),
      onblur: () => this.hide(),
    });
    this.list = h("ul", {
      id: `${id}-list`,
      role: "listbox",
      class: "offers",
      hidden: true,
    });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.button = h("button", { type: "submit", class: "button primary" });
    form.append(this.list, this.trouble, h("div", { class: "line" }, this.input, this.button));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.go();
    });
  }

  about(label) {
    this.input.setAttribute("aria-label", label);
    this.input.placeholder = label;
    this.list.setAttribute("aria-label", say("commands"));
    this.button.textContent = say("send");
  }

  write(text) {
    this.input.value = text;
    this.input.focus();
    this.hide();
  }

  async go() {
    const text = this.input.value.trim();
    if (!text || this.button.disabled) return;
    this.button.disabled = true;
    this.hide();
    this.trouble.textContent = "";
    const { error } = await this.send(text);
    this.button.disabled = false;
    this.trouble.textContent = error ? `⚠ ${error}` : "";
    if (!error && this.input.value.trim() === text) this.input.value = "";
  }

  offer() {
    const text = this.input.value;
    this.trouble.textContent = "";
    this.offered = text.startsWith("/")
      ? this.commands().filter(
          (each) =>
            each.text.startsWith(text.trimEnd()) ||
            (text.startsWith(`${each.text} `) && !each.text.includes(" ")),
        )
      : [];
    // Enter sends a command that is written out, and completes one that is not.
    const first = this.offered[0];
    this.active = first && first.text !== text.trimEnd() && first.text.startsWith(text) ? 0 : -1;
    this.draw();
  }

  hide() {
    this.offered = [];
    this.draw();
  }

  draw() {
    this.list.replaceChildren(
      ...this.offered.map((each, index) =>
        h(
          "li",
          {
            id: `${this.list.id}-${index}`,
            role: "option",
            "aria-selected": String(index === this.active),
            onpointerdown: (event) => {
              event.preventDefault();
              this.take(each);
            },
          },
          h("strong", {}, each.text),
          each.usage ? h("span", { class: "usage" }, each.usage) : null,
          h("span", { class: "fine" }, each.about),
        ),
      ),
    );
    this.list.hidden = this.offered.length === 0;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.active >= 0) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  take(offer) {
    this.input.value = offer.usage ? `${offer.text} ` : offer.text;
    this.input.focus();
    this.offer();
  }

  key(event) {
    if (!this.offered.length) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const from = this.active < 0 && step < 0 ? 0 : this.active;
      this.active = (from + step + this.offered.length) % this.offered.length;
      this.draw();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.hide();
    } else if (this.active >= 0 && (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey))) {
      event.preventDefault();
      this.take(this.offered[this.active]);
    }
  }
}
