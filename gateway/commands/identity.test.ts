import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { noon, run, someEvent, store } from "./run-for-test.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-identity-"));
  const came = (client: string, minute: number) =>
    someEvent({
      client_id: client,
      user_id: "ada",
      user_claim: "server",
      timestamp_utc: noon + minute * 60_000,
    });
  store(dir, [came("phone", 0), came("laptop", 1), came("phone", 2)]);
});
afterEach(() => rmSync(dir, { recursive: true }));

const identity = (...argv: string[]) => run(["identity", ...argv, "--data", dir]);

/** The visitors of each person, as sessions are exported: those of one person who came together are in one. */
const sessions = async (): Promise<number> =>
  (await run(["export", "-w", "sessions", "--data", dir])).out.trimEnd().split("\n").length;

test("who claims to be whom is shown, by visitor and by user", async () => {
  const byUser = await identity("show", "--user", "ada");
  assert.equal(byUser.code, 0, byUser.err);
  assert.match(
    byUser.out,
    /^site +visitor +user +since\nmain +phone +ada +2026-01-31T12:00:00\.000Z +joined, checked\n/,
  );
  assert.equal((await identity("show", "--visitor", "laptop")).out.split("\n").length, 3);
});

test("a claim that is taken back parts people again, adds no visit, and is not made anew", async () => {
  assert.equal(await sessions(), 1);
  const undone = await identity("undo", "--visitor", "laptop", "--user", "ada");
  assert.deepEqual(
    [undone.code, undone.out],
    [0, "identity: on site main visitor laptop no longer user ada\n"],
    undone.err,
  );
  assert.equal(await sessions(), 2);
  assert.match((await identity("show", "--visitor", "laptop")).out, /taken back/);
  store(dir, [someEvent({ client_id: "laptop", user_id: "ada", user_claim: "server", timestamp_utc: noon })]);
  assert.equal(await sessions(), 2);
  assert.match(
    (await identity("undo", "--visitor", "laptop", "--user", "ada")).out,
    /was not any more user ada/,
  );
});

test("who is erased by one id is told to go with the others", async () => {
  const config = join(dir, "config.json");
  writeFileSync(config, JSON.stringify({ sites: [{ id: "main" }], data: { dir } }));
  store(dir, [someEvent({ client_id: "stranger", timestamp_utc: noon })]);
  const erased = async (...who: string[]) => (await run(["erase", ...who, "--config", config])).out;
  assert.equal(
    await erased("--visitor", "laptop"),
    "erased: 1 session and all events of visitor laptop, who came as 1 other visitor too; 0 sealed files written anew\n",
  );
  assert.equal(
    await erased("--visitor", "stranger"),
    "erased: 1 session and all events of visitor stranger; 0 sealed files written anew\n",
  );
});

test("a user is erased with the visitors who came so", async () => {
  assert.equal(
    (await run(["erase", "--user", "ada", "--data", dir])).out,
    "erased: 1 session and all events of user ada, who came as 2 visitors too; 0 sealed files written anew\n",
  );
});

test("what nobody claimed cannot be taken back, and who is meant must be said", async () => {
  const unknown = await identity("undo", "--visitor", "nobody", "--user", "ada");
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /visitor nobody has never come as user ada/);
  assert.match(
    (await identity("show", "--user", "bob", "--site", "main")).err,
    /no visitor has come as user bob on site main/,
  );
  assert.match(
    (await identity("show", "--user", "ada", "--site", "x")).err,
    /^identity: there is no site x: expected one of main$/m,
  );
  for (const argv of [["undo", "--user", "ada"], ["undo", "--visitor", "a"], ["show"]]) {
    assert.equal((await identity(...argv)).code, 2, argv.join(" "));
  }
});
