import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect as connectTcp, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SSLInfoConfig } from '../bundle/target.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import { BodyNeed } from '../message/body-need.ts';
import { LogFailure, type SyslogConnection } from '../policies/log-output.ts';
import { compileTls, type TlsIdentity } from './tls.ts';

/** Milliseconds. A log server that does not answer must not hold calls up. */
const connectTimeout = 3000;
/** Milliseconds for which a server that could not be reached is not tried again: its records fail at once. */
const pause = 1000;
/** Milliseconds after which a connection that nobody used is closed. */
const idleTimeout = 60_000;
/** Bytes that may wait for a server that does not read. */
const backlog = 4 * 1024 * 1024;
/** RFC 768: what fits into a datagram. */
const datagramSize = 65_507;

/** Connections to syslog servers, shared by all policies of a server. None of them keeps the process alive. */
export class SyslogConnections {
  readonly #streams = new Map<string, Stream>();
  #datagrams4: DatagramSocket | undefined;
  #datagrams6: DatagramSocket | undefined;

  /** A policy's way to its server. Mistakes in the TLS settings are reported. */
  compile(protocol: 'TCP' | 'UDP', tls: SSLInfoConfig | undefined, compiler: ConnectionCompiler): SyslogConnection {
    if (protocol === 'UDP') {
      return { needs: BodyNeed.none, send: (_, host, port, record) => this.#datagram(host, port, record) };
    }
    if (tls === undefined) {
      return {
        needs: BodyNeed.none,
        send: (_, host, port, record) => this.#stream(host, port, undefined).send(record),
      };
    }
    const settings = compileTls(tls, true, compiler);
    return {
      needs: settings.needs,
      send: (exchange, host, port, record) => {
        const identity = settings.enabled(exchange) ? settings.identity(exchange, undefined) : undefined;
        return this.#stream(host, port, identity).send(record);
      },
    };
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
    this.#datagrams4?.close();
    this.#datagrams6?.close();
    this.#datagrams4 = undefined;
    this.#datagrams6 = undefined;
  }

  #stream(host: string, port: number, tls: TlsIdentity | undefined): Stream {
    const key = `${host} ${port} ${tls?.key ?? ''}`;
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const made = new Stream(host, port, tls, () => this.#streams.delete(key));
    this.#streams.set(key, made);
    return made;
  }

  #datagram(host: string, port: number, record: string): void {
    const bytes = Buffer.from(record);
    const sent = bytes.length > datagramSize ? bytes.subarray(0, datagramSize) : bytes;
    // Nobody learns whether a datagram arrives, so an error here says no more.
    this.#datagrams(isIPv6(host)).send(sent, port, host, () => undefined);
  }

  #datagrams(six: boolean): DatagramSocket {
    const known = six ? this.#datagrams6 : this.#datagrams4;
    if (known !== undefined) return known;
    const made = createSocket(six ? 'udp6' : 'udp4');
    made.on('error', () => undefined);
    made.unref();
    if (six) this.#datagrams6 = made;
    else this.#datagrams4 = made;
    return made;
  }
}

/** One TCP or TLS connection, opened when there is something to send. Records end in a line feed (RFC 6587 section 3.4.2). */
class Stream {
  readonly #host: string;
  readonly #port: number;
  readonly #tls: TlsIdentity | undefined;
  readonly #ended: () => void;
  #socket: Socket | undefined;
  #opening: Promise<Socket> | undefined;
  #failure: { readonly reason: string; readonly until: number } | undefined;

  constructor(host: string, port: number, tls: TlsIdentity | undefined, ended: () => void) {
    this.#host = host;
    this.#port = port;
    this.#tls = tls;
    this.#ended = ended;
  }

  send(record: string): void | Promise<void> {
    const line = `${record}\n`;
    if (this.#socket !== undefined) {
      this.#write(this.#socket, line);
      return undefined;
    }
    if (this.#failure !== undefined && Date.now() < this.#failure.until) throw new LogFailure(this.#failure.reason);
    this.#opening ??= this.#open();
    return this.#opening.then((socket) => this.#write(socket, line));
  }

  close(): void {
    this.#socket?.destroy();
  }

  #write(socket: Socket, line: string): void {
    if (socket.writableLength > backlog) {
      throw new LogFailure(`${this.#host}:${this.#port} does not read what it is sent`);
    }
    socket.write(line);
  }

  #open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = this.#connect(() => {
        this.#socket = socket;
        this.#opening = undefined;
        this.#failure = undefined;
        socket.setTimeout(idleTimeout);
        socket.unref();
        resolve(socket);
      });
      socket.setNoDelay(true);
      socket.setTimeout(connectTimeout, () => socket.destroy(new Error('no answer')));
      // What a server has to say to its clients is not read.
      socket.resume();
      socket.on('error', (error) => {
        if (this.#socket !== undefined) return;
        const reason = `Cannot reach ${this.#host}:${this.#port}: ${error.message}`;
        this.#failure = { reason, until: Date.now() + pause };
        reject(new LogFailure(reason));
      });
      socket.once('close', () => {
        const served = this.#socket !== undefined;
        this.#socket = undefined;
        this.#opening = undefined;
        if (served) this.#ended();
        else reject(new LogFailure(`Cannot reach ${this.#host}:${this.#port}`));
      });
    });
  }

  #connect(connected: () => void): Socket {
    const place = { host: this.#host, port: this.#port };
    if (this.#tls === undefined) return connectTcp(place, connected);
    const name = isIP(this.#host) === 0 ? { servername: this.#host } : {};
    return connectTls({ ...this.#tls.options, ...place, ...name }, connected);
  }
}
