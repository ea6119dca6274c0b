import { Malformed } from './broker.js';
import type { MessageHeaders } from './headers.js';

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

/** One envelope on its own: parsed JSON, or `Malformed`. */
export function parseEnvelope(id: string, text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return idOf(parsed) === id ? parsed : new Malformed(text);
  } catch {
    return new Malformed(text);
  }
}

function idOf(parsed: unknown): unknown {
  return typeof parsed === 'object' && parsed !== null ? (parsed as Partial<Envelope>).id : undefined;
}
