/**
 * The path of a program, installed first where it is missing and we are root on Debian or Ubuntu. Throws with the one line
 * to run where that is not possible.
 */
export declare function requireProgram(wanted: { names: string[]; packages: string[]; what: string }): string;
