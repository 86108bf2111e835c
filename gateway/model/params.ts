/**
 * Parameters of an event that have a type of their own, whoever sends them. They are kept in `properties` under
 * their names, and read as columns `params_<name>`: the names are those of the GA4 flat table.
 */
export type ParamType = "text" | "int" | "float" | "bool";

const named = (type: ParamType, names: string): readonly (readonly [string, ParamType])[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => [name, type] as const);

const bools = `
  deferred_analytics_collection fatal free_trial outbound subscription success system_app system_app_update
  updated_with_analytics visible`;

const ints = `
  exposure_time ga_session_number level message_device_time message_time previous_first_open_count renewal_count score
  video_current_time video_duration video_percent`;

const floats = "introductory_price percent_scrolled price quantity reward_value shipping tax value";

const texts = `
  achievement_id aclid ad_event_id ad_unit_code anid app_version campaign campaign_content campaign_id
  campaign_medium campaign_source campaign_term cancellation_reason character content content_group content_id
  content_type coupon creative_name creative_slot currency dclid disqualified_lead_reason file_extension file_name
  firebase_error firebase_error_value firebase_previous_class firebase_previous_id firebase_previous_screen
  firebase_screen firebase_screen_class firebase_screen_id form_destination form_id form_name form_submit_text
  ga_session_id gclid group_id item_list_id item_list_name item_name label language lead_source lead_status
  level_name link_classes link_domain link_id link_text link_url message_id message_name message_type method
  payment_type previous_app_version previous_gmp_app_id previous_os_version product_id promotion_id promotion_name
  reset_analytics_cause reward_type screen_resolution search_term shipping_tier srsltid topic transaction_id
  unconvert_lead_reason video_provider video_title video_url virtual_currency_name`;

/** Name of the parameter → its type. */
export const paramTypes: ReadonlyMap<string, ParamType> = new Map([
  ...named("bool", bools),
  ...named("int", ints),
  ...named("float", floats),
  ...named("text", texts),
]);
