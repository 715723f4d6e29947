// Which row was opened last, and from which list, so that whoever comes back stands where the list was left.

import { HOME } from '../../route';

let row: string | null = null;
let list: string = HOME;

export const opened = {
  keep: (key: string, from: string) => void ([row, list] = [key, from]),
  take: () => {
    const key = row;
    row = null;
    return key;
  },
  /** The list that was left. */
  get list(): string {
    return list;
  },
};
