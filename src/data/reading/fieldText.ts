/** The text of a field's bytes, which are well-formed UTF-8. */

const ASCII_END = 0x80;

export const fieldText = (bytes: Uint8Array, from: number, to: number): string => {
  let text = "";
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= ASCII_END) return utf8.decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
