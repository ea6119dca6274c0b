import { ID_LENGTH, PAGE_LENGTH } from '../../../lib/queue/message-id.js';
import { SPAN_LENGTH } from '../../../lib/broker/redis/span.js';
import type { Fates } from './fates.js';
import { idsOfEntry, type Snapshot } from './snapshot.js';

// What must be true between any two calls, whatever happened before.

export function* brokenInvariants(
  state: Snapshot,
  fates: Fates,
  garbage: ReadonlySet<string>,
): Generator<string> {
  yield* misplaced(state, fates);
  yield* orphaned(state, garbage);
  yield* miscounted(state);
  yield* withoutLease(state);
}

/** What was acknowledged is in exactly one place, with its envelope; what is settled is nowhere. */
function* misplaced(state: Snapshot, fates: Fates): Generator<string> {
  for (const id of fates.live) {
    const places = state.places.get(id) ?? [];
    if (places.length !== 1) yield `${id} is in ${places.length} places: ${places.join(', ')}`;
    if (places[0] === 'dead') yield `${id} is dead, and nothing said so`;
    const envelope = state.envelopeOf(id);
    if (envelope !== fates.envelopes.get(id)) yield `the envelope of ${id} in ${places[0]} is ${envelope}`;
  }
  for (const [id, places] of state.places) {
    if (!fates.isKnown(id) || fates.live.has(id)) continue;
    if (!fates.dead.has(id) || String(places) !== 'dead')
      yield `${id} is settled, and in ${places.join(', ')}`;
  }
  for (const id of fates.dead) if (!state.places.has(id)) yield `${id} is dead, and nowhere`;
}

/** Nothing is kept for messages that are gone. */
function* orphaned(state: Snapshot, garbage: ReadonlySet<string>): Generator<string> {
  const dead = new Set(state.members('dead'));
  for (const field of state.members('messages')) {
    if (field.length === ID_LENGTH && !garbage.has(field) && !state.places.has(field))
      yield `the envelope of ${field} is nobody’s`;
  }
  for (const id of state.members('histories'))
    if (!state.places.has(id) || dead.has(id)) yield `the history of ${id} is nobody’s`;
  for (const id of state.members('reasons')) if (!dead.has(id)) yield `the reason of ${id} is nobody’s`;
}

/** `parted` counts what has left a page, and `surplus` what is ready beyond one an entry. */
function* miscounted(state: Snapshot): Generator<string> {
  const inside = new Map<string, number>();
  for (const [id, entry] of state.entries) {
    const page = id.slice(0, PAGE_LENGTH);
    if (entry.length === SPAN_LENGTH) inside.set(page, (inside.get(page) ?? 0) + 1);
  }
  const parted = state.fields('parted');
  for (const page of state.members('messages').filter(({ length }) => length === PAGE_LENGTH)) {
    const here = inside.get(page) ?? 0;
    if (here === 0) yield `page ${page} has no messages any more`;
    const left = state.linesOf(page).length - here;
    if (Number(parted.get(page) ?? 0) !== left) yield `parted of ${page} is ${parted.get(page)}, not ${left}`;
  }
  for (const page of parted.keys())
    if (!state.fields('messages').has(page)) yield `parted has ${page}, which is gone`;
  const surplus = Number(state.fields('meta').get('surplus') ?? 0);
  const ready = state.members('ready').map((entry) => Math.max(1, idsOfEntry(entry).length) - 1);
  const real = ready.reduce((sum, beyond) => sum + beyond, 0);
  if (surplus !== real) yield `surplus is ${surplus}, not ${real}`;
}

/** Who holds something has a lease, or is being recovered; nobody else has. */
function* withoutLease(state: Snapshot): Generator<string> {
  const consumers = new Set(state.members('consumers'));
  const recovering = new Set(state.members('recovering'));
  for (const name of consumers) if (!state.has(`active:${name}`)) yield `${name} has a lease, and no loans`;
  for (const name of state.names) {
    const [, kind, consumer = ''] = /^(active|recovering):(.*)$/.exec(name) ?? [];
    if (kind && !(kind === 'active' ? consumers : recovering).has(consumer))
      yield `${name} is without a lease`;
  }
  for (const field of state.members('meta')) {
    if (field.startsWith('extended:') && !consumers.has(field.slice('extended:'.length)))
      yield `${field} is nobody’s`;
  }
}

/** What may be left when all messages are settled. */
export function* leftovers(state: Snapshot, fates: Fates, garbage: ReadonlySet<string>): Generator<string> {
  if (fates.live.size > 0) yield `left: ${[...fates.live].join(', ')}`;
  const lasting = /^(meta|producers|dead|reasons|messages|wake|call:.*)$/;
  for (const name of state.names) if (!lasting.test(name)) yield `${name} is left`;
  const dead = new Set(state.members('dead'));
  for (const field of state.members('messages'))
    if (!dead.has(field) && !garbage.has(field)) yield `the envelope of ${field} is left`;
  for (const field of state.members('meta'))
    if (!/^(heard|surplus)$/.test(field)) yield `${field} is left in meta`;
}
