import type { ColumnName } from "./event.ts";

/** Ids of one click on an advertisement, as networks put them into addresses. */
export const clickColumns = [
  "click_id_gclid",
  "click_id_dclid",
  "click_id_gbraid",
  "click_id_srsltid",
  "click_id_wbraid",
  "click_id_fbclid",
  "click_id_msclkid",
] as const satisfies readonly ColumnName[];

/** What a hit may say of who somebody is, or where: nothing of it is kept of a visitor who has said no. */
export const personalColumns = [
  "client_id",
  "user_id",
  "client_session_id",
  "did",
  "ref",
  "lat",
  "lon",
  "zip",
  "traits",
  "ehash",
  "chash",
  "uhash",
  "bhash",
  ...clickColumns,
] as const satisfies readonly ColumnName[];
