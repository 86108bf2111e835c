import type { ResponseHead } from "../http/exchange.ts";
import type { Representation } from "./representations.ts";

/** What is said of a file beside its bytes, in whatever form it is sent. */
export interface Page {
  /** where the file lies below the folder */
  readonly segments: readonly string[];
  readonly type: string;
  readonly cacheControl: string;
  /** what the settings say of every file; names in lower case */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** other clients may get it in another coding */
  readonly varies: boolean;
  /** 404: it is sent in the place of a file that is not there, and has no state that could be asked for */
  readonly status: 200 | 404;
  /** the address is the file's, not one of many that it answers for */
  readonly isOwn: boolean;
}

/** The head of an answer with the whole of a form. */
export const headOf = (form: Representation, page: Page): ResponseHead => {
  const head: ResponseHead = {
    status: page.status,
    headers: new Map([
      ["content-type", page.type],
      ["cache-control", page.cacheControl],
      ["x-content-type-options", "nosniff"],
      ...page.headers,
    ]),
  };
  if (page.varies) head.headers.set("vary", "Accept-Encoding");
  if (form.coding) head.headers.set("content-encoding", form.coding);
  if (page.status !== 200) return head;
  head.headers.set("etag", form.etag);
  head.headers.set("last-modified", form.modified);
  head.headers.set("accept-ranges", "bytes");
  return head;
};

/** Makes the head of a file's plain form that of another form. */
export const turnInto = (head: ResponseHead, form: Representation): void => {
  if (!form.coding) return;
  head.headers.set("content-encoding", form.coding);
  if (head.headers.has("etag")) head.headers.set("etag", form.etag);
};
