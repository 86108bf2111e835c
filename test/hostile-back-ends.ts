/** Real servers behind a gateway, and a tap on the line to each: what was sent to it, and what came out behind it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { readWire, type WireRequest } from "./hostile-wire.ts";
import { waitFor } from "./wait-for.ts";

export interface BackEnd {
  readonly name: string;
  /** what the gateway is told to send requests to: the tap */
  readonly url: string;
  /** what lies on the wire, read strictly: whole requests of all connections */
  wire(): readonly WireRequest[];
  /** those of connections that the gateway has not given up: their requests must be seen by everybody */
  standing(): readonly WireRequest[];
  /** whole requests that the program let through to what lies behind it */
  readonly seen: readonly WireRequest[];
  /** The bytes of all connections, for a message. */
  raw(): string;
  forget(): void;
  close(): Promise<void>;
}

const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/local/sbin` };

export const hasProgram = (name: string): boolean => {
  try {
    execFileSync(name, ["-v"], { env, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Node's own server, behind a tap. */
export const nodeBackEnd = async (): Promise<BackEnd> => {
  const origin = await startOrigin();
  return tapped("node", origin.port, origin, async () => {});
};

/** nginx as a proxy in front of an origin, behind a tap. */
export const nginxBackEnd = (): Promise<BackEnd> =>
  behind("nginx", (folder, port, origin) => {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    writeFileSync(
      join(folder, "nginx.conf"),
      `${process.getuid?.() === 0 ? "user root;" : ""}
daemon off; worker_processes 1; pid ${folder}/pid;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${origin}; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`,
    );
    return ["nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")];
  });

/** HAProxy in front of an origin, behind a tap. */
export const haproxyBackEnd = (): Promise<BackEnd> =>
  behind("haproxy", (folder, port, origin) => {
    writeFileSync(
      join(folder, "haproxy.cfg"),
      `global
  maxconn 256
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  server origin 127.0.0.1:${origin}
`,
    );
    return ["haproxy", "-db", "-q", "-f", join(folder, "haproxy.cfg")];
  });

interface Origin {
  readonly port: number;
  readonly seen: WireRequest[];
  close(): Promise<void>;
}

/** Keeps every request that it has read whole, and answers with what it has read. */
const startOrigin = async (): Promise<Origin> => {
  const seen: WireRequest[] = [];
  const server = createHttpServer((req, res) => {
    const parts: Buffer[] = [];
    req.on("data", (part: Buffer) => parts.push(part));
    req.on("end", () => {
      const body = Buffer.concat(parts).toString("latin1");
      const read = { method: req.method ?? "", target: req.url ?? "", body };
      seen.push(read);
      res.setHeader("x-seen", `${read.method} ${read.target} ${body.length}`);
      res.end("seen");
    });
  });
  const port = await listen(server);
  return { port, seen, close: () => end(server) };
};

const behind = async (
  name: string,
  write: (folder: string, port: number, origin: number) => readonly string[],
): Promise<BackEnd> => {
  const origin = await startOrigin();
  const folder = mkdtempSync(join(tmpdir(), `turnpike-${name}-`));
  const port = await freePort();
  const [program = "", ...args] = write(folder, port, origin.port);
  const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(() => isOpen(child, port), name);
    return await tapped(name, port, origin, stop);
  } catch (error) {
    await stop();
    await origin.close();
    throw error;
  }
};

/** A line to a port on which everything that goes towards it is kept. */
const tapped = async (
  name: string,
  port: number,
  origin: Origin,
  stop: () => Promise<void>,
): Promise<BackEnd> => {
  const lines: string[] = [];
  const givenUp = new Set<number>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const onward = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const at = lines.push("") - 1;
    socket.on("data", (bytes: Buffer) => {
      lines[at] += bytes.toString("latin1");
    });
    for (const sign of ["end", "close"] as const) socket.once(sign, () => givenUp.add(at));
    socket.pipe(onward).pipe(socket);
    for (const side of [socket, onward]) {
      sockets.add(side);
      side.on("error", () => {});
      side.on("close", () => {
        sockets.delete(side);
        socket.destroy();
        onward.destroy();
      });
    }
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    name,
    url,
    seen: origin.seen,
    wire: () => lines.flatMap(readWire),
    standing: () => lines.filter((_, at) => !givenUp.has(at)).flatMap(readWire),
    raw: () => JSON.stringify(lines),
    forget() {
      lines.fill("");
      origin.seen.length = 0;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await end(server);
      await stop();
      await origin.close();
    },
  };
};

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port; // listening on TCP
};

const end = (server: Server & { closeAllConnections?: () => void }): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections?.();
  });

const isOpen = (child: ChildProcess, port: number): Promise<boolean> => {
  if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
};
