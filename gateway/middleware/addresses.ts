import { HttpError } from "../http/http-error.ts";
import { parseCidrs } from "../lib/ip.ts";
import type { Guard } from "./guard.ts";

/** 403 for clients whose address is denied, or is not among those that are allowed where any are named. */
export const guardAddresses = (
  allow: readonly string[] | undefined,
  deny: readonly string[] | undefined,
): Guard => {
  const isAllowed = allow ? parseCidrs(allow) : () => true;
  const isDenied = parseCidrs(deny ?? []);
  return ({ address }) => {
    if (isDenied(address) || !isAllowed(address))
      throw new HttpError(403, "this address may not come in here");
    return null;
  };
};
