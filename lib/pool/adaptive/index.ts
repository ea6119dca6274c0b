export { AdaptiveLimit } from './adaptive-limit.js';
export type { AdaptiveLimitOptions } from './options.js';
export type { AdaptiveLimitStats } from './stats.js';
