/** Names of events that GA4 keeps for what it makes itself. */
const names: ReadonlySet<string> = new Set(
  `ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception
  app_remove app_store_refund app_store_subscription_cancel app_store_subscription_convert
  app_store_subscription_renew app_update app_upgrade dynamic_link_app_open dynamic_link_app_update
  dynamic_link_first_open error first_open first_visit in_app_purchase notification_dismiss
  notification_foreground notification_open notification_receive notification_send os_update session_start
  user_engagement`
    .trim()
    .split(/\s+/),
);

const prefixes = ["_", "firebase_", "ga_", "google_", "gtag."] as const;

/** So may the name of no event, parameter or user property begin. */
export const hasReservedPrefix = (name: string): boolean =>
  prefixes.some((prefix) => name.startsWith(prefix));

export const isReserved = (name: string): boolean => names.has(name) || hasReservedPrefix(name);
