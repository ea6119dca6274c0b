// Texts of a fixed size that differ. Joined strings would not do: V8 keeps those as pointers to shared pieces, and a
// 400-byte text would take 32 bytes.
export function textMaker(bytes, filler) {
  const buffer = Buffer.alloc(bytes, filler);
  return (n) => {
    const end = `_${n}`;
    buffer.fill(filler, bytes - 16);
    buffer.write(end, bytes - end.length, 'latin1');
    return buffer.toString('latin1');
  };
}
