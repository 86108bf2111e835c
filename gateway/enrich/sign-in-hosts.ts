/**
 * Hosts where people prove who they are and are sent back: no new visit, and never a source. A host stands for its
 * subdomains too. The site adds its own with `ignoredReferrers`.
 */
export const signInHosts: readonly string[] = [
  "accounts.google.com",
  "accounts.youtube.com",
  "appleid.apple.com",
  "login.microsoftonline.com",
  "login.microsoft.com",
  "login.live.com",
  "login.yahoo.com",
  "auth0.com",
  "okta.com",
  "oktapreview.com",
  "onelogin.com",
  "amazoncognito.com",
  "login.salesforce.com",
  "passport.yandex.ru",
  "passport.yandex.com",
  "oauth.yandex.ru",
  "id.vk.com",
  "oauth.vk.com",
  "access.line.me",
  "kauth.kakao.com",
  "nid.naver.com",
];
