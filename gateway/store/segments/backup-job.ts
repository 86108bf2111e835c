/** In the child: copies a data folder as of one moment. Nothing may be sealed or erased meanwhile. */
import { constants, copyFileSync, existsSync, globSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "../../lib/make-folder.ts";
import { databaseFile, openDatabaseReadOnly } from "../database.ts";
import { withDuck } from "./duck.ts";
import { writeManifestFile } from "./folder.ts";
import { lookAt } from "./look-job.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { isWhole, whyClosed } from "./recovery.ts";
import { segmentFile } from "./segment.ts";
import { syncFile, syncFolder } from "./staging.ts";

export interface BackupJob {
  readonly kind: "backup";
  readonly dir: string;
  /** an empty folder */
  readonly to: string;
}

export interface BackupResult {
  readonly segments: number;
  readonly events: number;
  /** files that are not as they were written, below `events/`; they are copied as they are */
  readonly spoilt?: readonly string[];
}

export const backupJob = async ({ dir, to }: BackupJob): Promise<BackupResult> => {
  // The database gets its name last: a copy that was broken off, also by a power cut, never looks like a data folder.
  const unfinished = join(to, "unfinished");
  makeFolder(unfinished, 0o700);
  const source = openDatabaseReadOnly(dir);
  try {
    // One read transaction, whatever is written meanwhile; SQLite's own way of copying begins anew at every write.
    source.prepare("VACUUM INTO ?").run(databaseFile(unfinished));
  } finally {
    source.close();
  }
  const copy = openDatabaseReadOnly(unfinished);
  try {
    const manifest = readManifest(copy);
    for (const segment of manifest.segments) copyDurably(segmentFile(dir, segment), segmentFile(to, segment));
    writeManifestFile(to, manifest);
    // Without it cookies lose their signatures, and keyed hashes their meaning.
    if (existsSync(join(dir, "secret"))) copyDurably(join(dir, "secret"), join(to, "secret"));
    for (const name of globSync(certificates, { cwd: dir })) copyDurably(join(dir, name), join(to, name));
    syncFile(databaseFile(unfinished));
    const events = manifest.segments.reduce((sum, { rows }) => sum + rows, 0);
    const above = copy
      .prepare("SELECT count(*) FROM journal WHERE seq > ?")
      .pluck()
      .get(manifest.state.watermark);
    copy.close();
    renameSync(databaseFile(unfinished), databaseFile(to));
    rmSync(unfinished, { recursive: true });
    syncFolder(to);
    const spoilt = await findSpoilt(to, manifest);
    return {
      segments: manifest.segments.length,
      events: events + Number(above),
      ...(spoilt.length > 0 && { spoilt }),
    };
  } finally {
    copy.close();
  }
};

const findSpoilt = async (dir: string, { segments, state }: Manifest): Promise<readonly string[]> => {
  const differing = segments.filter((segment) => !isWhole(dir, segment));
  if (differing.length === 0) return [];
  return withDuck(async (duck) => {
    const spoilt: string[] = [];
    for (const segment of differing) {
      const found = await lookAt(duck, dir, segment.path, state.watermark);
      if (whyClosed(dir, segment, found) !== null) spoilt.push(segment.path);
    }
    return spoilt;
  });
};

/** Certificates, their keys and accounts, each a whole file: https is there at once where a copy is started. No locks. */
const certificates = "certs/*/*.{pem,crt,json}";

const copyDurably = (from: string, to: string): void => {
  makeFolder(dirname(to), 0o700);
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  syncFile(to);
  syncFolder(dirname(to));
};
