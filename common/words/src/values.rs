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
