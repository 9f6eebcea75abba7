/** Takes one line about what was done. */
export type Report = (line: string) => void;
