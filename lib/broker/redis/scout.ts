import type { Batch, Claim } from '../../queue/broker.js';
import { readBatch } from './granted.js';
import type { QueueKeys } from './keys.js';
import { Script, type Client } from './script.js';

// The typed wrappers of scout.lua and give_back.lua, whose headers say what goes in and comes out.

const scripts = { scout: new Script('scout'), giveBack: new Script('give_back') };

/** What a scout has found. */
export interface Findings extends Pick<Claim, 'size' | 'dueIn'> {
  /** What it took, if anything. */
  readonly span: string | undefined;
  /** A claim would find more. */
  readonly work: boolean;
  read(): Batch | Promise<Batch>;
}

/** The name of a consumer's scout: that it ends so says that its loans are not confirmed. */
export function scoutOf(consumer: string): string {
  return `${consumer}+`;
}

/** @param lease of the queue. @param hold how long it holds what it takes; both in ms. */
export async function scout(
  client: Client,
  keys: QueueKeys,
  consumer: string,
  lease: number,
  hold: number,
): Promise<Findings> {
  const name = scoutOf(consumer);
  const { messages, ready, suspects, delayed, consumers, recovering, meta, histories, wake } = keys;
  const names = [messages, ready, suspects, delayed, consumers, recovering, meta, histories, wake];
  const [work, due, span, envelope, history] = (await scripts.scout.run(
    client,
    [...names, keys.active(name)],
    [name, lease, hold],
  )) as [number, number, string, string, string];
  const sheaves = [{ spans: [span], joined: envelope }];
  return {
    work: work === 1,
    dueIn: due < 0 ? undefined : due,
    span: span === '' ? undefined : span,
    read: () => readBatch(client, keys, sheaves, history === '' ? '' : `0 ${history}`),
    size: envelope.length,
  };
}

/** Puts back what the scout holds, if anything. */
export async function giveBack(client: Client, keys: QueueKeys, consumer: string): Promise<void> {
  const name = scoutOf(consumer);
  const { ready, consumers, meta, wake } = keys;
  await scripts.giveBack.run(client, [ready, consumers, meta, wake, keys.active(name)], [name]);
}
