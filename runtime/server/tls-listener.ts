import type { Server } from 'node:http';
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { DoorTls } from './front-door.ts';

/** Milliseconds that a client has to come to terms on TLS. */
const handshakeTimeout = 10_000;
/** RFC 9325 section 3.1.1: what is older is not used. */
const minVersion = 'TLSv1.2';

/**
 * A listener with TLS. Which HTTP is spoken is agreed on in the handshake (ALPN, RFC 7301); who has no word in that
 * speaks HTTP/1.1.
 */
export function createTlsListener(tls: DoorTls, http1: Server, acceptHttp2: (socket: TLSSocket) => void): TlsServer {
  const { clientCertificate } = tls;
  const listener = createServer({
    ...tls.context(),
    minVersion,
    ALPNProtocols: ['h2', 'http/1.1'],
    requestCert: clientCertificate !== 'none',
    rejectUnauthorized: clientCertificate === 'required',
    handshakeTimeout,
    ...{ noDelay: true },
  });
  listener.on('secureConnection', (socket) => {
    // Where a certificate may be left out, a wrong one is still wrong.
    if (clientCertificate === 'optional' && !socket.authorized && socket.getPeerX509Certificate() !== undefined) {
      socket.destroy();
      return;
    }
    if (socket.alpnProtocol === 'h2') acceptHttp2(socket);
    else http1.emit('connection', socket);
  });
  listener.on('tlsClientError', (_error, socket) => socket.destroy());
  tls.onChange((context) => listener.setSecureContext({ ...context, minVersion }));
  return listener;
}
