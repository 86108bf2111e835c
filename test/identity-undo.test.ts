import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "./ask.ts";
import { runTurnpike } from "./program.ts";
import { queryData, settle } from "./stored.ts";
import { withGateway } from "./with-gateway.ts";

const key = "a-write-key-of-the-site";
const config = { sites: [{ id: "main", hosts: ["*"], writeKeys: [key] }], routes: [] };

test("a claim is taken back through the gateway that owns the folder", async () => {
  await withGateway({ config }, async (gateway) => {
    for (const vid of ["phone", "laptop"]) {
      const body = JSON.stringify({ ename: "login", type: "identify", vid, uid: "ada" });
      const headers = { authorization: `Bearer ${key}` };
      assert.equal((await ask(`${gateway.url}/tr/v1/`, { method: "POST", body, headers })).status, 200);
    }
    const people = async (): Promise<unknown> => {
      await settle(gateway.data);
      return queryData(gateway.data, "SELECT count(DISTINCT ifnull(joined_to, no)) AS n FROM visitors")[0]?.[
        "n"
      ];
    };
    assert.equal(await people(), 1);
    const argv = ["identity", "undo", "--visitor", "laptop", "--user", "ada", "--data", gateway.data];
    const { code, out, err } = await runTurnpike(argv);
    assert.deepEqual([code, out], [0, "identity: on site main visitor laptop no longer user ada\n"], err);
    assert.equal(await people(), 2);
    const refused = await gateway.admin("/api/identity/undo", { method: "POST", body: "{}" });
    assert.equal(refused.status, 400);
  });
});
