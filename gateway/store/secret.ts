import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../lib/error-code.ts";
import { writeFirst } from "../lib/write-whole.ts";

export const secretFile = (dir: string): string => join(dir, "secret");

/**
 * The data folder's secret: it signs cookies and keys hashes. 32 bytes, mode 0600. Whichever thread or process needs it
 * first makes it; others that need it at the same moment read the same.
 */
export const readSecret = (dir: string): Buffer => {
  const file = secretFile(dir);
  const text = textOf(file) ?? madeIn(file);
  const secret = Buffer.from(text.trim(), "hex");
  if (secret.length !== 32) {
    throw new Error(
      `store: ${file} is damaged: put back a backup of it, or remove it to lose all cookies' signatures`,
    );
  }
  return secret;
};

const textOf = (file: string): string | null => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
};

const madeIn = (file: string): string => {
  writeFirst(file, `${randomBytes(32).toString("hex")}\n`, 0o600);
  return readFileSync(file, "utf8");
};
