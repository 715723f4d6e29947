//! The comments of a written `site.toml`: what each part means, and an example of each part that is not used.
//!
//! Reads nothing and changes no value: comments are put between lines of what `file` wrote.

/// A part of the file, in the order in which the parts stand in it.
struct Part {
    /// How its first line begins.
    start: &'static str,
    /// What it means, and what holds when it is left out.
    comment: &'static str,
    /// Shown, as a comment, where the file has no such part.
    example: &'static str,
}

const PARTS: [Part; 11] = [
    Part { start: "clinic =", comment: "The clinic's name.", example: "" },
    Part {
        start: "timezone =",
        comment: "Clock of the cards and of the opening hours. Left out: Europe/Copenhagen.",
        example: "",
    },
    Part {
        start: "inside =",
        comment: "The clinic's own segments. Left out: found out from the traffic.",
        example: "inside = [\"10.20.30.0/24\"]",
    },
    Part {
        start: "whole_network =",
        comment: "Or, in place of `inside`, the recorded reason why the network cannot be divided; what is inside is \
                  found out from the traffic: whole_network = \"the reason\".",
        example: "",
    },
    Part {
        start: "share_device_names =",
        comment: "Whether the clinic's own names of devices may leave it. false: only type and pseudonym do.",
        example: "",
    },
    Part {
        start: "trusted_domains =",
        comment: "Domains to which the clinic's own programs send odd lookups.",
        example: "",
    },
    Part {
        start: "[opening_hours]",
        comment: "A day that is left out is a closed day. Left out altogether: weekdays, 08:00-16:00.",
        example: "",
    },
    Part {
        start: "[contacts.",
        comment: "Whom to call: it_supplier, owner, dcis, device_supplier, internet_provider, gp_system.\n\
                  The only source of telephone numbers on a card. hours: on weekdays; left out: always.",
        example: "[contacts.it_supplier]\nname = \"Nordlys IT\"\nphone = \"+45 70 00 00 01\"\nhours = \"08:00-16:00\"",
    },
    Part {
        start: "[[device]]",
        comment: "A device by mac, ip or both. Types: pc, laptop, server, nas, printer, phone, tablet, voip, router, \
                  medical, iot, unknown.\nconfirmed: somebody who knows has said that the type is right. Left out: false.",
        example: "[[device]]\nname = \"Reception\"\nmac = \"02:00:00:00:00:21\"\ntype = \"pc\"\nconfirmed = true",
    },
    Part {
        start: "[[known]]",
        comment: "Known and harmless: this kind, on this device (device, mac or ip), to this day at most.",
        example: "[[known]]\nkind = \"port-scan\"\nmac = \"02:00:00:00:00:21\"\nuntil = 2026-12-31",
    },
    Part {
        start: "[detectors.",
        comment: "Settings of single detectors, each below its name, such as [detectors.dns-tunnel]:\n\
                  docs/generated/detectors.md and `cyberalarm config defaults` have them all.",
        example: "",
    },
];

/// The same settings with what they mean.
pub(crate) fn explained(plain: &str) -> String {
    let starts = line_starts(plain);
    let mut text = String::new();
    let mut done = 0;
    for (index, part) in PARTS.iter().enumerate() {
        let find = |part: &Part| {
            let begins = |at: usize| plain.get(at..).is_some_and(|rest| rest.starts_with(part.start));
            starts.iter().copied().find(|at| *at >= done && begins(*at))
        };
        let own = find(part);
        // A part that is not used is shown where it would stand: before the next one that is.
        let later = || PARTS.iter().skip(index + 1).find_map(find);
        let until = own.or_else(later).unwrap_or(plain.len());
        text.push_str(plain.get(done..until).unwrap_or_default());
        done = until;
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        comment(&mut text, part.comment);
        if own.is_none() {
            comment(&mut text, part.example);
            text.push('\n');
        }
    }
    text.push_str(plain.get(done..).unwrap_or_default());
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn comment(text: &mut String, lines: &str) {
    for line in lines.lines() {
        text.push_str("# ");
        text.push_str(line);
        text.push('\n');
    }
}

/// Where lines begin that are not inside a text: a text of several lines stands between three quotes, and its lines may look like anything.
fn line_starts(plain: &str) -> Vec<usize> {
    let bytes = plain.as_bytes();
    let mut starts = vec![0];
    // The quotes that end the text that we are in.
    let mut inside: Option<&[u8]> = None;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        at += match inside {
            Some(quotes) if rest.starts_with(quotes) => {
                inside = None;
                // One or two more may belong to the text, right before those that end it.
                let more =
                    rest.iter().skip(quotes.len()).take_while(|byte| quotes.first() == Some(*byte)).count();
                quotes.len() + if quotes.len() == 3 { more.min(2) } else { 0 }
            }
            Some([b'"', ..]) if rest.starts_with(b"\\") => 2,
            Some(_) => 1,
            None => {
                const QUOTES: [&[u8]; 4] = [b"\"\"\"", b"\'\'\'", b"\"", b"\'"];
                inside = QUOTES.into_iter().find(|quotes| rest.starts_with(quotes));
                if rest.starts_with(b"\n") {
                    starts.push(at + 1);
                }
                inside.map_or(1, <[u8]>::len)
            }
        };
    }
    starts
}
