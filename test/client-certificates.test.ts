/** Client certificates: asked for by host, counted by connection, told to upstreams in headers that no client can send. */
import assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import {
  authorityExtensions,
  keyPem,
  makeCertificate,
  newKey,
} from "../gateway/listen/tls/make-certificate.ts";
import { ask } from "./ask.ts";
import { type LiveApp, startLiveApp } from "./live-app.ts";
import { startUpstream } from "./upstream.ts";
import { withGateway } from "./with-gateway.ts";

const day = 86_400_000;

const makeAuthority = (name: string) => {
  const key = newKey();
  const signer = { name, key };
  const cert = makeCertificate(
    {
      name,
      hosts: [],
      publicKey: createPublicKey(key),
      notBefore: Date.now() - day,
      notAfter: Date.now() + day,
      extensions: authorityExtensions(key),
    },
    signer,
  );
  return { cert, signer };
};

type Authority = ReturnType<typeof makeAuthority>;

/** What a client shows: certificate and key. */
const makeClient = ({ signer }: Authority, name: string, notAfter = Date.now() + day) => {
  const key = newKey();
  const cert = makeCertificate(
    {
      name,
      hosts: [],
      publicKey: createPublicKey(key),
      notBefore: Date.now() - 2 * day,
      notAfter,
      extensions: [],
    },
    signer,
  );
  return { key: keyPem(key), cert };
};

type Shown = ReturnType<typeof makeClient> | Record<string, never>;

interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Asks over HTTP/1.1 on a connection of its own; `sni` is the host it is opened for. */
const askAs = (
  app: Pick<LiveApp, "securePort">,
  shown: Shown,
  host: string,
  headers = {},
  sni = host,
): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const req = request(
      {
        host: "127.0.0.1",
        port: app.securePort,
        servername: sni,
        rejectUnauthorized: false,
        agent: false,
        headers: { host, ...headers },
        ...shown,
      },
      (res) => void text(res).then((body) => resolve({ status: res.statusCode ?? 0, text: body }), reject),
    );
    req.on("error", reject).end();
  });

const stage = async (t: TestContext) => {
  const up = await startUpstream((req, res) => res.end(String(req.headers["x-client-cert-subject"])));
  t.after(() => up.close());
  const [ours, others] = [makeAuthority("our people"), makeAuthority("somebody else")];
  const proxy = { upstreams: [up.url] };
  const settings = {
    tls: "local",
    sites: [{ id: "main", hosts: ["*"] }],
    routes: [
      { hosts: ["inner.example"], path: "/", proxy, clientCertificates: { ca: "ours.pem" } },
      { hosts: ["both.example"], path: "/", proxy, clientCertificates: { ca: "ours.pem", mode: "optional" } },
      { hosts: ["third.example"], path: "/", proxy, clientCertificates: { ca: "others.pem" } },
      { hosts: ["open.example"], path: "/", proxy },
    ],
  };
  const app = await startLiveApp(settings, { "ours.pem": ours.cert, "others.pem": others.cert });
  t.after(() => app.close());
  return { app, up, ours, others, settings };
};

test("a host that asks lets in who has a certificate of its authority, and says who that is", async (t) => {
  const { app, up, ours, others } = await stage(t);
  const ann = makeClient(ours, "ann, the 1st");
  const first = await askAs(app, ann, "inner.example", { "x-client-cert-subject": "CN=root" });
  assert.deepEqual(first, { status: 200, text: "CN=ann\\, the 1st" });
  const headers = up.asked[0]?.headers ?? {};
  assert.equal(headers["x-client-cert-issuer"], "CN=our people");
  const fingerprint = new X509Certificate(ann.cert).fingerprint256.replaceAll(":", "").toLowerCase();
  assert.equal(headers["x-client-cert-fingerprint"], fingerprint);
  assert.equal(headers["x-client-cert-serial"], new X509Certificate(ann.cert).serialNumber);

  const cases: readonly [who: string, shown: Shown][] = [
    ["nobody", {}],
    ["of another authority", makeClient(others, "ann, the 1st")],
    ["out of date", makeClient(ours, "ann", Date.now() - 1000)],
  ];
  for (const [who, shown] of cases) {
    const { status, text: said } = await askAs(app, shown, "inner.example");
    assert.equal(status, 403, who);
    assert.match(said, /client certificate/, who);
  }
  assert.equal(up.asked.length, 1);
});

test("an optional certificate says who somebody is, and a client cannot say it himself", async (t) => {
  const { app, ours, others } = await stage(t);
  const forged = { "x-client-cert-subject": "CN=root" };
  assert.equal((await askAs(app, makeClient(ours, "ann"), "both.example", forged)).text, "CN=ann");
  assert.equal((await askAs(app, makeClient(others, "ann"), "both.example", forged)).text, "undefined");
  assert.equal((await askAs(app, {}, "both.example", forged)).text, "undefined");
  assert.equal((await askAs(app, {}, "open.example", forged)).text, "undefined");
  const plain = await ask(app.url, { headers: { ...forged, host: "open.example" } });
  assert.equal(plain.text, "undefined");
});

test("a connection that was opened for another host lets nobody in", async (t) => {
  const { app, up, ours } = await stage(t);
  const ann = makeClient(ours, "ann");
  assert.equal((await askAs(app, ann, "inner.example", {}, "open.example")).status, 421);
  assert.equal((await askAs(app, ann, "third.example", {}, "inner.example")).status, 421);
  assert.equal((await askAs(app, ann, "inner.example", {}, "both.example")).status, 200); // the same authority
  const plain = await ask(app.url, { headers: { host: "inner.example" } });
  assert.equal(plain.status, 403);
  assert.match(plain.text, /over https/);
  assert.equal(up.asked.length, 1);
});

/** A connection whose handshake is over, with the session that a client could come back with. */
const openSession = (app: LiveApp, servername: string, session?: Buffer) =>
  new Promise<{ readonly session: Buffer | undefined; readonly reused: boolean }>((resolve, reject) => {
    const socket = connectTls({
      host: "127.0.0.1",
      port: app.securePort,
      servername,
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2", // its session is there when the handshake is over
      ...(session && { session }),
    });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve({ session: socket.getSession(), reused: socket.isSessionReused() });
      socket.destroy();
    });
  });

test("no session of a host that asks is resumed, with or without a certificate", async (t) => {
  const { app } = await stage(t);
  const first = await openSession(app, "inner.example");
  assert.equal((await openSession(app, "inner.example", first.session)).reused, false);
  // A host that does not ask resumes, and what it gave out opens nothing elsewhere.
  const open = await openSession(app, "open.example");
  assert.equal((await openSession(app, "open.example", open.session)).reused, true);
  assert.equal((await openSession(app, "inner.example", open.session)).reused, false);
});

test("HTTP/2 knows whose connection it is, and sends a request for another host away", async (t) => {
  const { app, ours } = await stage(t);
  const session = connectHttp2(`https://127.0.0.1:${app.securePort}`, {
    servername: "inner.example",
    rejectUnauthorized: false,
    ...makeClient(ours, "ann"),
  });
  t.after(() => session.destroy());
  const over2 = async (authority: string): Promise<readonly [status: number, text: string]> => {
    const stream = session.request({ ":path": "/", ":authority": authority });
    let status = 0;
    stream.on("response", (head) => {
      status = Number(head[":status"]);
    });
    const body = await text(stream);
    return [status, body];
  };
  assert.deepEqual(await over2("inner.example"), [200, "CN=ann"]);
  assert.equal((await over2("third.example"))[0], 421);
  assert.equal((await over2("open.example"))[0], 200);
});

test("a browser that comes on another host's connection of HTTP/2 opens one on which it can say who it is", async (t) => {
  const { app, ours } = await stage(t);
  const askOver2 = async (opened: string | undefined, authority: string) => {
    const session = connectHttp2(`https://127.0.0.1:${app.securePort}`, {
      ...(opened === undefined ? {} : { servername: opened }),
      rejectUnauthorized: false,
      ...makeClient(ours, "ann"),
    });
    t.after(() => session.destroy());
    const stream = session.request({ ":path": "/", ":authority": authority });
    const [head] = (await once(stream, "response")) as [{ readonly ":status"?: number }];
    return [head[":status"], await text(stream)];
  };
  assert.equal((await askOver2("open.example", "both.example"))[0], 421);
  assert.deepEqual(await askOver2("both.example", "both.example"), [200, "CN=ann"]);
  assert.deepEqual(await askOver2("Both.Example", "both.example:443"), [200, "CN=ann"]);
  assert.deepEqual(await askOver2("inner.example", "both.example"), [200, "CN=ann"]); // the same authority
  assert.deepEqual(await askOver2(undefined, "both.example"), [200, "undefined"]); // it cannot do better
});

test("the authorities follow the settings", async (t) => {
  const { app, ours, settings } = await stage(t);
  const ann = makeClient(ours, "ann");
  const routes = settings.routes.map((route) =>
    route.hosts[0] === "inner.example" ? { ...route, clientCertificates: { ca: "others.pem" } } : route,
  );
  app.apply({ ...settings, routes });
  assert.equal((await askAs(app, ann, "inner.example")).status, 403);
  assert.equal((await askAs(app, ann, "both.example")).status, 200);
});

test("a reload reads the authorities again, also where the settings are what they were", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-authorities-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [before, after] = [makeAuthority("of last year"), makeAuthority("of this year")];
  const ca = join(folder, "people.pem");
  writeFileSync(ca, before.cert);
  const routes = [
    { hosts: ["inner.example"], path: "/", respond: { body: "in" }, clientCertificates: { ca } },
  ];
  await withGateway({ config: { tls: "local", routes } }, async (gateway) => {
    const app = { securePort: gateway.ports.https ?? 0 };
    const statusOf = async (authority: Authority) =>
      (await askAs(app, makeClient(authority, "ann"), "inner.example")).status;
    assert.deepEqual([await statusOf(before), await statusOf(after)], [200, 403]);
    writeFileSync(ca, after.cert);
    const reloaded = await gateway.admin("/api/reload", { method: "POST" });
    assert.deepEqual(await reloaded.json(), { changes: [] });
    assert.deepEqual([await statusOf(before), await statusOf(after)], [403, 200]);
    // What cannot be read changes nothing, and is said.
    writeFileSync(ca, "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
    assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 422);
    assert.equal(await statusOf(after), 200);
  });
});
