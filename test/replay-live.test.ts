import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ask } from "./ask.ts";
import { startGateway } from "./gateway.ts";
import { exported, replayInto, withFolder } from "./replay-run.ts";

const writeKey = "a-write-key-of-the-tests";
const sites = [
  {
    id: "main",
    hosts: ["*"],
    ipMasking: 0,
    protocols: ["native", "ga4"],
    measurementIds: ["G-*"],
    writeKeys: [writeKey],
  },
];
const packed = gzipSync(
  JSON.stringify([{ ename: "packed", email: "ada@shop.example" }, { ename: "second" }]),
);

/** Hits as they come: with and without ids, several in one, packed, unreadable, by several ways. */
const questions: readonly (readonly [path: string, question: Parameters<typeof ask>[1]])[] = [
  [
    "/tr/v1/",
    { method: "POST", body: JSON.stringify({ ename: "page_view", url: "https://a.test/?gclid=1" }) },
  ],
  ["/tr/v1/?ename=query&value=1%2C5", {}],
  ["/tr/v1/ename/tuple/vid/0190a5b2-0000-7000-8000-00000000beef", { headers: { cookie: "vid=1" } }],
  ["/tr/v1/", { method: "POST", body: packed, headers: { "content-encoding": "gzip" } }],
  ["/tr/v1/", { method: "POST", body: Buffer.from([0xff, 0xfe, 0]) }],
  [
    "/tr/v1/?api_secret=a-guess",
    {
      method: "POST",
      body: JSON.stringify({
        ename: "secrets",
        token: "s3cret",
        auth: "eyJs3cret.a.b",
        params: { jwt: "s3cret", key: writeKey, note: "eyJs3cret.a.b" },
      }),
    },
  ],
  ["/tr/v1/", { method: "POST", body: `{"ename":"cut","password":"s3cret"` }],
  ["/tr/v1/password/s3cret/ename/tuples", {}],
  [
    `/mp/collect?measurement_id=G-1&api_secret=${writeKey}`,
    {
      method: "POST",
      body: JSON.stringify({
        api_secret: writeKey,
        client_id: "1.2",
        timestamp_micros: Date.now() * 1000,
        events: [{ name: "bought", params: { token: "s3cret", coupon: "c" } }],
      }),
    },
  ],
  ["/g/collect?v=2&tid=G-1&cid=1.2", { method: "POST", body: "en=a&ep.token=s3cret\r\nen=b&dt=x" }],
  ["/tr/v1/", { method: "POST", body: `{"ename":"üñ\u{1f600}","x":"\ufffd"}`, headers: { "sec-gpc": "1" } }],
];

test("what a gateway records and what it stores are the same once replayed", async () => {
  await withFolder(async (dir) => {
    const file = join(dir, "hits.jsonl");
    const live = join(dir, "live");
    mkdirSync(live);
    const config = { sites, recordHits: { file } };
    const gateway = await startGateway({ config, data: join(live, "data") });
    try {
      for (const [path, question] of questions) {
        const { status } = await ask(gateway.url + path, question);
        assert.ok(status === 200 || status === 204, path);
      }
    } finally {
      await gateway.close();
    }
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    assert.equal(lines.length, questions.length);
    assert.doesNotMatch(lines.join(), /s3cret|a-write-key|a-guess/);
    mkdirSync(join(dir, "data"));
    copyFileSync(join(live, "data", "secret"), join(dir, "data", "secret"));
    const { code, err } = await replayInto(dir, { sites }, lines);
    assert.deepEqual({ code, err }, { code: 0, err: "" });
    for (const what of ["events", "sessions", "rejects"]) {
      const rows = await exported(live, what);
      assert.ok(rows.length > 0, what);
      assert.doesNotMatch(JSON.stringify(rows), /s3cret/);
      assert.deepEqual(await exported(dir, what), rows);
    }
  });
});
