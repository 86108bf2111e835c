import { createByteCache } from "./byte-cache.ts";
import type { Compressor, MadeCoding } from "./compress.ts";
import type { File, Files } from "./files.ts";

export interface PackerOptions {
  readonly files: Files;
  readonly compressor: Compressor;
  /** memory for what was compressed */
  readonly bytes: number;
}

/** Compresses files when they are asked for, each once, and keeps what came out. */
export interface Packer {
  /** Null where a file does not become smaller; `busy` where there is no time, or the file was replaced just now. */
  pack(file: File, coding: MadeCoding): Promise<Buffer | null | "busy">;
}

export const createPacker = ({ files, compressor, bytes }: PackerOptions): Packer => {
  const kept = createByteCache<{ readonly state: string; readonly packed: Buffer | null }>(bytes);
  const running = new Map<string, Promise<Buffer | null | "busy">>();

  const make = async (file: File, coding: MadeCoding, key: string): Promise<Buffer | null | "busy"> => {
    const content = file.content ?? (await files.read(file));
    const made = content && (await compressor.run(coding, content));
    if (!made) return "busy";
    const packed = made.length < file.size ? made : null;
    kept.set(key, { state: file.state, packed }, packed?.length ?? 0);
    return packed;
  };
  return {
    async pack(file, coding) {
      const key = `${coding} ${file.name}`;
      const known = kept.get(key);
      if (known?.state === file.state) return known.packed;
      const run = `${key} ${file.state}`;
      const same = running.get(run);
      if (same) return same;
      const result = make(file, coding, key).finally(() => running.delete(run));
      running.set(run, result);
      return result;
    },
  };
};
