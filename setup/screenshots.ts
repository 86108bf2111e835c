/**
 * Takes the pictures of the documents from the running program: `node setup/screenshots.ts`. Starts a gateway of its
 * own with made-up visitors, and writes dashboard/screenshots/.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launchBrowser } from "../test/browser.ts";
import { adminToken, root, startGateway } from "../test/gateway.ts";
import { runTurnpike } from "../test/program.ts";

const shots = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
] as const;

const gateway = await startGateway();
const browser = await launchBrowser();
try {
  const { code, err } = await runTurnpike(["demo", "--visitors", "500", "--url", gateway.url]);
  if (code !== 0) throw new Error(err);
  const folder = join(root, "dashboard/screenshots");
  mkdirSync(folder, { recursive: true });
  for (const { name, colorScheme, viewport } of shots) {
    const page = await browser.newPage({ colorScheme, viewport });
    await page.goto(gateway.url);
    await page.goto(gateway.adminUrl);
    await page.getByLabel(/token/i).fill(adminToken);
    await page.keyboard.press("Enter");
    await page.getByText("Newest events").waitFor();
    await page.waitForTimeout(2500);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  await gateway.close();
}
