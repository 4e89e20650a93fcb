// Block Kit as elements. It knows kinds of blocks, never what the bot means by them.
import { h, plainOf } from "./dom.js";
import { mrkdwn, plainText } from "./mrkdwn.js";
import { say } from "./words.js";

export function textOf(text, names) {
  if (!text) return document.createDocumentFragment();
  return text.type === "mrkdwn" ? mrkdwn(text.text, names, text.verbatim === true) : plainText(plainOf(text));
}

// `room` has names, `click(block_id, element, choose)` and, in modals, `field(block)`.
export function blocks(list, room) {
  return list.map((block) => h("div", { class: `block ${block.type}` }, drawn(block, room)));
}

function drawn(block, room) {
  switch (block.type) {
    case "section":
      return section(block, room);
    case "header":
      return h("p", { class: "headline" }, plainText(plainOf(block.text)));
    case "divider":
      return h("hr");
    case "context":
      return block.elements.map((each) => contextual(each, room));
    case "actions":
      return h(
        "div",
        { class: "buttons" },
        block.elements.map((each) => action(block, each, room)),
      );
    case "input":
      return room.field ? room.field(block) : null;
    case "image":
      return h("p", { class: "fine" }, `🖼 ${block.alt_text}`);
    case "markdown":
      return h("div", { class: "raw" }, block.text);
    case "rich_text":
      return rich(block.elements, room);
    default:
      return h("p", { class: "fine" }, `(a block of the kind “${block.type}”)`);
  }
}

function section(block, room) {
  const words = h("div", { class: "words" });
  if (block.text) words.append(h("div", {}, textOf(block.text, room.names)));
  if (block.fields)
    words.append(
      h(
        "div",
        { class: "fields" },
        block.fields.map((each) => h("div", {}, textOf(each, room.names))),
      ),
    );
  if (!block.accessory) return words;
  return h("div", { class: "beside" }, words, action(block, block.accessory, room));
}

function contextual(element, room) {
  if (element.type === "image") return h("span", {}, `🖼 ${element.alt_text}`);
  return h("span", {}, textOf(element, room.names));
}

function action(block, element, room) {
  const focus = `${block.block_id}/${element.action_id}`;
  if (element.type === "button") return button(block, element, room, focus);
  if (element.type === "image") return h("span", { class: "fine" }, `🖼 ${element.alt_text}`);
  if (element.type === "overflow" || element.type === "static_select")
    return menu(block, element, room, focus);
  if (element.type === "radio_buttons" || element.type === "checkboxes")
    return menu(block, element, room, focus);
  return h("span", { class: "fine" }, `(${element.type})`);
}

function button(block, element, room, focus) {
  const looks = ["button", element.style ?? "plain"].join(" ");
  return h(
    "button",
    {
      type: "button",
      class: looks,
      "data-focus": focus,
      "aria-label": element.accessibility_label,
      onclick: (event) => room.click(block.block_id, element, undefined, event.currentTarget),
    },
    plainText(plainOf(element.text)),
  );
}

function menu(block, element, room, focus) {
  const options = element.option_groups
    ? element.option_groups.flatMap((group) => group.options)
    : element.options;
  const chosen = element.initial_option?.value;
  const empty = element.type === "overflow" ? "⋯" : plainOf(element.placeholder) || say("choose");
  const select = h(
    "select",
    {
      class: "menu",
      "data-focus": focus,
      "aria-label": element.type === "overflow" ? say("more_actions") : empty,
      onchange: (event) => {
        const choose = event.currentTarget.value;
        if (choose) room.click(block.block_id, element, choose, event.currentTarget);
      },
    },
    chosen ? null : h("option", { value: "" }, empty),
  );
  for (const option of options) {
    const shown = h("option", { value: option.value }, plainOf(option.text));
    shown.selected = option.value === chosen;
    select.append(shown);
  }
  return select;
}

const RICH = {
  rich_text_section: "div",
  rich_text_list: "ul",
  rich_text_preformatted: "pre",
  rich_text_quote: "blockquote",
};

function rich(elements, room) {
  return elements.map((element) => {
    if (element.type in RICH) {
      const inner = rich(element.elements, room);
      return h(
        RICH[element.type],
        {},
        element.type === "rich_text_list" ? inner.map((each) => h("li", {}, each)) : inner,
      );
    }
    if (element.type === "user")
      return h("span", { class: "chip" }, `@${room.names.people[element.user_id] ?? element.user_id}`);
    const [tag] = Object.entries({ code: "code", bold: "strong", italic: "em", strike: "s" })
      .filter(([name]) => element.style?.[name])
      .map(([, each]) => each);
    return h(tag ?? "span", {}, element.text ?? element.url ?? element.unicode ?? "");
  });
}

export function confirmed(confirm, room) {
  return new Promise((resolve) => {
    const title = h("h2", { id: "confirm-title" }, plainOf(confirm.title));
    const yes = h(
      "button",
      {
        type: "button",
        class: `button ${confirm.style === "danger" ? "danger" : "primary"}`,
        onclick: () => dialog.close("yes"),
      },
      plainOf(confirm.confirm) || say("yes"),
    );
    const no = h(
      "button",
      { type: "button", class: "button plain", onclick: () => dialog.close("no") },
      plainOf(confirm.deny) || say("cancel"),
    );
    const dialog = h(
      "dialog",
      {
        class: "modal confirm",
        "aria-labelledby": "confirm-title",
        "aria-describedby": "confirm-text",
        onclose: () => {
          dialog.remove();
          resolve(dialog.returnValue === "yes");
        },
      },
      title,
      h("div", { class: "words", id: "confirm-text" }, textOf(confirm.text, room.names)),
      h("div", { class: "ends" }, no, yes),
    );
    document.body.append(dialog);
    dialog.showModal();
    // Reading comes before paying: Enter must not do both.
    no.focus();
  });
}
