/**
 * What was typed and not sent, by room; it survives a reload.
 * @typedef {{text: string, files: UploadedFile[]}} Draft
 */

const PREFIX = "kuvaka.draft.";

/** @param {number | null} roomId @returns {Draft} */
export function readDraft(roomId) {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + (roomId ?? "new")) ?? "{}");
    return { text: kept.text ?? "", files: kept.files ?? [] };
  } catch {
    return { text: "", files: [] };
  }
}

/** @param {number | null} roomId @param {Draft} draft */
export function keepDraft(roomId, draft) {
  try {
    if (draft.text || draft.files.length) localStorage.setItem(PREFIX + (roomId ?? "new"), JSON.stringify(draft));
    else localStorage.removeItem(PREFIX + (roomId ?? "new"));
  } catch {
    // Without storage there are no drafts.
  }
}

/** After a sign-out: the next person at this browser shall not read them. */
export function forgetDrafts() {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
  } catch {
    // There are none.
  }
}
