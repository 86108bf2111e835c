/** A request that is over. Holds nothing that may not be written. */
export interface Entry {
  /** ms since 1970, when it began */
  readonly time: number;
  readonly id: string;
  /** null for what is no request of a site */
  readonly site: string | null;
  /** masked as the site's settings say; null where nothing of it is kept */
  readonly address: string | null;
  /** empty, as are host and path, for what could not be read */
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** without values that are secrets; empty where there is none */
  readonly query: string;
  /** `HTTP/1.1`, `HTTP/2.0` */
  readonly protocol: string;
  readonly status: number;
  /** of the answer's body */
  readonly bytes: number;
  readonly ms: number;
  readonly route: string;
  /** who ended it before it was whole */
  readonly cut: "client" | "gateway" | null;
  readonly requestBytes: number;
  readonly secure: boolean;
  /** without its query */
  readonly referrer: string | null;
  readonly userAgent: string | null;
}
