import type { Delivery } from './delivery.js';

/** Deliveries that wait for a slot, first in, first out. */
export class DeliveryBuffer {
  private items: (Delivery | undefined)[] = [];
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(delivery: Delivery): void {
    if (this.head > 0 && this.head === this.items.length) {
      this.items = [];
      this.head = 0;
    }
    this.items.push(delivery);
  }

  shift(): Delivery | undefined {
    if (this.head === this.items.length) return undefined;
    const delivery = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head >= 1_024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return delivery;
  }
}
