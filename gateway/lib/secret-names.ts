/** Names of fields and of query parameters that carry secrets. Lower case. */
export const secretNames: ReadonlySet<string> = new Set([
  "access_token",
  "api_key",
  "api_secret",
  "apikey",
  "auth_token",
  "authorization",
  "card_number",
  "client_secret",
  "csrf_token",
  "cvc",
  "cvv",
  "id_token",
  "jwt",
  "passwd",
  "password",
  "pwd",
  "refresh_token",
  "secret",
  "session_token",
  "token",
  "write_key",
  "writekey",
]);

/** True for a JSON Web Token: it begins with an object in base64, whatever the name it comes under. */
export const isLoginToken = (text: string): boolean => text.startsWith("eyJ") && /^eyJ[\w-]*\./.test(text);

/** Names of fields and of query parameters that carry a person's address, number or name. Lower case. */
export const contactNames: ReadonlySet<string> = new Set(["email", "cell", "uname"]);
