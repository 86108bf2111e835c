/** The newest events in order of receipt, newest on top. */
import type { NewestEvent } from "../gateway/model/admin.ts";
import { make } from "./dom.ts";
import { amount, asSent, duration, nameInWords, pathInWords, shortened, timeOfDay } from "./words.ts";

const maxRows = 50;

export interface EventList {
  /** Puts events on top, oldest first, so that the last one ends up highest. */
  add(events: readonly NewestEvent[]): void;
  clear(): void;
}

export const createEventList = (list: HTMLElement, empty: HTMLElement): EventList => {
  let filled = false; // the rows that are there when the page opens are not news
  return {
    add(events) {
      for (const event of events) {
        const row = drawRow(event);
        if (filled) row.classList.add("fresh");
        list.prepend(row);
      }
      while (list.children.length > maxRows) list.lastElementChild?.remove();
      empty.hidden = list.children.length > 0;
      filled = true;
    },
    clear() {
      list.replaceChildren();
      filled = false;
    },
  };
};

const drawRow = (event: NewestEvent): HTMLLIElement => {
  const time = make("time", "", timeOfDay(event.receivedAt));
  time.dateTime = new Date(event.receivedAt).toISOString();

  const name = make("span", "name", shortened(nameInWords(event.name)));
  name.title = asSent(event.name);
  if (event.request === null && !plainTypes.has(event.type) && event.type !== event.name)
    name.append(make("span", "type", event.type));

  if (event.request !== null) name.append(make("span", "method", event.request.method));

  const page = make("span", "page", pathInWords(event.page ?? ""));
  page.title = pathInWords(event.page ?? "");

  const problems = event.problems.map((problem) => make("p", "problem", asSent(problem)));
  return make("li", "", time, name, page, drawFacts(event), ...problems);
};

// Most events are of these: saying so on every row would be noise.
const plainTypes: ReadonlySet<string> = new Set(["page", "track"]);

/** `201 34 ms` */
const drawRequest = ({ status, durationMs }: NonNullable<NewestEvent["request"]>): HTMLElement[] => {
  const failed = status !== null && status >= 400;
  return [
    make("span", failed ? "chip bot" : "chip", status === null ? "no answer" : String(status)),
    ...(durationMs === null ? [] : [make("span", "took", duration(durationMs))]),
  ];
};

/** The class in the row, and by what it was told when one points at it: `headless: HeadlessChrome`. */
const drawBot = (bot: string): HTMLElement => {
  const chip = make("span", "chip bot", `bot: ${bot.split(": ", 1)[0]}`);
  chip.title = bot;
  return chip;
};

/** Of several experiments none stands for the others. */
const drawVariant = (variant: string, all: readonly string[]): HTMLElement => {
  const chip = make("span", "chip variant", all.length > 1 ? `${all.length} variants` : asSent(variant));
  chip.title = all.map(asSent).join(", ");
  return chip;
};

const drawFacts = (event: NewestEvent): HTMLElement => {
  const facts = make("span", "facts");
  if (event.request !== null) facts.append(...drawRequest(event.request));
  if (event.value !== null) facts.append(make("span", "amount", amount(event.value, event.currency)));
  if (event.variant !== null) facts.append(drawVariant(event.variant, event.variants));
  if (event.bot !== null) facts.append(drawBot(event.bot));
  if (event.demo) facts.append(make("span", "chip", "demo"));
  facts.append(make("span", "visitor", event.visitor === null ? "no id" : `…${event.visitor}`));
  return facts;
};
