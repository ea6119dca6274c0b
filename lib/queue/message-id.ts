import { randomBytes } from 'node:crypto';

/** Every id is this wide, so that ids travel joined. */
export const ID_LENGTH = 22;

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const PAIRS = Array.from(
  { length: 36 * 36 },
  (_, i) => DIGITS.charAt(Math.floor(i / 36)) + DIGITS.charAt(i % 36),
);
const PER_MS = PAIRS.length ** 2;
const TIME_WIDTH = 9;
const PRODUCER = randomDigits(ID_LENGTH - TIME_WIDTH - 4);

let lastMs = 0;
let lastTime = '';
let count = 0;

/**
 * A new message id: 9 characters of time (ms, base 36), 4 of a counter within that ms, 9 of this process.
 * Ids of one process sort in the order of their making, so recovery can put messages back in order.
 */
export function newMessageId(): string {
  const now = Date.now();
  if (now > lastMs) startMs(now);
  else if (count === PER_MS) startMs(lastMs + 1);
  const n = count++;
  return lastTime + PAIRS[(n / PAIRS.length) | 0] + PAIRS[n % PAIRS.length] + PRODUCER;
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
