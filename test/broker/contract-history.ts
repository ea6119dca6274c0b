import assert from 'node:assert/strict';
import {
  type Batch,
  type Claim,
  type History,
  NO_HISTORY,
  type Settlements,
} from '../../lib/queue/broker.js';
import { addMessages, Consumer, type ContractEnv, idsOf, until } from './contract-kit.js';

export const LEASE = 200;

export type Outcome = 'hold' | 'done' | 'released' | 'delayed' | 'dead';

/** What is known of one message. A loan says which consumer has it, or believes so until it hears otherwise. */
interface Known {
  place: 'waiting' | 'done' | 'dead' | Consumer;
  history: History;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };

/**
 * Plays consumers against a broker, keeps books of every message, and compares: each answer must be one that these
 * books allow.
 */
export class RandomHistory {
  private readonly known = new Map<string, Known>();
  private readonly consumers: Consumer[];
  private readonly dead: string[] = [];

  constructor(
    private readonly env: ContractEnv,
    consumers: number,
    private readonly maxCrashes: number,
  ) {
    this.consumers = Array.from({ length: consumers }, () => new Consumer(env, { lease: LEASE, maxCrashes }));
  }

  async add(count: number): Promise<void> {
    for (const id of idsOf(await addMessages(this.env, count))) {
      this.known.set(id, { place: 'waiting', history: NO_HISTORY });
    }
  }

  /** Settles what the consumer holds as `outcomes` say, in turn, and claims more. */
  async claim(index: number, want: number, outcomes: readonly Outcome[]): Promise<void> {
    const consumer = this.consumers[index]!;
    const held = [...consumer.held];
    const settlements = this.settle(held, outcomes);
    const claim = await consumer.claim(want, settlements);
    if (claim.lost) {
      consumer.lease.renewIdentity();
      assert.deepEqual(claim.ids, []);
      // Those granted to somebody else meanwhile are counted already.
      for (const id of held) if (this.get(id).place === consumer) this.crash(id, 'waiting');
      return;
    }
    for (const id of held)
      assert.equal(this.get(id).place, consumer, `${id} is still on loan to who holds it`);
    this.accept(settlements);
    for (const { id } of claim.buried) this.bury(id);
    this.grant(consumer, claim);
  }

  /** Ready, delayed, on loan and dead together are all that was added and not done. */
  async checkCounts(): Promise<void> {
    const { ready, delayed, onLoan, dead } = await this.env.broker.counts(this.env.queue);
    const places = [...this.known.values()].map(({ place }) => place);
    const stored = places.filter((place) => place !== 'done').length;
    const counted = { stored: ready + delayed + onLoan + dead, dead };
    assert.deepEqual(counted, { stored, dead: this.dead.length });
  }

  /** Runs all that is left, and checks that it was all. */
  async drain(): Promise<void> {
    for (let i = 0; i < this.consumers.length; i++) await this.claim(i, 0, ['released']);
    await until(this.env, 'the queue is empty', async () => {
      await this.claim(0, 10, ['done']);
      const { ready, delayed, onLoan } = await this.env.broker.counts(this.env.queue);
      return ready + delayed + onLoan === 0;
    });
    await this.checkCounts();
    const listed = await this.env.broker.listDead(this.env.queue, 0, 1_000);
    assert.deepEqual(idsOf(listed).toSorted(), this.dead.toSorted());
  }

  /** What ended neither done nor dead. */
  unsettled(): string[] {
    return [...this.known].filter(([, { place }]) => place !== 'done' && place !== 'dead').map(([id]) => id);
  }

  private settle(held: readonly string[], outcomes: readonly Outcome[]): Mutable<Settlements> {
    const settlements: Mutable<Settlements> = { done: [], released: [], delayed: [], dead: [], results: [] };
    for (const [i, id] of held.entries()) {
      const kind = outcomes[i % outcomes.length]!;
      const { history } = this.get(id);
      if (kind === 'done' || kind === 'released') settlements[kind].push(id);
      else if (kind === 'dead') settlements.dead.push({ id, record: '{"reason":"failed"}' });
      else if (kind === 'delayed') {
        settlements.delayed.push({
          id,
          delay: 20 * i,
          history: { ...history, attempts: history.attempts + 1 },
        });
      }
    }
    return settlements;
  }

  private accept({ done, released, delayed, dead }: Settlements): void {
    for (const id of done) this.get(id).place = 'done';
    for (const id of released) this.get(id).place = 'waiting';
    for (const { id, history } of delayed) Object.assign(this.get(id), { place: 'waiting', history });
    for (const { id } of dead) {
      this.get(id).place = 'dead';
      this.dead.push(id);
    }
  }

  private grant(consumer: Consumer, claim: Claim & Batch): void {
    const suspects = claim.ids.filter((id) => {
      const known = this.get(id);
      assert.ok(known.place !== 'done' && known.place !== 'dead', `${id} was settled before`);
      // Its consumer lost the lease, and does not know yet.
      if (known.place !== 'waiting') this.crash(id, consumer);
      known.place = consumer;
      assert.deepEqual(claim.histories.get(id) ?? NO_HISTORY, known.history);
      return known.history.crashes === this.maxCrashes - 1;
    });
    assert.equal(claim.alone, suspects.length > 0);
    if (claim.alone) assert.deepEqual([...consumer.held], suspects.slice(0, 1));
  }

  private bury(id: string): void {
    this.crash(id, 'dead');
    this.dead.push(id);
    assert.equal(this.get(id).history.crashes, this.maxCrashes);
  }

  private crash(id: string, place: Known['place']): void {
    const known = this.get(id);
    assert.ok(known.place instanceof Consumer, `${id} was on loan`);
    known.history = { ...known.history, crashes: known.history.crashes + 1 };
    known.place = place;
  }

  private get(id: string): Known {
    const known = this.known.get(id);
    if (known === undefined) throw new Error(`${id} was never added`);
    return known;
  }
}
