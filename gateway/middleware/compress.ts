/**
 * Compresses text on its way out. It stands outside of everything that makes or changes an answer, on the response itself, so
 * that proxied answers, those of a `respond` and what was put into a page are treated alike.
 */
import type { ServerResponse } from "node:http";
import type { Transform } from "node:stream";
import { constants, createBrotliCompress, createGzip } from "node:zlib";
import type { Exchange, Layer } from "../http/exchange.ts";
import { hasBody } from "../http/request-body.ts";
import { validateHeaderName, validateHeaderValue } from "../lib/node-http.ts";
import { type CodedHead, type Coding, codeHead } from "./coded-head.ts";

export interface CompressOptions {
  /** shorter answers gain nothing */
  readonly minBytes: number;
  /** the codings that an `Accept-Encoding` takes, the best first */
  readonly acceptedCodings: (field: string | undefined) => readonly string[];
}

/** Answers of a route that are being compressed at once: each holds up to 1 MB. Others go as they are. */
const most = 128;

export const compress = (options: CompressOptions): Layer => {
  const places = createPlaces(most);
  return (next) => (x) => {
    codeAnswer(x, options, places);
    return next(x);
  };
};

interface Places {
  readonly areLeft: () => boolean;
  /** Takes one; what it answers gives it back, once. */
  readonly take: () => () => void;
}

const createPlaces = (count: number): Places => {
  let taken = 0;
  return {
    areLeft: () => taken < count,
    take() {
      let isHeld = true;
      taken++;
      return () => {
        if (isHeld) taken--;
        isHeld = false;
      };
    },
  };
};

type WriteHead = (
  status: number,
  headers?: readonly string[] | Readonly<Record<string, unknown>>,
) => ServerResponse;

type Write = (chunk: Buffer | string, encoding?: BufferEncoding, taken?: () => void) => boolean;

/**
 * Puts itself before the functions by which an answer is written, which every handler uses alone, and before `drain`,
 * for which they wait: what they write into is the coder, and what waits for the response is the coder's output. The head
 * waits for the first compressed byte, so that an answer whose maker fails before it can still be a refusal.
 */
const codeAnswer = ({ req, res }: Exchange, options: CompressOptions, places: Places): void => {
  const writeHead = res.writeHead.bind(res) as unknown as WriteHead;
  const write = res.write.bind(res) as Write;
  const end = res.end.bind(res) as (chunk?: Buffer | string, encoding?: BufferEncoding) => ServerResponse;
  const emit = res.emit.bind(res) as (event: string | symbol, ...args: unknown[]) => boolean;
  const flushHeaders = res.flushHeaders.bind(res);
  const drained = (): void => void emit("drain");
  let coder: Transform | null = null;
  let waiting: (() => void) | null = null;

  const sendHead = (): void => {
    const send = waiting;
    waiting = null;
    send?.();
  };
  const output: Omit<Output, "release"> = {
    write(chunk) {
      sendHead();
      return write(chunk);
    },
    end() {
      sendHead();
      return end();
    },
    drained,
  };
  const headed: WriteHead = (status, headers) => {
    // Another answer in the place of one of which nothing went out.
    if (waiting) coder?.removeAllListeners("data").removeAllListeners("end").destroy();
    waiting = null;
    coder = null;
    const pairs = pairsOf(headers);
    const head = codeHead(status, pairs, {
      minBytes: options.minBytes,
      coding: places.areLeft()
        ? codingFor(options.acceptedCodings(fieldOf(req.headers["accept-encoding"])))
        : null,
      ifNoneMatch: req.headers["if-none-match"],
    });
    if (!head.coding || req.method === "HEAD") return writeHead(status, head.pairs);
    checkFields(head.pairs);
    waiting = () => void writeHead(status, head.pairs);
    coder = open(res, head, { ...output, release: places.take() });
    return res;
  };
  const patched = {
    writeHead: headed,
    flushHeaders() {
      sendHead();
      flushHeaders();
    },
    write: (chunk: Buffer | string, encoding: BufferEncoding = "utf8", taken?: () => void) =>
      coder ? coder.write(chunk, encoding, taken) : write(chunk, encoding, taken),
    end(chunk?: Buffer | string, encoding?: BufferEncoding) {
      if (!coder) return end(chunk, encoding);
      if (chunk === undefined || chunk.length === 0) coder.end();
      else coder.end(chunk, encoding ?? "utf8");
      return res;
    },
    emit(event: string | symbol, ...args: unknown[]) {
      if (event !== "drain" || !coder) return emit(event, ...args);
      coder.resume();
      return true;
    },
  };
  Object.assign(res, patched);
  // What is not read to its end counts as left over, and over HTTP/2 the stream would be closed before the last bytes.
  if (!hasBody(req)) req.resume();
};

/** Throws while somebody hears of it: when the head is written nobody does any more. */
const checkFields = (pairs: readonly string[]): void => {
  for (let i = 0; i < pairs.length; i += 2) {
    validateHeaderName(pairs[i] ?? "");
    validateHeaderValue(pairs[i] ?? "", pairs[i + 1] ?? "");
  }
};

const fieldOf = (field: string | readonly string[] | undefined): string | undefined =>
  typeof field === "string" ? field : undefined;

const codingFor = (accepted: readonly string[]): Coding | null =>
  accepted.find((coding): coding is Coding => coding === "br" || coding === "gzip") ?? null;

/** Flat and in lower case, whatever form the head was given in. */
const pairsOf = (headers: Parameters<WriteHead>[1]): string[] => {
  if (headers === undefined) return [];
  const flat = Array.isArray(headers)
    ? headers
    : Object.entries(headers).flatMap(([name, value]) =>
        [value].flat().flatMap((one) => [name, String(one)]),
      );
  return flat.map((text, i) => (i % 2 === 0 ? String(text).toLowerCase() : String(text)));
};

interface Output {
  readonly write: (chunk: Buffer) => boolean;
  readonly end: () => unknown;
  /** Tells whoever writes the answer that there is room again. */
  readonly drained: () => void;
  /** Gives the place of this answer back. */
  readonly release: () => void;
}

/** What is written into it leaves compressed, at the client's pace. */
const open = (res: ServerResponse, head: CodedHead, { write, end, drained, release }: Output): Transform => {
  const coder = createCoder(head);
  coder.on("data", (chunk: Buffer) => {
    if (!write(chunk)) coder.pause();
  });
  coder.on("end", () => {
    release();
    end();
  });
  coder.on("error", () => res.destroy()); // the status is out: cutting is the only honest sign left
  coder.on("drain", drained);
  res.on("close", () => {
    release();
    coder.destroy();
  });
  return coder;
};

// An answer that says no length is made as it goes, such as events of a server: every piece leaves at once.
const createCoder = ({ coding, isStream }: CodedHead): Transform => {
  if (coding === "gzip") {
    return createGzip({ level: 6, ...(isStream && { flush: constants.Z_SYNC_FLUSH }) });
  }
  return createBrotliCompress({
    ...(isStream && { flush: constants.BROTLI_OPERATION_FLUSH }),
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 4,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_LGWIN]: 18, // 256 KB: what it holds is held for each answer
    },
  });
};
