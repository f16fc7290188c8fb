import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureMemory } from '../../bench/memory.ts';

test('memory grows with connections by little, with unread answers by buffers, not by their size', async () => {
  const size = 30 * 1024 * 1024;
  const { start, idle, unread, read } = await measureMemory({ connections: 300, readers: 12, size, depth: 2 });
  assert.ok(start.rss > 0 && start.heap > 0);
  // All answers together are 360 MB; the bounds are those that are asked of a gateway.
  assert.ok(idle.rss - start.rss < 100, `${idle.rss - start.rss} MB more for 300 idle connections`);
  assert.ok(unread.rss - start.rss < 200, `${unread.rss - start.rss} MB more for 12 unread answers`);
  assert.ok(read.rss - start.rss < 250, `${read.rss - start.rss} MB more while they are read`);
});
