/** A real nginx with a cache, in front of a gateway. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

export interface Nginx {
  readonly url: string;
  close(): Promise<void>;
}

// nginx lies in sbin, which is not on everybody's path.
const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/local/sbin` };

export const hasNginx = (): boolean => {
  try {
    execFileSync("nginx", ["-v"], { env, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Starts it on a free port; it caches whatever the upstream's `Cache-Control` does not forbid. */
export const startNginx = async (upstream: string): Promise<Nginx> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-nginx-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, settings(folder, port, upstream));
  const child = spawn("nginx", ["-p", folder, "-c", file, "-e", join(folder, "error.log")], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = text(child.stderr);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const close = async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(() => isOpen(child, port), "nginx");
  } catch (error) {
    await close();
    throw new Error(`nginx did not start: ${await said}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, close };
};

const isOpen = (child: ChildProcess, port: number): Promise<boolean> => {
  if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
};

/**
 * As greedy as a cache may be that still obeys: it stores answers that set cookies, and those of any status, unless
 * `Cache-Control` forbids it.
 */
const settings = (folder: string, port: number, upstream: string): string => `
${process.getuid?.() === 0 ? "user root;" : ""}
daemon off;
worker_processes 1;
pid ${folder}/pid;
events { worker_connections 256; }
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  proxy_cache_path ${folder}/cache keys_zone=pages:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_cache pages;
      proxy_cache_valid any 10m;
      proxy_ignore_headers Set-Cookie;
      add_header X-Cache-Status $upstream_cache_status always;
    }
  }
}
`;
