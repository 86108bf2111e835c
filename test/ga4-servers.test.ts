import assert from "node:assert/strict";
import { test } from "node:test";
import { personAgents } from "./person-agents.ts";
import { replayed } from "./replay-run.ts";

const key = "a-write-key-of-the-site";
const settings = {
  sites: [{ id: "main", hosts: ["*"], protocols: ["ga4"], measurementIds: ["G-*"], writeKeys: [key] }],
};
const at = Date.UTC(2026, 2, 1, 12);
const headers = { host: "shop.test", "user-agent": personAgents[0] ?? "" };

const fromServer = (body: object): string =>
  JSON.stringify({
    at: at + 60_000,
    method: "POST",
    url: `/mp/collect?measurement_id=G-SHOP&api_secret=${key}`,
    // What the site's own server runs says nothing of its visitors.
    headers: { host: "shop.test", "user-agent": "python-requests/2.32" },
    body: JSON.stringify({ client_id: "1.2", events: [{ name: "purchase" }], ...body }),
  });

const page = JSON.stringify({ at, url: "/g/collect?v=2&tid=G-SHOP&cid=1.2&en=page_view", headers });

test("what a site's server says of a visitor is his, whatever the server runs", async () => {
  const { events, sessions } = await replayed(settings, [page, fromServer({ user_id: "ada" })]);
  assert.deepEqual(
    events.map((row) => [row["name"], row["bot"], row["device_category"]]),
    [
      ["page_view", null, "desktop"],
      ["purchase", null, null],
    ],
  );
  assert.equal(sessions.length, 1, "both are of one visit");
});

test("a program that the server names is labelled like one that comes itself", async () => {
  const { events } = await replayed(settings, [fromServer({ user_agent: "Googlebot/2.1" })]);
  assert.equal(events[0]?.["bot"], "crawler: Googlebot");
});

test("a client that says nothing of itself is a script", async () => {
  const { events } = await replayed(settings, [page.replace(/"user-agent":"[^"]*"/, `"x-none":"1"`)]);
  assert.equal(events[0]?.["bot"], "script: no user agent");
});
