/**
 * Requests to addresses that somebody may name in settings or through the API. The name is resolved once and that
 * address is connected to, so that no second answer can lead elsewhere; private, loopback and link-local addresses
 * and our own listeners are refused; redirects are not followed; time and size have limits.
 */
import { lookup as lookUp } from "node:dns/promises";
import type { IncomingMessage, RequestOptions } from "node:http";
import { request as secureRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { codeOf } from "../lib/error-code.ts";
import { parseCidrs, plainAddress } from "../lib/ip.ts";
import { request as plainRequest } from "../lib/node-http.ts";

export interface OutboundOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** the answer counts once its head is there: what comes behind it, or does not, is passed over */
  readonly headOnly?: boolean;
  /** addresses that are allowed although they are private, CIDR */
  readonly allow?: readonly string[];
  /** ports of our own listeners, on any address of this machine */
  readonly ownPorts?: () => readonly number[];
  /** the addresses of a name; the system's resolver where left out */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

const defaultTimeoutMs = 5_000;
const defaultMaxBytes = 1024 * 1024;

/** Asks a server that is not ours and not of the inner network; rejects with one sentence that names the URL's host. */
export const requestOutbound = async (
  url: string,
  options: OutboundOptions = {},
): Promise<OutboundAnswer> => {
  const target = parseUrl(url);
  const { timeoutMs = defaultTimeoutMs } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const address = await Promise.race([pickAddress(target, options), aborted(signal)]);
    return await send(target, address, signal, options);
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    const why = signal.aborted
      ? `did not answer within ${timeoutMs} ms`
      : `cannot be asked (${codeOf(error)})`;
    throw new OutboundError(`${target.host} ${why}`, { cause: error });
  }
};

/** A request that was refused here, or that failed. */
export class OutboundError extends Error {}

const parseUrl = (url: string): URL => {
  const target = URL.parse(url);
  if (!target || !/^https?:$/.test(target.protocol))
    throw new OutboundError(`${url.slice(0, 200)} is no http(s) URL`);
  if (target.username || target.password)
    throw new OutboundError(`${target.host}: a URL with a password is not asked`);
  return target;
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

const pickAddress = async (target: URL, options: OutboundOptions): Promise<string> => {
  const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
  const [address] = isIP(host) ? [host] : await (options.resolve ?? resolveName)(host);
  if (address === undefined) throw new OutboundError(`${target.host} has no address`);
  const isAllowed = parseCidrs(options.allow ?? [])(address);
  if (!isAllowed && isInner(address)) {
    throw new OutboundError(
      `${target.host} is at ${address}, an address of the inner network, which is not asked`,
    );
  }
  if (options.ownPorts?.().includes(portOf(target)) && isOurs(address)) {
    throw new OutboundError(`${target.host} is this gateway itself, which is not asked`);
  }
  return address;
};

const resolveName = async (host: string): Promise<readonly string[]> =>
  (await lookUp(host, { all: true, order: "verbatim" })).map(({ address }) => address);

const portOf = ({ port, protocol }: URL): number =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);

/** What lies within a machine or a network, is reserved, or stands for one of those (IANA special-purpose registries). */
const isInner = parseCidrs([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
]);

const isOurs = (address: string): boolean => {
  const plain = plainAddress(address);
  if (parseCidrs(["127.0.0.0/8", "::1", "0.0.0.0/8", "::"])(plain)) return true;
  return Object.values(networkInterfaces()).some((cards) =>
    cards?.some((card) => plainAddress(card.address) === plain),
  );
};

const send = (
  target: URL,
  address: string,
  signal: AbortSignal,
  { method = "GET", headers = {}, body, maxBytes = defaultMaxBytes, headOnly = false }: OutboundOptions,
): Promise<OutboundAnswer> =>
  new Promise((resolve, reject) => {
    const secure = target.protocol === "https:";
    const requestOptions: RequestOptions = { method, headers, signal, agent: false, lookup: always(address) };
    const req = (secure ? secureRequest : plainRequest)(target, requestOptions, (res) => {
      const answer = (bytes: Buffer) => ({ status: res.statusCode ?? 0, headers: res.headers, body: bytes });
      if (headOnly) {
        passOver(res, maxBytes);
        resolve(answer(Buffer.alloc(0)));
      } else readAtMost(res, maxBytes).then((bytes) => resolve(answer(bytes)), reject);
    });
    req.on("error", reject);
    req.end(body);
  });

/** Connects to the address that was looked over, whatever the name would be by now. */
const always =
  (address: string): LookupFunction =>
  (_host, options, done) => {
    const family = isIP(address);
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };

const passOverMs = 1000;

/** Lets a server end its answer, as one whose client leaves may undo its work; not for long, and not without a bound. */
const passOver = (res: IncomingMessage, maxBytes: number): void => {
  const leave = setTimeout(() => res.destroy(), passOverMs);
  let size = 0;
  res.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) res.destroy();
  });
  res.on("error", () => {}); // nobody waits for it
  res.on("close", () => clearTimeout(leave));
};

const readAtMost = async (res: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const piece of res) {
    const chunk = piece as Buffer; // a byte stream: no encoding is set on it
    size += chunk.length;
    if (size > maxBytes) throw new OutboundError(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};
