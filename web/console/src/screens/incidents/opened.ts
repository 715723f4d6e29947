// Which row was opened last, so that whoever comes back stands where the list was left.

let row: string | null = null;

export const opened = {
  keep: (key: string) => void (row = key),
  take: () => {
    const key = row;
    row = null;
    return key;
  },
};
