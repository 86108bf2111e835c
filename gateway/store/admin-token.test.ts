import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { giveAdminToken } from "./admin-token.ts";
import { openDatabase } from "./database.ts";
import { createToken, hashToken, listTokens, revokeToken } from "./tokens.ts";
import type { WriterCall } from "./writer-thread.ts";

/** A folder with a writer that dies at the n-th of its calls, before or after the call is done. */
const opened = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-token-"));
  const db = openDatabase(dir);
  t.after(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });
  const perform = (what: WriterCall): unknown => {
    if (what.kind === "list-tokens") return listTokens(db);
    if (what.kind === "revoke-token") return revokeToken(db, what.name);
    if (what.kind === "create-token") return createToken(db, what.token, 0, what.given);
    throw new Error(what.kind);
  };
  const store = (diesAt = Number.POSITIVE_INFINITY) => {
    let steps = 0;
    const step = () => {
      if (steps++ === diesAt) throw new Error("killed");
    };
    return {
      async call(what: WriterCall) {
        step();
        const answer = perform(what);
        step();
        return answer;
      },
    };
  };
  const isAdmin = (token: string): boolean =>
    db.prepare("SELECT role FROM tokens WHERE hash = ?").pluck().get(hashToken(token)) === "admin";
  const kept = () => readFileSync(join(dir, "admin-token"), "utf8");
  return { dir, db, store, isAdmin, kept };
};

test("the first start makes a token, and later ones leave it", async (t) => {
  const { dir, store, isAdmin, kept } = opened(t);
  const token = (await giveAdminToken(store(), dir, null)) ?? "";
  assert.ok(isAdmin(token));
  assert.equal(kept(), `${token}\n`);
  assert.equal(statSync(join(dir, "admin-token")).mode & 0o777, 0o600);
  assert.equal(await giveAdminToken(store(), dir, null), null);
  assert.equal(kept(), `${token}\n`);
});

test("wherever the first start is killed, the token in the file after the next one counts", async (t) => {
  for (const hasOthers of [false, true]) {
    for (const diesAt of [0, 1, 2, 3]) {
      const { dir, db, store, isAdmin, kept } = opened(t);
      if (hasOthers) createToken(db, { name: "ci", role: "read", sites: null }, 0);
      await assert.rejects(giveAdminToken(store(diesAt), dir, null), /killed/);
      await giveAdminToken(store(), dir, null);
      assert.ok(isAdmin(kept().trim()), `killed at step ${diesAt}`);
      assert.deepEqual(
        readdirSync(dir).filter((name) => name.startsWith("admin-token")),
        ["admin-token"],
      );
    }
  }
});

test("a first token that was taken back is not made again while others are there", async (t) => {
  const { dir, db, store } = opened(t);
  await giveAdminToken(store(), dir, null);
  createToken(db, { name: "mine", role: "admin", sites: null }, 0);
  revokeToken(db, "first");
  assert.equal(await giveAdminToken(store(), dir, null), null);
});

test("a given token takes the place of the one that was given before", async (t) => {
  const { dir, store, isAdmin, kept } = opened(t);
  await giveAdminToken(store(), dir, "one-of-mine");
  await giveAdminToken(store(), dir, "another-of-mine");
  assert.deepEqual([isAdmin("one-of-mine"), isAdmin("another-of-mine")], [false, true]);
  assert.equal(kept(), "another-of-mine\n");
});
