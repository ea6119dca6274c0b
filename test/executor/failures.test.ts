import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ExecutorErrorInfo } from '../../dist/executor/index.js';
import { until } from '../signals.js';
import { Gate, thrownBy, workExecutor } from './kit.js';

afterEach(() => void jest.restoreAllMocks());

const handler = () => jest.fn<(error: unknown, info: ExecutorErrorInfo) => void>();

describe('a failure that nobody asked about', () => {
  test('goes to onError once, with its future, after this turn', async () => {
    const onError = handler();
    await using executor = workExecutor({ name: 'e', onError });
    const future = executor.submit('fail', 'boom');
    await until(() => onError.mock.calls.length > 0);
    await executor.run('nothing');
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ message: 'boom' }), { executor: 'e', function: 'fail', future }],
    ]);
    expect(thrownBy(() => future.result()).message).toBe('boom');
  });

  test('is a process warning by default', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await using executor = workExecutor();
    executor.submit('fail', 'boom');
    await until(() => emitWarning.mock.calls.length > 0);
    expect(emitWarning.mock.calls[0]).toEqual([
      "'fail' of AsyncPoolExecutor failed; ask for its result() or set onError",
      { type: 'NbAioPoolWarning', code: 'NB_UNASKED_FAILURE', detail: expect.stringContaining('boom') },
    ]);
  });

  test('is not reported when it is asked about later in the same turn', async () => {
    const onError = handler();
    await using executor = workExecutor({ onError });
    const futures = Array.from({ length: 20 }, () => executor.submit('fail', 'boom'));
    // This thread hears of all the failures before it asks.
    while (futures.some((each) => each.state !== 'failed'));
    for (const each of futures) expect(thrownBy(() => each.result()).message).toBe('boom');
    await expect(executor.run('fail', 'too')).rejects.toThrow('too');
    await new Promise((resolve) => void setImmediate(resolve));
    expect(onError).not.toHaveBeenCalled();
  });

  test('is reported when who asked got a timeout instead', async () => {
    const onError = handler();
    await using executor = workExecutor({ size: 1, onError });
    const gate = new Gate();
    executor.submit('open', gate.cells);
    const future = executor.submit('fail', 'late');
    expect(() => future.result(1)).toThrow(/has not ended/);
    gate.open();
    await until(() => onError.mock.calls.length > 0);
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ message: 'late' });
  });

  const again = new Error('again');
  const handlers: Record<string, () => unknown> = {
    throws: () => {
      throw again;
    },
    rejects: () => Promise.reject(again),
  };
  test.each(Object.keys(handlers))('does no harm when onError %s', async (kind) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await using executor = workExecutor({ onError: () => handlers[kind]?.() });
    executor.submit('fail', 'boom');
    await until(() => emitWarning.mock.calls.length > 0);
    expect(emitWarning.mock.calls[0]?.[1]).toMatchObject({ code: 'NB_ON_ERROR_FAILED' });
    expect(await executor.run('add', 1, 2)).toBe(3);
  });
});
