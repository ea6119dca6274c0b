import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import * as fc from '../../fast-check.js';
import { useLab } from '../redis-kit.js';
import { type Plan, plan } from './plan.js';
import { Player } from './player.js';
import { Server } from './server.js';

// Consumers and producers over a network that loses replies, repeats calls, and lets some arrive when nobody waits for
// them any more; on a server that is full at times, forgets, and holds what others have put there. After each script:
// every message is in one place, and nothing has moved that may not.

const PLANS = fc.plansToPlay(500);
/** Looking for a smaller plan that fails as well ends then, ms. */
const LONGEST = 60_000 + 100 * PLANS;

const lab = useLab();

let server: Server;
beforeEach(async () => {
  const { raw, keys } = lab();
  server = await Server.start(raw, keys.base);
  jest.spyOn(performance, 'now').mockImplementation(() => server.now);
});
afterEach(() => void jest.restoreAllMocks());

/** One at a time: there is one server. */
let playing: Promise<void> = Promise.resolve();

function play(each: Plan, note: (line: () => string) => void = () => {}): Promise<void> {
  return (playing = Player.play(server, lab().keys, each, note));
}

/** Whether it came to its end, whatever that was. */
async function hasEnded(work: Promise<void>): Promise<boolean> {
  const ending = work.then(
    () => true,
    () => true,
  );
  return Promise.race([ending, setTimeout(fc.STANDSTILL, false, { ref: false })]);
}

/** What happens when a plan is played, line by line. */
async function historyOf(each: Plan): Promise<string> {
  // The search was ended within a play.
  await hasEnded(playing);
  const lines: string[] = [];
  const again = play(each, (line) => lines.push(line()));
  again.catch((error: unknown) => lines.push(`=> ${String(error)}`));
  if (!(await hasEnded(again))) lines.push('=> stands still');
  return lines.join('\n').replaceAll(/page0*(\d+)(\d\d)/g, '$1:$2');
}

test(
  'whatever is lost, repeated, late or forgotten, every message is in one place until it is settled',
  async () => {
    const property = fc.asyncProperty(plan, (each) => play(each));
    const played = await fc.check(property, {
      numRuns: PLANS,
      unbiased: true,
      interruptAfterTimeLimit: LONGEST,
    });
    if (played.failed) {
      const [each] = played.counterexample ?? [];
      throw new Error(`${fc.defaultReportMessage(played)}\n\n${each ? await historyOf(each) : ''}`);
    }
    expect(played.numRuns).toBe(PLANS);
  },
  LONGEST + 3 * fc.STANDSTILL,
);
