import { Busboy } from '@fastify/busboy';
import { invalid } from './failure.ts';

/** A part of a multipart/form-data body: a file or a field. */
export interface Part {
  /** Name of the form's field. */
  readonly name: string;
  /** As the sender calls it; never used as a path. */
  readonly fileName: string | undefined;
  readonly bytes: Buffer;
}

/** The bodies of this port have one to four parts. */
const partLimit = 32;

/** All parts of a body, in order. @throws ApiError 400 when it is no multipart body */
export async function readMultipart(body: Buffer, contentType: string): Promise<Part[]> {
  const parts: Part[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Busboy({
        headers: { 'content-type': contentType },
        limits: { parts: partLimit },
        // Whether a part carries a file name depends on the client; all of them are read as bytes.
        isPartAFile: () => true,
      });
      parser.on('file', (name, stream, fileName) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => parts.push({ name, fileName, bytes: Buffer.concat(chunks) }));
        stream.on('error', reject);
      });
      parser.once('partsLimit', () => reject(new Error(`there are more than ${partLimit} parts`)));
      parser.once('finish', resolve);
      parser.once('error', reject);
      parser.end(closed(body, contentType));
    });
  } catch (error) {
    throw invalid(`The multipart body cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return parts;
}

/** apigee-edge-js ends the body of a key store upload with an opening delimiter: read as the closing one. */
function closed(body: Buffer, contentType: string): Buffer {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const delimiter = `--${quoted ?? plain ?? ''}`;
  const tail = body
    .subarray(-delimiter.length - 4)
    .toString('latin1')
    .trimEnd();
  return tail.endsWith(delimiter)
    ? Buffer.concat([body.subarray(0, body.lastIndexOf(delimiter)), Buffer.from(`${delimiter}--\r\n`)])
    : body;
}
