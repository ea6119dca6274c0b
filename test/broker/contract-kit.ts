import { afterEach, beforeEach } from '@jest/globals';
import {
  type Batch,
  type Broker,
  type Claim,
  type Lease,
  type LeaseOptions,
  MAX_BATCH,
  type NewMessage,
  NO_SETTLEMENTS,
  type Settlements,
} from '../../lib/queue/broker.js';
import { newMessageId } from '../../lib/queue/message-id.js';
import { SubmitGroup } from '../../lib/queue/submit-group.js';

/** An open broker and a queue that nobody used before. */
export interface ContractEnv {
  readonly broker: Broker;
  readonly queue: string;
  /** The broker's time. */
  now(): Promise<number> | number;
  /** A fake clock moves, or real time passes. */
  advance(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

export type MakeEnv = () => Promise<ContractEnv>;

/** A fresh environment for each test of the describe block that calls this. */
export function useEnv(make: MakeEnv): () => ContractEnv {
  let env: ContractEnv | undefined;
  beforeEach(async () => {
    env = await make();
  });
  afterEach(async () => {
    await env?.dispose();
    env = undefined;
  });
  return () => {
    if (env === undefined) throw new Error('only within a test');
    return env;
  };
}

/** Long enough that no lease ends by accident, however loaded the machine is. */
export const PATIENT: LeaseOptions = { lease: 30_000, maxCrashes: 3 };

/** What a consumer has that will be silent. The one that recovers it should be patient: then nothing is extended. */
export const BRIEF: LeaseOptions = { lease: 200, maxCrashes: 3 };

/** How `messages` makes ids: each on a page of its own, or together on one, as those have that are submitted together. */
let sharePages = false;

export function usePages(share: boolean): void {
  sharePages = share;
}

export function message(args: readonly unknown[] = [], id = newMessageId()): NewMessage {
  return { id, envelope: JSON.stringify({ v: 1, id, task: 't', args }) };
}

export function messages(count: number): NewMessage[] {
  if (!sharePages) return Array.from({ length: count }, (_, i) => message([i]));
  const group = new SubmitGroup();
  for (let i = 0; i < count; i++) {
    const { id, envelope } = message([i], group.nextId());
    group.add(id, envelope);
  }
  return [...group.messages];
}

export function idsOf(items: readonly { readonly id: string }[]): string[] {
  return items.map(({ id }) => id);
}

export async function addMessages(env: ContractEnv, count: number, queue = env.queue): Promise<NewMessage[]> {
  const batch = messages(count);
  for (let i = 0; i < count; i += MAX_BATCH) await env.broker.add(queue, batch.slice(i, i + MAX_BATCH));
  return batch;
}

/** Lets time pass until it is so. */
export async function until(
  env: ContractEnv,
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await isSo()) return;
    await env.advance(20);
  }
  throw new Error(`waited in vain until ${what}`);
}

/** A consumer that keeps its own books: what it holds, and how often it was woken. */
export class Consumer {
  readonly held = new Set<string>();
  /** What was brought, and was others' when it said so. */
  readonly gone: string[] = [];
  woken = 0;
  private seen = 0;
  /** What came with a wake: the next claim answers it, too. */
  private readonly brought: Promise<Batch>[] = [];
  readonly lease: Lease;

  constructor(
    private readonly env: ContractEnv,
    options: LeaseOptions = PATIENT,
    queue: string = env.queue,
  ) {
    this.lease = env.broker.lease(queue, options, (brought) => {
      this.woken++;
      if (brought) this.brought.push(Promise.resolve(brought.read()).then((batch) => this.hold(batch)));
    });
  }

  async claim(want: number, settlements: Partial<Settlements> = {}): Promise<Claim & Batch> {
    const brought = await Promise.all(this.brought.splice(0));
    if (brought.length > 0) await this.confirm();
    const wanted = Math.max(0, want - brought.length);
    const answer = await this.lease.claim(wanted, this.held.size > 0, {
      ...NO_SETTLEMENTS,
      ...settlements,
    });
    if (answer.lost) {
      this.held.clear();
      return { ...answer, ids: [], envelopes: [], histories: new Map() };
    }
    const { done = [], released = [], delayed = [], dead = [] } = settlements;
    for (const id of [...done, ...released, ...idsOf(delayed), ...idsOf(dead)]) this.held.delete(id);
    const batches = [...brought, this.hold(await answer.read())];
    return {
      ...answer,
      count: answer.count + brought.length,
      ids: batches.flatMap(({ ids }) => ids),
      envelopes: batches.flatMap(({ envelopes }) => envelopes),
      histories: new Map(batches.flatMap(({ histories }) => [...histories])),
    };
  }

  /** Tells that what was brought came; whether it came in time is known only then. */
  private async confirm(): Promise<void> {
    const { gone = [] } = await this.lease.claim(0, this.held.size > 0, NO_SETTLEMENTS);
    for (const id of gone) this.held.delete(id);
    this.gone.push(...gone);
  }

  private hold(batch: Batch): Batch {
    for (const id of batch.ids) this.held.add(id);
    return batch;
  }

  /** Claims until it was granted this many in all; answers the ids in the order of the grants. */
  async gather(count: number): Promise<string[]> {
    const ids: string[] = [];
    await until(this.env, `${count} messages are granted`, async () => {
      const claim = await this.claim(count - ids.length);
      ids.push(...claim.ids);
      return ids.length >= count;
    });
    return ids;
  }

  /** Claims one suspect after the other, settling each as done, until it had this many. */
  async runAlone(count: number): Promise<(Claim & Batch)[]> {
    const claims: (Claim & Batch)[] = [];
    await until(this.env, `${count} messages ran alone`, async () => {
      const claim = await this.claim(10, { done: [...this.held] });
      if (claim.ids.length > 0) claims.push(claim);
      return claims.length >= count;
    });
    return claims;
  }

  /** Waits for a wake that no earlier call saw. */
  async wake(): Promise<void> {
    await until(this.env, 'the consumer is woken', () => this.woken > this.seen);
    this.seen = this.woken;
  }
}

/** A consumer that claims messages and is never heard again. */
export async function loseConsumer(env: ContractEnv, count: number, options = BRIEF): Promise<Consumer> {
  const consumer = new Consumer(env, options);
  await consumer.gather(count);
  return consumer;
}

/** Arms and claims until something is granted: a wake means "maybe". */
export async function claimWhenWoken(consumer: Consumer): Promise<readonly string[]> {
  for (;;) {
    const { ids, dueIn } = await consumer.claim(10);
    if (ids.length > 0) return ids;
    consumer.lease.arm(dueIn);
    await consumer.wake();
  }
}
