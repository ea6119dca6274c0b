const MIN_CAPACITY = 64;

/** A ring buffer: both ends take and give in constant time, which an array's `shift` does not. */
export class Deque<T> {
  private slots: (T | undefined)[] = emptySlots(MIN_CAPACITY);
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  pushBack(item: T): void {
    if (this.count === this.slots.length) this.resize(this.count * 2);
    this.slots[(this.head + this.count) & (this.slots.length - 1)] = item;
    this.count++;
  }

  pushFront(item: T): void {
    if (this.count === this.slots.length) this.resize(this.count * 2);
    this.head = (this.head - 1) & (this.slots.length - 1);
    this.slots[this.head] = item;
    this.count++;
  }

  popFront(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.slots[this.head];
    this.slots[this.head] = undefined;
    this.head = (this.head + 1) & (this.slots.length - 1);
    this.count--;
    // A quarter, not a half: a queue that swings around one size must not resize at each swing.
    if (this.count < this.slots.length >> 2 && this.slots.length > MIN_CAPACITY)
      this.resize(this.slots.length >> 1);
    return item;
  }

  /** The item `index` places behind the front. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.count) return undefined;
    return this.slots[(this.head + index) & (this.slots.length - 1)];
  }

  private resize(capacity: number): void {
    const slots = emptySlots<T>(capacity);
    for (let i = 0; i < this.count; i++) slots[i] = this.slots[(this.head + i) & (this.slots.length - 1)];
    this.slots = slots;
    this.head = 0;
  }
}

/** The capacity is a power of two, so that a bit mask wraps indices. */
function emptySlots<T>(capacity: number): (T | undefined)[] {
  return Array.from<T | undefined>({ length: capacity }).fill(undefined);
}
