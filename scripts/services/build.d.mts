/** Builds the application when its sources have changed since the last build; answers whether it was built now. */
export declare function ensureBuilt(project: string): Promise<boolean>;
