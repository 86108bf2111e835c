/** Servers that end TLS in front of one upstream, with one worker each, and the gateway beside them. */
import { spawn } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyPem, makeCertificate, newKey } from "../../gateway/listen/tls/make-certificate.ts";
import { freePort } from "../../test/free-port.ts";
import { startGateway } from "../../test/gateway.ts";
import { type Server, startProgram } from "./start-program.ts";
import { findTool } from "./tools.ts";

export interface TlsServer extends Server {
  /** `https://…`; `url` answers in the clear */
  readonly secureUrl: string;
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
  /** both in one file, certificate first */
  readonly both: string;
}

/** A certificate for localhost with an ECDSA key, as authorities give them today, in files below the folder. */
export const writePair = (folder: string): Pair => {
  const key = newKey();
  const day = 86_400_000;
  const about = {
    name: "bench",
    hosts: ["localhost", "127.0.0.1"],
    publicKey: createPublicKey(key),
    notBefore: Date.now() - day,
    notAfter: Date.now() + 90 * day,
  };
  const cert = makeCertificate(about, { name: "bench", key });
  const pair = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key"), both: join(folder, "tls.pem") };
  writeFileSync(pair.cert, cert);
  writeFileSync(pair.key, keyPem(key));
  writeFileSync(pair.both, cert + keyPem(key));
  return pair;
};

/** The gateway in one process, with the routes. */
export const startTurnpike = async (pair: Pair, routes: readonly object[]): Promise<TlsServer> => {
  const { cert, key } = pair;
  const gateway = await startGateway({
    config: {
      tls: { mode: "files", files: [{ cert, key }], redirect: false },
      limits: { requests: 1_000_000_000 },
      sites: [{ id: "main", hosts: ["*"] }],
      routes,
    },
  });
  return { url: gateway.url, secureUrl: gateway.secureUrl, stop: () => gateway.close() };
};

export const startTlsNginx = (pair: Pair, upstream: string): Promise<TlsServer> =>
  startNginx(
    pair,
    `proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";`,
    `upstream up { server ${upstream.slice("http://".length)}; keepalive 128; keepalive_requests 1000000000; }`,
  );

/** Answers each request itself, with an empty page; no session is taken up again. */
export const startAnsweringNginx = (pair: Pair): Promise<TlsServer> =>
  startNginx(pair, `return 200 "";`, "ssl_session_cache off; ssl_session_tickets off;");

const startNginx = (pair: Pair, answer: string, before: string): Promise<TlsServer> =>
  start(
    "nginx",
    "nginx.conf",
    (file, folder) => ["-p", folder, "-c", file, "-e", "stderr"],
    (ports, folder) => `
${process.getuid?.() === 0 ? "user root;" : ""}
daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_timeout 600s; keepalive_requests 1000000000; tcp_nodelay on;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  ${before}
  server {
    listen 127.0.0.1:${ports.plain}; listen 127.0.0.1:${ports.secure} ssl http2;
    ssl_certificate ${pair.cert}; ssl_certificate_key ${pair.key}; ssl_protocols TLSv1.2 TLSv1.3;
    location / { ${answer} }
  }
}
`,
  );

/** null where it is not installed */
export const startTlsHaproxy = (pair: Pair, upstream: string): Promise<TlsServer> | null =>
  findTool("haproxy") === null
    ? null
    : start(
        "haproxy",
        "haproxy.cfg",
        (file) => ["-db", "-q", "-f", file],
        (ports) => `
global
  maxconn 4096
  nbthread 1
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout connect 5s
frontend front
  bind 127.0.0.1:${ports.plain}
  bind 127.0.0.1:${ports.secure} ssl crt ${pair.both} alpn h2,http/1.1
  default_backend back
backend back
  http-reuse always
  server up ${upstream.slice("http://".length)}
`,
      );

/** null where it is not installed */
export const startTlsCaddy = (pair: Pair, upstream: string): Promise<TlsServer> | null =>
  findTool("caddy") === null
    ? null
    : start(
        "caddy",
        "Caddyfile",
        (file) => ["run", "--config", file, "--adapter", "caddyfile"],
        (ports) => `{
  admin off
  auto_https off
}
http://127.0.0.1:${ports.plain} {
  reverse_proxy ${upstream}
}
https://127.0.0.1:${ports.secure}, https://localhost:${ports.secure} {
  tls ${pair.cert} ${pair.key}
  reverse_proxy ${upstream}
}
`,
      );

interface PortPair {
  readonly plain: number;
  readonly secure: number;
}

const start = async (
  program: string,
  name: string,
  argsOf: (file: string, folder: string) => readonly string[],
  write: (ports: PortPair, folder: string) => string,
): Promise<TlsServer> => {
  const folder = mkdtempSync(join(tmpdir(), `turnpike-bench-${program}-`));
  const ports = { plain: await freePort(), secure: await freePort() };
  const file = join(folder, name);
  writeFileSync(file, write(ports, folder));
  const child = spawn(findTool(program) ?? program, argsOf(file, folder), {
    stdio: ["ignore", "ignore", program === "caddy" ? "ignore" : "inherit"],
    // Go takes every core unless it is told; the others have one worker.
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, GOMAXPROCS: "1" },
  });
  const server = await startProgram(program, child, `http://127.0.0.1:${ports.plain}`, folder);
  return { ...server, secureUrl: `https://127.0.0.1:${ports.secure}` };
};
