import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressBits, ipBlock, parseIpAddress } from '../../runtime/language/ip-address.ts';

function address(text: string): readonly number[] {
  const parsed = parseIpAddress(text);
  assert.ok(parsed !== undefined, `${text} is an address`);
  return parsed;
}

function inBlock(base: string, bits: number, text: string): boolean {
  return ipBlock(address(base), bits)(address(text));
}

describe('parseIpAddress', () => {
  test('reads IPv4', () => {
    assert.deepEqual(address('198.51.100.1'), [0xc6336401]);
    assert.deepEqual(address('0.0.0.0'), [0]);
    assert.deepEqual(address('255.255.255.255'), [0xffffffff]);
  });

  test('reads IPv6 in all its spellings', () => {
    const whole = [0x20010db8, 0, 0, 1];
    for (const text of ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', '2001:DB8:0:0::1', '2001:db8::0.0.0.1']) {
      assert.deepEqual(address(text), whole, text);
    }
    assert.deepEqual(address('::'), [0, 0, 0, 0]);
    assert.deepEqual(address('::1'), [0, 0, 0, 1]);
    assert.deepEqual(address('1:2:3:4:5:6:7:8'), [0x10002, 0x30004, 0x50006, 0x70008]);
    assert.deepEqual(address('fe80::1%eth0'), [0xfe800000, 0, 0, 1]);
    assert.deepEqual(address('2001:db8::'), [0x20010db8, 0, 0, 0]);
  });

  test('a mapped address is the IPv4 address', () => {
    assert.deepEqual(address('::ffff:198.51.100.1'), address('198.51.100.1'));
    assert.deepEqual(address('::ffff:c633:6401'), address('198.51.100.1'));
    assert.equal(addressBits(address('::ffff:1.2.3.4')), 32);
    assert.equal(addressBits(address('::1')), 128);
  });

  test('refuses what is no single address', () => {
    const texts = ['', 'localhost', '1.2.3', '1.2.3.4.5', '1.2.3.256', '1.2.3.4:80', '[::1]', '1.2.3.0/24', ' 1.2.3.4'];
    for (const text of [...texts, '1:2:3:4:5:6:7', '::1::2', '12345::', '1.2.3.4, 5.6.7.8', '01.2.3.4']) {
      assert.equal(parseIpAddress(text), undefined, text);
    }
  });
});

describe('ipBlock', () => {
  test('compares the leading bits of IPv4', () => {
    assert.equal(inBlock('198.51.100.1', 32, '198.51.100.1'), true);
    assert.equal(inBlock('198.51.100.1', 32, '198.51.100.2'), false);
    assert.equal(inBlock('198.51.100.1', 24, '198.51.100.200'), true);
    assert.equal(inBlock('198.51.100.1', 24, '198.51.101.1'), false);
    assert.equal(inBlock('198.51.100.128', 25, '198.51.100.127'), false);
    assert.equal(inBlock('128.0.0.0', 1, '255.1.2.3'), true);
    assert.equal(inBlock('128.0.0.0', 1, '127.255.255.255'), false);
    assert.equal(inBlock('0.0.0.0', 0, '203.0.113.9'), true);
  });

  test('compares the leading bits of IPv6', () => {
    assert.equal(inBlock('2001:db8::', 32, '2001:db8:ffff::1'), true);
    assert.equal(inBlock('2001:db8::', 32, '2001:db9::1'), false);
    assert.equal(inBlock('2001:db8:0:8000::', 49, '2001:db8:0:8000::1'), true);
    assert.equal(inBlock('2001:db8:0:8000::', 49, '2001:db8:8000::'), false);
    assert.equal(inBlock('::1', 128, '::1'), true);
    assert.equal(inBlock('::1', 128, '::2'), false);
    assert.equal(inBlock('::', 0, '2001:db8::1'), true);
  });

  test('versions never match each other, mapped addresses do', () => {
    assert.equal(inBlock('0.0.0.0', 0, '::1'), false);
    assert.equal(inBlock('::', 0, '1.2.3.4'), false);
    assert.equal(inBlock('198.51.100.0', 24, '::ffff:198.51.100.7'), true);
  });
});
