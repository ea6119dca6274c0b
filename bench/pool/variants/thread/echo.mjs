// The function that is called, as the executor and piscina import it.
import { threadId } from 'node:worker_threads';
import { answerOf } from '../../harness/call-counter.mjs';

let calls = 0;

export const echo = async (n) => answerOf(n, calls++, threadId);

export default echo;
