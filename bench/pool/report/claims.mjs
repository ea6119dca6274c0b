// The claims with the figures of a run: [{title, ours, peer, unit, value, base, ratio, bar, reached}].
import { median } from '../../harness/statistics.mjs';
import { CLAIMS } from '../claims.mjs';

const UNITS = { perSecond: 'tasks/s', growth: 'MB', drift: 'MB' };

/** Those that can be judged: of claims whose measurement or peer was left out there is nothing to say. */
export function judgedClaims({ measurements }) {
  return CLAIMS.flatMap((claim) => {
    const variants = measurements[claim.measurement]?.variants ?? {};
    const ours = variants[claim.ours];
    const peer = variants[claim.peer];
    if (!ours || (claim.peer && !peer)) return [];
    return [judge(claim, ours, peer)];
  });
}

function judge(claim, ours, peer) {
  const ratio = peer && pairedRatio(ours.rounds[claim.figure], peer.rounds[claim.figure]);
  const measured = ratio ?? ours[claim.figure];
  return {
    ...claim,
    unit: UNITS[claim.figure],
    ours: ours.label,
    peer: peer?.label,
    value: ours[claim.figure],
    base: peer?.[claim.figure],
    ratio,
    cpuRatio: peer && ours.rounds.cpu && pairedRatio(peer.rounds.cpu, ours.rounds.cpu),
    reached: reached(claim, measured),
  };
}

/** The median of the rounds' ratios: both sides of one round ran within seconds, on the same mood of the machine. */
function pairedRatio(ours, peer) {
  return median(ours.map((value, round) => value / peer[round]));
}

/** Undefined for a claim without a bar. */
function reached({ atLeast, atMost }, measured) {
  if (atLeast !== undefined) return measured >= atLeast;
  if (atMost !== undefined) return measured <= atMost;
  return undefined;
}
