import { type Command, InvalidArgumentError, Option } from "commander";
import { type LoadOptions, loadConfig } from "../config/load.ts";
import { printConfig } from "../config/print.ts";
import { CommandError, type Context } from "./context.ts";
import { loadedOrThrow, readPath, withSettingsOptions } from "./settings-options.ts";

interface Flags {
  readonly config?: string;
  readonly data?: string;
  readonly http?: string;
  readonly https?: string;
  readonly admin?: string;
  readonly adminToken?: string;
  readonly proxy?: string;
  readonly static?: string;
  readonly domain?: readonly string[];
  readonly email?: string;
  readonly printConfig?: true;
  readonly dev?: true;
}

/** `turnpike start`: the gateway itself, or with --print-config the settings it would run with. */
export const addStart = (program: Command, { io, actions, run }: Context): void => {
  withSettingsOptions(program.command("start").description("start the gateway"))
    .option("--http <host:port>", "where the site is served")
    .option("--https <host:port>", "where the site is served encrypted, unless tls is off")
    .option("--admin <host:port>", "where the dashboard is served")
    .option(
      "--admin-token <token>",
      "use this admin token (other users of this machine can see it)",
      readToken,
    )
    .addOption(
      new Option("--proxy <url>", "no settings file: put Turnpike in front of this server").conflicts([
        "config",
        "static",
      ]),
    )
    .addOption(
      new Option("--static <dir>", "no settings file: serve the files in this folder")
        .argParser(readPath)
        .conflicts("config"),
    )
    .addOption(
      new Option(
        "--domain <host...>",
        "with --proxy or --static: serve these hosts, with certificates of Let's Encrypt",
      ).conflicts("config"),
    )
    .option("--email <address>", "with --domain: whom Let's Encrypt may write to")
    .option("--print-config", "print the settings as a file, and start nothing")
    .option("--dev", "apply the settings file whenever it is saved; print every stored event")
    .action(
      run(async (flags: Flags) => {
        const load = toLoadOptions(flags);
        if (!flags.printConfig) {
          return actions.start({ load, adminToken: flags.adminToken ?? null, dev: flags.dev === true });
        }
        const { config, folder } = loadedOrThrow(loadConfig(load));
        io.stdout.write(printConfig(config, folder));
        return 0;
      }),
    );
};

/** What a browser and a header can send. An empty one is a variable that is not set, and anybody could sign in with it. */
const readToken = (text: string): string => {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidArgumentError("expected letters, digits and signs of ASCII, without spaces.");
};

const toLoadOptions = (flags: Flags): LoadOptions => {
  const { config, proxy, static: staticDir, domain: domains, email, data, http, https, admin } = flags;
  if (domains !== undefined && proxy === undefined && staticDir === undefined) {
    throw new CommandError(
      "--domain says for whom: say with --proxy URL or --static DIR what",
      "used wrongly",
    );
  }
  if (email !== undefined && domains === undefined) {
    throw new CommandError("--email is for the certificates of --domain HOST", "used wrongly");
  }
  return {
    ...(config !== undefined && { file: config }),
    ...(proxy !== undefined && { proxy }),
    ...(staticDir !== undefined && { staticDir }),
    ...(domains !== undefined && { domains }),
    ...(email !== undefined && { email }),
    overrides: {
      ...(data !== undefined && { data }),
      ...(http !== undefined && { http }),
      ...(https !== undefined && { https }),
      ...(admin !== undefined && { admin }),
    },
  };
};
