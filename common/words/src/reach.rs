//! Who is reached when it burns: one answer for the headline, the steps, and the number on the card.

use common_model::{Due, Timestamp};
use common_site::{Contact, ContactRole, Site};

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
            Some(closed) if closed.after_hours_number().is_some() => Reach::OnCall,
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

/// Whom a card may say to call, and of whom there is no number.
pub(crate) fn without_number(site: &Site) -> Vec<ContactRole> {
    let has_number =
        |role| site.contacts.get(&role).is_some_and(|contact: &Contact| contact.number().is_some());
    let supplier = site.contacts.get(&ContactRole::ItSupplier);
    // Outside their hours, when they left no other number.
    let is_owner_called =
        supplier.is_some_and(|supplier| supplier.hours.is_some() && supplier.after_hours_number().is_none());
    let called = [(ContactRole::ItSupplier, true), (ContactRole::Owner, is_owner_called)];
    called
        .into_iter()
        .filter(|(role, is_called)| *is_called && !has_number(*role))
        .map(|(role, _)| role)
        .collect()
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
                "[contacts.it_supplier]\nname = \"It\"\nphone = \"70 00 00 01\"\nhours = \"08:00-16:00\"\n{more}"
            );
            Site::parse(&text).unwrap()
        };
        let (alone, on_call) = (site(""), site("after_hours_phone = \"70 00 00 02\""));
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
        // A number that is none is nobody who answers.
        let at = Timestamp::from_secs(NIGHT);
        assert_eq!(Reach::of(&site("after_hours_phone = \"2\""), at), Reach::Owner);
    }

    #[test]
    fn whom_a_card_may_call_and_cannot_is_named() {
        let without = |text: &str| without_number(&Site::parse(text).unwrap());
        let supplier = "[contacts.it_supplier]\nname = \"It\"\nphone = \"70 00 00 01\"\n";
        let closes = "hours = \"08:00-16:00\"\n";
        let on_call = "after_hours_phone = \"70 00 00 02\"\n";
        let owner = "[contacts.owner]\nname = \"Bo\"\nphone = \"70 00 00 03\"\n";
        for (text, missing) in [
            (String::new(), vec![ContactRole::ItSupplier]),
            ("[contacts.it_supplier]\nname = \"It\"\nphone = \"12\"\n".into(), vec![ContactRole::ItSupplier]),
            (supplier.into(), vec![]),
            (format!("{supplier}{closes}"), vec![ContactRole::Owner]),
            (format!("{supplier}{closes}{on_call}"), vec![]),
            (format!("{supplier}{closes}{owner}"), vec![]),
        ] {
            assert_eq!(without(&text), missing, "{text}");
        }
    }
}
