//! Whom the clinic can call, and what of it can be called at all.

use core::ops::RangeInclusive;

use crate::{DayHours, SiteError};

/// Digits of a telephone number in Denmark. Source: the Danish numbering plan.
const DANISH_DIGITS: usize = 8;

/// Digits of a number with its country code. Source: at most as ITU-T E.164; at least as many as a Danish one has without.
const WORLD_DIGITS: RangeInclusive<usize> = DANISH_DIGITS..=15;

/// Whom the clinic can call, by what they do for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactRole {
    /// Looks after the clinic's computers.
    ItSupplier,
    /// Owns the clinic.
    Owner,
    /// The health sector's cyber unit.
    Dcis,
    /// Services equipment for patients.
    DeviceSupplier,
    /// Sells the internet connection.
    InternetProvider,
    /// Runs the patient record system.
    GpSystem,
}

impl ContactRole {
    /// All of them, in the order of the settings file.
    pub const ALL: [ContactRole; 6] = [
        ContactRole::ItSupplier,
        ContactRole::Owner,
        ContactRole::Dcis,
        ContactRole::DeviceSupplier,
        ContactRole::InternetProvider,
        ContactRole::GpSystem,
    ];

    /// The word used in settings, message files and machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ContactRole::ItSupplier => "it_supplier",
            ContactRole::Owner => "owner",
            ContactRole::Dcis => "dcis",
            ContactRole::DeviceSupplier => "device_supplier",
            ContactRole::InternetProvider => "internet_provider",
            ContactRole::GpSystem => "gp_system",
        }
    }

    /// The role with this word, if there is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        ContactRole::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// One entry of the clinic's contact card: the only source of telephone numbers on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Whom to ask for.
    pub name: String,
    /// As the clinic wrote it.
    pub phone: Option<String>,
    /// For those who are written to rather than called.
    pub email: Option<String>,
    /// When they answer, Monday to Friday; `None` = always.
    pub hours: Option<DayHours>,
    /// The number of whoever is on call outside `hours`.
    pub after_hours_phone: Option<String>,
}

impl Contact {
    /// The number, if it is one. What was kept before numbers were looked at may be anything.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.phone.as_deref().filter(|text| is_number(text))
    }

    /// The number outside `hours`, if it is one.
    #[must_use]
    pub fn after_hours_number(&self) -> Option<&str> {
        self.after_hours_phone.as_deref().filter(|text| is_number(text))
    }

    /// Where to write, if it is an address.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.email.as_deref().filter(|text| is_address(text))
    }

    /// What is wrong with it, first of all; `at` is its field. Nothing said is nothing wrong.
    pub(crate) fn check(&self, at: &str) -> Result<(), SiteError> {
        const NUMBER: &str = "is not a telephone number: 8 digits, or + and a country code";
        const ADDRESS: &str = "is not an e-mail address, as name@example.com is one";
        let must_be =
            |field: &str, text: Option<&String>, is_right: fn(&str) -> bool, problem: &str| match text {
                Some(text) if !is_right(text) => {
                    Err(SiteError::about(format!("{at}.{field}"), format!("“{text}” {problem}")))
                }
                _ => Ok(()),
            };
        let name = Some(&self.name).filter(|_| *self != Contact::default());
        must_be("name", name, |name| name.contains(char::is_alphabetic), "is not a name")?;
        must_be("phone", said(&self.phone), is_number, NUMBER)?;
        must_be("email", said(&self.email), is_address, ADDRESS)?;
        must_be("after_hours_phone", said(&self.after_hours_phone), is_number, NUMBER)
    }
}

/// What is written there, if anything is.
fn said(text: &Option<String>) -> Option<&String> {
    text.as_ref().filter(|text| !text.is_empty())
}

/// Whether somebody can be called by this: eight digits, or + (or 00) and a country code; with what people write between digits.
fn is_number(text: &str) -> bool {
    let is_between = |letter: char| letter.is_whitespace() || matches!(letter, '-' | '.' | '(' | ')' | '/');
    let plain: String = text.chars().filter(|letter| !is_between(*letter)).collect();
    let world = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00"));
    let digits = world.unwrap_or(&plain);
    let is_long_enough = match (world, digits.strip_prefix("45")) {
        (None, _) => digits.len() == DANISH_DIGITS,
        (Some(_), Some(danish)) => danish.len() == DANISH_DIGITS,
        (Some(_), None) => WORLD_DIGITS.contains(&digits.len()),
    };
    is_long_enough && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether somebody can be written to by this: a name, an @ and the name of a domain.
fn is_address(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let is_bare = |letter: char| !letter.is_whitespace() && !letter.is_control();
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    !name.is_empty() && name.chars().all(is_bare) && domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_can_be_called() {
        for good in ["70 00 00 01", "+45 70 00 00 01", "0045-70000001", "(70) 00.00/01", "+46 8 123 456 78"] {
            assert!(is_number(good), "{good}");
        }
        for bad in
            ["", "12", "Bo", "112", "70 00 00 0", "70 00 00 011", "+45 70 00 00", "70 00 00 0x", "+", "+1 23"]
        {
            assert!(!is_number(bad), "{bad}");
        }
    }

    #[test]
    fn an_address_is_what_can_be_written_to() {
        for good in ["bo@nordlys.example", "it+vagt@a.b.example", "b\u{f8}@l\u{e6}gehus.example"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "12", "Bo", "bo@", "@nordlys.example", "bo@nordlys", "bo@a..example", "b o@a.example"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
