// What the library for pages of the org and the console have in common on their wire.

/** What marks these messages, both ways. */
export const PAGE_API = "offhook.page";
