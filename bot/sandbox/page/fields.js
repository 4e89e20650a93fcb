// What can be filled in, as the browser's own controls.
import { h, plainOf } from "./dom.js";
import { plainText } from "./mrkdwn.js";
import { say } from "./words.js";

const TYPES = {
  number_input: "text",
  email_text_input: "email",
  url_text_input: "url",
  datepicker: "date",
  timepicker: "time",
};

export function single(block, id, value, described) {
  const element = block.element;
  const common = {
    id,
    name: block.block_id,
    "aria-describedby": described,
    "aria-required": block.optional ? "false" : "true",
  };
  if (element.type === "static_select" || element.type === "users_select")
    return select(element, common, value);
  const text = { ...common, placeholder: plainOf(element.placeholder) || undefined };
  if (!element.multiline)
    return h("input", { ...text, type: TYPES[element.type] ?? "text", value: value ?? "" });
  const area = h("textarea", {
    ...text,
    rows: "4",
    onkeydown: (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form.requestSubmit();
    },
  });
  area.value = value ?? "";
  return area;
}

function select(element, common, value) {
  const list = h("select", common, h("option", { value: "" }, plainOf(element.placeholder) || say("choose")));
  for (const group of element.option_groups ?? [{ options: element.options ?? [] }]) {
    const parent = group.label ? list.appendChild(h("optgroup", { label: plainOf(group.label) })) : list;
    for (const option of group.options)
      parent.append(h("option", { value: option.value }, plainOf(option.text)));
  }
  list.value = value ?? "";
  return list;
}

export function choices(block, id, value) {
  const kind = block.element.type === "radio_buttons" ? "radio" : "checkbox";
  const chosen = new Set([value].flat());
  const options =
    block.element.options ?? (block.element.option_groups ?? []).flatMap((group) => group.options);
  return options.map((option, index) => {
    const input = h("input", { type: kind, id: `${id}-${index}`, name: block.block_id, value: option.value });
    input.checked = chosen.has(option.value);
    const more = option.description
      ? h("span", { class: "fine" }, plainText(plainOf(option.description)))
      : null;
    return h(
      "label",
      { class: "choice", for: `${id}-${index}` },
      input,
      h("span", {}, plainText(plainOf(option.text)), more),
    );
  });
}
