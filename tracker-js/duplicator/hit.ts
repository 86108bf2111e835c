/** A hit of GA4's tag, wherever it goes. */
export interface Hit {
  readonly query: string;
  /** the measurement id */
  readonly id: string;
}

/** The hit in an address: Google's servers and a site's own tag server take them at `…/g/collect`. */
export const readHit = (url: unknown): Hit | null => {
  const [, query = ""] = /\/g\/collect\?([^#]*)/.exec(`${url}`) ?? [];
  const [, id] = /(?:^|&)tid=(G-[\w-]+)/.exec(query) ?? [];
  return id ? { query, id } : null;
};
