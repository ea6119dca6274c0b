/** What a node of a LinkedList carries; it is in at most one list at a time. */
export interface Linked<N extends Linked<N>> {
  list: LinkedList<N> | undefined;
  previous: N | undefined;
  next: N | undefined;
}

/**
 * A first-in-first-out list whose nodes carry their own links. A ring buffer would be as fast at its ends,
 * but nodes also leave from the middle (a child that starts on its caller's slot), and a buffer would keep
 * their empty places for as long as its head stands still. Everything is O(1); a node that left is not
 * referenced any more, and references nothing.
 */
export class LinkedList<N extends Linked<N>> {
  size = 0;
  #head: N | undefined;
  #tail: N | undefined;

  get first(): N | undefined {
    return this.#head;
  }

  get last(): N | undefined {
    return this.#tail;
  }

  push(node: N): void {
    const tail = this.#tail;
    node.list = this;
    node.previous = tail;
    if (tail === undefined) this.#head = node;
    else tail.next = node;
    this.#tail = node;
    this.size++;
  }

  /** Behind a node of this list; at the front when there is none. */
  insertAfter(previous: N | undefined, node: N): void {
    const next = previous === undefined ? this.#head : previous.next;
    node.list = this;
    node.previous = previous;
    node.next = next;
    if (previous === undefined) this.#head = node;
    else previous.next = node;
    if (next === undefined) this.#tail = node;
    else next.previous = node;
    this.size++;
  }

  shift(): N | undefined {
    const head = this.#head;
    if (head !== undefined) this.remove(head);
    return head;
  }

  /** The node must be in this list. */
  remove(node: N): void {
    const { previous, next } = node;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    node.list = node.previous = node.next = undefined;
    this.size--;
  }
}
