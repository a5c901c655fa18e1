/** Options that Shelfcast gets and keeps by itself: no form asks for them. */
export const keptByItself: ReadonlySet<string> = new Set(['renewAfter', 'snapchat.accessToken']);
