import { writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Makes everything that is printed in this thread (console, process.stdout, process.stderr) reach the process's
 * own output at once. By itself a thread hands its text to the main thread, whose event loop would print it: lost
 * while that thread is blocked, or exits.
 */
export function printSynchronously(): void {
  redirect(process.stdout, 1);
  redirect(process.stderr, 2);
}

function redirect(stream: Writable, fd: number): void {
  stream._write = (chunk: string | Uint8Array, encoding, callback) => {
    try {
      writeWhole(fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
      callback();
    } catch (error) {
      callback(error as Error);
    }
  };
  // What a corked stream collects goes the same way, one by one.
  stream._writev = undefined;
}

/** A pipe may take a part only, or nothing while its reader is slow: the main thread sets it to non-blocking. */
export function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Node cannot wait for a pipe without an event loop.
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
