import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The data folder's secret, made on first use: it signs cookies and keys hashes. 32 bytes, mode 0600. */
export const readSecret = (dir: string): Buffer => {
  const file = join(dir, "secret");
  try {
    const secret = Buffer.from(readFileSync(file, "utf8").trim(), "hex");
    if (secret.length !== 32) {
      throw new Error(
        `store: ${file} is damaged: put back a backup of it, or remove it to lose all cookies' signatures`,
      );
    }
    return secret;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return makeSecret(file);
  }
};

const makeSecret = (file: string): Buffer => {
  const secret = randomBytes(32);
  const fd = openSync(file, "wx", 0o600);
  writeSync(fd, `${secret.toString("hex")}\n`);
  fsyncSync(fd);
  closeSync(fd);
  return secret;
};
