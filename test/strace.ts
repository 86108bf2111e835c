/** Reads what `strace -f -y` wrote of the gateway: when an event reached the WAL, the disk, and its client. */

export interface Traced {
  readonly id: string;
  /** line on which the id was first written to the WAL; -1: never */
  readonly written: number;
  /** line on which the next sync of the WAL had returned */
  readonly synced: number;
  /** line on which an answer with the id began to be written to a socket */
  readonly answered: number;
}

export const readTrace = (text: string, ids: readonly string[]): readonly Traced[] => {
  const lines = text.split("\n");
  const syncs = findSyncs(lines);
  const writes = lines.map((line, n) => ({ line, n }));
  const walWrites = writes.filter(({ line }) => line.includes("pwrite64(") && line.includes("-wal>"));
  const answers = writes.filter(
    ({ line }) => /\b(write|writev|sendto|sendmsg)\(/.test(line) && line.includes("turnpike-event"),
  );
  return ids.map((id) => {
    const written = walWrites.find(({ line }) => line.includes(id))?.n ?? -1;
    const synced = syncs.find((n) => n > written) ?? -1;
    const answered = answers.find(({ line }) => line.includes(id))?.n ?? -1;
    return { id, written, synced, answered };
  });
};

/**
 * Lines on which a sync of the WAL returned. One that another thread interrupts in the trace is two lines,
 * `fdatasync(… <unfinished ...>` and `<... fdatasync resumed>`, with the same thread id in front. Only the writer's
 * thread touches the WAL, so that a sync which returns after a write has also begun after it.
 */
const findSyncs = (lines: readonly string[]): readonly number[] => {
  const begun = new Set<string>();
  const returned: number[] = [];
  lines.forEach((line, n) => {
    const thread = line.split(" ", 1)[0] ?? "";
    if (/\b(fdatasync|fsync)\(\d+<[^>]*-wal>/.test(line)) {
      if (line.includes("<unfinished")) begun.add(thread);
      else if (/= 0$/.test(line)) returned.push(n);
    } else if (/<\.\.\. (fdatasync|fsync) resumed>/.test(line) && begun.delete(thread)) {
      if (/= 0$/.test(line)) returned.push(n);
    }
  });
  return returned;
};
