import { expect, test } from '@jest/globals';
import { MemoryBroker } from '../../lib/broker/memory/index.js';
import { resolveTask, TaskHandle, TaskQueue, type Codec } from '../../lib/queue/index.js';

test('a codec that submits to the same queue takes nobody’s id', async () => {
  const broker = new MemoryBroker();
  const inner: Promise<{ id: string }>[] = [];
  const codec: Codec = {
    name: 'nesting',
    encode(args) {
      const depth = (args as [number])[0];
      if (depth > 0) inner.push(handle.submit(depth - 1));
      return JSON.stringify(args);
    },
    decode: (data) => JSON.parse(String(data)) as unknown,
  };
  const settings = resolveTask({ queue: 'q', codec }, 'work');
  const handle = new TaskHandle<[number], void>(TaskQueue.of(broker, 'q'), settings);
  const outer = await Promise.all([handle.submit(2), handle.submit(0), handle.submitMany([[1], [0]])]);
  const ids = [...outer, ...(await Promise.all(inner))].flat().map(({ id }) => id);
  expect(new Set(ids).size).toBe(7);
  const stored = await broker.clear('q');
  expect(stored.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  for (const { id, envelope } of stored) expect(JSON.parse(envelope)).toMatchObject({ id });
  await TaskQueue.close(broker);
});
