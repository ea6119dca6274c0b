import type { NewMessage } from './broker.js';
import { INDEXES, newPage, PAGE_SIZE } from './message-id.js';

/** A page is read as a whole, for whichever of its messages: it ends at this size (UTF-16 units). */
const PAGE_BYTES = 8_192;

/**
 * Messages that are submitted together: they travel in one call, and share one promise. Their ids are given page by page,
 * as a broker may store a page as one.
 */
export class SubmitGroup {
  readonly messages: NewMessage[] = [];
  /** Of the envelopes, in UTF-16 units. */
  bytes = 0;
  /** When it was handed over, or began to be filled by single submits (ms, performance.now). */
  since = 0;
  /** Resolves when all are stored. */
  readonly stored: Promise<void>;
  resolve!: () => void;
  reject!: (error: Error) => void;
  private page = '';
  private index = PAGE_SIZE;
  private pageBytes = 0;

  constructor() {
    this.stored = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Whether the next message begins a new page. */
  get isPageFull(): boolean {
    return this.index === PAGE_SIZE || this.pageBytes >= PAGE_BYTES;
  }

  /** The id of the message that `add` takes next. */
  nextId(): string {
    if (this.isPageFull) {
      this.page = newPage();
      this.index = this.pageBytes = 0;
    }
    return this.page + INDEXES[this.index];
  }

  add(id: string, envelope: string): void {
    this.messages.push({ id, envelope });
    this.index++;
    this.pageBytes += envelope.length;
    this.bytes += envelope.length;
  }
}
