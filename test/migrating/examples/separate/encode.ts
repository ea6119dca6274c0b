// What blocks its thread. docs/migrating-from-bullmq.md quotes the region.
import { threadId } from 'node:worker_threads';

// #region encode
export function encode(file: string): string {
  // blocks this thread, and only this
  return `${file} by thread ${threadId}`;
}
// #endregion
