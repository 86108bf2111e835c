import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createKeySource } from "./key-source.ts";
import { identitySettings } from "./settings.ts";

const start = Date.UTC(2026, 0, 1);
const minute = 60_000;

const keySet = (kid: string): string => {
  const { publicKey } = generateKeyPairSync("ed25519");
  return JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid }] });
};

/** A source at an address that answers what is put here, or not before it is. */
const openSource = () => {
  const waiting: PromiseWithResolvers<string>[] = [];
  const warnings: string[] = [];
  let now = start;
  let asked = 0;
  const source = createKeySource(
    identitySettings.parse({ cookie: "login", jwks: "https://login.example/keys" }),
    {
      fetchText() {
        asked++;
        const answer = Promise.withResolvers<string>();
        waiting.push(answer);
        return answer.promise;
      },
      clock: () => now,
      warn: (sentence) => warnings.push(sentence),
    },
  );
  const settle = async (how: (answer: PromiseWithResolvers<string>) => void): Promise<void> => {
    const answer = waiting.shift();
    assert.ok(answer, "nobody asked");
    how(answer);
    await turn();
  };
  return {
    source,
    warnings,
    asked: () => asked,
    at: (ms: number) => {
      now = start + ms;
    },
    answers: (text: string) => settle(({ resolve }) => resolve(text)),
    fails: () => settle(({ reject }) => reject(new Error("no answer"))),
    kids: () => source.current().map(({ kid }) => kid),
  };
};

test("keys at an address are asked for at the start, once an hour, and for an unknown one twice a minute", async () => {
  const { source, asked, at, answers, kids } = openSource();
  assert.deepEqual(kids(), []);
  source.missed("a");
  assert.equal(asked(), 1, "one question at a time");
  await answers(keySet("a"));
  for (const [ms, askedBy, times] of [
    [29_999, "missed", 1],
    [60 * minute, "current", 1],
    [60 * minute + 1, "current", 2],
    [60 * minute + 30_000, "missed", 2],
    [60 * minute + 30_001, "missed", 3],
  ] as const) {
    at(ms);
    if (askedBy === "missed") source.missed("b");
    else assert.deepEqual(kids(), ["a"]);
    assert.equal(asked(), times, `after ${ms} ms`);
    if (asked() === 2 && ms === 60 * minute + 1) await answers(keySet("a"));
  }
  at(120 * minute);
  source.missed("b");
  assert.equal(asked(), 3, "an answer is waited for, however long it takes");
  await answers(keySet("b"));
  assert.deepEqual(kids(), ["b"]);
});

test("keys that are known count while the address is away, and each try that failed is told", async () => {
  const { source, asked, at, answers, fails, kids, warnings } = openSource();
  await fails();
  at(30_000);
  assert.deepEqual(kids(), []);
  await answers(keySet("a"));
  at(90 * minute + 30_000);
  assert.deepEqual(kids(), ["a"]);
  await fails();
  assert.deepEqual(kids(), ["a"]);
  assert.equal(asked(), 3, "an address that is away is left alone for half a minute");
  source.missed("b");
  assert.equal(asked(), 3);
  const told = "identity: jwks: https://login.example/keys gives no keys (no answer): ";
  assert.deepEqual(warnings, [
    `${told}login tokens count as none until it does`,
    `${told}those known before are used`,
  ]);
});

test("a clock that is set back does not keep new keys away", async () => {
  const { asked, at, answers, kids, source } = openSource();
  await answers(keySet("a"));
  at(-400 * 24 * 60 * minute);
  assert.deepEqual(kids(), ["a"]);
  assert.equal(asked(), 2);
  await answers(keySet("b"));
  assert.deepEqual(kids(), ["b"]);
  source.missed("c");
  assert.equal(asked(), 2);
});
