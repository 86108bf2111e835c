/** A small file system of a test's own, to run out of room on. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of 8 MB in memory; null where this user may not mount one. */
export const mountSmall = () => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
  const ballast = join(folder, "ballast");
  return {
    data: join(folder, "data"),
    fill: () => fillUp(ballast),
    /** All but so many bytes. */
    fillBut(bytes: number) {
      const spare = `${ballast}-spare`;
      writeFileSync(spare, Buffer.alloc(bytes));
      fillUp(ballast);
      rmSync(spare);
    },
    free: () => rmSync(ballast),
    close() {
      execFileSync("umount", [folder]);
      rmSync(folder, { recursive: true });
    },
  };
};

/** Writes until the disk has not one page left. */
const fillUp = (file: string): void => {
  const handle = openSync(file, "w");
  for (const size of [65_536, 4096]) {
    const bytes = Buffer.alloc(size);
    try {
      for (;;) writeSync(handle, bytes);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
    }
  }
  closeSync(handle);
};
