import type { Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Asker, AskerMaker, Question } from "./asker.ts";
import type { Guard, Reply } from "./guard.ts";
import type { ForwardAuthSettings } from "./settings.ts";

/**
 * Asks another server about each request: 2xx lets it through with the headers that the settings name, any other answer goes
 * to the client as it is. Nobody comes in while that server gives none.
 */
export const guardByServer = (
  settings: ForwardAuthSettings,
  makeAsker: AskerMaker,
): { readonly guard: Guard; close(): Promise<void> } => {
  const { origin, pathname, search } = new URL(settings.url);
  const { verify, timeoutMs } = settings;
  const asker = makeAsker({ url: origin, verify, timeoutMs, answerBytes: 1_048_576, connections: 256 });
  const target = pathname + search;
  const guard: Guard = async (x) => {
    const reply = await ask(asker, x, { method: "GET", target, edits: editsFor(x), body: null });
    if (reply.status < 200 || reply.status >= 300) return reply;
    for (const name of settings.copyHeaders) x.requestEdits.set(name, joinedValue(reply, name));
    return null;
  };
  return { guard, close: () => asker.close() };
};

const ask = async (asker: Asker, x: Upgrade, question: Question): Promise<Reply> => {
  try {
    return await asker.ask(x, question);
  } catch (cause) {
    throw new HttpError(503, "the server that says who may come in gives no answer", {
      cause,
      headers: { "retry-after": "5" },
    });
  }
};

// A condition or a range would be about the upstream's answer, and a 304 of that server would let nobody in.
const ofTheAnswer = [
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
];
/** The body stays here. */
const ofTheBody = ["content-encoding", "content-length", "content-type"];

const editsFor = ({ req, path, query }: Upgrade): ReadonlyMap<string, string | null> => {
  const edits = new Map<string, string | null>([["host", null]]);
  for (const name of [...ofTheAnswer, ...ofTheBody]) edits.set(name, null);
  edits.set("x-forwarded-method", req.method ?? "GET");
  edits.set("x-forwarded-uri", query === "" ? path : `${path}?${query}`);
  return edits;
};

/** Several values as one; null where there is none, so that the client's own is taken out all the same. */
const joinedValue = ({ pairs }: Reply, name: string): string | null => {
  const values = pairs.filter((_, i) => i % 2 === 1 && pairs[i - 1] === name);
  return values.length === 0 ? null : values.join(name === "cookie" ? "; " : ", ");
};
