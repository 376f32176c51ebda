/** @returns {string} a new Idempotency-Key; `randomUUID` is missing where the origin is not secure */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
