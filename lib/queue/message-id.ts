import { randomBytes } from 'node:crypto';

/** Every id is this wide, so that ids travel joined: a page and an index within it. */
export const ID_LENGTH = 22;
/** A page is what messages that are stored together have in common: the first characters of their ids. */
export const PAGE_LENGTH = 20;
/** Most messages of a page. */
export const PAGE_SIZE = 50;

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const TIME_WIDTH = 9;
const COUNT_WIDTH = 3;
const PER_MS = DIGITS.length ** COUNT_WIDTH;
const PRODUCER = randomDigits(PAGE_LENGTH - TIME_WIDTH - COUNT_WIDTH);

/** What follows the page in the ids of its messages: 00, 01, 02 ... */
export const INDEXES: readonly string[] = Array.from({ length: PAGE_SIZE }, (_, i) =>
  String(i).padStart(ID_LENGTH - PAGE_LENGTH, '0'),
);

let lastMs = 0;
let lastTime = '';
let count = 0;

/**
 * A new page: 9 characters of time (ms, base 36), 3 of a counter within that ms, 8 of this process.
 * The ids of one process sort in the order of their making, so recovery can put messages back in order.
 */
export function newPage(): string {
  const now = Date.now();
  if (now > lastMs) startMs(now);
  else if (count === PER_MS) startMs(lastMs + 1);
  return lastTime + (count++).toString(36).padStart(COUNT_WIDTH, '0') + PRODUCER;
}

/** The id of a message that is alone on its page. */
export function newMessageId(): string {
  return newPage() + INDEXES[0];
}

/** `length` random characters of base 36. */
export function randomDigits(length: number): string {
  let digits = '';
  while (digits.length < length) {
    for (const byte of randomBytes(length)) {
      // 252 is the largest multiple of 36 in a byte: what is above would favour the first digits.
      if (byte < 252 && digits.length < length) digits += DIGITS.charAt(byte % 36);
    }
  }
  return digits;
}

function startMs(ms: number): void {
  lastMs = ms;
  lastTime = ms.toString(36).padStart(TIME_WIDTH, '0');
  count = 0;
}
