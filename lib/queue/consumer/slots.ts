import { NbAioPool } from '../../pool/index.js';
import type { Delivery } from './delivery.js';
import type { Execution, Outcome } from './execution.js';
import { Slot, type SlotOwner } from './slot.js';

/**
 * The slots of one consumer. A slot is a task of the pool for as long as the consumer lives, as nb_aiopool's workers
 * are: the pool bounds them.
 */
export class Slots implements SlotOwner {
  private readonly pool: NbAioPool;
  private readonly all: Slot[] = [];
  /** Those that have nothing to run. */
  private readonly parked: Slot[] = [];
  private end: () => void = () => {};
  private readonly ended = new Promise<void>((resolve) => (this.end = resolve));
  private inUse = 0;

  constructor(
    queue: string,
    maxConcurrency: number,
    private readonly execution: Execution,
    private readonly owner: Pick<SlotOwner, 'start' | 'finish'>,
  ) {
    this.pool = new NbAioPool({ name: queue, maxConcurrency, maxQueueSize: 0, context: false });
  }

  /** Running deliveries, and those that run on though they were given to others. */
  get busy(): number {
    return this.inUse;
  }

  /** Puts up to `count` free slots to work; each works through what waits until nothing does. */
  fill(count: number): void {
    for (let n = count; n > 0; n--) {
      const slot = this.parked.pop() ?? this.newSlot();
      if (!slot) return;
      slot.serve();
    }
  }

  /** What runs and is still ours. */
  running(): Delivery[] {
    return this.all.flatMap(({ delivery }) => (delivery && !delivery.isAbandoned ? [delivery] : []));
  }

  /** Gives the slots back to the pool. */
  close(): void {
    this.end();
  }

  start(): Delivery | undefined {
    const delivery = this.owner.start();
    if (delivery) this.inUse++;
    return delivery;
  }

  finish(delivery: Delivery, outcome: Outcome): void {
    this.inUse--;
    this.owner.finish(delivery, outcome);
  }

  park(slot: Slot): void {
    this.parked.push(slot);
  }

  private newSlot(): Slot | undefined {
    const future = this.pool.trySubmit(() => this.ended);
    if (!future) return undefined;
    const slot = new Slot(this.execution, this);
    this.all.push(slot);
    return slot;
  }
}
