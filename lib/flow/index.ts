export { amap, type FlowResults } from './amap.js';
export { runAll, runAny, runOnEach } from './run.js';
export { RateLimiter, type RateLimiterStats } from './rate-limiter.js';
export type { RateClock } from './clock.js';
export type { FlowContext, FlowFunction, FlowTask } from './context.js';
export type { AmapOptions, FlowLimits, RateLimiterOptions } from './options.js';
export type { FlowSource } from './source.js';
