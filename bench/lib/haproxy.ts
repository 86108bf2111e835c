import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/free-port.ts";
import { type Server, startProgram } from "./start-program.ts";
import { findTool } from "./tools.ts";

/** HAProxy in front of an upstream, with so many threads; null where it is not installed. */
export const startHaproxy = async (upstream: string, threads: number): Promise<Server | null> => {
  const program = findTool("haproxy");
  if (program === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-haproxy-"));
  const port = await freePort();
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, settings(port, upstream.slice("http://".length), threads));
  const child = spawn(program, ["-db", "-q", "-f", file], { stdio: ["ignore", "ignore", "inherit"] });
  return startProgram("haproxy", child, `http://127.0.0.1:${port}`, folder);
};

const settings = (port: number, upstream: string, threads: number): string => `
global
  maxconn 4096
  nbthread ${threads}
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout connect 5s
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  http-reuse always
  server up ${upstream}
`;
