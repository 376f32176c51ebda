/** The settings of the account. */

/** Show them. */
export function openSettings() {}
