/**
 * What the program uses of Node's http, besides types. An `import` of "node:http" reads every property of that module,
 * and one of them loads undici, which nothing here uses: 60 ms of a start and 13 MB that stay.
 */
type Http = typeof import("node:http");

const http: Http = process.getBuiltinModule("node:http");

export const {
  Agent,
  createServer,
  METHODS,
  request,
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
} = http;

/** Node's class, also as a type. */
export const ServerResponse: Http["ServerResponse"] = http.ServerResponse;
export type ServerResponse = import("node:http").ServerResponse;
