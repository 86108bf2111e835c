import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/free-port.ts";
import { type Server, startProgram } from "./start-program.ts";
import { findTool } from "./tools.ts";

export interface NginxSettings {
  /** stands inside the server block */
  readonly server: string;
  /** stands inside the http block */
  readonly http?: string;
  /** a worker for each core unless told */
  readonly workers?: number;
}

/** nginx as its makers advise for many requests: no access log, connections that stay open. */
export const startNginx = async ({ server, http = "", workers }: NginxSettings): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-nginx-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, settings(folder, port, server, http, workers ?? "auto"));
  const child = spawn(findTool("nginx") ?? "nginx", ["-p", folder, "-c", file, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return startProgram("nginx", child, `http://127.0.0.1:${port}`, folder);
};

const settings = (
  folder: string,
  port: number,
  server: string,
  http: string,
  workers: number | "auto",
): string => `
daemon off;
worker_processes ${workers};
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${http}
  server {
    listen 127.0.0.1:${port} backlog=1024;
    ${server}
  }
}
`;
