// Short names for what the centre says. The types themselves are made from the description of its API, which is made from the
// centre's own code: `npm run types`.

import type { components } from './central';

type Said = components['schemas'];

export type Session = Said['Known'];
export type Queue = Said['Queue'];
export type Row = Said['Row'];
export type Incident = Said['Incident'];
export type IncidentDetail = Said['IncidentDetail'];
export type Fact = Said['Fact'];
export type Peer = Said['Peer'];
export type Device = Said['Device'];
export type Boxes = Said['Boxes'];
export type Box = Said['Box_'];
export type BoxState = Said['BoxState'];
export type BoxDetail = Said['BoxDetail'];
export type Members = Said['Members'];
export type Member = Said['Member'];
export type MemberKind = Said['MemberKind'];
export type Numbered = Said['Numbered'];
export type Claim = Said['Claim'];
export type Findings = Said['Findings'];
export type FindingDetail = Said['FindingDetail'];
export type Calls = Said['Calls'];
export type Kinds = Said['Kinds'];
export type Warnings = Said['Warnings'];
export type Sent = Said['Sent'];
export type WarningDetail = Said['WarningDetail'];
export type WarningText = Said['WarningText'];
export type Urgency = Said['Urgency'];
export type Draft = Said['Draft'];
export type Audience = Said['Audience'];
export type Judged = Said['Judged'];
export type Fault = Said['Fault'];
export type Log = Said['Log'];
/** The body of an answer with 4xx or 5xx. */
export type Refusal = Said['Refusal'];

/** In the order in which they want to be looked at. */
export const BOX_STATES = ['blind', 'silent', 'active', 'claimed', 'revoked'] as const satisfies BoxState[];
export const MEMBER_KINDS = [
  'gp', 'specialist', 'physiotherapist', 'dentist', 'pharmacy', 'region', 'municipality', 'other',
] as const satisfies MemberKind[];
