//! Moments on the wire: RFC 3339, UTC, as `2026-03-12T09:30:00.000000000Z`.

use common_model::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de};

pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
    parse(&text).ok_or_else(|| de::Error::custom("not a moment as RFC 3339 writes it, from 1970 to 2554"))
}

fn parse(text: &str) -> Option<Timestamp> {
    let nanos = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    u64::try_from(nanos).ok().map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_back_to_the_nanosecond() {
        for nanos in [0, 1_773_822_600_000_000_042, u64::MAX] {
            let at = Timestamp::from_nanos(nanos);
            assert_eq!(parse(&at.to_string()), Some(at));
        }
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(parse("yesterday"), None);
    }
}
