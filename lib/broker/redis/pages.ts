import type { NewMessage, StoredEnvelope } from '../../queue/broker.js';
import { INDEXES, PAGE_LENGTH, PAGE_SIZE } from '../../queue/message-id.js';
import { idsFrom, pageOf, spanOfOne, spanOfPage } from './span.js';

/** Between the envelopes of a page: what JSON needs between elements, and no envelope holds. */
const SEPARATOR = ',\n';

/** A page is read as a whole, for whichever of its messages: one that would make it longer (UTF-16 units) gets a field of its own. */
const MOST_UNITS = 16_384;

/** A batch as it is stored: the spans, joined, and the envelopes of each, joined. */
export interface WrittenPages {
  readonly spans: string;
  readonly texts: readonly string[];
}

/**
 * Neighbours that have consecutive ids, from a page's first on, become a page; each of the others gets a field of its
 * own. `SubmitBatcher` makes ids so.
 */
export function writePages(batch: readonly NewMessage[]): WrittenPages {
  let spans = '';
  const texts: string[] = [];
  for (let i = 0; i < batch.length;) {
    const length = pageLength(batch, i);
    const { id } = batch[i] as NewMessage;
    spans += length === 1 ? spanOfOne(id) : spanOfPage(pageOf(id), length);
    let text = (batch[i] as NewMessage).envelope;
    for (let n = 1; n < length; n++) text += SEPARATOR + (batch[i + n] as NewMessage).envelope;
    texts.push(text);
    i += length;
  }
  return { spans, texts };
}

/** How many messages from `from` on are one page. */
function pageLength(batch: readonly NewMessage[], from: number): number {
  const { id, envelope } = batch[from] as NewMessage;
  if (!id.endsWith(INDEXES[0] as string)) return 1;
  const page = pageOf(id);
  let units = envelope.length;
  let length = 1;
  while (length < PAGE_SIZE && isAt(batch[from + length], page, length)) {
    units += (batch[from + length] as NewMessage).envelope.length;
    if (units > MOST_UNITS) break;
    length++;
  }
  return length;
}

function isAt(message: NewMessage | undefined, page: string, index: number): boolean {
  return (
    message !== undefined &&
    message.id.startsWith(page) &&
    message.id.startsWith(INDEXES[index] as string, PAGE_LENGTH)
  );
}

/** Cuts the envelopes of a span apart; some may be missing. */
export function splitEnvelopes(joined: string): string[] {
  return joined === '' ? [] : joined.split(SEPARATOR);
}

/** The messages of a span, given by the first one's id. */
export function readSpan(first: string, count: number, joined: string): StoredEnvelope[] {
  const envelopes = splitEnvelopes(joined);
  return idsFrom(first, count).map((id, i) => ({ id, envelope: envelopes[i] ?? '' }));
}
