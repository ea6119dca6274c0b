import { amap } from 'nestjs-nb-aiopool/flow';

export interface Limits {
  /** Requests under way at the same time, at most. */
  readonly maxAtOnce: number;
  /** Requests started a second, at most. */
  readonly maxPerSecond: number;
}

export interface Item {
  readonly id: string;
  readonly name: string;
}

/**
 * Fetches all items of a source, as fast as the limits allow and no faster.
 *
 * @returns the items as they come, in any order; undefined for one that the server refused.
 * @throws Error for any other answer, and then breaks off the other requests.
 */
export function fetchItems(
  url: string,
  ids: Iterable<number>,
  limits: Limits,
): AsyncIterable<Item | undefined> {
  return amap(
    async (id, { signal }) => {
      const response = await fetch(`${url}/items/${id}`, { signal });
      if (response.ok) return (await response.json()) as Item;
      // What is not read would hold the connection.
      await response.body?.cancel();
      if (response.status !== 429) throw new Error(`Item ${id}: the server answered ${response.status}.`);
      return undefined;
    },
    ids,
    limits,
  );
}
