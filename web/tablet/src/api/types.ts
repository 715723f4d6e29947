// Short names for what the box says. The types themselves are made from the description of its API, which is made from the
// box's own code: `npm run types`. Sentences come ready in the asked language; the tablet writes none of them.

import type { components } from './box';

type Said = components['schemas'];

export type Lang = Said['Language'];
export type Face = Said['Face'];
export type Session = Said['Session'];
export type Home = Said['Home'];
export type Part = Said['Part'];
export type Card = Said['Card'];
export type Warning = Said['WarningCard'];
export type WarningAnswer = Said['Answer'];
export type Port = Said['Port'];
export type Beat = Said['Beat'];
export type Test = Said['Test'];
export type Devices = Said['Devices'];
export type Device = Said['Device'];
export type DeviceType = Said['TypeName'];
export type History = Said['History'];
export type Entry = Said['Entry'];
export type Sent = Said['Sent'];
export type Sight = Said['Sight'];
export type Known = Said['Known'];
/** One thing that the clinic knows and is not asked about. */
export type Rule = Said['Rule'];
export type Settings = Said['Settings'];
/** What was saved, and lacks something that a card needs. */
export type Saved = Said['Saved'];
/** The body of an answer with 4xx or 5xx. */
export type Refusal = Said['Refusal'];
/** What the clinic says of a device. */
export type Naming = Said['Said'];
/** Who says that a case is solved. */
export type SolvedBy = Said['SolvedBy'];
