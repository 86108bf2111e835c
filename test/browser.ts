/** Finds a Chromium on this machine and starts it as the tests want it: offline towards its maker, and not looking like a robot. */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const flags = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Starts a headless browser; the caller closes it. */
export const launchBrowser = async (): Promise<Browser> => {
  const executablePath = findChromium();
  return chromium.launch({ executablePath, args: [...flags, userAgent(executablePath)] });
};

export interface ExtensionBrowser {
  readonly context: BrowserContext;
  /** where its pages are, e.g. chrome-extension://abc */
  readonly origin: string;
  close(): Promise<void>;
}

/** Starts a headless browser with the unpacked extension in `dir`, in a profile of its own that goes when it closes. */
export const launchWithExtension = async (dir: string): Promise<ExtensionBrowser> => {
  const executablePath = findChromium();
  const profile = await mkdtemp(join(tmpdir(), "turnpike-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      ...flags,
      userAgent(executablePath),
      `--load-extension=${dir}`,
      `--disable-extensions-except=${dir}`,
    ],
    ignoreDefaultArgs: ["--disable-extensions"],
  });
  const close = async (): Promise<void> => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    return { context, origin: `chrome-extension://${new URL(worker.url()).host}`, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** CHROMIUM_PATH, else a browser of the system, else one that Playwright installed; throws where there is none. */
export const findChromium = (): string => {
  const named = process.env["CHROMIUM_PATH"];
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`browser: CHROMIUM_PATH is ${named}, which cannot be run.`);
  }
  const found = [...systemPaths(), chromium.executablePath()].find(isExecutable);
  if (found) return found;
  throw new Error(
    "browser: no Chromium was found: install one (`apt-get install chromium`, or `npx playwright-core install chromium`) or name it in CHROMIUM_PATH.",
  );
};

const systemPaths = (): string[] =>
  ["chromium", "chromium-browser", "google-chrome"].flatMap((name) =>
    (process.env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, name)),
  );

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return existsSync(path);
  } catch {
    return false;
  }
};

// A headless browser calls itself HeadlessChrome, and would be counted as a bot.
const userAgent = (executablePath: string): string => {
  const version = execFileSync(executablePath, ["--version"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const major = /\d+/.exec(version)?.[0] ?? "140";
  return `--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
};
