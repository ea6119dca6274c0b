import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

// Asynchronous functions like any others. The executor's thread imports this module and runs them.

/** The file's SHA-256, in hexadecimal digits. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Writes a compressed copy of the file, and the folders above it that are missing. */
export async function compress(file: string, copy: string): Promise<void> {
  // Opened first: of a file that can't be read there is to be no copy, not even an empty one.
  const source = await open(file);
  await mkdir(dirname(copy), { recursive: true });
  await pipeline(source.createReadStream(), createGzip(), createWriteStream(copy));
}
