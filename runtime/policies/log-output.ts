import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';

/** Where MessageLogging writes outside of the process. Target implements it. */

/** A way to syslog servers; which one, each record says. */
export interface SyslogConnection {
  readonly needs: BodyNeed;
  /**
   * Sends one record. Waits for a TCP connection that is not open yet, never for the server.
   * @throws LogFailure when the server cannot be reached over TCP; nobody learns that over UDP
   */
  send(exchange: Exchange, host: string, port: number, record: string): Outcome;
}

export interface LogFile {
  /** Appends a line. @throws LogFailure when the file cannot be written */
  write(line: string): void;
}

export interface LogRotation {
  readonly onStartup: boolean;
  /** Bytes above which a new file is begun; Infinity for no such bound. */
  readonly maximumSize: number;
  /** Milliseconds after which a new file is begun; Infinity for no such bound. */
  readonly frequency: number;
  /** Files that are kept besides the current one. */
  readonly retained: number;
}

/** A record that could not be written; the message says why. */
export class LogFailure extends Error {
  override readonly name = 'LogFailure';
}
