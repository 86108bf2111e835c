/** Which certificates the hosts ask of their clients. */
export interface ClientAuthorities {
  /** some host asks */
  any(): boolean;
  /** what the host asks for, null for nothing */
  of(host: string): Authorities | null;
}

export interface Authorities {
  /** the file that the settings name */
  readonly file: string;
  /** what was in it */
  readonly pem: string;
}
