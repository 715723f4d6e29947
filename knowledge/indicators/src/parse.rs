//! Reads lists: CSV with a header line (`type,value,source,first_seen,last_seen,reason`, any order, more columns allowed), or plain
//! text with one indicator a line.

use common_model::{Timestamp, one_line};

use crate::{Indicator, IndicatorKind, Indicators};

/// Longest line read, in bytes: a web address may have 2,048.
const LINE_BYTES_MAX: usize = 8_192;

/// Most indicators of one list. Guess: the largest public lists have 1.5 million.
const INDICATORS_MAX: usize = 2_000_000;

/// Why a list could not be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Nothing in it.
    #[error("the list {name} has no indicator in it")]
    Empty {
        /// Which list.
        name: String,
    },
    /// More than half of the lines are no indicators: this is something else.
    #[error("{name} is no list of indicators: line {line} (“{text}”) and {others} others could not be read")]
    NotAList {
        /// Which list.
        name: String,
        /// The first bad line.
        line: usize,
        /// How it begins.
        text: String,
        /// How many more.
        others: usize,
    },
}

/// What was left out of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Lines that are no indicator.
    pub lines: usize,
    /// Indicators beyond the most that one list may have.
    pub beyond_max: usize,
}

/// Adds the indicators of a list. Lines that cannot be read are counted and left out.
///
/// # Errors
/// [`ListError`] when the list is empty, or most of it cannot be read; nothing is added then.
pub fn parse(name: &str, text: &str, into: &mut Indicators) -> Result<Skipped, ListError> {
    let mut read = Vec::new();
    let mut skipped = Skipped::default();
    let mut first_bad = None;
    let mut columns: Option<Vec<String>> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if columns.is_none() && read.is_empty() && is_header(line) {
            columns = Some(fields(line).into_iter().map(|field| field.to_ascii_lowercase()).collect());
            continue;
        }
        let indicator = (line.len() <= LINE_BYTES_MAX)
            .then(|| match &columns {
                Some(columns) => from_csv(name, columns, line),
                None => from_plain(name, line),
            })
            .flatten();
        match indicator {
            Some(_) if read.len() >= INDICATORS_MAX => skipped.beyond_max += 1,
            Some(indicator) => read.push(indicator),
            None => {
                skipped.lines += 1;
                first_bad.get_or_insert((number + 1, line));
            }
        }
    }
    if let Some((line, text)) = first_bad.filter(|_| skipped.lines > read.len()) {
        let text = one_line(text).chars().take(40).collect();
        return Err(ListError::NotAList { name: name.to_owned(), line, text, others: skipped.lines - 1 });
    }
    if read.is_empty() {
        return Err(ListError::Empty { name: name.to_owned() });
    }
    for indicator in read {
        into.add(indicator);
    }
    Ok(skipped)
}

fn is_header(line: &str) -> bool {
    fields(line)
        .iter()
        .any(|field| field.eq_ignore_ascii_case("value") || field.eq_ignore_ascii_case("indicator"))
}

fn from_csv(name: &str, columns: &[String], line: &str) -> Option<Indicator> {
    let fields = fields(line);
    let field = |wanted: &[&str]| {
        columns
            .iter()
            .zip(&fields)
            .find(|(column, _)| wanted.contains(&column.as_str()))
            .map_or("", |(_, field)| field.as_str())
    };
    let value = field(&["value", "indicator"]);
    let kind = match field(&["type", "kind"]) {
        "ip" | "ipv4" | "ipv6" | "cidr" => IndicatorKind::Ip,
        "domain" | "hostname" => IndicatorKind::Domain,
        "url" => IndicatorKind::Url,
        "ja4" => IndicatorKind::Ja4,
        "" => return from_plain(name, value),
        _ => return None,
    };
    let source = field(&["source"]);
    Some(Indicator {
        kind,
        value: canonical(kind, value)?,
        source: if source.is_empty() { name.to_owned() } else { source.to_owned() },
        last_seen: moment(field(&["last_seen"])),
        reason: field(&["reason", "description"]).to_owned(),
    })
}

/// A line that is only the indicator: its own form tells what it is.
fn from_plain(name: &str, line: &str) -> Option<Indicator> {
    let order = [IndicatorKind::Ip, IndicatorKind::Ja4, IndicatorKind::Url, IndicatorKind::Domain];
    let (kind, value) = order.into_iter().find_map(|kind| Some((kind, canonical(kind, line)?)))?;
    Some(Indicator { kind, value, source: name.to_owned(), last_seen: None, reason: String::new() })
}

/// The form in which it is compared; `None` when it is no such thing.
fn canonical(kind: IndicatorKind, value: &str) -> Option<String> {
    let value = value.trim();
    match kind {
        IndicatorKind::Ip => {
            let net = value
                .parse::<ipnet::IpNet>()
                .or_else(|_| value.parse().map(|ip: core::net::IpAddr| ip.into()));
            // A whole Internet is no indicator: below these lengths a list is broken or hostile.
            net.ok()
                .filter(|net| net.prefix_len() >= if net.addr().is_ipv4() { 16 } else { 32 })
                .map(|_| value.to_owned())
        }
        IndicatorKind::Domain => {
            let name = value.trim_start_matches("*.").trim_end_matches('.').to_ascii_lowercase();
            let is_label = |label: &str| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            };
            (name.contains('.') && name.len() <= 253 && name.split('.').all(is_label)).then_some(name)
        }
        IndicatorKind::Url => {
            let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"))?;
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.split_once(':').map_or(host, |(host, _)| host).to_ascii_lowercase();
            (!host.is_empty() && rest.is_ascii()).then(|| format!("{host}/{path}"))
        }
        IndicatorKind::Ja4 => {
            let mut parts = value.split('_');
            let [Some(a), Some(b), Some(c), None] = [parts.next(), parts.next(), parts.next(), parts.next()]
            else {
                return None;
            };
            (a.len() == 10 && b.len() == 12 && c.len() == 12).then(|| value.to_ascii_lowercase())
        }
    }
}

/// A date or moment of RFC 3339; anything else is "not said".
fn moment(text: &str) -> Option<Timestamp> {
    let moment = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date = text.parse::<jiff::civil::Date>().ok()?;
        Some(date.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })?;
    u64::try_from(moment.as_second()).ok().map(Timestamp::from_secs)
}

/// Splits a CSV line (RFC 4180: a field may stand in double quotes, two of which are one).
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut rest = line.chars().peekable();
    while let Some(next) = rest.next() {
        let last = fields.len() - 1;
        match next {
            '"' if is_quoted && rest.peek() == Some(&'"') => {
                rest.next();
                fields[last].push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            other => fields[last].push(other),
        }
    }
    fields.iter_mut().for_each(|field| *field = field.trim().to_owned());
    fields
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_csv_by_its_header() {
        let text = "value,type,last_seen,reason\nBad.Example.,domain,2026-03-01,\"drops, things\"\n203.0.113.66,ip,,\n";
        let mut indicators = Indicators::new();
        assert_eq!(parse("l", text, &mut indicators), Ok(Skipped::default()));
        let bad = indicators.domain("www.bad.example").unwrap();
        assert_eq!((bad.reason.as_str(), bad.source.as_str()), ("drops, things", "l"));
        assert_eq!(bad.last_seen, Some(Timestamp::from_secs(1_772_323_200)));
    }

    #[test]
    fn reads_plain_lines_by_their_form() {
        let text = "# a list\nbad.example\n203.0.113.0/24\nhttp://worse.example/x?y=1\nt13d1516h2_8daaf6152771_e5627efa2ab1\n!!\n";
        let mut indicators = Indicators::new();
        assert_eq!(parse("l", text, &mut indicators), Ok(Skipped { lines: 1, beyond_max: 0 }));
        assert_eq!(indicators.len(), 4);
        assert!(indicators.url("worse.example", "/x?y=1").is_some());
        assert!(indicators.ja4("t13d1516h2_8daaf6152771_e5627efa2ab1").is_some());
    }

    #[test]
    fn refuses_what_is_no_list() {
        let mut indicators = Indicators::new();
        let error = parse("page.html", "<html>\n<body>not found</body>\n", &mut indicators).unwrap_err();
        assert_eq!(
            error.to_string(),
            "page.html is no list of indicators: line 1 (“<html>”) and 1 others could not be read"
        );
        let error = parse("x", "\u{1b}[2J\nbad\u{7}\n", &mut indicators).unwrap_err().to_string();
        assert!(!error.contains(char::is_control), "{error:?}");
        assert!(parse("e", "# nothing\n", &mut indicators).is_err());
        assert!(parse("all", "0.0.0.0/0\n", &mut indicators).is_err());
        assert!(indicators.is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,300}", csv in any::<bool>()) {
            let text = if csv { format!("type,value\n{text}") } else { text };
            let _result = parse("l", &text, &mut Indicators::new());
        }
    }
}
