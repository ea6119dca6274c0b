/** Where an injecting decorator stands, for messages: `Web, constructor parameter 0`, `Web.pool`. */
export function injectionPlace(target: object, key: string | symbol | undefined, index: unknown): string {
  const owner = (typeof target === 'function' ? target : target.constructor).name;
  if (key === undefined) return `${owner}, constructor parameter ${Number(index)}`;
  return `${owner}.${String(key)}`;
}
