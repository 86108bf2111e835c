/**
 * A small file, from the gateway and from other servers: 1 KB of a stylesheet, as a page asks for many. Each has one
 * process, and once more one for each core.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../test/gateway.ts";
import { startCaddy } from "./lib/caddy.ts";
import { everyCore, runContest, startEach } from "./lib/contest.ts";
import { startNginx } from "./lib/nginx.ts";
import type { BenchOptions } from "./lib/options.ts";
import type { Server } from "./lib/start-program.ts";
import { findTool } from "./lib/tools.ts";

const file = `.${Array.from({ length: 24 }, (_, i) => `card-${i} { margin: ${i}px; color: #${100 + i}; }`).join("\n.")}\n`;

/** Prints a table of all of them; rejects when one of them does not give the file. */
export const runStatic = async (options: BenchOptions): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-static-"));
  const stops: (() => Promise<unknown>)[] = [];
  const keep = (server: Server): string => {
    stops.push(server.stop);
    return server.url;
  };
  try {
    // nginx gives up the rights of root for its workers.
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "index.html"), "<p>home</p>");
    writeFileSync(join(folder, "style.css"), file);
    const contestants = await startEach(
      async (workers) => ({
        turnpike: await startTurnpike(folder, workers),
        nginx: await startServingNginx(folder, workers),
        caddy: await startCaddy(`root * ${folder}\n  file_server`, workers),
      }),
      keep,
    );
    const question = { path: "/style.css", answer: file };
    await runContest(contestants, question, ["turnpike", `turnpike${everyCore}`], options);
    if (findTool("caddy") === null)
      process.stdout.write("Caddy is not installed and was left out (apt-get install caddy)\n");
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const startTurnpike = async (dir: string, workers: number): Promise<Server> => {
  const gateway = await startGateway({ config: { workers, routes: [{ path: "/", static: { dir } }] } });
  return { url: gateway.url, stop: () => gateway.close() };
};

const startServingNginx = (folder: string, workers: number): Promise<Server> =>
  startNginx({
    server: `root ${folder}; location / { try_files $uri $uri/index.html =404; }`,
    http: `sendfile on; tcp_nopush on; open_file_cache max=1000 inactive=60s; open_file_cache_valid 10s;
  types { text/css css; text/html html; }`,
    workers,
  });
