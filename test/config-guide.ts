/** The lines of a guide from another server's settings to ours, each tried on a gateway that runs with it. */
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { configSchema } from "../gateway/config/schema.ts";
import {
  authorityExtensions,
  keyPem,
  makeCertificate,
  newKey,
} from "../gateway/listen/tls/make-certificate.ts";
import { type Answer, ask, type Question } from "./ask.ts";
import { root } from "./gateway.ts";
import { type LiveApp, startLiveApp } from "./live-app.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

export interface Trial {
  readonly app: LiveApp;
  /** asks the gateway; the path may begin with a host, `shop.example/cart` */
  get(address: string, question?: Question): Promise<Answer>;
  /** the servers that the guide's lines name, by their port there */
  readonly upstreams: Readonly<Record<Port, Upstream>>;
  /** our line */
  readonly settings: object;
}

/** What a line must show; `line` is the beginning of the other server's. */
export interface Check {
  readonly line: string;
  readonly try: (trial: Trial) => Promise<void>;
}

const page = `<!doctype html><p>${"the same words again and again, ".repeat(40)}</p>`;

type Port = "3000" | "3001" | "3002" | "3003" | "3004";

const text =
  (status: number, body: string, headers = {}) =>
  (res: ServerResponse): void => {
    res.writeHead(status, { "content-type": "text/html", "x-powered-by": "a server", ...headers }).end(body);
  };

const answers: Readonly<Record<Port, (res: ServerResponse) => void>> = {
  3000: text(200, page),
  3001: text(200, "the other"),
  3002: () => {}, // never answers
  3003: text(503, "the upstream's own words"),
  3004: text(200, "", { "x-user": "ann" }), // lets everybody in
};

/** Rows of the guide's tables: the other server's line, and ours. */
const rowsOf = (guide: string): readonly (readonly [theirs: string, ours: string])[] =>
  [...guide.matchAll(/^\| `(.+?)`[^|`]*\| `(.+)` *\|$/gm)].map(([, theirs = "", ours = ""]) => [
    theirs,
    ours,
  ]);

const ofTheFile = Object.keys(configSchema.shape);

/** A line as a whole settings file: a route's members become one route, which gets an answer if it has none. */
const settingsOf = (ours: string): Record<string, unknown> => {
  const members = JSON.parse(`{ ${ours} }`) as Record<string, unknown>;
  if (Object.keys(members).every((name) => ofTheFile.includes(name)))
    return { routes: [anyRoute], ...members };
  const hasAnswer = ["proxy", "static", "respond", "redirect"].some((name) => name in members);
  return { routes: [hasAnswer ? { path: "/", ...members } : { ...anyRoute, ...members }] };
};

const anyRoute = { path: "/", proxy: { upstreams: ["http://127.0.0.1:3000"] } };

/** A test for each line of the guide; one without a check, and a check without a line, fail. */
export const tryGuide = (file: string, checks: readonly Check[]): void => {
  const rows = rowsOf(readFileSync(join(root, file), "utf8"));
  test(`${file} has a check for each of its lines, and at least 30 of them`, () => {
    assert.deepEqual(
      rows.map(([theirs]) => checks.filter(({ line }) => theirs.startsWith(line)).length),
      rows.map(() => 1),
    );
    assert.equal(checks.length, rows.length);
    assert.ok(rows.length >= 30);
  });
  for (const check of checks) {
    const row = rows.find(([theirs]) => theirs.startsWith(check.line));
    test(`${file}: ${check.line}`, async (t) => {
      assert.ok(row, "the guide has no such line");
      await check.try(await stage(t, row[1]));
    });
  }
};

const stage = async (t: TestContext, ours: string): Promise<Trial> => {
  const upstreams = Object.fromEntries(
    await Promise.all(
      Object.entries(answers).map(async ([port, answer]) => {
        const up = await startUpstream((_req, res) => answer(res));
        t.after(() => up.close());
        return [port, up] as const;
      }),
    ),
  ) as Record<Port, Upstream>;
  let written = JSON.stringify(settingsOf(ours));
  for (const [port, { url }] of Object.entries(upstreams))
    written = written.replaceAll(`http://127.0.0.1:${port}`, url);
  const secure = await startSecure(t);
  const settings = JSON.parse(written.replaceAll("https://127.0.0.1:3005", secure)) as object;
  const app = await startLiveApp(settings, filesOf());
  t.after(() => app.close());
  const get = (address: string, question: Question = {}): Promise<Answer> => {
    const [, host = "", path = "/"] = /^([^/]*)(.*)$/.exec(address) ?? [];
    const headers = { ...(host !== "" && { host }), ...question.headers };
    return ask(app.url + path, { ...question, headers });
  };
  return { app, get, upstreams, settings };
};

/** A server over TLS whose certificate nobody trusts. */
const startSecure = async (t: TestContext): Promise<string> => {
  const { "cert.pem": cert = "", "key.pem": key = "" } = filesOf();
  const server = createSecureServer({ cert, key }, (_req, res) => res.end("over TLS"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`; // listening on TCP
};

/** What the guides' lines name beside the settings file. */
const filesOf = (): Record<string, string> => {
  const key = newKey();
  const day = 86_400_000;
  const facts = {
    name: "test",
    publicKey: createPublicKey(key),
    notBefore: Date.now() - day,
    notAfter: Date.now() + day,
  };
  const signer = { name: "test", key };
  return {
    "public/index.html": "the index",
    "public/home.html": "the home page",
    "public/app.css": "p { color: teal } ".repeat(200),
    "errors/404.html": "our own 404",
    "errors/50x.html": "our own 50x",
    "cert.pem": makeCertificate({ ...facts, hosts: ["localhost"] }, signer),
    "key.pem": keyPem(key),
    "ca.pem": makeCertificate({ ...facts, hosts: [], extensions: authorityExtensions(key) }, signer),
  };
};

export const basicHeader = (name: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
});

/** The answer has the status, and the text where one is named. */
export const expect = (answer: Answer, status: number, text?: string | RegExp): void => {
  assert.equal(answer.status, status);
  if (typeof text === "string") assert.equal(answer.text, text);
  else if (text) assert.match(answer.text, text);
};

/** Which of the upstreams 3000 and 3001 answers; `n` requests, one after the other. */
export const spread = async (
  { get, upstreams }: Trial,
  n: number,
  headers = {},
): Promise<readonly [number, number]> => {
  for (let i = 0; i < n; i++) expect(await get("/", { headers }), 200);
  return [upstreams[3000].asked.length, upstreams[3001].asked.length];
};

/** The handshake's protocol, or the code of its failure. */
export const handshake = (port: number, options: object = {}): Promise<string> =>
  new Promise((resolve) => {
    const socket = connectTls({
      port,
      host: "127.0.0.1",
      servername: "localhost",
      rejectUnauthorized: false,
      ...options,
    });
    socket.on("secureConnect", () => {
      resolve(`${socket.getProtocol()} ${socket.getPeerCertificate().subject?.CN}`);
      socket.destroy();
    });
    socket.on("error", () => resolve("refused"));
  });

/** The head of an answer over TLS. */
export const overTls = (port: number): Promise<{ readonly headers: ReadonlyMap<string, string> }> =>
  new Promise((resolve, reject) => {
    const socket = connectTls(
      { port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false },
      () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    );
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", reject).on("close", () => {
      const fields = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n").slice(1);
      resolve({
        headers: new Map(
          fields.map((field) => [
            field.split(":")[0]?.toLowerCase() ?? "",
            field.slice(field.indexOf(":") + 2),
          ]),
        ),
      });
    });
  });
