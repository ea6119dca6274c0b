// The first table: each claim with ours, the peer, the ratio and the bar.
import { formatNumber } from '../../report/rows.mjs';
import { judgedClaims } from './claims.mjs';
import { megabytes, ratioText } from './format.mjs';

const HEAD = ['', 'ours', 'beside', 'its figure', 'ratio', 'by CPU time', 'target', ''];

export function claimsTable(results) {
  const rows = judgedClaims(results).map((claim) => [
    `${claim.measurement}: ${claim.ours}`,
    quantity(claim.value, claim.unit),
    claim.peer ?? '',
    claim.peer ? quantity(claim.base, claim.unit) : '',
    ratioText(claim.ratio),
    ratioText(claim.cpuRatio),
    barText(claim),
    verdict(claim, results.plan),
  ]);
  return { title: 'Targets', rows: [HEAD, ...rows] };
}

const quantity = (value, unit) => `${unit === 'MB' ? megabytes(value) : formatNumber(value)} ${unit}`;

function barText({ atLeast, atMost, peer }) {
  if (atLeast !== undefined) return `at least ${atLeast}`;
  if (atMost === undefined) return '';
  return peer ? `at most ${ratioText(atMost)}` : `at most ${atMost} MB drift`;
}

/** The bars are for the full sizes: what grows with the number of tasks has not grown in a small run. */
function verdict({ reached }, { mode }) {
  if (reached === undefined || mode !== 'full') return '';
  return reached ? 'reached' : 'MISSED';
}
