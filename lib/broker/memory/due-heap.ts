/** A binary heap of things with an id by their due time: the earliest first, and the lower id where times are equal. */
export class DueHeap<T extends { readonly id: string }> {
  // Two arrays instead of one of pairs: no allocation an entry.
  private readonly dues: number[] = [];
  private readonly items: T[] = [];

  get length(): number {
    return this.items.length;
  }

  /** When the earliest is due. */
  get nextDue(): number | undefined {
    return this.dues[0];
  }

  push(due: number, item: T): void {
    let at = this.items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(due, item, parent)) break;
      this.move(parent, at);
      at = parent;
    }
    this.put(at, due, item);
  }

  /** Takes the earliest, whether it is due or not. */
  pop(): T | undefined {
    const first = this.items[0];
    const item = this.items.pop();
    const due = this.dues.pop();
    if (item !== undefined && due !== undefined && this.items.length > 0) this.sink(due, item);
    return first;
  }

  /** Takes the earliest if it is due. */
  popDue(now: number): T | undefined {
    const due = this.dues[0];
    return due !== undefined && due <= now ? this.pop() : undefined;
  }

  private sink(due: number, item: T): void {
    const { length } = this.items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && this.isBefore(this.dues[right]!, this.items[right]!, child)) child = right;
      if (this.isBefore(due, item, child)) break;
      this.move(child, at);
      at = child;
    }
    this.put(at, due, item);
  }

  private isBefore(due: number, item: T, other: number): boolean {
    const otherDue = this.dues[other]!;
    return due < otherDue || (due === otherDue && item.id < this.items[other]!.id);
  }

  private move(from: number, to: number): void {
    this.put(to, this.dues[from]!, this.items[from]!);
  }

  private put(at: number, due: number, item: T): void {
    this.dues[at] = due;
    this.items[at] = item;
  }
}
