import type { AddressInfo, ListenOptions, Server } from "node:net";
import { codeOf } from "../lib/error-code.ts";
import { findPortHolder } from "./port-holder.ts";

export interface Bound {
  readonly host: string;
  readonly port: number;
}

/** HOST:PORT, :PORT or PORT; without a host it means every interface. */
export const parseAddress = (address: string): { host: string | null; port: number } => {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, "$1");
  const port = Number(address.slice(colon + 1));
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`listen: ${address} has no port between 0 and 65535`);
  }
  return { host: host === "" ? null : host, port };
};

/**
 * Opens the address. Without a host: all interfaces, IPv6 and IPv4 in one socket, IPv4 alone where there is no IPv6. A
 * failure is one sentence that says what is in the way; `portHint` makes the end of it from a free address. With
 * `inherited`, a socket that another process opened and gave to this one, nothing is opened.
 */
export const bind = async (
  server: Server,
  address: string,
  portHint: (address: string) => string,
  inherited?: number,
): Promise<Bound> => {
  const { host, port } = parseAddress(address);
  try {
    if (inherited !== undefined) return await open(server, { fd: inherited });
    if (host !== null) return await open(server, { host, port });
    return await open(server, { host: "::", port }).catch((error: unknown) => {
      if (!hasNoIpv6(error)) throw error;
      return open(server, { host: "0.0.0.0", port });
    });
  } catch (error) {
    throw new Error(explain(address, port, codeOf(error), portHint), { cause: error });
  }
};

/** The number under which a process that is started can inherit the socket; null where nothing listens. */
export const descriptorOf = (server: Server): number | null => {
  // Node names it only here, and takes it in `stdio` and in `listen({ fd })`.
  const { _handle: handle } = server as Server & { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : null;
};

const open = (server: Server, where: ListenOptions & { readonly fd?: number }): Promise<Bound> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      const bound = server.address() as AddressInfo; // a TCP server's address is never a pipe's name
      resolve({ host: bound.address, port: bound.port });
    });
  });

const hasNoIpv6 = (error: unknown): boolean =>
  ["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"].includes(codeOf(error));

const explain = (
  address: string,
  port: number,
  code: string,
  portHint: (address: string) => string,
): string => {
  if (code === "EADDRINUSE")
    return `listen: ${address} is in use${holderOf(port)}: ${portHint(other(address, port))}`;
  if (code === "EACCES") {
    return `listen: ${address} may not be opened by this user: ${portHint(other(address, port < 1024 ? 8070 : port))}`;
  }
  if (code === "EADDRNOTAVAIL") return `listen: ${address} is not an address of this machine`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `listen: the host of ${address} is not known`;
  return `listen: ${address} cannot be opened (${code})`;
};

const holderOf = (port: number): string => {
  const holder = findPortHolder(port);
  return holder ? ` by ${holder.command} (pid ${holder.pid})` : " by another program";
};

const other = (address: string, port: number): string => {
  const next = port + 10 > 65_535 ? port - 10 : port + 10;
  return `${address.slice(0, address.lastIndexOf(":"))}:${next}`;
};
