/** Path of the plugin of the installed Mosquitto. */
export declare function dynamicSecurityPlugin(): string;

/** Writes the first `dynamic-security.json`: one client with the rights of the platform and nothing else. */
export declare function writeDynamicSecurity(file: string, platform: { username: string; password: string }): void;
