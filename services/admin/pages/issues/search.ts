/** What the page is filtered by and which group is open: all of it in the address. */
export interface IssuesSearch {
  channel?: string;
  severity?: 'error' | 'warning';
  category?: string;
  /** The group that is open. */
  code?: string;
  field?: string;
}
