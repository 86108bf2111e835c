/**
 * The child process: does one job with DuckDB and ends. It has memory of its own, and may be killed at any instant,
 * because it only ever writes into a folder of the job's own; whoever started it decides what becomes of the files.
 */
import { firstLine } from "../../lib/first-line.ts";
import { backupJob } from "./backup-job.ts";
import { checkJob } from "./check-job.ts";
import { countJob } from "./count-job.ts";
import type { Job } from "./job.ts";
import { lookJob } from "./look-job.ts";
import { readJob } from "./read-job.ts";
import { rewriteJob } from "./rewrite-job.ts";
import { sealJob } from "./seal-job.ts";
import { tableJob } from "./table-job.ts";

const stdout = 1;

const perform = (job: Job): Promise<unknown> => {
  switch (job.kind) {
    case "seal":
      return sealJob(job);
    case "rewrite":
      return rewriteJob(job);
    case "read":
      return readJob(job, stdout);
    case "check":
      return checkJob(job);
    case "count":
      return countJob(job);
    case "look":
      return lookJob(job);
    case "backup":
      return backupJob(job);
    case "table":
      return tableJob(job);
  }
};

/** The first line of what comes in; its end later means that whoever asked has gone. */
const readJobLine = (): Promise<Job> =>
  new Promise((resolve) => {
    let text = "";
    process.stdin.setEncoding("utf8");
    process.stdin.on("data", (chunk: string) => {
      if (text.includes("\n")) return;
      text += chunk;
      if (text.includes("\n")) resolve(JSON.parse(text) as Job); // from `run-job.ts`, of this very type
    });
  });

const job = await readJobLine();
if (job.kind !== "read") process.stdin.on("end", () => process.exit(1));
try {
  const result = await perform(job);
  if (job.kind !== "read") process.stdout.write(JSON.stringify(result ?? null), () => process.exit(0));
  else process.exit(0);
} catch (error) {
  process.stderr.write(firstLine(error), () => process.exit(1)); // below it DuckDB shows a query of ours
}
