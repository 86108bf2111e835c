import { randomBytes } from "node:crypto";

// A random start per process and a counter: unique, and a tenth of the price of a UUID on every request.
const start = randomBytes(8).toString("hex");
let count = 0;

/** The request's id, for the log, the upstream and an error page; the same at every call. */
export const requestId = (x: { id?: string | undefined }): string => {
  x.id ??= `${start}-${(++count).toString(36)}`;
  return x.id;
};
