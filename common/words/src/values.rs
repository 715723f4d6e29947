//! Numbers, amounts, times and names as people write them.

use core::time::Duration;

use common_model::Timestamp;
use common_site::Site;
use jiff::civil::DateTime;

use crate::template::{Fill, Template, Unfilled};
use crate::terms::{Forms, Moments};

/// Longest name shown on a card, in characters; the rest is cut. Guess; a tablet line holds about forty.
const NAME_CHARS_MAX: usize = 40;

/// A count: `1.200`.
pub(crate) fn count(number: u64, forms: &Forms) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push_str(&forms.thousands);
        }
        text.push(digit);
    }
    text
}

/// An amount of data, two or three digits: `2,6 GB`, `120 MB`.
pub(crate) fn bytes(number: u64, forms: &Forms) -> String {
    let mut units = ["kB", "MB", "GB", "TB", "PB", "EB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    let mut size = 1_000_u64;
    // The largest unit of which there is at least one, after rounding to tenths.
    while tenths(number, size) >= 9_995 {
        let Some(next) = units.next() else { break };
        unit = next;
        size *= 1_000;
    }
    match tenths(number, size).max(1) {
        few @ ..100 if !few.is_multiple_of(10) => format!("{}{}{} {unit}", few / 10, forms.decimal, few % 10),
        many => format!("{} {unit}", count((many + 5) / 10, forms)),
    }
}

fn tenths(number: u64, size: u64) -> u64 {
    u64::try_from((u128::from(number) * 10 + u128::from(size) / 2) / u128::from(size)).unwrap_or(u64::MAX)
}

/// A span of time in the largest unit that fits it exactly or at least twice: `10 minutter`, `90 minutter`, `2 timer`.
pub(crate) fn duration(span: Duration, forms: &Forms) -> String {
    let secs = (span.as_secs() + u64::from(span.subsec_millis() >= 500)).max(1);
    let units = [(86_400, &forms.day), (3_600, &forms.hour), (60, &forms.minute)];
    let fits = |size: u64| secs >= 2 * size || secs == size;
    let (size, [one, many]) = units.into_iter().find(|(size, _)| fits(*size)).unwrap_or((1, &forms.second));
    let number = (secs + size / 2) / size;
    format!("{} {}", count(number, forms), if number == 1 { one } else { many })
}

/// Moments as the clinic's own clock and calendar show them.
#[derive(Clone, Copy)]
pub(crate) struct Calendar<'a> {
    pub(crate) site: &'a Site,
    pub(crate) now: Timestamp,
    pub(crate) forms: &'a Forms,
}

impl Calendar<'_> {
    /// A moment, said from near to far: `kl. 14.05`, yesterday with the time, or the date with the time.
    pub(crate) fn moment(&self, at: Timestamp, said: &Moments) -> Result<String, Unfilled> {
        let (local, now) = (self.site.local(at), self.site.local(self.now));
        let template = if local.date() == now.date() {
            &said.today
        } else if local.date().tomorrow().is_ok_and(|next| next == now.date()) {
            &said.yesterday
        } else {
            &said.earlier
        };
        self.fill(template, local)
    }

    /// A time of day: `14.05`.
    pub(crate) fn clock(&self, at: Timestamp) -> Result<String, Unfilled> {
        self.fill(&self.forms.clock, self.site.local(at))
    }

    /// A day: `3. marts`.
    pub(crate) fn date(&self, at: Timestamp) -> Result<String, Unfilled> {
        self.fill(&self.forms.date, self.site.local(at))
    }

    fn fill(&self, template: &Template, local: DateTime) -> Result<String, Unfilled> {
        template.fill(&Local { local, forms: self.forms })
    }
}

struct Local<'a> {
    local: DateTime,
    forms: &'a Forms,
}

impl Fill for Local<'_> {
    fn words(&self, name: &str) -> Option<String> {
        let local = self.local;
        match name {
            "hour" => Some(format!("{:02}", local.hour())),
            "minute" => Some(format!("{:02}", local.minute())),
            "clock" => self.forms.clock.fill(self).ok(),
            "day" => Some(local.day().to_string()),
            "month" => self.forms.months.get(usize::try_from(local.month() - 1).ok()?).cloned(),
            "date" => self.forms.date.fill(self).ok(),
            _ => None,
        }
    }

    fn number(&self, _name: &str) -> Option<(u64, String)> {
        None
    }
}

/// A name in quotes. Names come from the network as well as from the clinic: what cannot be seen is taken out, runs of
/// spaces become one, quotes cannot be closed early, and what is too long is cut.
pub(crate) fn name(name: &str, forms: &Forms) -> Option<String> {
    let seen = |letter: char| !(letter.is_control() || is_invisible(letter) || is_quote(letter));
    let words: Vec<String> = name
        .split_whitespace()
        .map(|word| word.chars().filter(|letter| seen(*letter)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    let whole = words.join(" ");
    let mut text: String = whole.chars().take(NAME_CHARS_MAX).collect();
    if text.len() < whole.len() {
        text.truncate(text.trim_end().len());
        text.push('…');
    }
    (!text.is_empty()).then(|| format!("{}{text}{}", forms.open_quote, forms.close_quote))
}

/// Marks of direction and width, which can make a name look like another.
const fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

const fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '“' | '”' | '„' | '«' | '»')
}

/// The maker without its legal form: "Dell" for "Dell Inc.".
pub(crate) fn vendor(vendor: &str) -> Option<String> {
    const FORMS: [&str; 22] = [
        "ab",
        "ag",
        "as",
        "bv",
        "co",
        "company",
        "corp",
        "corporate",
        "corporation",
        "electronics",
        "gmbh",
        "group",
        "inc",
        "incorporated",
        "international",
        "limited",
        "llc",
        "ltd",
        "sa",
        "systems",
        "technologies",
        "technology",
    ];
    let before = vendor.split([',', '(']).next().unwrap_or_default();
    let mut words: Vec<&str> = before.split_whitespace().collect();
    while let Some(last) = words.last() {
        let bare: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
        if words.len() < 2 || !FORMS.contains(&bare.to_ascii_lowercase().as_str()) {
            break;
        }
        words.pop();
    }
    let name = words.join(" ");
    let name = name.trim_end_matches('.');
    (!name.is_empty() && name.chars().count() <= NAME_CHARS_MAX).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Forms {
        toml::from_str(text).unwrap()
    }

    fn da() -> Forms {
        forms(include_str!("../terms/forms.da.toml"))
    }

    fn en() -> Forms {
        forms(include_str!("../terms/forms.en.toml"))
    }

    #[test]
    fn counts_and_amounts() {
        let (da, en) = (da(), en());
        for (number, text) in [(0, "0"), (999, "999"), (1_240, "1.240"), (1_000_000, "1.000.000")] {
            assert_eq!(count(number, &da), text);
        }
        for (number, text) in [
            (0, "0,1 kB"),
            (1_000, "1 kB"),
            (9_940, "9,9 kB"),
            (9_960, "10 kB"),
            (120_000_000, "120 MB"),
            (999_449_999, "999 MB"),
            (999_500_000, "1 GB"),
            (2_640_000_000, "2,6 GB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(number, &da), text, "{number}");
        }
        assert_eq!(bytes(2_640_000_000, &en), "2.6 GB");
        assert_eq!(count(1_240, &en), "1,240");
    }

    #[test]
    fn durations() {
        let (da, en) = (da(), en());
        for (secs, text) in [
            (0, "1 sekund"),
            (60, "1 minut"),
            (90, "90 sekunder"),
            (600, "10 minutter"),
            (3_600, "1 time"),
            (5_400, "90 minutter"),
            (7_200, "2 timer"),
            (86_400, "1 dag"),
            (129_600, "36 timer"),
            (1_209_600, "14 dage"),
        ] {
            assert_eq!(duration(Duration::from_secs(secs), &da), text, "{secs}");
        }
        assert_eq!(duration(Duration::from_millis(3_599_900), &en), "1 hour");
    }

    #[test]
    fn moments_from_near_to_far() {
        let (da, en, site) = (da(), en(), Site::default());
        // 2026-03-18, 14:05 in Copenhagen.
        let at = Timestamp::from_secs(1_773_839_100);
        let after = |hours: u64| at + Duration::from_secs(hours * 3_600);
        let said = |forms: &Forms, now: Timestamp| {
            let calendar = Calendar { site: &site, now, forms };
            (calendar.moment(at, &forms.at).unwrap(), calendar.moment(at, &forms.since).unwrap())
        };
        assert_eq!(said(&da, after(9)).0, "kl. 14.05");
        assert_eq!(said(&da, after(10)).0, "i går kl. 14.05");
        assert_eq!(said(&da, after(34)).0, "den 18. marts kl. 14.05");
        assert_eq!(said(&da, after(34)).1, "siden den 18. marts kl. 14.05");
        assert_eq!(said(&en, after(10)), ("yesterday at 14:05".into(), "since yesterday at 14:05".into()));
        assert_eq!(said(&en, after(34)), ("on 18 March at 14:05".into(), "since 18 March at 14:05".into()));
    }

    #[test]
    fn names_from_the_network_cannot_do_mischief() {
        let da = da();
        let shown = |text: &str| name(text, &da);
        assert_eq!(shown("Læge 1"), Some("”Læge 1”".into()));
        assert_eq!(shown("  a\n\tb\u{202e}\u{7}c ”x\" "), Some("”a bc x”".into()));
        assert_eq!(shown("\u{200b} \u{1b}"), None);
        assert_eq!(shown(&"å".repeat(60)), Some(format!("”{}…”", "å".repeat(NAME_CHARS_MAX))));
        assert_eq!(shown("{device}"), Some("”{device}”".into()));
    }

    #[test]
    fn makers_lose_their_legal_form() {
        for (full, short) in [
            ("Dell Inc.", "Dell"),
            ("Hewlett Packard", "Hewlett Packard"),
            ("Samsung Electronics Co.,Ltd", "Samsung"),
            ("HUAWEI TECHNOLOGIES CO.,LTD", "HUAWEI"),
            ("GE Medical Systems (Ultrasound)", "GE Medical"),
            ("Apple, Inc.", "Apple"),
        ] {
            assert_eq!(vendor(full).as_deref(), Some(short));
        }
        assert_eq!(vendor(""), None);
        assert_eq!(vendor(&"long ".repeat(12)), None);
    }
}
