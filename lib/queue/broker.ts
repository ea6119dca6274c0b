/**
 * The port that stores messages. `broker/memory` and `broker/redis` implement it, and one contract suite
 * (`test/broker/contract.ts`) says what an implementation must do. Time is always the broker's own.
 *
 * A message waits as *ready* or *delayed*, is *on loan* to a consumer, or is *dead*; settling ends a loan.
 */
export interface Broker {
  /** Ready to serve, or an error within the connect time limit. @throws BrokerUnreachableError, BrokerUnsupportedError */
  open(): Promise<void>;
  /** Lets go of everything that it opened. Calls under way reject with BrokerClosedError. */
  close(): Promise<void>;
  /**
   * Stores a batch, all or nothing, in this order. Calls of one queue may overlap; they are applied in the order they were made.
   * @throws BrokerRefusedError (nothing was stored), SubmitUnknownError (nobody knows)
   */
  add(queue: string, batch: readonly NewMessage[]): Promise<void>;
  /**
   * Opens a consumer's side of a queue. `wake` is called whenever there may be something to claim, once for each `arm`.
   * It may bring what was claimed already (its `read` answers at once), for a short time only: then claim again at once,
   * before running it, so that the broker hears that it came; and settle nothing with that claim, whose answer says in
   * `gone` whether it came in time.
   */
  lease(queue: string, options: LeaseOptions, wake: (brought?: Claim) => void): Lease;
  counts(queue: string): Promise<QueueCounts>;
  /**
   * Removes a chunk of what is ready or delayed, never what is on loan or dead.
   * An empty answer means that nothing is left. The removed envelopes say whose results somebody waits for.
   */
  clear(queue: string): Promise<readonly StoredEnvelope[]>;
  /** The dead, oldest first; at most `MAX_BATCH` of them. */
  listDead(queue: string, offset: number, limit: number): Promise<readonly DeadMessage[]>;
  /** Stores results and tells those who wait for them. */
  storeResults(queue: string, results: readonly StoredResult[]): Promise<void>;
  /**
   * The stored result of a message, as soon as there is one. Survives reconnects: subscribes first, then reads.
   * Rejects with the signal's reason when that aborts.
   */
  waitForResult(queue: string, id: string, signal: AbortSignal): Promise<string>;
}

/** The loans of one consumer. It has at most one `claim` under way at a time. */
export interface Lease {
  /**
   * One round trip: applies `settlements`, renews the lease, and takes up to `want` messages (at most `MAX_BATCH`, and
   * about 4 MiB of envelopes; then `more` says so).
   * `holds` says whether the consumer believes that something is on loan to it.
   * When it rejects nobody may know whether it was applied: the next call must carry the same settlements, and is that
   * call again, whatever else is asked.
   */
  claim(want: number, holds: boolean, settlements: Settlements): Promise<Claim>;
  /** Asks for one call of `wake`, at the latest in `dueIn` ms if that is given. */
  arm(dueIn?: number): void;
  /** Takes the request back: this consumer has no room. */
  disarm(): void;
  /** As `disarm`; resolves when nothing is brought any more, and what was brought too late is given back. */
  withdraw(): Promise<void>;
  /** Takes a new identity, after a lost lease. */
  renewIdentity(): void;
  /** Forgets this consumer. It must hold nothing any more. */
  close(): Promise<void>;
}

/** How long a consumer is waited for, and how often a message may take one down. */
export interface LeaseOptions {
  /** How long a silent consumer keeps what is on loan to it, in ms. */
  lease: number;
  /** A message that took its consumer down this often is dead. */
  maxCrashes: number;
}

/** A message to store. Neighbours of a batch whose ids are consecutive, from a page's first on, may be stored as one. */
export interface NewMessage {
  /** 22 characters: a page, and two digits. */
  readonly id: string;
  /** Not empty, and without line feeds (JSON holds none). */
  readonly envelope: string;
}

/** A message as it is stored. */
export interface StoredEnvelope {
  readonly id: string;
  /** The stored text; not necessarily well-formed. */
  readonly envelope: string;
}

/** The result of a message, for those who wait for it or come later. */
export interface StoredResult {
  readonly id: string;
  /** Kept for this long, in ms. */
  readonly ttl: number;
  readonly result: string;
}

/** What became of deliveries since the last claim. At most `MAX_BATCH` in all. */
export interface Settlements {
  readonly done: readonly string[];
  /** Back to the front of the queue, in this order; attempts unchanged. */
  readonly released: readonly string[];
  readonly delayed: readonly DelayedSettlement[];
  readonly dead: readonly DeadSettlement[];
  readonly results: readonly StoredResult[];
}

/** How many deliveries a call settles. */
export function settledBy({ done, released, delayed, dead }: Settlements): number {
  return done.length + released.length + delayed.length + dead.length;
}

export const NO_SETTLEMENTS: Settlements = Object.freeze({
  done: [],
  released: [],
  delayed: [],
  dead: [],
  results: [],
});

/** One call carries at most this many messages in either direction (Lua's `unpack` ends at about 8,000). */
export const MAX_BATCH = 1_000;

/** A delivery that comes back later. */
export interface DelayedSettlement {
  readonly id: string;
  /** In ms from now. */
  readonly delay: number;
  readonly history: History;
}

/** A delivery that failed for good. */
export interface DeadSettlement {
  readonly id: string;
  /** JSON of a `DeadRecord`. */
  readonly record: string;
}

/** What befell a message before; all zero for most. */
export interface History {
  /** Runs that failed. */
  readonly attempts: number;
  /** Consumers that died, or lost their lease, while they held it. */
  readonly crashes: number;
  /** Times a consumer gave it back because it did not know the task. */
  readonly refusals: number;
}

export const NO_HISTORY: History = Object.freeze({ attempts: 0, crashes: 0, refusals: 0 });

/** The answer to a claim: what was granted, and what the consumer should know. */
export interface Claim {
  /** The lease is gone: nothing was applied, and nothing is on loan to this consumer. */
  readonly lost: boolean;
  /** How many messages were granted. */
  readonly count: number;
  /**
   * Those messages; call it once. Apart from the claim because parsing takes time: the consumer sends its next claim
   * first. A promise only when something was malformed and has to be read again.
   */
  read(): Batch | Promise<Batch>;
  /** About how many bytes (UTF-16 units) the envelopes take together. */
  readonly size: number;
  /** The one message granted took its consumers down before: nothing may run beside it. */
  readonly alone: boolean;
  /** Such a message waits: it is granted only to a consumer that holds nothing. */
  readonly suspects: boolean;
  /** More is ready than was granted. */
  readonly more: boolean;
  /** When there will be something to claim without a new message, in ms from now: the next delayed one is due, say. */
  readonly dueIn: number | undefined;
  /** Of what `wake` had brought: those that others have by now, as this call came too late. Absent when there are none. */
  readonly gone?: readonly string[] | undefined;
  /** Messages that this call found to have crashed too often: dead now. */
  readonly buried: readonly StoredEnvelope[];
  /** Dead messages dropped to keep the limit. */
  readonly droppedDead: number;
}

/** Messages granted by a claim. */
export interface Batch {
  readonly ids: readonly string[];
  /** Parsed JSON, or `Malformed`, in the order of `ids`. */
  readonly envelopes: readonly unknown[];
  /** Only those that have a history. */
  readonly histories: ReadonlyMap<string, History>;
}

/** Stands for an envelope that is not JSON, or that carries another message's id. */
export class Malformed {
  constructor(readonly text: string) {}
}

/** How many messages of a queue there are, by where they are. */
export interface QueueCounts {
  readonly ready: number;
  readonly delayed: number;
  readonly onLoan: number;
  readonly dead: number;
}

/**
 * Why a message is dead: its runs failed, its consumers died, it can't be read, its arguments are not what the task
 * takes, or nobody knew its task for too long.
 */
export type DeadReason = 'failed' | 'crashed' | 'malformed' | 'invalid' | 'unknown-task';

/** Why a message is dead. */
export interface DeadRecord {
  readonly reason: DeadReason;
  readonly attempts?: number;
  readonly crashes?: number;
  readonly error?: { readonly name: string; readonly message: string; readonly stack?: string };
}

/** A dead message with its reason. */
export interface DeadMessage extends StoredEnvelope {
  readonly record: DeadRecord;
  /** Since when, in ms since 1970, by the broker's clock. */
  readonly at: number;
}
