// Everything that can be measured, in order.
//
// A measurement module exports `title`, `variants` ({name: {label, room, peer, open}}: `room` and `peer` say which of
// ours and which package it needs), `prepare(variant, settings)` for the child process, which resolves with what is to
// be measured as a function, `rounds(plan)`, and `summarize(answers)`: the figures of a variant from its rounds. With
// `sampled` the memory of the process is sampled from outside.
export const MEASUREMENTS = ['throughput', 'pressure', 'memory', 'amap', 'executor'];

export const loadMeasurement = (name) => import(`./${name}.mjs`);
