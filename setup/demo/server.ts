/** The demo shop's back end: the part of a site that Turnpike proxies to. Its pages are static files. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "../../gateway/lib/node-http.ts";
import { type Order, type Plan, plans, readOrder } from "./order.ts";

const maxBodyBytes = 16 * 1024;
const firstOrder = 1042;
const bagsRoasted = 120;

export interface DemoUpstreamOptions {
  /** where the admin page is, e.g. http://127.0.0.1:8081 */
  readonly admin: string;
  /** a free one when left out */
  readonly port?: number;
}

export interface DemoUpstream {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the shop's back end on loopback; fails if the port is taken. */
export const startDemoUpstream = async (options: DemoUpstreamOptions): Promise<DemoUpstream> => {
  const answer = shop(options.admin);
  const server = createServer((req, res) => {
    answer(req).then(
      (reply) => send(res, reply),
      () => res.destroy(), // the customer went away in the middle of an order: nobody is left to tell
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server has no other kind of address
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
};

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

// Orders and stock live as long as the process: the shop opens afresh with every start.
const shop = (admin: string) => {
  let nextOrder = firstOrder;
  let bags = bagsRoasted;

  const sell = (order: Order, plan: Plan): { number: string; total: number } => {
    const total = Math.round(plan.price * order.quantity * 100) / 100;
    bags -= plan.bags * order.quantity;
    if (bags < 1) bags = bagsRoasted; // the next roast comes out
    const number = `TB-${nextOrder}`;
    nextOrder += 1;
    return { number, total };
  };

  const takeOrder = async (req: IncomingMessage): Promise<Reply> => {
    const body = await readText(req);
    if (body === null)
      return { ...refuse(413, `An order is at most ${maxBodyBytes} bytes.`), headers: close };
    const read = readOrder(body, req.headers["content-type"] ?? "");
    if (read.kind === "wrong") return refuse(400, read.reason);
    const { order } = read;
    const { number, total } = sell(order, plans[order.plan]);
    if (read.from === "form")
      return { status: 303, body: "", headers: { location: `/thanks/?order=${number}` } };
    return {
      status: 201,
      body: {
        order: number,
        total,
        currency: "EUR",
        plan: order.plan,
        quantity: order.quantity,
        experiments: readExperiments(req.headers["x-experiment"]),
      },
    };
  };

  return async (req: IncomingMessage): Promise<Reply> => {
    const path = (req.url ?? "/").split("?", 1)[0];
    if (path === "/api/order") return req.method === "POST" ? takeOrder(req) : notAllowed("POST");
    if (path !== "/api/stock" && path !== "/api/demo") return refuse(404, "The shop has nothing here.");
    if (req.method !== "GET" && req.method !== "HEAD") return notAllowed("GET, HEAD");
    return { status: 200, body: path === "/api/stock" ? { bags, roasted: bagsRoasted } : { admin } };
  };
};

/** `X-Experiment: key=variant, key=variant`, as Turnpike tells a back end; empty without the header. */
export const readExperiments = (header: string | readonly string[] | undefined): Record<string, string> => {
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  const pairs = text.split(/[,;]/).map((pair) => pair.trim().split("=", 2));
  return Object.fromEntries(pairs.filter(([key, variant]) => key && variant));
};

// Null when the body is too large: what is left of it is not read, so the connection must end after.
const readText = async (req: IncomingMessage): Promise<string | null> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length; // no encoding is set, so chunks are buffers
    if (size > maxBodyBytes) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const close = { connection: "close" } as const;

const refuse = (status: number, error: string): Reply => ({ status, body: { error } });

const notAllowed = (allow: string): Reply => ({
  ...refuse(405, `This address answers ${allow}.`),
  headers: { allow },
});

const send = (res: ServerResponse, reply: Reply): void => {
  const text = reply.body === "" ? "" : `${JSON.stringify(reply.body)}\n`;
  res.writeHead(reply.status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    ...reply.headers,
  });
  res.end(res.req.method === "HEAD" ? undefined : text);
};
