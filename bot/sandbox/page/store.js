// What the server says that somebody sees, and the way back to it.
import { say, told } from "./words.js";

export class Store {
  constructor(onchange, onlost) {
    this.items = new Map();
    this.onchange = onchange;
    this.onlost = onlost;
    this.stream = null;
  }

  get(key) {
    return this.items.get(key);
  }

  all(kind) {
    return [...this.items].filter(([key]) => key.startsWith(`${kind}:`)).map(([, item]) => item);
  }

  follow(who) {
    this.stream?.close();
    const stream = (this.stream = new EventSource(`events?as=${encodeURIComponent(who)}`));
    stream.onmessage = (event) => {
      if (stream === this.stream) this.take(JSON.parse(event.data));
    };
    stream.onerror = () => this.onlost(true);
    stream.onopen = () => this.onlost(false);
  }

  take({ whole, set, gone }) {
    if (whole) this.items.clear();
    for (const [key, item] of Object.entries(set)) this.items.set(key, item);
    for (const key of gone) this.items.delete(key);
    this.onchange(whole);
  }
}

export async function perform(deed) {
  try {
    const response = await fetch("do", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(deed),
    });
    const { ok, error, note, about } = await response.json();
    return { ok, error: told(error, about), note: told(note, about) };
  } catch {
    return { ok: false, error: say("unreachable") };
  }
}
