/** Reads what came back on a connection as strictly as RFC 9112 allows: any byte that belongs to no answer is an error. */

export interface RawAnswer {
  readonly status: number;
  /** lower-case names, several values joined with a comma */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** the fields after a chunked body */
  readonly trailers: ReadonlyMap<string, string>;
}

/**
 * The whole answers at the beginning of `text` (latin1), interim ones among them; `heads` are the places of those final
 * answers that answer HEAD. An answer that has not come whole ends the list, `closed` says that no more will come.
 */
export const readAnswers = (
  text: string,
  heads: readonly number[],
  closed: boolean,
): readonly RawAnswer[] => {
  const answers: RawAnswer[] = [];
  let finals = 0;
  for (let at = 0; at < text.length; ) {
    const read = readAnswer(text, at, heads.includes(finals), closed);
    if (read === null) break;
    answers.push(read.answer);
    if (read.answer.status >= 200) finals++;
    at = read.end;
    if (read.answer.status === 101) break;
  }
  return answers;
};

interface Read {
  readonly answer: RawAnswer;
  readonly end: number;
}

const readAnswer = (text: string, at: number, isHead: boolean, closed: boolean): Read | null => {
  const end = text.indexOf("\r\n\r\n", at);
  if (end < 0) return null;
  const [line = "", ...fields] = text.slice(at, end).split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(line)?.[1];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(line.slice(0, 200))}`);
  const headers = readFields(fields);
  const head = { status: Number(status), headers };
  const start = end + 4;
  if (head.status < 200 || head.status === 204 || head.status === 304 || isHead)
    return { answer: { ...head, body: "", trailers: none }, end: start };
  if (headers.get("transfer-encoding") === "chunked") return readChunks(text, start, head);
  const length = headers.get("content-length");
  if (length === undefined)
    return closed ? { answer: { ...head, body: text.slice(start), trailers: none }, end: text.length } : null;
  const stop = start + Number(length);
  return stop > text.length
    ? null
    : { answer: { ...head, body: text.slice(start, stop), trailers: none }, end: stop };
};

const none: ReadonlyMap<string, string> = new Map();

const readChunks = (
  text: string,
  start: number,
  head: { readonly status: number; readonly headers: ReadonlyMap<string, string> },
): Read | null => {
  let body = "";
  for (let at = start; ; ) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return null;
    const size = Number.parseInt(text.slice(at, end), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk: ${JSON.stringify(text.slice(at, end))}`);
    if (size === 0) {
      const stop = text.indexOf("\r\n\r\n", end);
      if (stop < 0) return null;
      const trailers = readFields(
        text
          .slice(end + 2, stop)
          .split("\r\n")
          .filter(Boolean),
      );
      return { answer: { ...head, body, trailers }, end: stop + 4 };
    }
    body += text.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
};

const readFields = (lines: readonly string[]): Map<string, string> => {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no field: ${JSON.stringify(line)}`);
    const before = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
};
