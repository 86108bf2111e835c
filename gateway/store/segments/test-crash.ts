/**
 * For tests, as a process of its own: does one thing in a data folder and is killed in the midst of it.
 * Arguments: the folder, seal or erase, and the step at which it ends; without a step it lives.
 */
import { openTestFolder } from "./test-folder.ts";

const [dir = "", work, step] = process.argv.slice(2);
const folder = openTestFolder({
  dir,
  journalDays: 0,
  onStep: (reached) => {
    if (reached === step) process.kill(process.pid, "SIGKILL");
  },
});
await folder.keeper.recover();
if (work === "erase") await folder.keeper.erase({ column: "client_id", value: "visitor-1", site: null });
else await folder.keeper.seal();
folder.close();
