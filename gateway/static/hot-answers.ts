/**
 * Answers to the plainest requests for small files, ready to be written: head and body of a file that was sent before and
 * has not changed since. Everything else about a request goes the long way.
 */
import type { Exchange } from "../http/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { acceptedCodings } from "./accept-encoding.ts";
import { createByteCache } from "./byte-cache.ts";
import type { File, Files } from "./files.ts";
import { headOf, type Page } from "./page.ts";
import type { Representation } from "./representations.ts";

export interface HotAnswers {
  /** False where there is none for this request. */
  send(x: Exchange): boolean;
  /** Keeps the answer with the whole of a form for requests like this one. */
  keep(x: Exchange, file: File, form: Representation, page: Page): void;
}

interface Answer {
  /** which file, in which state: not its bytes, which would be kept without being counted */
  readonly file: Pick<File, "name" | "state">;
  readonly madeAt: number;
  readonly head: readonly string[];
  /** every byte as a character: head and body then leave in one piece */
  readonly body: string;
}

const bodyBytes = 8 * 1024;
/** After that a compressed file may lie beside that was not there before. */
const keptMs = 1000;

export const createHotAnswers = (files: Files, bytes: number, clock: Clock): HotAnswers => {
  const answers = createByteCache<Answer>(bytes);
  return {
    send(x) {
      if (!isPlain(x)) return false;
      const answer = answers.get(keyOf(x));
      if (!answer || Math.abs(clock() - answer.madeAt) >= keptMs || !files.isCurrent(answer.file))
        return false;
      x.res.writeHead(200, answer.head as string[]); // Node asks for a mutable array and does not change it
      x.res.end(answer.body, "latin1");
      return true;
    },
    keep(x, file, form, page) {
      if (!isPlain(x) || !form.content || form.size > bodyBytes || form.isMakeshift) return;
      const head = [...headOf(form, page).headers].flat() as string[]; // each has one value
      head.push("content-length", String(form.size));
      const body = form.content.toString("latin1");
      const { name, state } = file;
      answers.set(keyOf(x), { file: { name, state }, madeAt: clock(), head, body }, 2 * form.size);
    },
  };
};

const keyOf = (x: Exchange): string =>
  `${x.path} ${acceptedCodings(x.req.headers["accept-encoding"] as string | undefined).join()}`;

const isPlain = ({ req, responsePasses, requestEdits }: Exchange): boolean => {
  if (req.method !== "GET" || responsePasses.length > 0 || requestEdits.size > 0) return false;
  const { headers } = req;
  return (
    headers["if-none-match"] === undefined &&
    headers["if-modified-since"] === undefined &&
    headers.range === undefined &&
    headers["if-match"] === undefined &&
    headers["if-unmodified-since"] === undefined
  );
};
