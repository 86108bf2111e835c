import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChecklistFacts, checklist } from "./checklist.ts";

const siteUrl = "http://localhost:8080";
const textsOf = (facts: Partial<ChecklistFacts>): readonly string[] =>
  checklist({ counters: {}, experiments: [], siteUrl, demo: false, ...facts }).map(({ text }) => text);

test("what was stored ticks its line", () => {
  const items = checklist({ counters: { documents: 1, exposures: 2 }, experiments: [], siteUrl, demo: true });
  assert.deepEqual(
    items.map(({ key, done }) => [key, done]),
    [
      ["script", false],
      ["proxy", true],
      ["experiment", true],
      ["extension", false],
    ],
  );
  assert.match(items[1]?.text ?? "", /^1 document served/);
  assert.match(items[2]?.text ?? "", /^2 exposures written/);
});

test("the next step with an experiment is what its settings still lack", () => {
  const running = { key: "headline", status: "running" } as const;
  const draft = { key: "price", status: "draft" } as const;
  assert.match(textsOf({})[2] ?? "", /^Add one under experiments in config\.json/);
  assert.match(textsOf({ experiments: [draft] })[2] ?? "", /^None is running/);
  assert.match(
    textsOf({ experiments: [draft, running] })[2] ?? "",
    /^Open .*: it shows a variant of headline$/,
  );
});

test("where the demo shop is served nobody is told that nothing is", () => {
  assert.match(textsOf({ demo: true })[1] ?? "", /^Open http:\/\/localhost:8080, the demo shop; /);
  assert.match(textsOf({})[1] ?? "", /^Open http:\/\/localhost:8080; nothing there yet\?/);
});

test("texts are words, not Markdown", () => {
  for (const text of [...textsOf({}), ...textsOf({ demo: true })]) assert.doesNotMatch(text, /`/);
});
