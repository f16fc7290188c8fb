#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { run } from './cli/program.ts';

// Requests in flight while the first code is optimized look long-lived to V8, which then allocates all later ones of
// their kind in the old generation: whatever these point to survives every scavenge, and a proxied request costs a third
// more CPU time (docs/benchmarks.md, "Pretenuring").
setFlagsFromString('--no-allocation-site-pretenuring');

process.exitCode = await run(process.argv.slice(2));
