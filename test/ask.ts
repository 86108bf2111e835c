/** Plain HTTP requests with any header, and a visitor who keeps his cookies as a browser does. */
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { personAgent } from "./gateway.ts";

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** sends the body in chunks, without saying its length */
  readonly chunked?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** the cookies it sets, by name */
  readonly cookies: ReadonlyMap<string, SetCookie>;
}

export interface SetCookie {
  readonly value: string;
  /** lower-case names; those without a value are "" */
  readonly attributes: ReadonlyMap<string, string>;
}

/** Asks over a connection of its own, as a browser of a person who accepts HTML. */
export const ask = (url: string, question: Question = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method = "GET", body = "", chunked = false } = question;
    const length: Record<string, number> =
      chunked || body === "" ? {} : { "content-length": Buffer.byteLength(body) };
    const headers = { "user-agent": personAgent, accept: "text/html", ...length, ...question.headers };
    const req = request(
      url,
      { method, headers, agent: false },
      (res) => void read(res).then(resolve, reject),
    );
    req.on("error", reject);
    if (chunked) req.write(body);
    req.end(chunked ? undefined : body);
  });

const read = async (res: IncomingMessage): Promise<Answer> => {
  const body = await buffer(res);
  const cookies = new Map((res.headers["set-cookie"] ?? []).map(readSetCookie));
  return { status: res.statusCode ?? 0, headers: res.headers, body, text: body.toString("utf8"), cookies };
};

const readSetCookie = (line: string): readonly [name: string, cookie: SetCookie] => {
  const [pair = "", ...rest] = line.split(";").map((part) => part.trim());
  const [name, value] = split(pair);
  return [
    name,
    { value, attributes: new Map(rest.map(split).map(([key, said]) => [key.toLowerCase(), said])) },
  ];
};

const split = (pair: string): readonly [string, string] => {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
};

export interface Visitor {
  /** what his browser holds, by name */
  readonly cookies: ReadonlyMap<string, string>;
  ask(path: string, question?: Question): Promise<Answer>;
}

/** A browser that has never been here. */
export const newVisitor = (site: string): Visitor => {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async ask(path, question = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = { ...(cookie && { cookie }), ...question.headers };
      const answer = await ask(site + path, { ...question, headers });
      for (const [name, { value, attributes }] of answer.cookies) {
        if (attributes.get("max-age") === "0") cookies.delete(name);
        else cookies.set(name, value);
      }
      return answer;
    },
  };
};

/** The variant that a document says it shows, null where it says nothing. */
export const variantIn = (html: string, experiment = "pricing-headline"): string | null =>
  new RegExp(`<html\\b[^>]*\\bdata-x-${experiment}="([^"]*)"`).exec(html)?.[1] ?? null;

/** The variant that `xid` names, null where it names none. */
export const variantOf = (xid: string | undefined, experiment = "pricing-headline"): string | null =>
  decodeURIComponent(xid ?? "")
    .split("~")
    .find((pair) => pair.startsWith(`${experiment}.`))
    ?.slice(experiment.length + 1) ?? null;
