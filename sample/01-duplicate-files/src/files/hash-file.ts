import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { bytesOf } from './path-text.js';

/** What was a file when it was listed may be a link or a pipe by now: don't follow the one, don't wait for the other. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const SMALLEST_READ = 4_096;
const LARGEST_READ = 262_144;

export interface Content {
  /** How many bytes were hashed. */
  readonly size: number;
  /** SHA-256 in base64: shorter to send and to keep than hex. */
  readonly hash: string;
}

/** Reads a file once, a piece at a time: most files are one piece. @throws what the file system says */
export async function hashFile(path: string): Promise<Content> {
  await using file = await open(bytesOf(path), FLAGS);
  const stats = await file.stat();
  if (!stats.isFile()) throw new Error('no longer a file');
  const buffer = Buffer.allocUnsafe(Math.min(Math.max(stats.size, SMALLEST_READ), LARGEST_READ));
  const hash = createHash('sha256');
  let size = 0;
  // A size of 0 may be a lie (/proc): only an empty read ends it.
  while (stats.size === 0 || size < stats.size) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return { size, hash: hash.digest('base64') };
}
