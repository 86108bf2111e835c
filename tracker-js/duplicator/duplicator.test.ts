import assert from "node:assert/strict";
import { test } from "node:test";
import { readDestination } from "./destination.ts";
import { readHit } from "./hit.ts";
import { createCopier } from "./send-copy.ts";

test("hits of the tag are known, wherever they go, and nothing else is", () => {
  for (const [url, id] of [
    ["https://www.google-analytics.com/g/collect?v=2&tid=G-ABC123&cid=1", "G-ABC123"],
    ["/metrics/g/collect?tid=G-A-b_1&v=2", "G-A-b_1"],
    [new URL("https://region1.analytics.google.com/g/collect?v=2&tid=G-X#f"), "G-X"],
    ["https://www.google-analytics.com/collect?tid=UA-1-1", undefined],
    ["https://www.google-analytics.com/g/collect?tid=UA-1-1", undefined],
    ["https://shop.example/search?q=/g/collect&tid=G-X", undefined],
    ["https://www.google-analytics.com/g/collect", undefined],
    [undefined, undefined],
    [{}, undefined],
  ] as const)
    assert.equal(readHit(url)?.id, id, String(url));
});

const scriptOf = (dataset: Record<string, string>): HTMLScriptElement =>
  ({ src: "https://shop.example/track.gtag.js", dataset }) as unknown as HTMLScriptElement; // what is read of it

test("the script's tag says where copies go, and of which ids", () => {
  assert.equal(readDestination(scriptOf({})).url, "https://shop.example/g/collect");
  assert.equal(
    readDestination(scriptOf({ to: "https://a.example/m/" })).url,
    "https://a.example/m/g/collect",
  );
  for (const [ids, id, taken] of [
    ["G-A", "G-A", true],
    ["G-A", "G-AB", false],
    ["G-A*, G-B", "G-ABC", true],
    ["G-A* G-B", "G-B", true],
    ["G.A", "G-A", false],
    ["*", "G-ANY", true],
  ] as const)
    assert.equal(readDestination(scriptOf({ ids })).takes(id), taken, `${ids} ${id}`);
});

test("each destination gets what it takes, and a copy is not copied again", () => {
  const sent: string[] = [];
  const send = async (url: string | URL | Request) => {
    sent.push(String(url));
    throw new Error("unreachable");
  };
  const copy = createCopier(
    [
      { url: "https://a.example/g/collect", takes: (id) => id === "G-A" },
      { url: "https://b.example/g/collect", takes: () => true },
    ],
    send,
  );
  copy("https://google.example/g/collect?v=2&tid=G-A&en=x", "en=y");
  copy("https://b.example/g/collect?v=2&tid=G-B");
  copy("https://shop.example/other");
  assert.deepEqual(sent, [
    "https://a.example/g/collect?v=2&tid=G-A&en=x",
    "https://b.example/g/collect?v=2&tid=G-A&en=x",
  ]);
});
