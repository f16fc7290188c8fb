/** What the JSON Schemas of the management port are written with. */

export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
export const whole: Schema = { type: 'integer' };
export const texts: Schema = { type: 'array', items: text };
export const anything: Schema = { description: 'Any JSON' };

export const list = (items: Schema): Schema => ({ type: 'array', items });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** An object with members that are always there and others that may be; further ones are legal. */
export function object(always: Readonly<Record<string, Schema>>, maybe: Readonly<Record<string, Schema>> = {}): Schema {
  const required = Object.keys(always);
  return { type: 'object', properties: { ...always, ...maybe }, ...(required.length === 0 ? {} : { required }) };
}
