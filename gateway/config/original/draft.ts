/** The new settings while they are made out of the old ones. */
export interface Draft {
  /** what rules must know of other keys */
  readonly original: {
    readonly usesLocalTls: boolean;
    /** `ProxyPort` is there: without it the ports were 80 and 443 */
    readonly namesPort: boolean;
  };
  readonly listen: { http?: string; https?: string };
  readonly tls: Record<string, unknown>;
  readonly limits: Record<string, number>;
  readonly tracking: { legacyPaths: readonly string[]; publicDir?: string; collectPath?: string };
  readonly route: {
    readonly path: string;
    proxy?: {
      readonly upstreams: readonly string[];
      readonly requestHeaders: { readonly set: Record<string, string> };
      responseHeaders?: { readonly set: Record<string, string> };
    };
    track?: object;
    limit?: object;
  };
  readonly site: {
    readonly id: string;
    hosts?: readonly string[];
    legacyHashes?: boolean;
    legacyPepper?: string;
    ipMasking?: number;
  };
}

/** What the original answered always; its monitors ask some of them. */
const legacyPaths: readonly string[] = [
  ...["/str/v1/", "/img/v1/", "/ppi/v1/", "/tlv/v1/"],
  ...["/ping", "/status", "/clear"],
];

export const newDraft = (original: Draft["original"]): Draft => ({
  original,
  listen: {},
  tls: {},
  limits: {},
  tracking: { legacyPaths },
  route: { path: "/api/" },
  site: { id: "main" },
});

/** The settings as a file has them: what nothing was said about is left out. */
export const settingsOf = ({ listen, tls, limits, tracking, route, site }: Draft): object => ({
  ...(Object.keys(listen).length > 0 && { listen }),
  ...("mode" in tls && { tls }),
  ...(route.proxy && { routes: [route] }),
  sites: [site],
  tracking,
  ...(Object.keys(limits).length > 0 && { limits }),
});
