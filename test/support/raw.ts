import { connect } from 'node:net';

/** Milliseconds of silence after which an answer on a connection that stays open is taken as whole. */
const silence = 250;

/** What a server answers to bytes sent as they stand (Latin-1): until it closes the connection, or is silent. */
export function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
    socket.on('data', (part) => {
      answer += part.toString('latin1');
      socket.setTimeout(silence);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Refused bytes that are still on their way end in a reset: what was answered before that counts.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(answer);
      else reject(error);
    });
    socket.once('close', () => resolve(answer));
    socket.once('timeout', () => socket.destroy());
    socket.setTimeout(10_000);
  });
}

/** Status codes of all answers in a text, interim ones too. */
export function statusesIn(answers: string): number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
