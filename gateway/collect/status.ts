/** What clients and monitors of the original tracker ask beside events. None of it is an event. */
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
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
 * `/clear`: makes the browser forget our visitor, and nothing of the site's own. By POST from a page of the site alone:
 * the original did it for any GET, and with an image each other site could.
 */
export const clear =
  (forget: (x: Exchange) => readonly string[]): Handler =>
  (x) => {
    if (x.req.method !== "POST") {
      throw new HttpError(405, "only POST from a page of the site clears its visitor", {
        headers: { allow: "POST" },
      });
    }
    if (originOf(x) !== "own")
      throw new HttpError(
        403,
        "a page of another site cannot clear this one: send this from a page of the site",
      );
    const cookies = forget(x).flatMap((cookie) => ["set-cookie", cookie]);
    x.res.writeHead(200, [
      ...cookies,
      "content-length",
      "2",
      "content-type",
      "text/plain; charset=utf-8",
      "cache-control",
      "no-store",
    ]);
    x.res.end("OK");
  };
