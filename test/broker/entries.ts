import { countOf, idsFrom, SPAN_LENGTH } from '../../lib/broker/redis/span.js';
import { ID_LENGTH } from '../../lib/queue/message-id.js';

/** What lies in lists and sets, by the messages that it stands for: an entry is an id, or a run of messages of one page. */
export function idsOfEntries(entries: readonly string[]): string[] {
  return entries.flatMap((entry) =>
    entry.length === SPAN_LENGTH ? idsFrom(entry.slice(0, ID_LENGTH), countOf(entry)) : [entry],
  );
}
