//! How much there may be of anything. Both ends use these: what one may send the other must take.

/// A batch as it is sent, in bytes. 1 MiB takes four seconds over a bad 4G link of 2 Mbit/s. Guess.
pub const BATCH_BYTES_MAX: usize = 1 << 20;

/// The same with its lines unpacked; more is a bomb. A box fills a batch up to this, so that even what cannot be packed fits.
pub const BATCH_LINES_BYTES_MAX: usize = BATCH_BYTES_MAX - (16 << 10);

/// Most records in a batch. Guess: what a centre writes in one transaction of some milliseconds.
pub const BATCH_RECORDS_MAX: usize = 1_000;

/// Longest record, in bytes of its line. The longest of ours, an incident with all its facts, takes 6 kB.
pub const RECORD_BYTES_MAX: usize = 64 << 10;

/// Longest text for people, in characters. The longest message has 55 words a part.
pub const TEXT_CHARS_MAX: usize = 600;

/// Longest indicator, in bytes: as long as a name may be (RFC 1035 §2.3.4).
pub const INDICATOR_BYTES_MAX: usize = 255;

/// Longest id, name of a kind or pseudonym, in bytes: a pseudonym has 64 digits.
pub const WORD_BYTES_MAX: usize = 64;

/// Most facts of an incident or a sighting. A detector gives at most eight.
pub const FACTS_MAX: usize = 32;

/// Most steps: the tablet shows three, a warning may ask for more.
pub const STEPS_MAX: usize = 6;

/// Longest letter of the centre, in bytes of its signed text.
pub const LETTER_BYTES_MAX: usize = 32 << 10;

/// Most letters in one answer.
pub const LETTERS_MAX: usize = 64;
