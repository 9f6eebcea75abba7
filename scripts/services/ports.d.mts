/** The first free port of those wished for, else any free one, on 127.0.0.1. */
export declare function freePort(...wished: (number | undefined)[]): Promise<number>;
