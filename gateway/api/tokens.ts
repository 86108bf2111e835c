/** The part of the API that makes, lists and ends tokens. Who may do so for some sites does it for these alone. */
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { type NewToken, type Reach, reaches, type TokenInfo } from "../model/token.ts";
import { orRefuse } from "./or-refuse.ts";
import { readObject } from "./read-object.ts";

export interface TokenCommands {
  createToken(token: NewToken): Promise<string>;
  listTokens(): Promise<readonly TokenInfo[]>;
  /** false where there is no such token */
  revokeToken(name: string): Promise<boolean>;
}

interface TokenOptions {
  readonly commands: TokenCommands;
  /** the ids of the sites in the settings */
  readonly sites: () => readonly string[];
}

const mostSites = 100;

/** `{name, role?, sites?}`: of the role `read` and for the maker's own sites where these are left out. */
export const createToken = async (x: Exchange, options: TokenOptions, reach: Reach): Promise<unknown> => {
  const { name, role = "read", sites = reach, ...rest } = await readObject(x);
  // Whoever thinks that a token opens less than it does gives it away.
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new HttpError(400, `${unknown.slice(0, 64)}: a token has a name, a role and sites, nothing else`);
  if (typeof name !== "string" || !/^[A-Za-z0-9._ -]{1,64}$/.test(name)) {
    throw new HttpError(400, "name: expected 1 to 64 letters, digits, spaces or . _ -");
  }
  if (role !== "read" && role !== "write" && role !== "admin")
    throw new HttpError(400, "role: expected read, write or admin");
  const token: NewToken = { name, role, sites: readSites(sites, options.sites(), reach) };
  return orRefuse(async () => ({ token: await options.commands.createToken(token) }));
};

const readSites = (wanted: unknown, known: readonly string[], reach: Reach): Reach => {
  if (wanted === null) {
    if (reach === null) return null;
    throw new HttpError(
      403,
      `sites: your own token is for ${reach.join(", ")}: name those that this one is for`,
    );
  }
  if (!Array.isArray(wanted) || wanted.length === 0 || wanted.length > mostSites)
    throw new HttpError(400, `sites: expected a list of the ids of 1 to ${mostSites} sites`);
  return wanted.map((site: unknown) => {
    if (typeof site === "string" && reaches(reach ?? known, site)) return site;
    const named = typeof site === "string" ? `there is no site ${site.slice(0, 64)} here` : "expected texts";
    throw new HttpError(400, `sites: ${named}: one of ${(reach ?? known).join(", ")}`);
  });
};

/** Those for sites that the one who asks may not see are left out. */
export const listTokens = async ({ commands }: TokenOptions, reach: Reach): Promise<unknown> => {
  const tokens = await commands.listTokens();
  return { tokens: tokens.filter(({ sites }) => isWithin(sites, reach)) };
};

export const revokeToken = async (
  x: Exchange,
  { commands }: TokenOptions,
  reach: Reach,
): Promise<unknown> => {
  const name = decodeName(x.path.slice("/api/tokens/".length));
  const tokens = reach === null ? [] : await commands.listTokens();
  const isTheirs = tokens.some((token) => token.name === name && !isWithin(token.sites, reach));
  if (isTheirs || !(await orRefuse(() => commands.revokeToken(name))))
    throw new HttpError(404, `there is no token ${name.slice(0, 64)}`);
  return { revoked: name };
};

const isWithin = (sites: Reach, reach: Reach): boolean =>
  reach === null || sites?.every((site) => reaches(reach, site)) === true;

const decodeName = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not percent-encoded: no token is called so
  }
};
