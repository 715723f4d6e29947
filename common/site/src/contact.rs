//! Whom the clinic can call.

use crate::DayHours;

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
#[derive(Clone, Debug, PartialEq, Eq)]
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
