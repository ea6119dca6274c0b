// What the suite is to show: ours beside a peer, as a ratio, and the bar that it must clear. A claim without a bar is
// for information.

const throughput = (ours, peer, atLeast) => ({
  measurement: 'throughput',
  figure: 'perSecond',
  ours,
  peer,
  atLeast,
});
const PLAIN = { fastq: 1.2, 'fastq-thunks': 1.2, 'p-limit': 2.5, 'p-queue': 4, 'p-map': 1.5 };
const DEFAULTS = { fastq: 0.85, 'fastq-thunks': 0.85 };

const against = (bars, ours) => Object.entries(bars).map(([peer, bar]) => throughput(ours, peer, bar));

// Without a bar: the peer in a process as the defaults make it, where an AsyncLocalStorage is in use.
const STORAGE = { 'fastq-storage': undefined };

const pressure = (kind) => (ours, peer, atLeast) => ({
  measurement: 'pressure',
  figure: 'perSecond',
  ours: `${ours}:${kind}`,
  peer: `${peer}:${kind}`,
  atLeast,
});

const memory = (ours) => [
  { measurement: 'memory', figure: 'growth', ours, peer: 'bare', atMost: 1.25 },
  { measurement: 'memory', figure: 'growth', ours, peer: 'p-limit', atMost: 1 / 20 },
  { measurement: 'memory', figure: 'growth', ours, peer: 'p-limit-array', atMost: 1 / 20 },
  flat('memory', ours),
];

// In megabytes: ten bytes a task of a million, one byte an item of ten million. The smallest thing that could leak,
// a pointer, has eight.
function flat(measurement, ours) {
  return { measurement, figure: 'drift', ours, atMost: 10 };
}

const rate = (measurement, ours, peer) => ({ measurement, figure: 'perSecond', ours, peer });

export const CLAIMS = [
  ...against(PLAIN, 'run-plain'),
  ...against(PLAIN, 'submit-plain'),
  ...against({ ...DEFAULTS, ...STORAGE }, 'run'),
  ...against({ ...DEFAULTS, ...STORAGE }, 'submit'),
  ...['turn', 'trivial']
    .map(pressure)
    .flatMap((claim) => [
      claim('ours', 'p-queue', 4),
      claim('ours', 'p-queue-storage'),
      claim('ours-plain', 'p-queue', 4),
    ]),
  ...memory('ours'),
  ...memory('ours-plain'),
  flat('amap', 'amap'),
  flat('amap', 'amap-ordered'),
  rate('amap', 'amap', 'p-map'),
  rate('amap', 'amap-ordered', 'p-map'),
  rate('executor', 'run', 'piscina'),
  rate('executor', 'run-2', 'piscina-2'),
  rate('executor', 'call', 'synckit'),
];
