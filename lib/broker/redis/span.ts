import { ID_LENGTH, PAGE_LENGTH } from '../../queue/message-id.js';

// A span names a run of messages that are stored together: the id of the first, how many they are, and how many their
// page holds, two digits each. `docs/wire-protocol.md` has more.

export const SPAN_LENGTH = 26;

const TWO_DIGITS: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const ZERO = 48;

/** The span of a message that has a field of its own. */
export function spanOfOne(id: string): string {
  return `${id}0101`;
}

/** @param total how many messages the page holds, in two digits. */
export function spanOf(page: string, first: number, count: number, total: string): string {
  return `${page}${TWO_DIGITS[first]}${TWO_DIGITS[count]}${total}`;
}

/** The span of a page, of `count` messages. */
export function spanOfPage(page: string, count: number): string {
  return `${page}00${TWO_DIGITS[count]}${TWO_DIGITS[count]}`;
}

/** Cuts joined spans apart. */
export function splitSpans(joined: string): string[] {
  const spans: string[] = [];
  for (let at = 0; at < joined.length; at += SPAN_LENGTH) spans.push(joined.slice(at, at + SPAN_LENGTH));
  return spans;
}

/** The index of a message on its page. Anything, for an id that is not ours. */
export function indexOf(id: string): number {
  return twoDigitsAt(id, PAGE_LENGTH);
}

export function countOf(span: string): number {
  return twoDigitsAt(span, ID_LENGTH);
}

/** Whether its messages have a field of their own: then it is one. */
export function isAlone(span: string): boolean {
  return span.endsWith('01');
}

/** Whether `id` is one of its messages. */
export function covers(span: string, id: string): boolean {
  const at = indexOf(id) - indexOf(span);
  return pageOf(id) === pageOf(span) && at >= 0 && at < countOf(span);
}

/** As it lies in lists and sets: a message with a field of its own is its id alone. */
export function entryOf(span: string): string {
  return isAlone(span) ? span.slice(0, ID_LENGTH) : span;
}

export function pageOf(id: string): string {
  return id.slice(0, PAGE_LENGTH);
}

/** The ids of `count` messages of a page, from the one with the id `first` on. */
export function idsFrom(first: string, count: number): string[] {
  if (count === 1) return [first];
  const index = indexOf(first);
  return Array.from({ length: count }, (_, i) => `${pageOf(first)}${TWO_DIGITS[index + i]}`);
}

function twoDigitsAt(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - ZERO) + text.charCodeAt(at + 1) - ZERO;
}
