import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../runtime/fault.ts';
import { admitHeaders, timesInCdnLoop } from '../../runtime/server/admission.ts';

function refusalOf(raw: readonly string[]): string {
  try {
    admitHeaders(raw, undefined);
  } catch (error) {
    if (error instanceof Fault) return `${error.status} ${error.code}`;
    throw error;
  }
  return 'admitted';
}

describe('header fields of a request', () => {
  it('keep order, case and repetition', () => {
    const raw = ['Host', 'a', 'X-One', '1', 'x-one', '2', 'Accept', 'text/html, */*'];
    assert.deepEqual(admitHeaders(raw, undefined).fields, raw);
  });

  it('lose what belongs to the connection, and what Connection names', () => {
    const raw = ['Host', 'a', 'Connection', 'X-Hop, close', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'TE', 'gzip'];
    const more = [
      'Upgrade',
      'h2c',
      'HTTP2-Settings',
      'x',
      'Trailer',
      'X',
      'Proxy-Authorization',
      'Basic x',
      'X-Kept',
      '1',
    ];
    assert.deepEqual(admitHeaders([...raw, ...more], undefined).fields, ['Host', 'a', 'X-Kept', '1']);
  });

  it('cannot lose their host or length by nomination', () => {
    const raw = ['Host', 'a', 'Connection', 'host, content-length, cdn-loop', 'Content-Length', '3', 'CDN-Loop', 'x'];
    assert.deepEqual(admitHeaders(raw, undefined).fields, ['Host', 'a', 'Content-Length', '3', 'CDN-Loop', 'x']);
  });

  it('lose names that only the platform may set', () => {
    const raw = ['Host', 'a', 'X-Apigee-Local', 'true', 'x-apigee-hop', '2', 'X-Apigee', 'kept'];
    assert.deepEqual(admitHeaders(raw, undefined).fields, ['Host', 'a', 'X-Apigee', 'kept']);
  });

  it('take the authority of an absolute target as host', () => {
    const admitted = admitHeaders(['Host', 'ignored.example'], 'real.example:81');
    assert.equal(admitted.host, 'real.example:81');
    assert.deepEqual(admitted.fields, ['Host', 'real.example:81']);
  });

  it('are refused when a single-valued one is repeated', () => {
    for (const name of ['Host', 'Content-Type', 'Authorization', 'User-Agent']) {
      assert.equal(refusalOf(['Host', 'a', name, 'x', name.toLowerCase(), 'y']), '400 protocol.http.DuplicateHeader');
    }
    assert.equal(refusalOf(['Host', 'a', 'Accept', 'x', 'accept', 'y', 'Cookie', 'a=1', 'Cookie', 'b=2']), 'admitted');
  });

  it('are refused with a host that is none', () => {
    for (const host of ['a b', 'a/b', 'user@a', 'a:port', 'a#b', 'a\\b']) {
      assert.equal(refusalOf(['Host', host]), '400 protocol.http.BadPath', host);
    }
    for (const host of ['a', 'a.example:8998', '127.0.0.1', '[::1]:80', ''])
      assert.equal(refusalOf(['Host', host]), 'admitted', host);
  });

  it('are refused with a transfer coding that is not chunked alone', () => {
    assert.equal(refusalOf(['Host', 'a', 'Transfer-Encoding', 'chunked']), 'admitted');
    assert.equal(
      refusalOf(['Host', 'a', 'Transfer-Encoding', 'gzip, chunked']),
      '501 protocol.http.UnsupportedEncoding',
    );
  });

  it('give all CDN-Loop fields together', () => {
    assert.equal(admitHeaders(['CDN-Loop', 'a', 'cdn-loop', 'b; x=1, a'], undefined).cdnLoop, 'a, b; x=1, a');
  });
});

describe('identifiers in CDN-Loop', () => {
  it('are counted whole, parameters apart', () => {
    assert.equal(timesInCdnLoop('a, b; x="a", a;v=1, ab', 'a'), 2);
    assert.equal(timesInCdnLoop(undefined, 'a'), 0);
  });
});
