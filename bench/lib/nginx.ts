import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/gateway.ts";
import { type Server, startProgram } from "./start-program.ts";
import { findTool } from "./tools.ts";

/**
 * nginx as its makers advise for many requests: a worker for each core, no access log, connections that stay open.
 * `http` stands inside the http block, `server` inside the server block.
 */
export const startNginx = async (server: string, http = ""): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-nginx-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, settings(folder, port, server, http));
  const child = spawn(findTool("nginx") ?? "nginx", ["-p", folder, "-c", file, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return startProgram("nginx", child, `http://127.0.0.1:${port}`, folder);
};

const settings = (folder: string, port: number, server: string, http: string): string => `
daemon off;
worker_processes auto;
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
