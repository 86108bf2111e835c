/** Requests over HTTP/2 to a gateway of a test, whose certificate nobody has to trust. */
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { text } from "node:stream/consumers";
import { personAgent } from "./gateway.ts";

export interface H2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface H2Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface H2Client {
  readonly session: ClientHttp2Session;
  ask(path: string, question?: H2Question): Promise<H2Answer>;
  close(): void;
}

/** One connection on which requests are sent as a browser of a person sends them; `host` is what it asks for. */
export const h2Client = (url: string, host?: string): H2Client => {
  const { port } = new URL(url);
  const session = connect(`https://${host ?? "localhost"}:${port}`, {
    rejectUnauthorized: false,
    // Names of tests are known to no DNS.
    lookup: (_name, options, done) =>
      options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4),
  } as Parameters<typeof connect>[1]);
  session.on("error", () => {}); // every request hears of it
  return {
    session,
    close: () => session.destroy(),
    ask: (path, { method = "GET", headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const stream = session.request(
          { ":method": method, ":path": path, "user-agent": personAgent, accept: "text/html", ...headers },
          { endStream: body === undefined },
        );
        stream.on("error", reject);
        stream.on("response", (got) => {
          text(stream).then(
            (read) => resolve({ status: Number(got[":status"]), headers: got, text: read }),
            reject,
          );
        });
        if (body !== undefined) stream.end(body);
      }),
  };
};
