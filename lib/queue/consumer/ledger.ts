import {
  MAX_BATCH,
  type DeadSettlement,
  type DelayedSettlement,
  type Settlements,
  type StoredResult,
} from '../broker.js';

/** Outcomes that the broker does not know yet, in bounded lists. */
export class Ledger {
  private done: string[] = [];
  private released: string[] = [];
  private delayed: DelayedSettlement[] = [];
  private dead: DeadSettlement[] = [];
  private results: StoredResult[] = [];

  /** How many deliveries it will settle. */
  get size(): number {
    return this.done.length + this.released.length + this.delayed.length + this.dead.length;
  }

  get isEmpty(): boolean {
    return this.size === 0 && this.results.length === 0;
  }

  get hasReleased(): boolean {
    return this.released.length > 0;
  }

  addDone(id: string): void {
    this.done.push(id);
  }

  addReleased(id: string): void {
    this.released.push(id);
  }

  addDelayed(settlement: DelayedSettlement): void {
    this.delayed.push(settlement);
  }

  addDead(settlement: DeadSettlement): void {
    this.dead.push(settlement);
  }

  addResult(result: StoredResult): void {
    this.results.push(result);
  }

  /** Takes out what one call may carry. A message's result goes before or with its settlement, never after it. */
  take(): Settlements {
    const results = this.results.splice(0, MAX_BATCH);
    if (this.results.length > 0) return { done: [], released: [], delayed: [], dead: [], results };
    const [done, released, delayed, dead] = [this.done, this.released, this.delayed, this.dead];
    if (this.size <= MAX_BATCH) {
      this.clear();
      return { done, released, delayed, dead, results };
    }
    let left = MAX_BATCH;
    const some = <T>(list: T[]): T[] => {
      const taken = list.splice(0, left);
      left -= taken.length;
      return taken;
    };
    const settled = some(done);
    // From the end: each call puts its own in front of what came before.
    const last = left > 0 ? released.splice(-left) : [];
    left -= last.length;
    return { done: settled, released: last, delayed: some(delayed), dead: some(dead), results };
  }

  /** Drops what others decide about. */
  remove(gone: ReadonlySet<string>): void {
    const isOurs = (id: string): boolean => !gone.has(id);
    const isOurItem = ({ id }: { readonly id: string }): boolean => isOurs(id);
    this.done = this.done.filter(isOurs);
    this.released = this.released.filter(isOurs);
    this.delayed = this.delayed.filter(isOurItem);
    this.dead = this.dead.filter(isOurItem);
    this.results = this.results.filter(isOurItem);
  }

  /** Drops everything: after a lost lease others decide. */
  clear(): void {
    this.done = [];
    this.released = [];
    this.delayed = [];
    this.dead = [];
    this.results = [];
  }
}
