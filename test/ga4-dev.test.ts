import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "./gateway.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const file = join(root, "setup/config.dev.json");
const config = JSON.parse(readFileSync(file, "utf8")) as object; // the settings that are shipped

test("with the development settings any hit of a tag is seen at once, and its session when it is over", async () => {
  await withGateway({ config, args: ["--dev"] }, async ({ url, output }) => {
    const hit = "/g/collect?v=2&tid=14&dl=https%3A%2F%2Ffoo.bar&en=page_view&cid=ag9";
    const answer = await fetch(url + hit, { method: "POST" });
    assert.equal(answer.status, 204);
    await waitFor(() => output().match(/page_view .*…ag9/), "the line of the event");
    const [line] = await waitFor(() => output().match(/.*session over.*/), "the line of the session");
    assert.match(line, /1 event, 1 page view, 0 s {2}…ag9 {2}direct \/ none/);
  });
});
