import type { Content } from '../files/hash-file.js';

/**
 * Something that a scan came across: the `index`th thing in a listing of its folder. A folder that is listed twice
 * (every message is delivered at least once) has two listings, so that their entries can be told apart.
 */
export interface Entry {
  readonly scan: string;
  readonly listing: string;
  readonly index: number;
  /** One character a byte: see path-text.ts. */
  readonly path: string;
}

/** What became of an entry. Each entry is reported once or more. */
export type Report =
  | (Entry & { readonly kind: 'listed'; readonly contents: string; readonly entries: number })
  | (Entry & { readonly kind: 'hashed' } & Content)
  | (Entry & { readonly kind: 'unreadable'; readonly reason: string });

/** The listing that holds but one entry: the scanned folder. */
export const ROOT = 'root';
