// What each protection costs: the processor time of one task with it, beside the same without it.

const STEPS = [
  { text: 'no pool: a bare loop with as many lanes', with: 'bare' },
  { text: 'bounds, order, futures, failures (context: false)', with: 'run-plain', without: 'bare' },
  { text: '+ priorities', with: 'run-priority', without: 'run-plain' },
  { text: "+ the submitter's signal", with: 'run-signal', without: 'run-plain' },
  { text: '+ a timeout each', with: 'run-timeout', without: 'run-plain' },
  { text: '+ async context and self-submission (the defaults)', with: 'run', without: 'run-plain' },
  {
    text: "of that Node's own: the bare loop, an AsyncLocalStorage in use",
    with: 'bare-storage',
    without: 'bare',
  },
  { text: 'fastq.promise', with: 'fastq' },
  { text: 'fastq.promise, an AsyncLocalStorage in use', with: 'fastq-storage', without: 'fastq' },
];

export function protectionsTable(throughput) {
  if (!throughput) return undefined;
  const time = (name) => throughput.variants[name]?.cpu;
  const rows = STEPS.filter((step) => time(step.with)).map((step) => {
    const more = step.without && time(step.without) && time(step.with) - time(step.without);
    return [step.text, time(step.with).toFixed(0), more === undefined ? '' : more.toFixed(0)];
  });
  return { title: 'what each protection costs', rows: [['', 'CPU ns a task', 'more than without'], ...rows] };
}
