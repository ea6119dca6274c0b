import { expect, test } from '@jest/globals';
import { LinkedList } from '../../lib/pool/linked-list.js';
import type { Task } from '../../lib/pool/task.js';
import { addTo, passOn, type Wish } from '../../lib/pool/wishes.js';

test('many wish for one task, each once, and pass that on', () => {
  const task = { ties: undefined } as Task;
  const count = 50_000;
  const lists = Array.from({ length: count }, () => new LinkedList<Wish>());
  for (const list of lists) addTo(list, task);
  // Asking for the same again is not a second wish.
  for (const list of lists) addTo(list, task);
  expect(task.ties!.wishes!.size).toBe(count);
  for (const list of lists) passOn(list, undefined);
  expect(lists.every((list) => list.size === 0)).toBe(true);
  expect(task.ties!.wishes!.size).toBe(0);
});
