import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "node:tls";
import { h2Client } from "./h2-client.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

interface Visit {
  readonly reused: boolean;
  readonly session: Buffer;
}

/** One request over a connection of its own, resuming a session where one is given. */
const visit = (url: string, version: "TLSv1.2" | "TLSv1.3", session?: Buffer): Promise<Visit> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      port: Number(new URL(url).port),
      host: "127.0.0.1",
      servername: "localhost",
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ...(session && { session }),
    });
    let given: Buffer | null = null;
    let text = "";
    const reused = new Promise<boolean>((known) =>
      socket.once("secureConnect", () => known(socket.isSessionReused())),
    );
    socket.on("session", (next: Buffer) => {
      given = next;
    });
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on("end", () => {
      if (!text.startsWith("HTTP/1.1 200 ")) reject(new Error(`answered ${text.slice(0, 60)}`));
      else void reused.then((was) => resolve({ reused: was, session: given ?? session ?? Buffer.alloc(0) }));
    });
    socket.write("GET /tr/v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  });

const settingsFile = (t: TestContext, settings: object) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-tls-workers-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "config.json");
  const write = (next: object): void => writeFileSync(file, JSON.stringify(next));
  write(settings);
  return { file, write };
};

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`a ${version} session is resumed by every worker, after a reload and after a restart`, async (t) => {
    const settings = { tls: "local", workers: 3 };
    const { file, write } = settingsFile(t, settings);
    await withGateway({ args: ["--config", file] }, async (gateway) => {
      let { session } = await visit(gateway.secureUrl, version);
      const resumed = async (when: string): Promise<void> => {
        // Connections go to the workers in turn.
        for (let i = 0; i < 6; i++) {
          const again = await visit(gateway.secureUrl, version, session);
          assert.equal(again.reused, true, `${when}, connection ${i}`);
          session = again.session;
        }
      };
      await resumed("at first");
      write({ ...settings, limits: { requests: 5000 } });
      assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
      await resumed("after a reload");
      process.kill(gateway.pid, "SIGUSR2");
      await waitFor(() => gateway.output().includes("serves, this one ends"), "the restart");
      await resumed("after a restart");
    });
  });
}

test("workers serve HTTP/2 and HTTP/1.1 over TLS, and events are stored once", async () => {
  await withGateway({ config: { tls: "local", workers: 2 } }, async (gateway) => {
    const clients = Array.from({ length: 4 }, () => h2Client(gateway.secureUrl));
    for (const client of clients) {
      const { status } = await client.ask("/tr/v1/?ename=kept");
      assert.equal(status, 200);
      client.close();
    }
    assert.equal((await visit(gateway.secureUrl, "TLSv1.3")).reused, false);
  });
});
