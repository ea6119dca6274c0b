import { Malformed } from './broker.js';
import type { MessageHeaders } from './headers.js';
import { ID_LENGTH } from './message-id.js';

/** The version of the envelope that this release writes. `docs/wire-protocol.md` describes it. */
export const ENVELOPE_VERSION = 1;

/** One stored call, as it is parsed. What comes from elsewhere may be anything: `Execution` checks it. */
export interface Envelope {
  readonly v: number;
  readonly id: string;
  /** The name of the task within its queue. */
  readonly task: string;
  /** The arguments, when the codec is JSON. */
  readonly args?: readonly unknown[];
  /** The arguments as the codec `codec` wrote them: text, or bytes as base64 when `b64` is 1. */
  readonly data?: string;
  readonly codec?: string;
  readonly b64?: 1;
  /** Keep the result for this long, in ms. */
  readonly result?: number;
  /** What travels with the call besides its arguments; absent when there is nothing. */
  readonly headers?: MessageHeaders;
}

/**
 * Envelopes that came joined by commas, checked against their ids, which came joined, too; undefined when they are not
 * just those. Two broken envelopes can join into a sound one, and a foreign one can hold a comma: so count, and compare.
 */
export function parseJoined(joinedIds: string, joined: string): Envelope[] | undefined {
  let parsed: unknown[];
  try {
    parsed = JSON.parse(`[${joined}]`) as unknown[];
  } catch {
    return undefined;
  }
  if (parsed.length * ID_LENGTH !== joinedIds.length) return undefined;
  for (let i = 0; i < parsed.length; i++) {
    const id = idOf(parsed[i]);
    if (typeof id !== 'string' || id.length !== ID_LENGTH || !joinedIds.startsWith(id, i * ID_LENGTH))
      return undefined;
  }
  return parsed as Envelope[];
}

/** One envelope on its own: parsed JSON, or `Malformed`. */
export function parseEnvelope(id: string, text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return idOf(parsed) === id ? parsed : new Malformed(text);
  } catch {
    return new Malformed(text);
  }
}

/** Cuts joined ids apart. */
export function splitIds(joined: string): string[] {
  const ids: string[] = [];
  for (let at = 0; at < joined.length; at += ID_LENGTH) ids.push(joined.slice(at, at + ID_LENGTH));
  return ids;
}

function idOf(parsed: unknown): unknown {
  return typeof parsed === 'object' && parsed !== null ? (parsed as Partial<Envelope>).id : undefined;
}
