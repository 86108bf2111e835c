import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { openDatabase } from "../store/database.ts";
import { type Ownership, takeOwnership } from "../store/owner.ts";
import { run } from "./run-for-test.ts";

let dir: string;
let owner: Ownership;
let server: Server;
let asked: string[];
let answer: (req: IncomingMessage, res: ServerResponse) => void;

// A gateway that owns the folder, as far as a command can see.
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-owned-"));
  owner = await takeOwnership(dir);
  asked = [];
  server = createServer(async (req, res) => {
    const body = await req.toArray();
    asked.push(`${req.method} ${req.url} ${body.join("")}`.trim());
    asked.push(
      `${req.headers.host === owned() ? "own host" : req.headers.host} ${req.headers.authorization}`,
    );
    answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  owner.announce(owned());
  writeFileSync(join(dir, "admin-token"), "tp_secret\n");
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
  owner.release();
  rmSync(dir, { recursive: true });
});

const owned = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;

const json =
  (value: unknown, status = 200) =>
  (_req: IncomingMessage, res: ServerResponse) => {
    res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

const calls: readonly (readonly [argv: string, request: string, answer: unknown, out: RegExp])[] = [
  [
    "token create ci --role write",
    'POST /api/tokens {"name":"ci","role":"write","sites":null}',
    { token: "tp_new" },
    /^tp_new\n$/,
  ],
  [
    "token create --site shop --site blog ci",
    'POST /api/tokens {"name":"ci","role":"read","sites":["shop","blog"]}',
    { token: "tp_new" },
    /^tp_new\n$/,
  ],
  [
    "token list",
    "GET /api/tokens",
    {
      tokens: [
        { name: "ci", role: "read", sites: null, created: 0 },
        { name: "agency", role: "admin", sites: ["shop", "blog"], created: 0 },
      ],
    },
    /ci +read +all +1970-01-01T00:00:00.000Z\nagency +admin +shop, blog +1970/,
  ],
  ["token revoke ci", "DELETE /api/tokens/ci", {}, /^token ci revoked\n$/],
  ["experiment rebuild", "POST /api/experiments/rebuild", { subjects: 12 }, /12 people in the results/],
  ["demo --remove", "POST /api/demo/remove", { removed: 500 }, /^500 made-up visitors removed/],
];
for (const [argv, request, body, out] of calls) {
  test(`turnpike ${argv} goes through the gateway that owns the folder`, async () => {
    answer = json(body);
    const ran = await run([...argv.split(" "), "--data", dir]);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, out);
    assert.deepEqual(asked, [request, "own host Bearer tp_secret"]);
  });
}

test("a removal that could not be counted is told as done, with what follows", async () => {
  const uncounted = "the numbers on top of the live page are too large until the next sealing: no memory";
  const done = { uncounted, found: true, visitors: 1, others: 0, sessions: 2, events: 3, files: 1 };
  answer = json(done);
  openDatabase(dir).close();
  for (const [argv, out] of [
    ["erase --visitor v", /^erased: 2 sessions and all events of visitor v; 1 sealed file written anew\n$/],
    ["prune --before 2026-01-01", /^removed: 3 events before 2026-01-01, 1 file\n$/],
    ["seal --now", /^sealed: 3 events in 1 file\n$/],
  ] as const) {
    const ran = await run([...argv.split(" "), "--data", dir]);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, out);
    assert.equal(ran.err, `${argv.split(" ")[0]}: ${uncounted}\n`);
  }
});

test("a token that is not there is told, and the exit code is 1", async () => {
  answer = json({}, 404);
  const { code, err } = await run(["token", "revoke", "nobody", "--data", dir]);
  assert.equal(code, 1);
  assert.match(err, /there is none called nobody/);
});

test("what the gateway refuses is told in its own words", async () => {
  answer = (_req, res) => res.writeHead(409).end("token: ci exists already\n");
  assert.deepEqual(await run(["token", "create", "ci", "--data", dir]), {
    code: 1,
    out: "",
    err: "token: ci exists already\n",
  });
});

test("a refused token is one sentence with the way out", async () => {
  answer = json({}, 401);
  const { code, err } = await run(["experiment", "rebuild", "--data", dir]);
  assert.equal(code, 1);
  assert.match(err, /^the gateway that owns .* refuses the token: set TURNPIKE_ADMIN_TOKEN .*\n$/);
});

test("TURNPIKE_ADMIN_TOKEN wins over the token in the folder", async () => {
  answer = json({ subjects: 1 });
  await run(["experiment", "rebuild", "--data", dir], { env: { TURNPIKE_ADMIN_TOKEN: "tp_other" } });
  assert.equal(asked[1], "own host Bearer tp_other");
});

test("a token that cannot be read is one sentence that says what to do", async () => {
  rmSync(join(dir, "admin-token"));
  const { code, err } = await run(["token", "list", "--data", dir]);
  assert.equal(code, 1);
  assert.match(err, /^the gateway that owns .*admin-token cannot be read \(ENOENT\): run this as .*\n$/);
});

test("a gateway that is just starting, or does not answer, is told as that", async () => {
  owner.announce("");
  assert.match(
    (await run(["token", "list", "--data", dir], { waitMs: 100 })).err,
    /just starting or stopping: try again/,
  );
  owner.announce("127.0.0.1:1");
  assert.match(
    (await run(["token", "list", "--data", dir])).err,
    /does not answer at 127\.0\.0\.1:1 \(ECONNREFUSED\)/,
  );
});
