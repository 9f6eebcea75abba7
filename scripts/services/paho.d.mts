/** A Python that knows paho-mqtt, installed where that is possible. Throws with the one line to run where it is not. */
export declare function requirePaho(): string;
