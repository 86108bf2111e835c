import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Where an upstream listens. */
export interface Endpoint {
  /** as the settings write it */
  readonly url: string;
  /** what a `Host` header says of it */
  readonly host: string;
  /** Opens a connection; what comes is told to `onBytes`, valid during the call only. */
  connect(onBytes: (bytes: Buffer) => void): Socket;
  /** The event that says that the connection is open. */
  readonly opened: "connect" | "secureConnect";
}

/**
 * Reads `http://HOST[:PORT]`, `https://HOST[:PORT]` or `unix:/PATH`. `verify: false` takes any certificate. Throws for
 * anything else.
 */
export const parseEndpoint = (url: string, verify = true): Endpoint => {
  if (url.startsWith("unix:/")) {
    const path = url.slice("unix:".length);
    return { url, host: "localhost", opened: "connect", connect: (onBytes) => reading({ path }, onBytes) };
  }
  const { protocol, hostname, port, host: named } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (protocol === "http:") {
    const at = { host, port: Number(port || 80) };
    return { url, host: named, opened: "connect", connect: (onBytes) => reading(at, onBytes) };
  }
  if (protocol !== "https:") throw new Error(`proxy: ${url} is no http://, https:// or unix:/ address`);
  const secure = {
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: verify,
    ALPNProtocols: ["http/1.1"],
  };
  return {
    url,
    host: named,
    opened: "secureConnect",
    connect: (onBytes) => connectTls(secure).on("data", onBytes),
  };
};

/** One buffer for all: what is read is handed on, or copied, before the next is read. */
const readInto = Buffer.allocUnsafeSlow(64 * 1024);

const reading = (
  at: { readonly host: string; readonly port: number } | { readonly path: string },
  onBytes: (bytes: Buffer) => void,
): Socket =>
  connectTcp({
    ...at,
    onread: {
      buffer: readInto,
      callback(length) {
        onBytes(readInto.subarray(0, length));
        return true;
      },
    },
  });
