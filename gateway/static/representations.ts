/** The forms a file can be sent in: its own bytes, a compressed file beside it, or compressed when it is asked for. */
import type { Clock } from "../lib/clock.ts";
import type { Accepted, Coding } from "./accept-encoding.ts";
import { type MadeCoding, madeCodingOf, madeMark, worthBytes } from "./compress.ts";
import type { Validators } from "./conditions.ts";
import type { File } from "./files.ts";
import { createPacker, type PackerOptions } from "./packer.ts";
import { createSiblingFinder } from "./siblings.ts";

export interface Representation extends Validators {
  readonly coding: Coding | null;
  readonly size: number;
  /** null: they are read from `source` */
  readonly content: Buffer | null;
  readonly source: File;
  /** as `Last-Modified` says it */
  readonly modified: string;
  /** another one would have been sent, had there been time to make it */
  readonly isMakeshift: boolean;
}

export interface Representations {
  /** The best form for a client. */
  choose(file: File, segments: readonly string[], accepted: Accepted): Promise<Representation>;
  /** What lies on disk is not what was found before. */
  forget(file: File): void;
}

export interface RepresentationOptions extends PackerOptions {
  /** the largest file that is compressed */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** The file as it is. */
export const plainForm = (file: File, isMakeshift = false): Representation => ({
  coding: null,
  size: file.size,
  content: file.content,
  source: file,
  etag: file.etag,
  modifiedMs: file.modifiedMs,
  modified: file.modified,
  isMakeshift,
});

export const createRepresentations = (options: RepresentationOptions): Representations => {
  const { files, maxBytes } = options;
  const siblings = createSiblingFinder(files, options.clock);
  const packer = createPacker(options);

  const make = async (file: File, accepted: Accepted): Promise<Representation> => {
    const coding = file.size >= worthBytes && file.size <= maxBytes ? madeCodingOf(accepted) : undefined;
    if (!coding) return plainForm(file);
    const packed = await packer.pack(file, coding);
    if (packed === "busy") return plainForm(file, true);
    return packed ? madeForm(file, coding, packed) : plainForm(file);
  };
  return {
    async choose(file, segments, accepted) {
      if (accepted.length === 0) return plainForm(file);
      const beside = await siblings.codingsOf(file, segments);
      const coding = accepted.find((one) => beside.has(one));
      const sibling = coding && (await siblings.find(file, segments, coding));
      return sibling ? siblingForm(file, coding, sibling) : make(file, accepted);
    },
    forget: siblings.forget,
  };
};

// Strong tags of two forms must differ (RFC 9110 §8.8.3.3).
const marked = (etag: string, mark: string): string => `${etag.slice(0, -1)}-${mark}"`;

const madeForm = (file: File, coding: MadeCoding, packed: Buffer): Representation => ({
  ...plainForm(file),
  coding,
  size: packed.length,
  content: packed,
  etag: marked(file.etag, madeMark[coding]),
});

const siblingForm = (file: File, coding: Coding, sibling: File): Representation => ({
  ...plainForm(file),
  coding,
  size: sibling.size,
  content: sibling.content,
  source: sibling,
  etag: marked(sibling.etag, coding),
});
