import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { databaseFile } from "../gateway/store/database.ts";
import { takeOwnership } from "../gateway/store/owner.ts";
import { root } from "./gateway.ts";
import { type ExportRow, exported, replayInto, withFolder } from "./replay-run.ts";
import { queryData } from "./stored.ts";

const start = Date.UTC(2026, 0, 1);
const settings = { sites: [{ id: "main", hosts: ["*"] }] };

const line = (
  at: number,
  fields: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
) =>
  JSON.stringify({
    at,
    method: "POST",
    url: "/tr/v1/",
    headers: {
      host: "shop.test",
      "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0",
    },
    body: JSON.stringify(fields),
    remote_address: "203.0.113.7",
    ...more,
  });

const visitorId = (n: number): string => `0190a5b2-0000-7000-8000-${String(n).padStart(12, "0")}`;

describe("replay", () => {
  test("stores the events at the time of their requests, in order of arrival", async () => {
    await withFolder(async (dir) => {
      const lines = [3, 1, 2].map((n) => line(start + n * 1000, { ename: `event ${n}`, vid: visitorId(n) }));
      const { code, out, err } = await replayInto(dir, settings, lines);
      assert.deepEqual({ code, err }, { code: 0, err: "" });
      assert.match(out, /3 requests in .* 3 events stored/);
      const rows = await exported(dir, "events");
      assert.deepEqual(
        rows.map((row) => [row["name"], row["received_at"]]),
        [3, 1, 2].map((n) => [`event ${n}`, start + n * 1000]),
      );
      assert.equal(rows[0]?.["ip_address"], "203.0.113.0");
    });
  });

  test("that is repeated stores nothing twice", async () => {
    await withFolder(async (dir) => {
      const lines = [line(start, { ename: "a" }), line(start, { ename: "a" }), line(start, { ename: "b" })];
      await replayInto(dir, settings, lines);
      const { out } = await replayInto(dir, settings, lines);
      assert.match(out, /0 events stored, 3 stored before/);
      assert.equal((await exported(dir, "events")).length, 3);
    });
  });

  test("in batches of any size gives the same events and sessions", async () => {
    const lines = mixedHits(300);
    const hashes = new Set<string>();
    for (const batch of ["1", "7", "1000"]) hashes.add(await contentOf(lines, batch));
    assert.equal(hashes.size, 1);
  });

  test("that was killed half-way and is repeated gives the same as one that was not", async () => {
    const lines = mixedHits(6000);
    const whole = await contentOf(lines, "500");
    const killed = await contentOf(lines, "500", async (dir) => {
      const data = join(dir, "data");
      // Its input never ends, so that it is at work when it is killed, however slow the machine is.
      const args = ["replay", "-", "--data", data, "--batch", "50"];
      const child = spawn(process.execPath, [main, ...args], {
        cwd: dir,
        stdio: ["pipe", "ignore", "inherit"],
      });
      const exited = once(child, "exit");
      child.stdin.on("error", () => {}); // the reader is killed
      child.stdin.write(
        lines
          .slice(0, 4000)
          .map((one) => `${one}\n`)
          .join(""),
      );
      const isEarly = () => !existsSync(databaseFile(data)) || journalRows(data) <= 1000;
      while (child.exitCode === null && isEarly()) await pause(20);
      child.kill("SIGKILL");
      await exited;
    });
    assert.equal(killed, whole);
  });

  test("tells lines that it cannot read, takes the others, and fails", async () => {
    await withFolder(async (dir) => {
      const lines = ["nonsense", line(start, { ename: "a" }), "", `{"at": 1}`];
      const { code, out, err } = await replayInto(dir, settings, lines);
      assert.equal(code, 1);
      assert.match(err, /line 1 of .*hits\.jsonl: expected a JSON object/);
      assert.match(err, /line 4 of .*"url"/);
      assert.match(out, /1 request .* 1 event stored/);
    });
  });

  test("says which requests were refused", async () => {
    await withFolder(async (dir) => {
      const lines = [line(start, {}, { url: "/nowhere" }), line(start, {}, { headers: { host: "///" } })];
      const { out } = await replayInto(dir, settings, lines);
      assert.match(out, /0 events stored, 1 refused with 400, 1 refused with 404/);
    });
  });

  test("believes forwarding headers of trusted proxies alone", async () => {
    await withFolder(async (dir) => {
      const headers = { host: "a.test", "x-forwarded-for": "198.51.100.9" };
      const lines = ["10.0.0.1", "192.0.2.1"].map((remote_address) =>
        line(start, { ename: "a" }, { headers, remote_address }),
      );
      await replayInto(dir, { ...settings, trustedProxies: ["10.0.0.0/8"] }, lines);
      const rows = await exported(dir, "events");
      assert.deepEqual(
        rows.map((row) => row["ip_address"]),
        ["198.51.100.0", "192.0.2.0"],
      );
    });
  });

  test("drops what the site's filters exclude, by the whole address", async () => {
    await withFolder(async (dir) => {
      const conditions = [{ name: "me", type: "exclude", expression: `ip_address == "203.0.113.7"` }];
      const sites = [{ id: "main", hosts: ["*"], filters: { conditions } }];
      const lines = ["203.0.113.7", "203.0.113.8"].map((remote_address) =>
        line(start, { ename: remote_address }, { remote_address }),
      );
      await replayInto(dir, { sites }, lines);
      assert.deepEqual(
        (await exported(dir, "events")).map((row) => row["name"]),
        ["203.0.113.8"],
      );
    });
  });

  test("is refused while a gateway has the folder, and without a file", async () => {
    await withFolder(async (dir) => {
      mkdirSync(join(dir, "data"));
      const ownership = await takeOwnership(join(dir, "data"));
      ownership.announce("127.0.0.1:8081");
      const { code, err } = await replayInto(dir, settings, []);
      ownership.release();
      assert.equal(code, 1);
      assert.match(err, /a gateway is running on .*stop it, or replay into another folder with --data/);
    });
  });
});

/** Hits of a few visitors, some sent again, some late. */
const mixedHits = (count: number): readonly string[] => {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const n = (i * 7919) % 17;
    const at = start + ((i * 37) % count) * 20_000;
    const fields = {
      ename: i % 5 ? "page_view" : "purchase",
      type: i % 5 ? "page" : "outcome",
      vid: visitorId(n),
    };
    const url = `https://shop.test/p/${i % 11}${i % 13 ? "" : "?utm_campaign=spring"}`;
    lines.push(line(at, { ...fields, url, value: i }));
    if (i % 20 === 0) lines.push(lines[Math.floor(i / 2)] ?? "");
  }
  return lines;
};

/** One secret for all: it keys what is exported. */
const secret = `${"ab".repeat(32)}\n`;

const contentOf = (
  lines: readonly string[],
  batch: string,
  before: (dir: string) => Promise<void> = async () => {},
): Promise<string> =>
  withFolder(async (dir) => {
    mkdirSync(join(dir, "data"));
    writeFileSync(join(dir, "data", "secret"), secret, { mode: 0o600 });
    await before(dir);
    await replayInto(dir, settings, lines, "--batch", batch);
    const rows: readonly ExportRow[] = [
      ...(await exported(dir, "events")),
      ...(await exported(dir, "sessions")),
    ];
    return createHash("sha256").update(JSON.stringify(rows)).digest("hex");
  });

const main = join(root, "gateway/main.ts");

/** None while the database is being made. */
const journalRows = (data: string): number => {
  try {
    return Number(queryData(data, "SELECT count(*) AS n FROM journal")[0]?.["n"]);
  } catch {
    return 0;
  }
};
