import type { Event } from "../model/event.ts";
import type { AgentReader } from "./agent.ts";
import type { DeviceReader } from "./device-facts.ts";
import { isUnsaid, mayIdentify, type Pass } from "./pass.ts";

/** Device and browser from the user agent. Without tracking only their kinds: versions and models tell people apart. */
export const fillDevice =
  (agents: AgentReader, devices: DeviceReader): Pass =>
  (event, request) => {
    if (request.trusted || isUnsaid(request)) return;
    const device = devices(request);
    const userAgent = request.headers["user-agent"] ?? "";
    const { bot } = agents(userAgent);
    if (bot !== null) event.device_category ??= "bot";
    if (device.category !== null) event.device_category ??= device.category;
    if (device.os !== null) event.device_operating_system ??= device.os;
    if (device.browser !== null) event.device_web_browser ??= device.browser;
    if (!mayIdentify(request)) return;
    if (bot !== null && userAgent !== "") nameBot(event, bot, userAgent);
    if (device.osVersion !== null) event.device_operating_system_version ??= device.osVersion;
    if (device.browserVersion !== null) event.device_web_browser_version ??= device.browserVersion;
    if (device.brand !== null) event.device_mobile_brand_name ??= device.brand;
    if (device.model !== null) event.device_mobile_model_name ??= device.model;
  };

/** As the flat table has it: the maker of a bot is its name, its model the page that it names. */
const nameBot = (event: Event, bot: string, userAgent: string): void => {
  event.device_mobile_brand_name ??= bot.slice(bot.indexOf(": ") + 2);
  const page = botPage.exec(userAgent)?.[0];
  if (page !== undefined) event.device_mobile_model_name ??= page;
};

const botPage = /https?:\/\/[^\s;,()<>"']{1,200}/;
