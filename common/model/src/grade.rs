//! How bad, how sure, how soon, and which face: the four scales of the product.

use core::fmt;

/// How bad it is if it is true. Technical; people are shown a [`Face`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth writing down.
    Low,
    /// Someone should look.
    Medium,
    /// Harm is likely.
    High,
    /// Harm is happening.
    Critical,
}

impl Severity {
    /// All of them, mildest first.
    pub const ALL: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// How sure a detector is, in whole percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u8);

impl Confidence {
    /// From percent; more than 100 counts as 100.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        Confidence(if percent > 100 { 100 } else { percent })
    }

    /// In percent.
    #[must_use]
    pub const fn as_percent(self) -> u8 {
        self.0
    }
}

/// How soon the clinic must act. It decides the face; nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// Nothing to do: a note in the history, no card.
    None,
    /// This week.
    Week,
    /// Today.
    Today,
    /// Now.
    Now,
}

impl Due {
    /// All of them, latest first.
    pub const ALL: [Due; 4] = [Due::None, Due::Week, Due::Today, Due::Now];

    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Due::None => "none",
            Due::Week => "week",
            Due::Today => "today",
            Due::Now => "now",
        }
    }

    /// The face of one card that is due so soon; `None` for a note, which has no card.
    #[must_use]
    pub const fn face(self) -> Option<Face> {
        match self {
            Due::None => None,
            Due::Week | Due::Today => Some(Face::Attention),
            Due::Now => Some(Face::Act),
        }
    }
}

/// What the tablet shows. The order is the order of precedence: act > unknown > attention > ok.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// Green circle: nothing to do.
    Ok,
    /// Yellow rounded square: something to look at.
    Attention,
    /// Grey dashed circle, eyes closed: the box cannot see.
    Unknown,
    /// Red octagon: call now.
    Act,
}

impl Face {
    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Face::Ok => "ok",
            Face::Attention => "attention",
            Face::Unknown => "unknown",
            Face::Act => "act",
        }
    }
}

impl fmt::Display for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
