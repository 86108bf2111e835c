/** A site that keeps nothing in browsers: who is one visitor today, and what lies in the data folder. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { personAgent, root } from "./gateway.ts";
import { storedEvents } from "./stored.ts";
import { withGateway } from "./with-gateway.ts";

const key = "a-write-key-of-the-site";
const config = {
  routes: [{ path: "/", static: { dir: `${root}setup/demo/public` }, inject: true }],
  sites: [{ id: "main", cookieless: true, script: "full", urlParams: ["page", "sort"], writeKeys: [key] }],
};

test("address and browser make one visitor of a day, whatever the browser sends; a server is nobody", () =>
  withGateway({ config }, async ({ url, data }) => {
    const send = async (ename: string, headers: Record<string, string>): Promise<void> => {
      const body = JSON.stringify({ events: [{ eid: newId(), ename, vid: newId(), type: "track" }] });
      const answer = await ask(`${url}/tr/v1/`, { method: "POST", body, headers });
      assert.deepEqual([answer.status, answer.cookies.size], [200, 0]);
    };
    const page = await ask(`${url}/`);
    assert.equal(page.cookies.size, 0);
    assert.match(
      page.text,
      /<script src="\/track\.full\.js"[^>]* data-cookieless data-params="page\|sort"[^>]*>/,
    );
    await send("one", {});
    await send("again", { cookie: `vid=${newId()}` });
    await send("other", { "user-agent": personAgent.replace("Windows NT 10.0", "Windows NT 11.0") });
    await send("server", { authorization: `Bearer ${key}` });
    const idOf = (name: string) => storedEvents(data).find((event) => event.name === name)?.client_id ?? null;
    assert.match(idOf("one") ?? "", /^.{14}8/);
    assert.equal(idOf("document"), idOf("one"));
    assert.equal(idOf("again"), idOf("one"));
    assert.notEqual(idOf("other"), idOf("one"));
    assert.match(idOf("server") ?? "", /^.{14}7/, "it names its visitors itself");
    const [day = "", ...more] = readdirSync(join(data, "salts"));
    assert.deepEqual([more, readFileSync(join(data, "salts", day)).length], [[], 32]);
  }));
