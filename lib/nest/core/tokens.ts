/** Tokens of what the core shares with the module around it; not for users. */
export const OPTIONS = Symbol('NbAioPool options');
export const LOGGER = Symbol('NbAioPool logger');
