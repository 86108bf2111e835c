import type { Command } from "commander";
import { hashPassword } from "../middleware/password-hash.ts";
import { CommandError, type Context, say, warn } from "./context.ts";

const longest = 1024;

/** `turnpike hash-password`: makes what `basicAuth.users` holds of a password, which no command line gets to see. */
export const addHashPassword = (program: Command, { io, run }: Context): void => {
  program
    .command("hash-password")
    .description("read a password from stdin and print its hash, for basicAuth in the settings")
    .action(
      run(async () => {
        if (process.stdin.isTTY) warn(io, "The password, then Enter (it is shown as you type):");
        const password = await readLine(process.stdin);
        if (password === "") {
          throw new CommandError(
            "hash-password: there is no password on stdin: write it there",
            "used wrongly",
          );
        }
        say(io, await hashPassword(password));
        return 0;
      }),
    );
};

/** The first line, without its end. */
const readLine = async (input: AsyncIterable<Buffer | string>): Promise<string> => {
  let text = "";
  for await (const chunk of input) {
    text += String(chunk);
    const end = text.search(/\r?\n/);
    if (end >= 0) {
      text = text.slice(0, end);
      break;
    }
    if (text.length > longest) break;
  }
  if (text.length <= longest) return text;
  throw new CommandError(`hash-password: a password has at most ${longest} characters`, "used wrongly");
};
