/** What visitors see, and what counts, when an experiment's weights change while it runs. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ask } from "./ask.ts";
import { queryData, settle } from "./stored.ts";
import { withGateway } from "./with-gateway.ts";

/** A hundred and twenty visitors, by ids as old scripts made them. */
const idOf = (n: number) => `14fb0860-b4bf-11e9-8971-${String(n).padStart(12, "0")}`;
const firstOnes = Array.from({ length: 60 }, (_, n) => idOf(n));
const laterOnes = Array.from({ length: 60 }, (_, n) => idOf(n + 60));

for (const workers of [1, 2]) {
  test(`who has seen a variant keeps it when the weights change, at ${workers} worker(s)`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "turnpike-weights-"));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "pages"));
    writeFileSync(
      join(folder, "pages", "index.html"),
      "<!doctype html><html><head></head><body></body></html>",
    );
    const file = join(folder, "config.json");
    const save = (control: number, b: number, more: readonly object[] = []) =>
      writeFileSync(
        file,
        JSON.stringify({
          workers,
          routes: [{ path: "/", static: { dir: "./pages" }, inject: true }],
          experiments: [
            {
              key: "price",
              variants: [{ key: "control", weight: control }, { key: "b", weight: b }, ...more],
              goals: [{ key: "buy", event: "buy" }],
            },
          ],
        }),
      );
    save(1, 1);
    await withGateway({ args: ["--config", file], data: join(folder, "data") }, async (gateway) => {
      const seenBy = async (visitors: readonly string[]) => {
        const seen: string[] = [];
        for (const id of visitors) {
          const { text } = await ask(`${gateway.url}/`, { headers: { cookie: `vid=${id}` } });
          seen.push(/data-x-price="(\w+)"/.exec(text)?.[1] ?? "none");
        }
        await settle(gateway.data);
        return seen;
      };
      const change = async (...weights: Parameters<typeof save>) => {
        save(...weights);
        assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
      };
      const first = await seenBy(firstOnes);
      const ofB = first.filter((variant) => variant === "b").length;
      assert.ok(ofB > 15 && ofB < 45, `${ofB} of 60`);

      await change(9, 1);
      assert.deepEqual(await seenBy(firstOnes), first);
      const later = await seenBy(laterOnes);
      assert.ok(later.filter((variant) => variant === "b").length < 20, later.join());

      await change(1, 1, [{ key: "c", weight: 8 }]);
      assert.deepEqual(await seenBy(firstOnes), first);
      assert.deepEqual(await seenBy(laterOnes), later);
      assert.deepEqual(
        queryData(gateway.data, "SELECT count(*) AS n FROM experiment_subjects WHERE multi = 1"),
        [{ n: 0 }],
      );

      await change(1, 0, [{ key: "c", weight: 1 }]); // b is cut: nobody sees it any more
      const last = await seenBy(firstOnes);
      assert.equal(last.includes("b"), false);
      const stayed = first.flatMap((variant, n) => (variant === "control" ? [last[n]] : []));
      assert.deepEqual(new Set(stayed), new Set(["control"]));
    });
  });
}
