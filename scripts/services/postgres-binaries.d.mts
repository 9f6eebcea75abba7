/** Folder of Debian's PostgreSQL programs with PostGIS; null where they cannot be had. */
export declare function postgisBinaries(): string | null;
