/**
 * The API counts in code points, JavaScript in UTF-16 units: an emoji is one of those and two of these.
 */

/**
 * @param {string} text
 * @param {number[]} positions in code points, in any order
 * @returns {Map<number, number>} each position in UTF-16 units
 */
export function unitsOf(text, positions) {
  const wanted = [...new Set(positions)].sort((a, b) => a - b);
  /** @type {Map<number, number>} */
  const found = new Map();
  let points = 0;
  let units = 0;
  for (const position of wanted) {
    while (points < position && units < text.length) {
      units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
      points += 1;
    }
    found.set(position, units);
  }
  return found;
}
