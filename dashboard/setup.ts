/** What is set up already, and the line for sites that Turnpike does not stand in front of. */
import type { ChecklistItem, Overview } from "../gateway/model/admin.ts";
import { byId, make, makeSvg, setText, whenChanged } from "./dom.ts";

export const createSetup = () => {
  const drawChecklist = whenChanged((items: readonly ChecklistItem[]) => {
    byId("checklist").replaceChildren(...items.map(drawItem));
  });
  byId("copy").addEventListener("click", () => void copySnippet());

  return (overview: Overview): void => {
    drawChecklist(overview.checklist);
    setText(byId("snippet"), overview.snippet);
    const state = overview.snippetSeen ? "its events arrive" : "waiting for the first event from it…";
    setText(byId("snippet-state"), state);
  };
};

const drawItem = (item: ChecklistItem): HTMLElement => {
  const tick = makeSvg(
    "svg",
    { class: "tick", viewBox: "0 0 20 20", "aria-hidden": "true" },
    makeSvg("circle", { cx: 10, cy: 10, r: 9 }),
    ...(item.done ? [makeSvg("path", { d: "M5.8 10.4l2.9 2.9 5.6-6.2" })] : []),
  );
  const state = make("span", "visually-hidden", item.done ? "done: " : "not yet: ");
  return make(
    "li",
    item.done ? "done" : "",
    tick,
    make("b", "", state, item.title),
    make("span", "", item.text),
  );
};

const saidForMs = 2_000;

const copySnippet = async (): Promise<void> => {
  const button = byId("copy");
  const code = byId("snippet");
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    setText(button, "Copied");
  } catch {
    // Browsers give the clipboard to secure origins only; over plain http from another machine we can
    // at least select the line.
    window.getSelection()?.selectAllChildren(code);
    setText(button, "Selected: press Ctrl+C");
  }
  window.setTimeout(() => setText(button, "Copy"), saidForMs);
};
