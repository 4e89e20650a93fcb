// Forms as native dialogs: the browser keeps the focus inside, and the rest of the page out of reach.
import { h, plainOf } from "./dom.js";
import { blocks } from "./blocks.js";
import { choices, single } from "./fields.js";
import { plainText } from "./mrkdwn.js";
import { say, told } from "./words.js";

export class Modals {
  // `room(view)` gives names and click; `submit(view, values)` and `close(view)` go to the stand-in.
  constructor({ room, submit, close }) {
    this.room = room;
    this.submit = submit;
    this.close = close;
    this.open = new Map();
  }

  show(views) {
    const wanted = new Map(views.map((view) => [view.id, view]));
    for (const [id, modal] of this.open) {
      if (wanted.has(id)) continue;
      this.open.delete(id);
      modal.leave();
    }
    for (const view of views) {
      const modal = this.open.get(view.id);
      if (modal) modal.update(view);
      else this.open.set(view.id, new Modal(view, this));
    }
  }
}

class Modal {
  constructor(view, modals) {
    this.modals = modals;
    this.typed = new Map();
    this.before = document.activeElement;
    this.left = false;
    this.title = h("h2", { id: `title-${view.id}` });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.body = h("div", { class: "body" });
    this.ends = h("div", { class: "ends" });
    const away = h(
      "button",
      { type: "button", class: "quiet", onclick: () => this.cancel() },
      h("span", { "aria-hidden": "true" }, "✕"),
      h("span", { class: "hidden" }, say("close_form")),
    );
    this.form = h(
      "form",
      {
        novalidate: true,
        autocomplete: "off",
        onsubmit: (event) => this.send(event),
        oninput: () => this.keep(),
      },
      h("header", {}, this.title, away),
      this.body,
      this.trouble,
      this.ends,
    );
    this.dialog = h(
      "dialog",
      {
        class: "modal",
        "aria-labelledby": `title-${view.id}`,
        oncancel: (event) => {
          event.preventDefault();
          this.cancel();
        },
        // A browser may close it without asking, on a second Escape.
        onclose: () => this.left || this.cancel(),
      },
      this.form,
    );
    document.body.append(this.dialog);
    this.update(view);
    this.dialog.showModal();
    this.focusFirst();
  }

  update(view) {
    // What was typed is here; what the server knows of it is older.
    const content = (each) => JSON.stringify({ ...each, errors: 0, values: 0 });
    const same = this.view && content(this.view) === content(view);
    const wrong = JSON.stringify(this.view?.errors ?? {}) !== JSON.stringify(view.errors);
    this.view = view;
    this.title.textContent = plainOf(view.title);
    if (!same) this.draw();
    this.showErrors(wrong);
  }

  draw() {
    const focused = this.dialog.contains(document.activeElement) ? document.activeElement.id : "";
    this.body.replaceChildren(
      ...blocks(this.view.blocks, {
        ...this.modals.room(this.view, () => this.values()),
        field: (block) => this.field(block),
      }),
    );
    const close = plainOf(this.view.close) || say("close");
    this.button = this.view.submit
      ? h("button", { type: "submit", class: "button primary" }, plainOf(this.view.submit))
      : null;
    this.ends.replaceChildren(
      h("button", { type: "button", class: "button plain", onclick: () => this.cancel() }, close),
      ...(this.button ? [this.button] : []),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  // Fields

  field(block) {
    const id = `${this.view.id}-${block.block_id}`;
    const value = this.typed.has(block.block_id)
      ? this.typed.get(block.block_id)
      : this.view.values[block.block_id];
    const label = [
      plainText(plainOf(block.label)),
      block.optional ? h("span", { class: "fine" }, ` ${say("optional")}`) : null,
    ];
    const hint = block.hint
      ? h("p", { class: "hint", id: `${id}-hint` }, plainText(plainOf(block.hint)))
      : null;
    const error = h("p", { class: "error", id: `${id}-error` });
    const described = [hint ? `${id}-hint` : "", `${id}-error`].join(" ").trim();
    const several = ["radio_buttons", "checkboxes", "multi_static_select"].includes(block.element.type);
    const control = several ? choices(block, id, value) : single(block, id, value, described);
    if (!several) return h("div", { class: "field" }, h("label", { for: id }, label), control, error, hint);
    const role = block.element.type === "radio_buttons" ? "radiogroup" : "group";
    return h(
      "fieldset",
      { class: "field", id, role, "aria-describedby": described, tabindex: "-1" },
      h("legend", {}, label),
      control,
      error,
      hint,
    );
  }

  values() {
    const found = {};
    for (const block of this.view.blocks)
      if (block.type === "input") found[block.block_id] = this.valueOf(block);
    return found;
  }

  valueOf(block) {
    const all = [...this.form.querySelectorAll(`[name="${CSS.escape(block.block_id)}"]`)];
    if (block.element.type === "radio_buttons") return all.find((each) => each.checked)?.value ?? null;
    if (["checkboxes", "multi_static_select"].includes(block.element.type))
      return all.filter((each) => each.checked).map((each) => each.value);
    return all[0]?.value || null;
  }

  keep() {
    this.typed = new Map(Object.entries(this.values()));
  }

  showErrors(anew) {
    let first = null;
    for (const block of this.view.blocks.filter((each) => each.type === "input")) {
      const id = `${this.view.id}-${block.block_id}`;
      const message = told(this.view.errors[block.block_id]) ?? "";
      const shown = document.getElementById(`${id}-error`);
      shown.textContent = message ? `⚠ ${message}` : "";
      document.getElementById(id).setAttribute("aria-invalid", message ? "true" : "false");
      if (message) first ??= document.getElementById(id);
    }
    if (anew && first) (first.matches("fieldset") ? (first.querySelector("input") ?? first) : first).focus();
  }

  focusFirst() {
    const wanted = this.view.blocks.find((block) => block.element?.focus_on_load);
    const field = wanted
      ? document.getElementById(`${this.view.id}-${wanted.block_id}`)
      : this.body.querySelector("input, select, textarea");
    (field ?? this.button ?? this.title).focus();
  }

  // Ends

  async send(event) {
    event.preventDefault();
    if (!this.button || this.button.disabled) return;
    this.keep();
    this.busy(true);
    this.trouble.textContent = "";
    const { error } = await this.modals.submit(this.view, this.values());
    this.busy(false);
    this.trouble.textContent = error ? `⚠ ${error}` : "";
    // The same mistake once more changes nothing on the screen, so the field is shown again.
    if (!error && this.dialog.isConnected) this.showErrors(true);
  }

  busy(is) {
    this.button.disabled = is;
    this.form.setAttribute("aria-busy", String(is));
  }

  // Off the screen at once, as at Slack; back only if it could not be left.
  async cancel() {
    if (this.left) return;
    this.hide();
    const { ok } = await this.modals.close(this.view);
    if (ok || !this.dialog.isConnected) return;
    this.left = false;
    this.dialog.showModal();
  }

  leave() {
    this.hide();
    this.dialog.remove();
  }

  hide() {
    if (this.left) return;
    this.left = true;
    this.dialog.close();
    if (!document.activeElement || document.activeElement === document.body) {
      const back = this.before?.isConnected ? this.before : document.getElementById("composer-text");
      back?.focus({ preventScroll: true });
    }
  }
}
