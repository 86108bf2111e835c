/**
 * Follows every request of visitors to its end, for the metrics and, where the settings ask for one, the access log: over
 * HTTP/1.1 and HTTP/2, on the lane, as a websocket, finished or cut.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AccessLog } from "./access-log/access-log.ts";
import { cleanPath, cleanQuery, cleanReferrer } from "./access-log/clean.ts";
import type { Entry } from "./access-log/entry.ts";
import type { CollectAnswer, CollectRequest } from "./collect/request.ts";
import type { Exchange, Upgrade } from "./http/exchange.ts";
import { requestId } from "./http/request-id.ts";
import { headerText } from "./lib/header-text.ts";
import { clientOf } from "./lib/ip.ts";
import { maskIp } from "./lib/mask-ip.ts";
import type { Watched } from "./listen/listener.ts";
import type { Malformed } from "./listen/malformed.ts";
import type { Tally } from "./metrics/tally.ts";
import { type Ending, watchAnswer, watchSocket } from "./observe/watch-answer.ts";

export interface RequestWatch {
  /** Follows a request that has a head. */
  request(req: IncomingMessage, res: ServerResponse): Watched;
  /** Follows a request that may become a websocket. */
  upgrade(x: Upgrade, socket: Duplex, head: Buffer): void;
  /** A hit on the lane was answered; `began` is by `performance.now()`. */
  hit(request: CollectRequest, answer: CollectAnswer, route: string, began: number): void;
  /** What was refused before its head could be read, or instead of it. */
  malformed(what: Malformed): void;
  readonly openRequests: number;
  readonly openWebsockets: number;
}

export interface RequestWatchOptions {
  readonly tally: Tally;
  readonly isTrusted: (address: string) => boolean;
  /** null where the settings ask for none */
  readonly log: () => AccessLog | null;
}

/** Requests that no route has answered: refused before, or no request of a site. */
const noRoute = "(none)";
/** What of an address may be written where no site says it. */
const usualMasking = 1;

export const watchRequests = ({ tally, isTrusted, log }: RequestWatchOptions): RequestWatch => {
  let openRequests = 0;
  let openWebsockets = 0;
  /** Requests whose bodies could not be read: they were told so on the connection, past their answers. */
  const spoilt = new WeakMap<ServerResponse, number>();

  const count = (watched: Running, req: IncomingMessage, res: ServerResponse): void => {
    openRequests--;
    const socket = req.socket as Counted;
    const { bodyBytes } = res as { readonly bodyBytes?: number }; // on HTTP/2 the connection is everybody's
    const read = socket.bytesRead ?? 0;
    socket[readBefore] = read;
    const status = res.headersSent ? res.statusCode : (spoilt.get(res) ?? 499);
    tally.request(watched.x?.route ?? noRoute, req.method ?? "", status, secondsSince(watched.began), {
      in: Math.max(0, read - watched.read),
      out: bodyBytes ?? Math.max(0, (socket.bytesWritten ?? 0) - watched.written),
    });
  };

  return {
    request(req, res) {
      openRequests++;
      const book = log();
      const watched = new Running(req, book !== null);
      res.once("close", () => count(watched, req, res));
      if (book) {
        const parts = { req, began: watched.began, time: Date.now(), isTrusted };
        watchAnswer({ req, res }, (given) => {
          const status = res.headersSent ? undefined : spoilt.get(res);
          const ending = status === undefined ? given : ({ ...given, status, cut: "gateway" } as const);
          book.write(entryOf({ ...parts, x: watched.x, ending }));
        });
      }
      return watched;
    },
    upgrade(x, socket, head) {
      openWebsockets++;
      const ticket = new Ticket(x, log(), isTrusted);
      const close = (ending: Ending): void => {
        openWebsockets--;
        const bytes = { in: ending.requestBytes, out: ending.responseBytes };
        // How long a websocket was open is no duration of a request; one that was refused took none worth a figure.
        tally.request(ticket.route, "GET", ending.status, 0, bytes);
        ticket.write(ending);
      };
      watchSocket(socket, head, close, () => ticket.settle());
    },
    hit(request, answer, route, began) {
      const { method, body } = request;
      const size = { in: body.length, out: answer.body.length };
      tally.request(route, method, answer.status, secondsSince(began), size);
      log()?.write(hitEntry(request, answer, route, began));
    },
    malformed(what) {
      const { reason, status, protocol, req, res } = what;
      if (isUnused(what)) return;
      tally.malformed(reason);
      if (res) {
        spoilt.set(res, status);
        return;
      }
      if (protocol === "HTTP/1.1") tally.request(noRoute, req?.method ?? "", status, 0, { in: 0, out: 0 });
      log()?.write(malformedEntry(what, isTrusted));
    },
    get openRequests() {
      return openRequests;
    },
    get openWebsockets() {
      return openWebsockets;
    },
  };
};

/** A connection that a browser opened ahead and did not need: nothing was asked on it. */
const isUnused = ({ reason, socket, res }: Malformed): boolean =>
  reason === "late" && res === null && socket.bytesRead === ((socket as Counted)[readBefore] ?? 0);

/** A connection, with what was read of it up to the end of its last request. */
type Counted = Socket & { [readBefore]?: number };
const readBefore = Symbol("read before");

class Running implements Watched {
  readonly began = performance.now();
  readonly read: number;
  readonly written: number;
  readonly #needsId: boolean;
  #x: Exchange | null = null;

  constructor({ socket }: IncomingMessage, needsId: boolean) {
    // On HTTP/2 the numbers are the stream's, where it has any.
    this.read = (socket as Counted)[readBefore] ?? 0;
    this.written = socket.bytesWritten ?? 0;
    this.#needsId = needsId;
  }

  get x(): Exchange | null {
    return this.#x;
  }

  /** A line of the log has the id that upstreams and error pages are given, so it is there before there are copies. */
  set x(x: Exchange | null) {
    if (x && this.#needsId) requestId(x);
    this.#x = x;
  }
}

/** What is said of a websocket at its end. Once it is open, the request that it was is no longer kept for that. */
class Ticket {
  readonly #began = performance.now();
  readonly #book: AccessLog | null;
  readonly #isTrusted: (address: string) => boolean;
  #x: Upgrade | null;
  #route = noRoute;
  #entry: Entry | null = null;

  constructor(x: Upgrade, book: AccessLog | null, isTrusted: (address: string) => boolean) {
    this.#x = x;
    this.#book = book;
    this.#isTrusted = isTrusted;
  }

  get route(): string {
    return this.#x?.route ?? this.#route;
  }

  /** Its answer has a head: all but its end is known. */
  settle(): void {
    const x = this.#x;
    if (!x) return;
    this.#route = this.route;
    if (this.#book) {
      const [began, time, isTrusted] = [this.#began, x.receivedAt, this.#isTrusted];
      this.#entry = entryOf({ req: x.req, x, began, time, isTrusted, ending: unanswered });
    }
    this.#x = null;
  }

  write(ending: Ending): void {
    if (!this.#book) return;
    this.settle();
    if (this.#entry) this.#book.write({ ...this.#entry, ...endOf(ending, this.#began) });
  }
}

const unanswered: Ending = { status: 0, requestBytes: 0, responseBytes: 0, cut: null };

interface Finished {
  readonly req: IncomingMessage;
  readonly x: Upgrade | null;
  readonly began: number;
  readonly time: number;
  readonly isTrusted: (address: string) => boolean;
  readonly ending: Ending;
}

const entryOf = ({ req, x, began, time, isTrusted, ending }: Finished): Entry => {
  const [path = "", query = ""] = x ? [x.path, x.query] : splitTarget(req.url ?? "");
  const address = x?.address ?? clientOf(req.socket.remoteAddress, req.headers, isTrusted);
  return {
    time,
    id: requestId(x ?? {}),
    site: x?.site.id ?? null,
    address: maskIp(address, x?.site.ipMasking ?? usualMasking),
    method: req.method ?? "",
    host: x?.host ?? (req.headers.host ?? "").toLowerCase(),
    path: cleanPath(path),
    query: cleanQuery(query),
    protocol: `HTTP/${req.httpVersion}`,
    route: x?.route ?? noRoute,
    ...endOf(ending, began),
    secure: x?.secure ?? "encrypted" in req.socket,
    referrer: cleanReferrer(req.headers.referer),
    userAgent: headerText(req.headers["user-agent"] ?? "") || null,
  };
};

const endOf = (ending: Ending, began: number) => ({
  status: ending.status,
  bytes: ending.responseBytes,
  ms: millisecondsSince(began),
  cut: ending.cut,
  requestBytes: ending.requestBytes,
});

const hitEntry = (request: CollectRequest, answer: CollectAnswer, route: string, began: number) => ({
  time: request.receivedAt,
  id: request.id ?? requestId({}),
  site: request.site.id,
  address: maskIp(request.address, request.site.ipMasking),
  method: request.method,
  host: request.host,
  path: cleanPath(request.path),
  query: cleanQuery(request.query),
  protocol: "HTTP/1.1",
  status: answer.status,
  bytes: typeof answer.body === "string" ? Buffer.byteLength(answer.body) : answer.body.length,
  ms: millisecondsSince(began),
  route,
  cut: null,
  requestBytes: request.body.length,
  secure: request.secure,
  referrer: cleanReferrer(request.headers["referer"]),
  userAgent: headerText(request.headers["user-agent"] ?? "") || null,
});

/** Of what could not be read nothing is written but from where it came and what became of it. */
const malformedEntry = (
  { status, protocol, socket, req }: Malformed,
  isTrusted: (address: string) => boolean,
): Entry => {
  const ending = { status, requestBytes: 0, responseBytes: 0, cut: null };
  const time = Date.now();
  if (req) return entryOf({ req, x: null, began: performance.now(), time, isTrusted, ending });
  return {
    time,
    id: requestId({}),
    site: null,
    address: maskIp(clientOf(socket.remoteAddress, {}, isTrusted), usualMasking),
    method: "",
    host: "",
    path: "",
    query: "",
    protocol,
    status,
    bytes: 0,
    ms: 0,
    route: noRoute,
    cut: null,
    requestBytes: 0,
    secure: "encrypted" in socket,
    referrer: null,
    userAgent: null,
  };
};

const splitTarget = (url: string): readonly [path: string, query: string] => {
  const mark = url.indexOf("?");
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
};

const secondsSince = (began: number): number => (performance.now() - began) / 1000;
const millisecondsSince = (began: number): number => Math.round((performance.now() - began) * 1000) / 1000;
