/** Frames of HTTP/2, byte by byte (RFC 9113 section 4.1): for what no client library would send. */
export const FrameType = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, continuation: 9 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The preface of a client, with settings that say nothing. */
export const preface: Buffer = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(FrameType.settings, 0, 0, Buffer.alloc(0)),
]);

/** A GET, or a POST when it does not end the stream. @param endsHead whether no CONTINUATION follows */
export function headersFrame(
  stream: number,
  endsHead: boolean,
  endsStream = true,
  more: readonly (readonly [string, string])[] = [],
): Buffer {
  const fields: readonly (readonly [string, string])[] = [
    [':method', endsStream ? 'GET' : 'POST'],
    [':scheme', 'https'],
    [':path', '/'],
    [':authority', 'localhost'],
    ...more,
  ];
  const flags = (endsStream ? 1 : 0) | (endsHead ? 4 : 0);
  return frame(FrameType.headers, flags, stream, Buffer.concat(fields.map(literal)));
}

/** A field without indexing and without Huffman coding; shorter than 127 bytes (RFC 7541 section 6.2.2). */
function literal([name, value]: readonly [string, string]): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name, 'latin1'),
    Buffer.from([value.length]),
    Buffer.from(value, 'latin1'),
  ]);
}

/** All whole frames at the beginning of what was received. */
export function frames(bytes: Buffer): Frame[] {
  const found: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    if (at + 9 + length > bytes.length) break;
    found.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      stream: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return found;
}

/** The error code of an RST_STREAM. */
export function closeStatus({ payload }: Frame): number {
  return payload.readUInt32BE(0);
}
