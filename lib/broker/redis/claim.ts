import type { Claim, Settlements } from '../../queue/broker.js';
import { ID_LENGTH } from '../../queue/message-id.js';
import { readBatch, readBuried } from './granted.js';
import type { QueueKeys } from './keys.js';
import { Script, type Client } from './script.js';

// The typed wrapper of claim.lua, whose header says what goes in and comes out.

const script = new Script('claim');

export interface ClaimCall {
  readonly consumer: string;
  readonly sequence: number;
  readonly lease: number;
  readonly maxCrashes: number;
  readonly want: number;
  readonly holds: boolean;
  readonly settlements: Settlements;
}

type ClaimReply = [number, string, string, string, number, number, string, string, number];

export async function claim(client: Client, keys: QueueKeys, call: ClaimCall): Promise<Claim> {
  const reply = (await script.run(
    client,
    claimKeys(keys, call.consumer),
    claimArgs(keys, call),
  )) as ClaimReply;
  const [status, joinedIds, joined, histories, flags, due, buriedIds, buried, droppedDead] = reply;
  return {
    lost: status === -1,
    count: joinedIds.length / ID_LENGTH,
    read: () => readBatch(client, keys, joinedIds, joined, histories),
    size: joined.length,
    alone: (flags & 1) !== 0,
    suspects: (flags & 2) !== 0,
    more: (flags & 4) !== 0,
    dueIn: due < 0 ? undefined : due,
    buried: buriedIds === '' ? [] : await readBuried(client, keys, buriedIds, buried),
    droppedDead,
  };
}

function claimKeys(keys: QueueKeys, consumer: string): string[] {
  return [
    keys.messages,
    keys.ready,
    keys.suspects,
    keys.delayed,
    keys.consumers,
    keys.recovering,
    keys.histories,
    keys.dead,
    keys.reasons,
    keys.meta,
    keys.wake,
    keys.active(consumer),
    keys.call(consumer),
  ];
}

function claimArgs(keys: QueueKeys, call: ClaimCall): (string | number)[] {
  const { done, released, delayed, dead, results } = call.settlements;
  const args: (string | number)[] = [keys.base, call.consumer, call.sequence, call.lease, call.want];
  args.push(call.holds ? 1 : 0, call.maxCrashes);
  args.push(done.join(''), released.join(''), delayed.length, dead.length, results.length);
  for (const { id, delay, history } of delayed) {
    args.push(id, delay, `${history.attempts} ${history.crashes} ${history.refusals}`);
  }
  for (const { id, record } of dead) args.push(id, record);
  for (const { id, ttl, result } of results) args.push(id, ttl, result);
  return args;
}
