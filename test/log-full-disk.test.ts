import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { ask } from "./ask.ts";
import { freePort } from "./free-port.ts";
import { root } from "./gateway.ts";
import { waitFor } from "./wait-for.ts";

for (const workers of [1, 2]) {
  test(`a log on a full disk ends nothing: the gateway serves on, workers: ${workers}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "turnpike-log-"));
    const [port, adminPort] = [await freePort(), await freePort()];
    const config = join(folder, "config.json");
    writeFileSync(
      config,
      JSON.stringify({
        listen: { http: `127.0.0.1:${port}`, admin: `127.0.0.1:${adminPort}` },
        tls: "off",
        workers,
        accessLog: { file: "stdout" },
        data: { dir: join(folder, "data") },
        routes: [{ path: "/", respond: { status: 200, body: "served" } }],
      }),
    );
    const full = openSync("/dev/full", "w"); // whatever is written to it, there is no room
    const child = spawn(process.execPath, [join(root, "gateway/main.ts"), "start", "--config", config], {
      cwd: root,
      stdio: ["ignore", full, "pipe"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const said = text(child.stderr ?? Readable.from([]));
    try {
      const url = `http://127.0.0.1:${port}/`;
      const answer = () =>
        ask(url)
          .then(({ text: body }) => body)
          .catch(() => "");
      await waitFor(async () => child.exitCode !== null || (await answer()) === "served", "the first answer");
      for (let n = 0; n < 20; n++) assert.equal(await answer(), "served");
      child.kill("SIGTERM");
      assert.equal(await ended, 0);
      assert.equal(await said, "");
    } finally {
      child.kill("SIGKILL");
      await ended;
      closeSync(full);
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
