/**
 * What must compile, and what must not: `npm run typecheck` fails when a line marked `@ts-expect-error` stops
 * being an error. Nothing here runs.
 */
import { amap, runAll, runAny, type FlowResults, type FlowTask } from '../../lib/flow/index.js';

/** `true` when each is assignable to the other; `any` passes for nothing but itself. */
type Same<A, B> = [A, B] extends [B, A] ? (0 extends 1 & A ? false : true) : false;

const text = async (): Promise<string> => 'a';
const count = async (): Promise<number> => 1;

const alike = runAll([count, async ({ signal }) => Number(signal.aborted)]);
export const isAlike: Same<typeof alike, Promise<number[]>> = true;
const mixed = runAll([count, text, ({ signal }) => signal.aborted]);
export const isMixed: Same<typeof mixed, Promise<[number, string, boolean]>> = true;
const list = [count, text];
const mixedList = runAll(list);
export const isMixedList: Same<typeof mixedList, Promise<(number | string)[]>> = true;
const mixedSet = runAll(new Set([count, text]), { maxAtOnce: 1 });
export const isMixedSet: Same<typeof mixedSet, Promise<(number | string)[]>> = true;
const first = runAny([count, text, ({ signal }) => signal.aborted]);
export const isFirst: Same<typeof first, Promise<number | string | boolean>> = true;
const none = runAll([text, () => undefined]);
export const isNone: Same<typeof none, Promise<(string | undefined)[]>> = true;

async function* source() {
  yield count;
  yield text;
}
const streamed = runAll(source());
export const isStreamed: Same<typeof streamed, Promise<(number | string)[]>> = true;

/** What is generic, or says its type, stays so. */
export const generic = <R>(fns: FlowTask<R>[]): Promise<R[]> => runAll(fns);
export const genericAny = <R>(fns: FlowTask<R>[]): Promise<R> => runAny(fns);
export const said = runAll<number | string>([count, text]);
export const results: FlowResults<number | string> = amap((i) => (i === 0 ? 'a' : i), [1, 2]);

// @ts-expect-error -- promises, not functions
void runAll([count()]);
// @ts-expect-error -- no such context
void runAll([count, (context: string) => context]);
// @ts-expect-error -- no such option
void runAny([count, text], { ordered: true });
