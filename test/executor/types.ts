// Checked by tsc (`npm run typecheck`), never run: what must compile, and what must not.
import { AsyncPoolExecutor, type ExecutorFuture, type FunctionName } from '../../lib/executor/index.js';
import type { Work } from './kit.js';

/** `true` when each is assignable to the other; `any` passes for nothing. */
type Equal<A, B> = [A, B] extends [B, A] ? (0 extends 1 & A ? false : true) : false;
declare function same<A, B>(equal: Equal<A, B>): void;

export function typed(executor: AsyncPoolExecutor<Work>): void {
  const sum = executor.submit('add', 1, 2);
  same<typeof sum, ExecutorFuture<number>>(true);
  same<ReturnType<typeof sum.result>, number>(true);
  const bytes = executor.run('bytes', 10);
  same<typeof bytes, Promise<Uint8Array>>(true);
  const nothing = executor.trySubmit('nothing');
  same<typeof nothing, ExecutorFuture<void> | undefined>(true);
  executor.submit('echo', 1, 'two', {});
  sum.result(5_000);

  // @ts-expect-error -- no such function
  executor.submit('ad', 1, 2);
  // @ts-expect-error -- not a function
  executor.submit('notAFunction');
  // @ts-expect-error -- a class is no function
  executor.submit('NotFound', 'message');
  // @ts-expect-error -- an argument is missing
  executor.submit('add', 1);
  // @ts-expect-error -- one too many
  void executor.run('add', 1, 2, 3);
  // @ts-expect-error -- of the wrong type
  void executor.trySubmit('add', 1, '2');
  // @ts-expect-error -- a future is not a promise
  void sum.then;
  // @ts-expect-error -- no such option
  AsyncPoolExecutor.forModule(new URL('file:///x.js'), { concurrency: 3 });
  // @ts-expect-error -- made by forModule
  void new AsyncPoolExecutor();
}

export function untyped(): void {
  const executor = AsyncPoolExecutor.forModule('file:///work.js');
  const value = executor.submit('anything', 1, 'x').result();
  same<typeof value, unknown>(true);
  same<FunctionName<{ f(): void; C: typeof Date.prototype; n: number }>, 'f'>(true);
}
