import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { CollectRequest } from "./collect/request.ts";
import { createHitRecorder, type RecorderOptions } from "./hit-recorder.ts";
import { readRecordedRequest } from "./model/recorded-request.ts";
import { testSite } from "./model/test-site.ts";
import { createRedact } from "./recorded-secrets.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-record-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const begin = Date.UTC(2026, 0, 1);
const request: CollectRequest = {
  site: testSite,
  receivedAt: begin,
  method: "POST",
  path: "/tr/v1/",
  query: "a=1",
  host: "a.test",
  secure: false,
  address: "203.0.113.7",
  headers: { host: "a.test", cookie: "vid=1", accept: undefined },
  body: Buffer.from([0xff, 0xfe]),
  debugs: false,
};

const recorderOf = (change: Partial<RecorderOptions> = {}, troubles: string[] = []) =>
  createHitRecorder({
    file: join(dir, "hits.jsonl"),
    megabytes: 1,
    files: 3,
    days: 7,
    clock: () => begin,
    redact: createRedact([testSite], { tokens: new Map(), baseOf: () => null, maxBodyBytes: 1000 }),
    onTrouble: (sentence) => troubles.push(sentence),
    ...change,
  });

const linesOf = (name: string) => readFileSync(join(dir, name), "utf8").trimEnd().split("\n");

test("a hit is recorded whole, in a file for its owner alone", () => {
  const recorder = recorderOf();
  recorder.record(request);
  recorder.close();
  assert.deepEqual(linesOf("hits.jsonl").map(readRecordedRequest), [
    {
      kind: "request",
      request: {
        at: request.receivedAt,
        method: "POST",
        url: "/tr/v1/?a=1",
        headers: { host: "a.test", cookie: "vid=1" },
        body: request.body,
        remoteAddress: "203.0.113.7",
      },
    },
  ]);
  assert.equal(statSync(join(dir, "hits.jsonl")).mode & 0o777, 0o600);
});

test("a recording goes on where it ended", () => {
  for (let i = 0; i < 2; i++) {
    const recorder = recorderOf();
    recorder.record(request);
    recorder.close();
  }
  assert.equal(linesOf("hits.jsonl").length, 2);
});

test("a long recording goes on in new files, and the oldest goes", () => {
  const recorder = recorderOf({ megabytes: 0.001 });
  for (let i = 0; i < 50; i++) {
    recorder.record({ ...request, query: `n=${i}` });
    recorder.flush();
  }
  recorder.close();
  assert.deepEqual(readdirSync(dir).sort(), ["hits.jsonl", "hits.jsonl.1", "hits.jsonl.2"]);
  assert.match(linesOf("hits.jsonl").at(-1) ?? "", /n=49/);
  for (const name of readdirSync(dir)) assert.ok(statSync(join(dir, name)).size <= 1100);
});

test("one file alone begins anew", () => {
  const recorder = recorderOf({ megabytes: 0.001, files: 1 });
  for (let i = 0; i < 50; i++) {
    recorder.record(request);
    recorder.flush();
  }
  recorder.close();
  assert.deepEqual(readdirSync(dir), ["hits.jsonl"]);
});

test("a file holds a day at most, and goes before its first hit is too old", () => {
  const dayMs = 86_400_000;
  const clock = { now: begin };
  const recorder = recorderOf({ days: 3, clock: () => clock.now });
  for (const query of ["first", "second"]) {
    recorder.record({ ...request, receivedAt: clock.now, query });
    recorder.flush();
    clock.now += dayMs + 1;
  }
  recorder.close();
  assert.match(linesOf("hits.jsonl.1").join(), /first/);
  assert.match(linesOf("hits.jsonl").join(), /second/);
  utimesSync(join(dir, "hits.jsonl.1"), begin / 1000, begin / 1000);
  recorderOf({ days: 3, clock: () => clock.now }).close();
  assert.deepEqual(readdirSync(dir), ["hits.jsonl"]);
});

test("a file that another process has begun anew is gone on with", () => {
  const [first, second] = [recorderOf({ megabytes: 0.0005 }), recorderOf({ megabytes: 0.0005 })];
  for (let i = 0; i < 6; i++) {
    for (const recorder of [first, second]) {
      recorder.record({ ...request, query: `n=${i}` });
      recorder.flush();
    }
  }
  for (const recorder of [first, second]) recorder.close();
  assert.equal(readdirSync(dir).flatMap(linesOf).length, 12, "none was lost");
});

test("a file that cannot be written is told once, and hits go on", () => {
  const troubles: string[] = [];
  const recorder = recorderOf({ file: join(dir, "nowhere", "hits.jsonl") }, troubles);
  for (let i = 0; i < 3; i++) {
    recorder.record(request);
    recorder.flush();
  }
  recorder.close();
  assert.equal(troubles.length, 1);
  assert.match(troubles[0] ?? "", /recordHits: .* cannot be written/);
});

test("when there is room again recording goes on, and how many hits are missing is said once", () => {
  const troubles: string[] = [];
  const file = join(dir, "hits.jsonl");
  symlinkSync("/dev/full", file);
  const recorder = recorderOf({ file }, troubles);
  const record = (query: string) => {
    recorder.record({ ...request, query });
    recorder.flush();
  };
  for (const query of ["n=1", "n=2", "n=3"]) record(query);
  assert.equal(troubles.length, 1);
  assert.match(
    troubles[0] ?? "",
    /recordHits: .*hits\.jsonl cannot be written \(ENOSPC.*\): hits are not recorded/,
  );
  rmSync(file);
  for (const query of ["n=4", "n=5"]) record(query);
  recorder.close();
  assert.deepEqual(troubles.slice(1), [`recordHits: ${file} is written again, 3 hits were not recorded`]);
  assert.deepEqual(
    linesOf("hits.jsonl").map((line) => /n=\d/.exec(line)?.[0]),
    ["n=4", "n=5"],
  );
});

test("a line that was cut in the middle costs none of those after it", () => {
  const file = join(dir, "hits.jsonl");
  writeFileSync(file, '{"at":"2026-01-01T00:00:00.000Z","me');
  const recorder = recorderOf();
  for (const query of ["n=1", "n=2"]) {
    recorder.record({ ...request, query });
    recorder.flush();
  }
  recorder.close();
  assert.deepEqual(
    linesOf("hits.jsonl").map((line) => readRecordedRequest(line).kind === "request"),
    [false, true, true],
  );
});

test("files that cannot be moved on are said, and do not keep the end from coming", () => {
  const troubles: string[] = [];
  const file = join(dir, "hits.jsonl");
  const recorder = recorderOf({ file, megabytes: 0.0001 }, troubles);
  recorder.record(request);
  recorder.flush();
  mkdirSync(join(dir, "hits.jsonl.2", "full"), { recursive: true });
  recorder.record(request);
  recorder.flush();
  recorder.close();
  assert.match(troubles.join(), /recordHits: .* cannot be written/);
});
