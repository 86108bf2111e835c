/** The device behind a hit: its user agent, put right by client hints, which say what user agents hide. */
import type { AgentReader, Device } from "./agent.ts";
import { type Hints, readBrand, readHints, readPlatformVersion } from "./client-hints.ts";
import { brandOf } from "./device-brands.ts";
import type { HitContext } from "./pass.ts";

export type DeviceReader = (request: HitContext) => Device;

export const createDeviceReader = (agents: AgentReader, cacheSize: number): DeviceReader => {
  // By the device and then by the hints: user agents are long, and hashed once already.
  let hinted = new WeakMap<Device, Map<string, Device>>();
  let size = 0;
  return (request) => {
    const { device } = agents(request.headers["user-agent"] ?? "");
    const hints = readHints(request.headers, request.query ?? "");
    if (hints === null) return device;
    const { brands, platform, platformVersion, model, mobile } = hints;
    const key = `${brands}\n${platform}\n${platformVersion}\n${model}\n${mobile}`;
    const ofDevice = hinted.get(device);
    const known = ofDevice?.get(key);
    if (known !== undefined) return known;
    if (++size > cacheSize) {
      hinted = new WeakMap();
      size = 1;
    }
    const made = withHints(device, hints);
    const place = hinted.get(device);
    if (place) place.set(key, made);
    else hinted.set(device, new Map([[key, made]]));
    return made;
  };
};

const withHints = (device: Device, hints: Hints): Device => {
  const brand = readBrand(hints.brands);
  const isEngine = brand === null || brand.name === "Chromium";
  const os = platformNames[hints.platform] ?? (hints.platform || null);
  const version = readPlatformVersion(hints.platform, hints.platformVersion);
  return {
    ...device,
    category: device.category ?? (hints.mobile === null ? null : hints.mobile ? "smartphone" : "desktop"),
    os: os ?? device.os,
    osVersion: version ?? (os === null || os === device.os ? device.osVersion : null),
    browser: isEngine ? device.browser : brand.name,
    browserVersion: isEngine ? device.browserVersion : brand.version || device.browserVersion,
    brand: hints.model === "" ? device.brand : (brandOf(hints.model) ?? device.brand),
    model: hints.model || device.model,
  };
};

/** As the user agent's reader calls them. */
const platformNames: Readonly<Record<string, string>> = {
  "Chrome OS": "Chrome OS",
  "Chromium OS": "Chrome OS",
  Unknown: "",
};
