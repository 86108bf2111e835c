/** A header's value before it is written; each of a list has a line of its own. */
export type Value = string | number | readonly string[];
/** Headers as Node takes them: flat, name and value in turn, or by name. */
export type Fields = readonly string[] | Readonly<Record<string, Value | undefined>>;

/** The fields of a head as they are written, and what they say of its framing. */
export class AnswerFields {
  lines = "";
  length: number | null = null;
  isChunked = false;
  hasDate = false;
  hasConnection = false;
  closes = false;

  add(fields: Fields): void {
    if (Array.isArray(fields)) {
      for (let i = 0; i < fields.length; i += 2) this.#put(String(fields[i]), String(fields[i + 1]));
      return;
    }
    for (const [name, value] of Object.entries(fields as Readonly<Record<string, Value | undefined>>)) {
      if (value !== undefined) this.#putAll(name, value);
    }
  }

  /** What was set one by one, where the fields that come with the head do not say it themselves. */
  addSet(set: ReadonlyMap<string, readonly [name: string, value: Value]>, fields: Fields | undefined): void {
    const said = new Set(namesOf(fields));
    for (const [key, [name, value]] of set) if (!said.has(key)) this.#putAll(name, value);
  }

  #putAll(name: string, value: Value): void {
    if (Array.isArray(value)) for (const one of value) this.#put(name, one);
    else this.#put(name, String(value));
  }

  #put(name: string, value: string): void {
    this.lines += fieldLine(name, value);
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === "date") this.hasDate = true;
        return;
      case 10:
        if (name.toLowerCase() !== "connection") return;
        this.hasConnection = true;
        this.closes ||= /(?:^|,)\s*close\s*(?:,|$)/i.test(value);
        return;
      case 14:
        if (name.toLowerCase() === "content-length") this.length = Number(value);
        return;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") this.isChunked = true;
    }
  }
}

const namesOf = (fields: Fields | undefined): readonly string[] => {
  if (fields === undefined) return [];
  const names = Array.isArray(fields)
    ? (fields as readonly string[]).filter((_, i) => i % 2 === 0)
    : Object.keys(fields);
  return names.map((name) => name.toLowerCase());
};

/** One line of a head (RFC 9112 §5). */
export const fieldLine = (name: string, value: string): string => {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new Error(`lane: the field ${name.slice(0, 60)} of the answer cannot be written`);
  }
  return `${name}: ${value}\r\n`;
};
