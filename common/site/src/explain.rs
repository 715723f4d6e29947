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
        comment: "In place of `inside`: everything on the wire is watched, for this recorded reason.",
        example: "whole_network = \"the reason\"",
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
        comment: "Settings of single detectors: docs/generated/detectors.md has them all.",
        example: "[detectors.dns-tunnel]\nmany_names_min = 400",
    },
];

/// The same settings with what they mean.
pub(crate) fn explained(plain: &str) -> String {
    let mut text = String::new();
    let mut rest = plain;
    for (index, part) in PARTS.iter().enumerate() {
        let own = line(rest, part.start);
        // A part that is not used is shown where it would stand: before the next one that is.
        let later = || PARTS.iter().skip(index + 1).find_map(|part| line(rest, part.start));
        let (before, behind) = rest.split_at(own.or_else(later).unwrap_or(rest.len()));
        text.push_str(before);
        rest = behind;
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        comment(&mut text, part.comment);
        if own.is_none() {
            comment(&mut text, part.example);
            text.push('\n');
        }
    }
    text.push_str(rest);
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

/// Where the first line that begins so begins.
fn line(text: &str, start: &str) -> Option<usize> {
    if text.starts_with(start) {
        return Some(0);
    }
    text.match_indices(start)
        .map(|(at, _)| at)
        .find(|at| text.get(..*at).is_some_and(|it| it.ends_with('\n')))
}
