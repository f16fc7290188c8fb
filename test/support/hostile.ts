/** Payloads that are made to hurt whoever reads them, by name. */

const deep = 100_000;
const long = 10_000_000;

export interface HostilePayload {
  readonly name: string;
  readonly payload: string | Buffer;
}

export const hostileXml: readonly HostilePayload[] = [
  { name: '100,000 open elements', payload: '<a>'.repeat(deep) },
  { name: '100,000 nested elements', payload: '<a>'.repeat(deep) + '</a>'.repeat(deep) },
  { name: '10 MB of brackets', payload: '<'.repeat(long) },
  { name: 'bytes that are not UTF-8', payload: Buffer.from('<a>\xff\xfe</a>', 'latin1') },
  {
    name: 'an entity bomb',
    payload: '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]><a>&d;</a>',
  },
  { name: 'a file as an entity', payload: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>' },
  { name: 'an entity that objects have', payload: '<a>&constructor;</a>' },
  { name: 'nothing but blanks', payload: ' \n ' },
  { name: 'two root elements', payload: '<a/><a/>' },
];

export const hostileJson: readonly HostilePayload[] = [
  { name: '100,000 open lists', payload: '['.repeat(deep) },
  { name: '10 MB of brackets', payload: '['.repeat(long) },
  { name: 'bytes that are not UTF-8', payload: Buffer.from('{"a":"\xff\xfe"}', 'latin1') },
  { name: 'nothing at all', payload: '' },
  { name: 'a bare word', payload: 'NaN' },
  { name: 'something after the end', payload: '{}{}' },
];

/** Well-formed, but nested deeper than anybody means it. */
export const deepJson: readonly HostilePayload[] = [
  { name: '100,000 nested lists', payload: '['.repeat(deep) + ']'.repeat(deep) },
  { name: '100,000 nested objects', payload: `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}` },
];
