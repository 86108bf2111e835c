import type { ServerResponse } from "node:http";

/** What is shown in the place of a refusal's sentence. */
export interface ErrorPage {
  readonly type: string;
  readonly body: Buffer;
}

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
