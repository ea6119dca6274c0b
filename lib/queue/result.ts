import { types } from 'node:util';
import type { Codec } from './codec.js';
import { MessageClearedError, TaskFailedError } from './errors.js';
import { readValue } from './payload.js';

/** An error as it travels: what is left of one in another process. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** What `run` and `result()` read. */
type StoredOutcome =
  | { readonly status: 'done'; readonly value?: unknown; readonly data?: string; readonly b64?: 1 }
  | { readonly status: 'failed'; readonly reason: string; readonly error?: ErrorRecord }
  | { readonly status: 'cleared' };

export const CLEARED = '{"status":"cleared"}';

/** A stored result of a task that is dead. */
export function writeFailure(reason: string, error: ErrorRecord | undefined): string {
  return JSON.stringify({ status: 'failed', reason, error });
}

/** The value, or the error that it stands for. @throws TaskFailedError, MessageClearedError */
export function readResult(codec: Codec, id: string, stored: string): unknown {
  const outcome = JSON.parse(stored) as StoredOutcome;
  if (outcome.status === 'done') return readValue(codec, outcome);
  if (outcome.status === 'cleared') throw new MessageClearedError(`Message ${id} was removed by clearQueue.`);
  const { reason, error } = outcome;
  throw new TaskFailedError(
    `Message ${id} ended as dead (${reason})${error ? `: ${error.name}: ${error.message}` : '.'}`,
    error ? { cause: reviveError(error) } : undefined,
  );
}

const MESSAGE_LENGTH = 2_000;
const STACK_LENGTH = 4_000;

/** Anything thrown, bounded in size. Never throws, whatever the thrown thing does when looked at. */
export function recordError(thrown: unknown): ErrorRecord {
  try {
    if (!isError(thrown)) return { name: typeof thrown, message: clip(String(thrown), MESSAGE_LENGTH) };
    // Anybody may have put anything into these.
    const { name, message, stack }: Record<'name' | 'message' | 'stack', unknown> = thrown as never;
    const record = { name: String(name), message: clip(String(message), MESSAGE_LENGTH) };
    return typeof stack === 'string' ? { ...record, stack: clip(stack, STACK_LENGTH) } : record;
  } catch {
    return { name: typeof thrown, message: 'something that has no text was thrown' };
  }
}

/** Also one of another realm, as Node's own errors are inside vm and jest. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

function clip(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function reviveError({ name, message, stack }: ErrorRecord): Error {
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (stack !== undefined)
    Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  return error;
}
