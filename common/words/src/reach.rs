//! Who is reached when it burns: one answer for the headline, the steps, and the number on the card.

use common_model::{Due, Timestamp};
use common_site::{ContactRole, Site};

/// Who answers in place of the IT supplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The supplier, or nobody knows whether they answer.
    Supplier,
    /// The supplier's number outside their hours.
    OnCall,
    /// The supplier has closed and left no other number: the clinic's owner.
    Owner,
}

impl Reach {
    pub(crate) fn of(site: &Site, now: Timestamp) -> Reach {
        let supplier = site.contacts.get(&ContactRole::ItSupplier);
        match supplier.filter(|_| !site.answers(ContactRole::ItSupplier, now)) {
            None => Reach::Supplier,
            Some(closed) if closed.after_hours_phone.is_some() => Reach::OnCall,
            Some(_) => Reach::Owner,
        }
    }
}

/// Whom a card names for this role. What can wait, waits for the supplier.
pub(crate) fn reached(role: ContactRole, due: Due, site: &Site, now: Timestamp) -> ContactRole {
    let is_for_owner =
        role == ContactRole::ItSupplier && due == Due::Now && Reach::of(site, now) == Reach::Owner;
    if is_for_owner { ContactRole::Owner } else { role }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Wednesday, 10:30 and 22:30 in Denmark.
    const DAY: u64 = 1_773_826_200;
    const NIGHT: u64 = DAY + 12 * 3_600;

    #[test]
    fn at_night_a_red_card_goes_to_whoever_answers() {
        let site = |more: &str| {
            let text = format!(
                "[contacts.it_supplier]\nname = \"It\"\nphone = \"1\"\nhours = \"08:00-16:00\"\n{more}"
            );
            Site::parse(&text).unwrap()
        };
        let (alone, on_call) = (site(""), site("after_hours_phone = \"2\""));
        for (site, at, reach, role) in [
            (&alone, DAY, Reach::Supplier, ContactRole::ItSupplier),
            (&alone, NIGHT, Reach::Owner, ContactRole::Owner),
            (&on_call, NIGHT, Reach::OnCall, ContactRole::ItSupplier),
        ] {
            let at = Timestamp::from_secs(at);
            assert_eq!(Reach::of(site, at), reach);
            assert_eq!(reached(ContactRole::ItSupplier, Due::Now, site, at), role);
            assert_eq!(reached(ContactRole::ItSupplier, Due::Today, site, at), ContactRole::ItSupplier);
        }
    }
}
