/** What happened to an alert; told in the live event beside the alert. */
export type AlertChange = 'opened' | 'occurred' | 'acknowledged' | 'resolved' | 'revised';

/** What a person can do with an alert. */
export type PersonsChange = Extract<AlertChange, 'acknowledged' | 'resolved'>;
