import type { MessagePort } from 'node:worker_threads';
import type { Thrown } from './thrown.js';

/** A call on its way to a thread. Its number is not in it: both ends count. */
export type CallMessage = readonly [name: string, args: readonly unknown[]];

/** What a thread's port receives: a call, or that there will be none any more. */
export type ToThread = CallMessage | 'end';

/** The outcome of the call with that number: its value, or why there is none. */
export type Answer =
  readonly [number: number, value: unknown] | readonly [number: number, value: undefined, fault: Fault];

/** Why a call has no value. Closed: `faultError` turns each kind into the error of the future. */
export type Fault =
  | { readonly kind: 'thrown'; readonly thrown: Thrown }
  | { readonly kind: 'module'; readonly thrown: Thrown }
  | { readonly kind: 'function'; readonly found: string | undefined; readonly known: readonly string[] }
  | { readonly kind: 'clone'; readonly what: string; readonly thrown: Thrown };

export const OWNER = 'nestjs-nb-aiopool/executor';

/** What a task thread is started with. */
export interface ThreadData {
  /** Tells a thread of ours from other threads. */
  readonly owner: typeof OWNER;
  readonly port: MessagePort;
  readonly signal: SharedArrayBuffer;
  readonly progress: SharedArrayBuffer;
  /** Calls that this thread runs at the same time. */
  readonly slots: number;
  /** The module to import, last, after those whose threads this one is started from. */
  readonly modules: readonly string[];
}

/** What the supervisor is started with. */
export interface SupervisorData {
  readonly owner: typeof OWNER;
  /** Those of its threads: what Node was told to preload runs here too, and may make executors. */
  readonly modules: readonly string[];
  readonly port: MessagePort;
  readonly signal: SharedArrayBuffer;
  readonly progress: SharedArrayBuffer;
}

export type ToSupervisor =
  | { readonly type: 'start'; readonly thread: number; readonly data: ThreadData }
  | { readonly type: 'stop'; readonly thread: number }
  | { readonly type: 'close' };

export type FromSupervisor =
  | ThreadEnd
  | { readonly type: 'closed' }
  /** The supervisor itself ends, and with it all threads. */
  | { readonly type: 'lost'; readonly thrown: Thrown };

/** A thread is no more. */
export interface ThreadEnd {
  readonly type: 'ended';
  readonly thread: number;
  /** Undefined when it could not be started. */
  readonly exitCode: number | undefined;
  /** The error that ended it, if there was one. */
  readonly thrown: Thrown | undefined;
}
