import type { ServerResponse } from "node:http";

/** What is shown in the place of a refusal's sentence. */
export interface ErrorPage {
  readonly type: string;
  /** it names the request, and is another one for each */
  readonly isPersonal: boolean;
  /** The page for a request; where nobody knows the request's id, its place is empty. */
  bodyFor(id: string): Buffer;
}

/** Stands in a page where the request's id is to be read. */
const placeholder = "{{requestId}}";

/** A page as it was written. */
export const errorPage = (type: string, written: Buffer): ErrorPage => {
  const parts = written.toString("latin1").split(placeholder); // any bytes, and back again
  if (parts.length === 1) return { type, isPersonal: false, bodyFor: () => written };
  return { type, isPersonal: true, bodyFor: (id) => Buffer.from(parts.join(id), "latin1") };
};

/** The page for a status, null where there is none. */
export type ErrorPages = (status: number) => ErrorPage | null;

const shown = new WeakMap<ServerResponse, ErrorPages>();

/** Refusals of this request are shown so from here on; what was said before counts for statuses without a page. */
export const showErrorPages = (res: ServerResponse, pages: ErrorPages): void => {
  const before = shown.get(res);
  shown.set(res, before ? (status) => pages(status) ?? before(status) : pages);
};

/** The page that a refusal of this request is shown with. */
export const errorPageFor = (res: ServerResponse, status: number): ErrorPage | null =>
  shown.get(res)?.(status) ?? null;
