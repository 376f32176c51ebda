/**
 * The list of chats at the side.
 */

/** Build the sidebar; the returned function takes it down. */
export function openSidebar() {
  return () => {};
}
