/** Requests that ask for a websocket: handed over with their socket, or answered as if they had not asked. */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { hasBody } from "../http/request-body.ts";
import { requestId } from "../http/request-id.ts";
import { ServerResponse } from "../lib/node-http.ts";
import { type ExchangeSources, openExchange } from "./exchange.ts";
import { rawAnswer, type TellMalformed } from "./malformed.ts";

export interface Upgrades {
  /** Does somebody make a websocket of this request? */
  claims(req: IncomingMessage): boolean;
  /** Makes a websocket of it, or refuses it; the socket is the taker's from here on. */
  take(x: Upgrade, socket: Duplex, head: Buffer): void;
  /** The server stops: lets the clients go. */
  close(): Promise<void>;
}

/**
 * For `shouldUpgradeCallback`: anything else that names an upgrade is a plain request, also what HTTP/1.0 asks, and what
 * brings a body, which whoever agrees could take for the first bytes of the websocket (RFC 9110 §7.8).
 */
export const asksUpgrade = (req: IncomingMessage, upgrades: Upgrades | undefined): boolean => {
  if (!upgrades || req.method !== "GET" || req.headers.upgrade?.toLowerCase() !== "websocket") return false;
  if (req.httpVersion !== "1.1" || hasBody(req)) return false;
  return upgrades.claims(req);
};

/** Hands upgrades over; what is wrong with one is said in HTTP, and its connection closed. */
export const takeUpgrades = (
  server: Server,
  upgrades: Upgrades,
  options: ExchangeSources & {
    readonly onError: (error: unknown, x: null) => void;
    readonly onMalformed?: TellMalformed | undefined;
  },
): void => {
  server.on("upgrade", (req, socket: Socket, head) => {
    socket.on("error", () => socket.destroy()); // a client that is gone
    try {
      // Nothing is ever written to this answer: a websocket has none.
      upgrades.take(openExchange(req, new ServerResponse(req), options), socket, head);
    } catch (error) {
      if (!(error instanceof HttpError)) options.onError(error, null);
      const status = error instanceof HttpError ? error.status : 500;
      options.onMalformed?.({ reason: "upgrade", status, protocol: "HTTP/1.1", socket, req, res: null });
      refuseUpgrade(socket, error);
    }
  });
};

/** Says in HTTP why there is no websocket, and closes the connection; the reason is told where it is the client's. */
export const refuseUpgrade = (socket: Duplex, error: unknown, x?: Upgrade): void => {
  const refusal = error instanceof HttpError ? error : new HttpError(500, "internal error");
  const { status, message } = refusal;
  // Under its id the log speaks of a fault.
  const id = x && status >= 500 ? requestId(x) : "";
  const sentence = id === "" ? message : `${message} (request ${id})`;
  socket.end(
    rawAnswer(status, sentence, fieldsOf({ ...refusal.headers, ...(id && { "x-request-id": id }) })),
  );
};

const fieldsOf = (headers: HttpError["headers"]): string =>
  Object.entries(headers)
    .filter(([name]) => name !== "connection") // it is closed whatever the refusal says
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
