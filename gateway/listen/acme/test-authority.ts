/**
 * A small certificate authority for tests (RFC 8555, RFC 9773) whose clock, lifetimes, windows and failures the test
 * decides, and which counts what is asked of it against the limits of Let's Encrypt. It checks no signatures.
 */
import { createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { readAll, readDer } from "../../lib/der.ts";
import { makeCertificate, newKey } from "../tls/make-certificate.ts";
import { readCertificate } from "../tls/read-certificate.ts";

const hour = 3_600_000;
const day = 24 * hour;

export interface TestAuthorityOptions {
  readonly clock: () => number;
  readonly lifeMs: () => number;
  /** the window of a certificate; null where this authority has none */
  readonly window:
    | ((certificate: { notBefore: number; notAfter: number }) => { start: number; end: number })
    | null;
  /** what is found when the authority looks for a challenge */
  readonly find: (host: string, token: string) => string | null;
  /** how it behaves now */
  readonly mood?: () => "well" | "down" | "silent" | "limited";
  /** what it says instead of an answer; null where it answers as it should */
  readonly interrupts?: (what: string, payload: Fields) => Interruption | null;
  /** the validation of a challenge fails although it is answered */
  readonly failsValidation?: () => boolean;
}

export interface Interruption {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** a problem of ACME, or whatever text a server in between has */
  readonly body: { readonly type: string; readonly detail: string } | string;
}

export interface PlacedOrder {
  readonly host: string;
  readonly at: number;
  readonly replaces: string | null;
  readonly profile: string | null;
}

export interface TestAuthority {
  readonly directory: string;
  readonly orders: readonly PlacedOrder[];
  readonly accounts: number;
  readonly failed: readonly number[];
  /** limits that were gone over, a sentence each */
  readonly exceeded: readonly string[];
  close(): Promise<void>;
}

interface Pending {
  readonly order: PlacedOrder;
  readonly token: string;
  status: "pending" | "valid" | "invalid";
  chain: string;
}

export const startTestAuthority = async (options: TestAuthorityOptions): Promise<TestAuthority> => {
  const { clock } = options;
  const root = newKey();
  const orders: PlacedOrder[] = [];
  const pending: Pending[] = [];
  const failed: number[] = [];
  const issued: number[] = [];
  const exceeded: string[] = [];
  const replaced = new Set<string>();
  const byId = new Map<string | null, { notBefore: number; notAfter: number }>();
  let accounts = 0;
  let base = "";

  const orderOf = ({ order, status, chain }: Pending, i: number) => ({
    status: chain ? "valid" : status === "valid" ? "ready" : status,
    identifiers: [{ type: "dns", value: order.host }],
    authorizations: [`${base}/authorization/${i}`],
    finalize: `${base}/finalize/${i}`,
    ...(chain && { certificate: `${base}/certificate/${i}` }),
  });
  const challengeOf = ({ token, status }: Pending, i: number) => ({
    type: "http-01",
    url: `${base}/challenge/${i}`,
    token,
    status,
    ...(status === "invalid" && { error: problem("connection", "nothing answered") }),
  });

  const answers: Record<string, (payload: Fields, i: number, res: ServerResponse) => unknown> = {
    account(_payload, _i, res) {
      accounts++;
      res.statusCode = 201;
      res.setHeader("location", `${base}/account/1`);
      return { status: "valid" };
    },
    order(payload, i, res) {
      if (pending[i]) return orderOf(pending[i], i);
      const replaces = typeof payload["replaces"] === "string" ? payload["replaces"] : null;
      if (replaces && replaced.has(replaces)) return refuse(res, 409, "alreadyReplaced");
      if (orders.filter(({ at }) => at > clock() - 3 * hour).length >= 300)
        exceeded.push("orders in 3 hours");
      const [{ value: host } = { value: "" }] = payload["identifiers"] as { value: string }[];
      const order = {
        host,
        at: clock(),
        replaces,
        profile: (payload["profile"] as string | undefined) ?? null,
      };
      if (replaces) replaced.add(replaces);
      orders.push(order);
      pending.push({ order, token: randomBytes(12).toString("base64url"), status: "pending", chain: "" });
      const at = pending.length - 1;
      res.statusCode = 201;
      res.setHeader("location", `${base}/order/${at}`);
      return orderOf(pending[at] as Pending, at);
    },
    authorization(_payload, i) {
      const found = pending[i] as Pending;
      const identifier = { type: "dns", value: found.order.host };
      return { status: found.status, identifier, challenges: [challengeOf(found, i)] };
    },
    challenge(payload, i) {
      const found = pending[i] as Pending;
      if (found.status === "pending" && payload !== empty) {
        const shown = options.find(found.order.host, found.token)?.startsWith(`${found.token}.`);
        found.status = shown && !options.failsValidation?.() ? "valid" : "invalid";
        if (found.status === "invalid") failed.push(clock());
        if (failed.filter((at) => at > clock() - hour).length > 5)
          exceeded.push("failed validations in an hour");
      }
      return challengeOf(found, i);
    },
    finalize(payload, i) {
      const found = pending[i] as Pending;
      // A certificate that replaces another does not count (Let's Encrypt's limits, ARI renewals).
      if (!found.order.replaces) issued.push(clock());
      if (issued.filter((at) => at > clock() - 7 * day).length > 5)
        exceeded.push("certificates of a host in a week");
      found.chain = makeCertificate(
        {
          name: found.order.host,
          hosts: [found.order.host],
          publicKey: keyOfCsr(Buffer.from(String(payload["csr"]), "base64url")),
          notBefore: clock() - hour,
          notAfter: clock() - hour + options.lifeMs(),
        },
        { name: "Test authority", key: root },
      );
      const facts = readCertificate(found.chain);
      byId.set(facts.id, facts);
      return orderOf(found, i);
    },
    certificate: (_payload, i) => pending[i]?.chain,
  };

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const mood = options.mood?.() ?? "well";
    if (mood === "down") return void req.socket.destroy();
    if (mood === "silent") return;
    res.setHeader("replay-nonce", randomBytes(8).toString("base64url"));
    res.setHeader("content-type", "application/json");
    const [, what = "", number = ""] = (req.url ?? "").split("/");
    if (mood === "limited" && what === "order") {
      res.setHeader("retry-after", "7200");
      return void res.end(JSON.stringify(refuse(res, 429, "rateLimited")));
    }
    if (what === "directory") return void res.end(JSON.stringify(directoryOf(base, options.window !== null)));
    if (what === "renewal") {
      const interruption = options.interrupts?.(what, empty);
      return interruption ? interrupt(res, interruption) : void res.end(JSON.stringify(windowOf(number)));
    }
    const payload = payloadOf(await text(req));
    const interruption = options.interrupts?.(what, payload);
    if (interruption) return interrupt(res, interruption);
    const answer = answers[what]?.(payload, Number(number || Number.NaN), res);
    res.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? {}));
  };

  const interrupt = (res: ServerResponse, { status, headers = {}, body }: Interruption): void => {
    if (typeof body === "string") {
      res.writeHead(status, { "content-type": "text/html", ...headers }).end(body);
      return;
    }
    res
      .writeHead(status, { "content-type": "application/problem+json", ...headers })
      .end(JSON.stringify(problem(body.type, body.detail)));
  };

  const windowOf = (id: string) => {
    const facts = byId.get(id);
    if (!facts || !options.window) return {};
    const { start, end } = options.window(facts);
    return { suggestedWindow: { start: new Date(start).toISOString(), end: new Date(end).toISOString() } };
  };

  const server = createServer((req, res) => void serve(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    directory: `${base}/directory`,
    orders,
    get accounts() {
      return accounts;
    },
    failed,
    exceeded,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

type Fields = Readonly<Record<string, unknown>>;

const problem = (type: string, detail: string) => ({ type: `urn:ietf:params:acme:error:${type}`, detail });

const refuse = (res: ServerResponse, status: number, type: string) => {
  res.statusCode = status;
  return problem(type, `${type}, as the test wants`);
};

const directoryOf = (base: string, withWindows: boolean) => ({
  newNonce: `${base}/nonce`,
  newAccount: `${base}/account`,
  newOrder: `${base}/order`,
  ...(withWindows && { renewalInfo: `${base}/renewal` }),
});

/** A question without a body (POST-as-GET). */
const empty: Fields = {};

const payloadOf = (body: string): Fields => {
  if (body === "") return empty;
  const { payload } = JSON.parse(body) as { payload: string };
  return payload === "" ? empty : (JSON.parse(Buffer.from(payload, "base64url").toString()) as Fields);
};

/** The public key that a certificate is asked for (RFC 2986 §4.1): third of the fields. */
const keyOfCsr = (csr: Buffer): KeyObject => {
  const [info] = readAll(readDer(csr).content);
  const [, , spki] = readAll(info?.content ?? Buffer.alloc(0));
  return createPublicKey({ key: Buffer.from(spki?.whole ?? []), format: "der", type: "spki" });
};
