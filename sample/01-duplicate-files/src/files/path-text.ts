// A file's name is bytes, not always valid UTF-8. In messages and in memory each byte is one character.

export const textOf = (bytes: Buffer): string => bytes.toString('latin1');

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** For people: as UTF-8, with line breaks and the like made visible. */
export const readable = (text: string): string =>
  bytesOf(text)
    .toString('utf8')
    .replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
