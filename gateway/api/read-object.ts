import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { readBody } from "../http/read-body.ts";

const mostBytes = 65_536;

/** The JSON object that the body is; no body is an empty one, and anything else is refused with 400. */
export const readObject = async (x: Exchange): Promise<Readonly<Record<string, unknown>>> => {
  const text = (await readBody(x.req, mostBytes)).toString("utf8");
  try {
    const value: unknown = text === "" ? {} : JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // told below, like any other body that is not an object
  }
  throw new HttpError(400, "expected a JSON object as the body");
};
