import assert from "node:assert/strict";
import { test } from "node:test";
import { GrowthBook } from "@growthbook/growthbook";
import { createAssigner, scaleWeights } from "./assign.ts";
import { makeExperiment } from "./fake-experiment.ts";

const ids = Array.from({ length: 1000 }, (_, i) => `01900000-0000-7000-8000-${String(i).padStart(12, "0")}`);

test("a thousand visitors get what GrowthBook's own SDK answers", () => {
  const variants = ["control", "b", "c"].map((key, i) => ({ key, weight: [3, 1, 1][i] ?? 0, params: {} }));
  for (const experiment of [
    makeExperiment({}),
    makeExperiment({ key: "half", coverage: 0.5 }),
    makeExperiment({ key: "three", variants, coverage: 0.9 }),
  ]) {
    const assign = createAssigner([experiment]);
    const weights = [...scaleWeights(experiment.variants.map((variant) => variant.weight))];
    for (const id of ids) {
      const sdk = new GrowthBook({ attributes: { id } });
      const result = sdk.run({
        key: experiment.key,
        hashVersion: 2,
        coverage: experiment.coverage,
        weights,
        variations: experiment.variants.map(({ key }) => key) as [string, string],
      });
      sdk.destroy();
      const expected = result.inExperiment ? [result.value] : [];
      assert.deepEqual(
        assign(id, "/").map(({ variant }) => variant),
        expected,
      );
    }
  }
});

test("an answer carries experiment, variant and the variant's parameters", () => {
  const variants = [
    { key: "control", weight: 0, params: {} },
    { key: "b", weight: 1, params: { headline: "Save", size: 2, bold: true } },
  ];
  const assign = createAssigner([makeExperiment({ variants })]);
  assert.deepEqual(assign("anybody", "/"), [
    { experiment: "pricing", variant: "b", params: { headline: "Save", size: 2, bold: true } },
  ]);
});

test("variants are shared out by weight, and coverage leaves the rest out", () => {
  const assign = createAssigner([makeExperiment({ coverage: 0.5 })]);
  const seen = { control: 0, b: 0, none: 0 };
  for (const id of ids) seen[(assign(id, "/")[0]?.variant ?? "none") as keyof typeof seen]++;
  assert.ok(Math.abs(seen.none - 500) < 60, `${seen.none} outside`);
  assert.ok(Math.abs(seen.control - seen.b) < 80, `${seen.control} control, ${seen.b} b`);
});

test("weights are shares of their sum, and equal where all are zero", () => {
  assert.deepEqual(scaleWeights([0, 0, 0, 0]), [0.25, 0.25, 0.25, 0.25]);
  assert.deepEqual(scaleWeights([3, 1]), [0.75, 0.25]);
  assert.deepEqual(scaleWeights([0.375, 0.125]), [0.75, 0.25]);
});

test("a draft or stopped experiment gives nobody a variant", () => {
  const assign = createAssigner([makeExperiment({ status: "draft" }), makeExperiment({ status: "stopped" })]);
  for (const id of ids.slice(0, 50)) assert.deepEqual(assign(id, "/"), []);
});

test("an experiment runs only below its path prefixes", () => {
  const assign = createAssigner([makeExperiment({ paths: ["/pricing", "/shop/", "/größen/"] })]);
  for (const [path, count] of [
    ["/pricing", 1],
    ["/pricing/plans", 1],
    ["/shop/cart", 1],
    ["/shop", 0],
    ["/", 0],
    ["/Pricing", 0],
    ["/%70ricing", 1],
    ["/gr%C3%B6%c3%9fen/x", 1],
  ] as const) {
    assert.equal(assign("somebody", path).length, count, path);
  }
});

test("a visitor keeps the variant, and experiments are drawn apart", () => {
  const assign = createAssigner([makeExperiment({ key: "one" }), makeExperiment({ key: "two" })]);
  let same = 0;
  for (const id of ids) {
    const [one, two] = assign(id, "/");
    assert.deepEqual(assign(id, "/x"), assign(id, "/"));
    if (one?.variant === two?.variant) same++;
  }
  assert.ok(same > 400 && same < 600, `${same} of 1000 in the same arm of both`);
});

test("a query string forces nothing, and no visitor means no variant", () => {
  const assign = createAssigner([makeExperiment({})]);
  for (const id of ids.slice(0, 100)) {
    assert.deepEqual(assign(id, "/?pricing=1"), assign(id, "/"));
    assert.deepEqual(assign(id, "/?pricing=0"), assign(id, "/"));
  }
  assert.deepEqual(assign("", "/"), []);
});

test("what a visitor was shown stays, unless it is gone or has lost its weight", () => {
  const variants = (control: number, b: number) => [
    { key: "control", weight: control, params: {} },
    { key: "b", weight: b, params: { size: 2 } },
  ];
  const shown = (variant: string) => () => ({ pricing: variant, another: "control" });
  const given = (variant: string, fields: Parameters<typeof makeExperiment>[0]) =>
    new Set(
      ids
        .slice(0, 50)
        .map((id) => createAssigner([makeExperiment(fields)], shown(variant))(id, "/")[0]?.variant),
    );
  assert.deepEqual(given("b", { variants: variants(1, 0.001) }), new Set(["b"]));
  assert.deepEqual(given("b", { variants: variants(1, 1), coverage: 0.01 }), new Set(["b"]));
  assert.deepEqual(given("b", { variants: variants(1, 0) }), new Set(["control"]));
  assert.deepEqual(given("gone", { variants: variants(0, 1) }), new Set(["b"]));
  assert.deepEqual(given("b", { variants: variants(1, 1), coverage: 0 }), new Set([undefined]));
  assert.deepEqual(given("b", { variants: variants(1, 1), status: "stopped" }), new Set([undefined]));
  assert.deepEqual(given("b", { variants: variants(1, 1), paths: ["/elsewhere"] }), new Set([undefined]));
});
