import { haproxy } from './haproxy.ts';
import { nginx, nginxLua } from './nginx.ts';
import { nodePeers } from './node.ts';
import type { Peer } from './peer.ts';
import { inMemory, loopback } from './zerohop.ts';

export const peers: readonly Peer[] = [inMemory, loopback, ...nodePeers, nginx, nginxLua, haproxy];
