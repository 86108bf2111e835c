import type { BackupJob, BackupResult } from "./backup-job.ts";
import type { CheckJob, CheckResult } from "./check-job.ts";
import type { CountJob } from "./count-job.ts";
import type { Looked, LookJob } from "./look-job.ts";
import type { ReadJob } from "./read-job.ts";
import type { CountResult } from "./recount.ts";
import type { RewriteJob, RewriteResult } from "./rewrite-job.ts";
import type { SealJob, SealResult } from "./seal-job.ts";
import type { TableJob } from "./table-job.ts";

/** What the child process can be asked to do. */
export type Job = SealJob | RewriteJob | ReadJob | CheckJob | CountJob | LookJob | BackupJob | TableJob;

/** What it answers. */
export type ResultOf<J extends Job> = J extends SealJob
  ? SealResult
  : J extends RewriteJob
    ? RewriteResult
    : J extends CheckJob
      ? CheckResult
      : J extends CountJob
        ? CountResult
        : J extends LookJob
          ? readonly Looked[]
          : J extends BackupJob
            ? BackupResult
            : null;
