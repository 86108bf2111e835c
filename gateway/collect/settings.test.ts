import assert from "node:assert/strict";
import { test } from "node:test";
import { trackingSettings } from "./settings.ts";

const mistakesOf = (tracking: object): readonly (readonly [path: string, sentence: string])[] =>
  (trackingSettings.safeParse(tracking).error?.issues ?? []).map(({ path, message }) => [
    path.join("."),
    message,
  ]);

test("a path of the original that is the script's own, or that of the events, is refused in a sentence", () => {
  const script = "names the path of the script itself: give scriptPath another, for the pages made since";
  const events = "names the path where events are taken: take it off this list, or give collectPath another";
  const table: readonly (readonly [tracking: object, sentence: string])[] = [
    [{ legacyPaths: ["/track.js"] }, script],
    [{ scriptPath: "/old/track.js", legacyPaths: ["/ping", "/old/track.js"] }, script],
    [{ collectPath: "/str/v1/" }, events],
    [{ collectPath: "/ppi/v1/", legacyPaths: ["/ppi/v1/"] }, events],
  ];
  for (const [tracking, sentence] of table)
    assert.deepEqual(mistakesOf(tracking), [["legacyPaths", sentence]], JSON.stringify(tracking));
});

test("the same paths are taken where they are not both", () => {
  for (const tracking of [
    {},
    { scriptPath: "/t.js", legacyPaths: ["/track.js", "/old/track.js"] },
    { collectPath: "/str/v1/", legacyPaths: ["/img/v1/"] },
    { collectPath: "/pub/v1/" },
  ])
    assert.deepEqual(mistakesOf(tracking), [], JSON.stringify(tracking));
});
