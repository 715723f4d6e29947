//! Guesses what a device is from what it says and does. One table; each row points to one type with a weight, and counts once.

use common_model::DeviceType;

/// Where a clue comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A part of its own name, in lower case.
    Name,
    /// A part of its maker's name, in lower case.
    Vendor,
    /// A part of its DHCP vendor class, in lower case.
    VendorClass,
    /// A service it announces, exactly.
    Service,
    /// A part of the model it announces, in lower case.
    Model,
    /// A server port on which it answered, in decimal.
    Port,
    /// A part of a program's own description, in lower case.
    Software,
    /// It forwards for others; it made up its own address.
    Habit,
}

impl Source {
    /// The word used in a snapshot.
    const fn as_str(self) -> &'static str {
        match self {
            Source::Name => "name",
            Source::Vendor => "vendor",
            Source::VendorClass => "vendor-class",
            Source::Service => "service",
            Source::Model => "model",
            Source::Port => "port",
            Source::Software => "software",
            Source::Habit => "habit",
        }
    }
}

struct Clue {
    source: Source,
    text: &'static str,
    kind: DeviceType,
    /// How strongly it points there; a guess needs [`WEIGHT_MIN`].
    weight: u8,
}

const fn clue(source: Source, text: &'static str, kind: DeviceType, weight: u8) -> Clue {
    Clue { source, text, kind, weight }
}

/// Weaker sums than this are no guess.
const WEIGHT_MIN: u8 = 3;

/// Weights are guesses (1 hint, 3 likely, 6 nearly certain); revisit after the pilot. Ports are IANA's registry, services its DNS-SD names.
const CLUES: &[Clue] = &[
    clue(Source::Habit, "forwards", DeviceType::Router, 6),
    clue(Source::Habit, "randomised-address", DeviceType::Phone, 3),
    clue(Source::Model, "iphone", DeviceType::Phone, 6),
    clue(Source::Model, "ipad", DeviceType::Tablet, 6),
    clue(Source::Model, "macbook", DeviceType::Laptop, 6),
    clue(Source::Name, "iphone", DeviceType::Phone, 6),
    clue(Source::Name, "android", DeviceType::Phone, 6),
    clue(Source::Name, "galaxy", DeviceType::Phone, 3),
    clue(Source::Name, "ipad", DeviceType::Tablet, 6),
    clue(Source::Name, "laptop", DeviceType::Laptop, 3),
    clue(Source::Name, "macbook", DeviceType::Laptop, 6),
    clue(Source::Name, "desktop", DeviceType::Pc, 3),
    clue(Source::Name, "printer", DeviceType::Printer, 3),
    clue(Source::Name, "brother", DeviceType::Printer, 3),
    clue(Source::Name, "diskstation", DeviceType::Nas, 6),
    clue(Source::Name, "router", DeviceType::Router, 3),
    clue(Source::Port, "104", DeviceType::Medical, 6),
    clue(Source::Port, "11112", DeviceType::Medical, 6),
    clue(Source::Port, "2575", DeviceType::Medical, 6),
    clue(Source::Port, "515", DeviceType::Printer, 3),
    clue(Source::Port, "631", DeviceType::Printer, 3),
    clue(Source::Port, "9100", DeviceType::Printer, 6),
    clue(Source::Port, "445", DeviceType::Server, 1),
    clue(Source::Port, "548", DeviceType::Nas, 3),
    clue(Source::Port, "2049", DeviceType::Nas, 3),
    clue(Source::Port, "88", DeviceType::Server, 3),
    clue(Source::Port, "389", DeviceType::Server, 3),
    clue(Source::Port, "1433", DeviceType::Server, 3),
    clue(Source::Port, "5060", DeviceType::Voip, 1),
    clue(Source::Port, "554", DeviceType::Iot, 3),
    clue(Source::Service, "_ipp._tcp", DeviceType::Printer, 6),
    clue(Source::Service, "_printer._tcp", DeviceType::Printer, 6),
    clue(Source::Service, "_pdl-datastream._tcp", DeviceType::Printer, 6),
    clue(Source::Service, "_scanner._tcp", DeviceType::Printer, 3),
    clue(Source::Service, "_googlecast._tcp", DeviceType::Iot, 6),
    clue(Source::Service, "_airplay._tcp", DeviceType::Iot, 1),
    clue(Source::Service, "_afpovertcp._tcp", DeviceType::Nas, 3),
    clue(Source::Service, "_dicom._tcp", DeviceType::Medical, 6),
    clue(Source::Software, "windows nt", DeviceType::Pc, 3),
    clue(Source::Software, "iphone", DeviceType::Phone, 6),
    clue(Source::Software, "android", DeviceType::Phone, 3),
    clue(Source::Software, "macintosh", DeviceType::Laptop, 1),
    clue(Source::Vendor, "synology", DeviceType::Nas, 6),
    clue(Source::Vendor, "qnap", DeviceType::Nas, 6),
    clue(Source::Vendor, "brother industries", DeviceType::Printer, 6),
    clue(Source::Vendor, "canon", DeviceType::Printer, 3),
    clue(Source::Vendor, "epson", DeviceType::Printer, 3),
    clue(Source::Vendor, "kyocera", DeviceType::Printer, 3),
    clue(Source::Vendor, "lexmark", DeviceType::Printer, 3),
    clue(Source::Vendor, "ge medical", DeviceType::Medical, 6),
    clue(Source::Vendor, "philips medical", DeviceType::Medical, 6),
    clue(Source::Vendor, "siemens health", DeviceType::Medical, 6),
    clue(Source::Vendor, "draeger", DeviceType::Medical, 6),
    clue(Source::Vendor, "yealink", DeviceType::Voip, 6),
    clue(Source::Vendor, "snom", DeviceType::Voip, 6),
    clue(Source::Vendor, "ubiquiti", DeviceType::Router, 3),
    clue(Source::Vendor, "mikrotik", DeviceType::Router, 3),
    clue(Source::Vendor, "axis communications", DeviceType::Iot, 6),
    clue(Source::Vendor, "dell", DeviceType::Pc, 3),
    clue(Source::Vendor, "lenovo", DeviceType::Pc, 1),
    clue(Source::VendorClass, "msft", DeviceType::Pc, 3),
    clue(Source::VendorClass, "android", DeviceType::Phone, 6),
    clue(Source::VendorClass, "udhcp", DeviceType::Iot, 1),
];

const _: () = assert!(CLUES.len() <= 128, "a clue is one bit of a u128");

/// Which clues a device has given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clues(pub(crate) u128);

impl Clues {
    /// The clues as a snapshot names them: places in the table change from version to version, names do not.
    pub(crate) fn names(self) -> impl Iterator<Item = String> {
        self.given().map(|clue| format!("{} {}", clue.source.as_str(), clue.text))
    }

    /// Adds the clues that a snapshot named; one that the table does not have any more is left out.
    pub(crate) fn add_names(&mut self, names: &[String]) {
        for (at, clue) in CLUES.iter().enumerate() {
            let is_it = |name: &String| name.split_once(' ') == Some((clue.source.as_str(), clue.text));
            self.0 |= u128::from(names.iter().any(is_it)) << at;
        }
    }

    /// Adds what `text` points to; true when that was new.
    pub(crate) fn add(&mut self, source: Source, text: &str) -> bool {
        let before = *self;
        for (at, clue) in CLUES.iter().enumerate().filter(|(_, clue)| clue.source == source) {
            let fits = match source {
                Source::Service | Source::Port | Source::Habit => text == clue.text,
                Source::Name | Source::Vendor | Source::VendorClass | Source::Model | Source::Software => {
                    contains_ignoring_case(text, clue.text)
                }
            };
            self.0 |= u128::from(fits) << at;
        }
        *self != before
    }

    /// The type with the most weight, if there is enough of it.
    pub(crate) fn guess(self) -> DeviceType {
        let mut best = (WEIGHT_MIN.saturating_sub(1), DeviceType::Unknown);
        for kind in DeviceType::ALL {
            let weights = self.given().filter(|clue| clue.kind == kind).map(|clue| clue.weight);
            let weight = weights.fold(0, u8::saturating_add);
            if weight > best.0 {
                best = (weight, kind);
            }
        }
        best.1
    }

    /// The texts of the clues for the guessed type, strongest first.
    pub(crate) fn evidence(self) -> impl Iterator<Item = &'static str> {
        let guess = self.guess();
        let of = move |weight: u8| {
            self.given().filter(move |clue| clue.kind == guess && clue.weight == weight).map(|clue| clue.text)
        };
        of(6).chain(of(3)).chain(of(1))
    }

    fn given(self) -> impl Iterator<Item = &'static Clue> {
        CLUES.iter().enumerate().filter(move |(at, _)| self.0 >> at & 1 == 1).map(|(_, clue)| clue)
    }
}

fn contains_ignoring_case(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_clues_win_and_say_why() {
        let mut clues = Clues::default();
        assert_eq!(clues.guess(), DeviceType::Unknown);
        assert!(clues.add(Source::Vendor, "Brother Industries, LTD."));
        assert!(clues.add(Source::Port, "631"));
        assert!(!clues.add(Source::Port, "631"), "a clue counts once");
        clues.add(Source::VendorClass, "MSFT 5.0");
        assert_eq!(clues.guess(), DeviceType::Printer);
        assert_eq!(clues.evidence().collect::<Vec<_>>(), ["brother industries", "631"]);
    }

    #[test]
    fn clues_are_kept_by_name() {
        let mut clues = Clues::default();
        clues.add(Source::Port, "9100");
        clues.add(Source::Vendor, "Brother Industries, LTD.");
        let names: Vec<String> = clues.names().chain(["port 7".to_owned()]).collect();
        let mut again = Clues::default();
        again.add_names(&names);
        assert_eq!(again, clues);
    }

    #[test]
    fn one_hint_is_no_guess() {
        let mut clues = Clues::default();
        clues.add(Source::Port, "445");
        assert_eq!(clues.guess(), DeviceType::Unknown);
    }
}
