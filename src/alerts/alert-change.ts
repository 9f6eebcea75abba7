/** What happened to an alert; told in the live event beside the alert. */
export type AlertChange = 'opened' | 'occurred' | 'acknowledged' | 'resolved' | 'revised';
