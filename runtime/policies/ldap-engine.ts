export interface LdapEngine {
  readonly todo: string;
}
export async function loadLdap(): Promise<LdapEngine> {
  return { todo: '' };
}
