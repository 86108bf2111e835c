/** What clients and monitors of the original tracker ask beside events. None of it is an event. */
import type { Handler } from "../http/exchange.ts";
import { corsHeaders, originOf } from "./cors.ts";

/** `/ping`: that it is there. */
export const ping: Handler = (x) => {
  const headers = ["content-type", "text/plain; charset=utf-8", "cache-control", "no-store"];
  x.res.writeHead(200, [...corsHeaders(x, originOf(x)), ...headers]);
  x.res.end("pong");
};

/** `/status`: who asks, and how many requests are under way, in the original's form. */
export const status =
  (underWay: () => number): Handler =>
  (x) => {
    x.res.writeHead(200, ["content-type", "application/json", "cache-control", "no-store"]);
    x.res.end(
      JSON.stringify([
        { Key: "client", Value: x.address },
        { Key: "conns", Value: underWay() },
      ]),
    );
  };

/**
 * `/clear`: makes the browser forget the site. Not for pages of other sites: with an image any of them could log this
 * site's visitors out.
 */
export const clear: Handler = (x) => {
  const origin = originOf(x);
  const may = origin === "own" || origin === "none";
  x.res.writeHead(may ? 200 : 403, [
    ...(may ? ["clear-site-data", '"*"'] : []),
    "content-type",
    "text/plain; charset=utf-8",
    "cache-control",
    "no-store",
  ]);
  x.res.end(may ? "OK" : "a page of another site cannot clear this one\n");
};
