/** Rules of privacy by place, to begin with: settings replace them. They are no legal advice. */

/** The countries of the European Economic Area. */
const europe = [
  ...["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS"],
  ...["IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"],
];

/** `essential` 0 is the length of a session. */
const days = { essential: 0, comfort: 30, analytics: 730, retargeting: 90 };

export const commonJurisdictions = [
  { regulation: "GDPR", compliance: "opt-in", seq: 1, rules: days, locs: europe },
  { regulation: "UK GDPR", compliance: "opt-in", seq: 2, rules: days, locs: ["GB"] },
  { regulation: "FADP", compliance: "opt-out", seq: 3, rules: days, locs: ["CH"] },
  { regulation: "LGPD", compliance: "opt-in", seq: 4, rules: days, locs: ["BR"] },
  { regulation: "CCPA", compliance: "opt-out", seq: 5, rules: days, locs: ["US-CA"] },
];
