import assert from "node:assert/strict";
import { test } from "node:test";
import { stylesOf } from "./log.ts";

const environments: readonly (readonly [env: NodeJS.ProcessEnv, isPlain: boolean])[] = [
  [{ TERM: "xterm-256color" }, false],
  [{ TERM: "xterm-256color", NO_COLOR: "" }, false], // only a value counts (https://no-color.org)
  [{ TERM: "xterm-256color", NO_COLOR: "1" }, true],
  [{ TERM: "dumb" }, true],
];
for (const [env, isPlain] of environments) {
  test(`text ${isPlain ? "is plain" : "may stand out"} where the environment is ${JSON.stringify(env)}`, () => {
    assert.equal(
      Object.values(stylesOf(env)).every((style) => style === ""),
      isPlain,
    );
  });
}
