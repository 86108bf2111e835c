import type { Readable } from "node:stream";
import type { BodyPass, Exchange, ResponseHead } from "./exchange.ts";

/** Runs the passes over a head; the body passes they ask for come back as one, or undefined. */
export const runPasses = async (x: Exchange, head: ResponseHead): Promise<BodyPass | undefined> => {
  const passes: BodyPass[] = [];
  for (const pass of x.responsePasses) {
    const body = await pass(head, x);
    if (body) passes.push(body);
  }
  if (passes.length < 2) return passes[0];
  return chain(passes);
};

/** Writes a head as the passes left it. */
export const writeHead = (x: Exchange, head: ResponseHead): void => {
  const headers: string[] = [];
  for (const [name, value] of head.headers) {
    if (typeof value === "string") headers.push(name, value);
    else for (const one of value) headers.push(name, one);
  }
  x.res.writeHead(head.status, headers);
};

/** Sends an answer whose body is in memory through the passes. HEAD, 204 and 304 send no body. */
export const sendBuffer = (x: Exchange, head: ResponseHead, body: Buffer): Promise<void> => {
  if (x.responsePasses.length > 0) return sendPassed(x, head, body);
  sendWhole(x, head, body);
  return sent;
};

const sent = Promise.resolve();

const sendPassed = async (x: Exchange, head: ResponseHead, body: Buffer): Promise<void> => {
  const pass = await runPasses(x, head);
  sendWhole(x, head, pass ? Buffer.concat([pass.push(body), pass.end()]) : body);
};

const sendWhole = (x: Exchange, head: ResponseHead, body: Buffer): void => {
  if (hasNoBody(head.status)) head.headers.delete("content-length");
  else head.headers.set("content-length", String(body.length));
  writeHead(x, head);
  x.res.end(x.req.method === "HEAD" || hasNoBody(head.status) ? undefined : body);
};

/**
 * Sends a streamed answer through the passes; resolves when it was sent or the client went away. A source that
 * fails, or ends before the `content-length` of its head, cuts the connection.
 */
export const sendStream = async (x: Exchange, head: ResponseHead, body: Readable): Promise<void> => {
  try {
    const pass = await runPasses(x, head);
    if (pass || hasNoBody(head.status)) head.headers.delete("content-length");
    writeHead(x, head);
    if (hasNoBody(head.status) || x.req.method === "HEAD") x.res.end();
    else await pump(x, body, pass, Number(head.headers.get("content-length") ?? Number.NaN));
  } finally {
    body.destroy();
  }
};

const pump = async (
  x: Exchange,
  body: Readable,
  pass: BodyPass | undefined,
  promised: number,
): Promise<void> => {
  let count = 0;
  try {
    for await (const piece of body) {
      const chunk = piece as Buffer; // a byte stream: no encoding is set on it
      count += chunk.length;
      const bytes = pass ? pass.push(chunk) : chunk;
      if (bytes.length > 0 && !x.res.write(bytes)) await drained(x);
      if (x.res.destroyed) return;
    }
    const rest = pass?.end();
    if (count < promised) throw new Error("the source is shorter than it said");
    x.res.end(rest);
  } catch {
    // The source failed half-way: the status is out, so cutting the connection is the only honest sign left.
    x.res.destroy();
  }
};

export const hasNoBody = (status: number): boolean => status === 204 || status === 304;

const drained = (x: Exchange): Promise<void> =>
  new Promise((resolve) => {
    if (x.res.destroyed) {
      resolve(); // `close` has been, and will not come again
      return;
    }
    const done = () => {
      x.res.off("drain", done).off("close", done);
      resolve();
    };
    x.res.on("drain", done).on("close", done);
  });

const chain = (passes: readonly BodyPass[]): BodyPass => ({
  push: (chunk) => passes.reduce((bytes, pass) => pass.push(bytes), chunk),
  end: () =>
    passes.reduce<Buffer>((bytes, pass) => Buffer.concat([pass.push(bytes), pass.end()]), Buffer.alloc(0)),
});
