import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { storedNamed } from "./stored.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-stop-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("a stop leaves the whole database in its one file, so that a copy of it is a backup", async () => {
  const data = join(folder, newId());
  await withGateway({ data }, async (gateway) => {
    assert.equal((await ask(`${gateway.url}/tr/v1/?ename=kept`)).status, 200);
    assert.equal(await gateway.stop(), 0);
  });
  assert.deepEqual(
    readdirSync(data).filter((name) => name.startsWith("turnpike.db")),
    ["turnpike.db"],
  );
  const copy = join(folder, newId());
  mkdirSync(copy);
  copyFileSync(join(data, "turnpike.db"), join(copy, "turnpike.db"));
  assert.equal(storedNamed(copy, "kept").length, 1);
});

test("a SIGTERM lets a slow request finish, refuses new ones, and ends with 0", async (t) => {
  let finish = (): void => {};
  const upstream = await startUpstream((_req, res) => {
    res.writeHead(200, { "content-type": "text/plain" });
    res.write("the first half, ");
    finish = () => void res.end("and the second");
  });
  t.after(upstream.close);
  const config = { routes: [{ path: "/", proxy: { upstreams: [upstream.url] } }] };
  await withGateway({ config }, async (gateway) => {
    const slow = ask(`${gateway.url}/report`);
    await waitFor(() => upstream.asked.length === 1, "the request to arrive");
    const stopped = gateway.stop();
    await waitFor(() => gateway.output().includes("stopping"), "the stop to begin");
    await waitFor(
      () =>
        ask(gateway.url).then(
          () => false,
          (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
        ),
      "the door to close",
    );
    finish();
    assert.equal((await slow).text, "the first half, and the second");
    assert.equal(await stopped, 0);
  });
});

test("a SIGTERM under load loses nothing that was acknowledged", async () => {
  const data = join(folder, newId());
  const acknowledged: string[] = [];
  const send = async (url: string): Promise<void> => {
    for (;;) {
      const eid = newId();
      const answer = await ask(`${url}/tr/v1/?ename=kept&eid=${eid}`).catch(() => null);
      if (answer?.status !== 200) return;
      acknowledged.push(eid);
    }
  };
  await withGateway({ data }, async ({ url, stop }) => {
    const senders = Promise.all([send(url), send(url), send(url), send(url)]);
    await waitFor(() => acknowledged.length > 100, "a hundred acknowledgements");
    assert.equal(await stop(), 0);
    await senders;
  });
  const stored = new Set(storedNamed(data, "kept").map((event) => event.id));
  assert.deepEqual(
    acknowledged.filter((id) => !stored.has(id)),
    [],
  );
});
