//! A member of the sector: a clinic, or another who runs a box.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// General practice.
    Gp,
    /// A specialist.
    Specialist,
    /// A physiotherapist.
    Physiotherapist,
    /// A dentist.
    Dentist,
    /// A pharmacy.
    Pharmacy,
    /// A region.
    Region,
    /// A municipality.
    Municipality,
    /// Another.
    Other,
}

impl MemberKind {
    /// All of them.
    pub const ALL: [MemberKind; 8] = [
        MemberKind::Gp,
        MemberKind::Specialist,
        MemberKind::Physiotherapist,
        MemberKind::Dentist,
        MemberKind::Pharmacy,
        MemberKind::Region,
        MemberKind::Municipality,
        MemberKind::Other,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            MemberKind::Gp => "gp",
            MemberKind::Specialist => "specialist",
            MemberKind::Physiotherapist => "physiotherapist",
            MemberKind::Dentist => "dentist",
            MemberKind::Pharmacy => "pharmacy",
            MemberKind::Region => "region",
            MemberKind::Municipality => "municipality",
            MemberKind::Other => "other",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        MemberKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: MemberKind,
    /// In which region.
    pub region: String,
    /// In which municipality.
    pub municipality: String,
    /// Who runs its machines; empty when nobody does.
    #[serde(default)]
    pub supplier: String,
}

/// Longest name, in characters. Guess.
pub const NAME_CHARS_MAX: usize = 120;

impl Member {
    /// The first thing that is wrong with it: a field and a sentence.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, String)> {
        let fields = [
            ("name", &self.name),
            ("region", &self.region),
            ("municipality", &self.municipality),
            ("supplier", &self.supplier),
        ];
        fields.into_iter().find_map(|(field, text)| {
            let length = text.chars().count();
            let is_empty = text.trim().is_empty() && field == "name";
            if is_empty {
                Some((field, "a member has a name".to_owned()))
            } else if length > NAME_CHARS_MAX {
                Some((field, format!("longer than {NAME_CHARS_MAX} characters")))
            } else {
                text.contains(char::is_control).then(|| (field, "not one line of text".to_owned()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        let member = |name: &str| Member {
            name: name.into(),
            kind: MemberKind::Gp,
            region: "Nord".into(),
            municipality: "Thisted".into(),
            supplier: String::new(),
        };
        assert_eq!(member("Klinik Nord").fault(), None);
        for bad in ["", "  ", "a\nb", &"x".repeat(121)] {
            assert_eq!(member(bad).fault().map(|(field, _)| field), Some("name"), "{bad}");
        }
    }
}
