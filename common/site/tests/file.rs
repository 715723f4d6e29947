//! `site.toml`: what is read, what is written, and what is refused with which words.

use common_model::{DeviceType, Timestamp};
use common_site::{ContactRole, Monitored, Site, SiteError};

const FULL: &str = include_str!("full.site.toml");

#[test]
fn full_file_is_read() {
    let site = Site::parse(FULL).unwrap();
    assert_eq!(site.clinic, "Lægerne Strandparken");
    assert_eq!(site.monitored.holds("10.20.30.9".parse().unwrap()), Some(true));
    assert_eq!(site.monitored.holds("10.20.31.9".parse().unwrap()), Some(false));
    assert_eq!(site.contacts[&ContactRole::ItSupplier].phone.as_deref(), Some("+45 70 00 00 01"));
    assert_eq!(site.devices.len(), 3);
    assert_eq!(site.devices[1].device_type, DeviceType::Medical);
    assert!(site.devices[0].confirmed && !site.devices[2].confirmed);
    assert_eq!(site.detector("dns-tunnel").unwrap()["many_names_min"].as_integer(), Some(300));
    assert!(site.detector("port-scan").is_none());

    let march = Timestamp::from_secs(1_773_822_600);
    assert!(site.is_known("port-scan", Some("Reception"), None, &[], march));
    assert!(!site.is_known("port-scan", Some("Reception"), None, &[], Timestamp::from_secs(1_800_000_000)));
    // Friday 2026-03-20, 14:30 in Copenhagen: closed at 14.
    assert!(!site.is_open(Timestamp::from_secs(1_774_013_400)));
}

#[test]
fn what_is_written_reads_back_the_same() {
    let awkward = "clinic = \"a\\n[[device]]\\n# b\\ninside = \"\n";
    for text in [FULL, "", awkward, "whole_network = \"one flat net\"\n", "[opening_hours]\n"] {
        let site = Site::parse(text).unwrap();
        let printed = site.to_toml();
        assert_eq!(Site::parse(&printed), Ok(site), "{printed}");
    }
}

/// Lines inside a text look like parts of the file, and are none.
#[test]
fn no_text_is_taken_for_a_part_of_the_file() {
    const LINES: &str = "\\ntimezone = \\ninside = \\nwhole_network =\\n[opening_hours]\\n[contacts.\\n[[device]]\\n[[known]]\\n[detectors.\\n# x\\n\\\"\\\"\\\"\\n";
    for place in [
        "clinic = \"?\"",
        "whole_network = \"?\"",
        "[contacts.owner]\nname = \"?\"\nphone = \"?\"",
        "[[device]]\nname = \"?\"\nip = \"192.0.2.1\"\ntype = \"pc\"",
        "[[known]]\nkind = \"?\"\nip = \"192.0.2.1\"",
        "[detectors.x]\ny = \"?\"",
        "[detectors.\"?\"]\ny = [\"?\", \"?\"]",
    ] {
        let site = Site::parse(&place.replace('?', LINES)).unwrap();
        let printed = site.to_toml();
        assert_eq!(Site::parse(&printed), Ok(site), "{printed}");
    }
}

#[test]
fn an_error_is_one_plain_line() {
    for text in [
        "timezone = \"a\\nb\\u001b[2J\"",
        "\"a\\nb\" = 1",
        "[contacts.\"x\\ty\"]\nname = \"\"",
        "inside = [\"\\u0000\"]",
    ] {
        let error = Site::parse(text).unwrap_err().to_string();
        assert!(!error.contains(char::is_control), "{error:?}");
    }
}

#[test]
fn examples_in_a_written_file_are_settings_that_can_be_read() {
    let printed = Site::default().to_toml();
    let is_key = |key: &str| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let examples: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| is_key(key)))
        .collect();
    let site = Site::parse(&examples.join("\n")).unwrap();
    assert!(site.monitored.holds("10.20.30.9".parse().unwrap()) == Some(true), "{printed}");
    assert_eq!((site.contacts.len(), site.devices.len(), site.known.len()), (1, 1, 1));
}

#[test]
fn settings_of_detectors_are_kept_for_them() {
    let site = Site::parse(FULL).unwrap();
    assert_eq!(
        site.detector("dns-tunnel").map(|table| table["many_names_min"].as_integer()),
        Some(Some(300))
    );
    assert_eq!(site.detector("port-scan"), None);
}

#[test]
fn nothing_said_is_the_default() {
    let site = Site::parse("").unwrap();
    assert_eq!(site, Site::default());
    assert_eq!(site.monitored, Monitored::Automatic);
}

#[test]
fn errors_say_line_field_and_suggestion() {
    let device = "name = \"A\"\ntype = \"pc\"\n";
    let cases = [
        ("clinic = \"A\"\nopning_hours = 3\n".to_owned(), "line 2, `opning_hours`: unknown field"),
        ("opning_hours = 3\n".to_owned(), "did you mean `opening_hours`?"),
        ("[opening_hours]\nmunday = \"08:00-16:00\"\n".to_owned(), "did you mean `monday`?"),
        (
            "[opening_hours]\nmonday = \"16:00-08:00\"\n".to_owned(),
            "line 2, `opening_hours.monday`: “16:00-08:00”: hours end before they begin",
        ),
        ("clinic = \n".to_owned(), "line 1"),
        (
            "timezone = \"Europe/Kopenhagen\"\n".to_owned(),
            "line 1, `timezone`: “Europe/Kopenhagen” is not a time zone",
        ),
        (
            "inside = [\n\"10.0.0.0/24\",\n\"10.0.1.5/24\"]\n".to_owned(),
            "line 3, `inside`: “10.0.1.5/24” does not begin where the segment begins; did you mean “10.0.1.0/24”?",
        ),
        ("inside = [\"10.0.1.5\"]\n".to_owned(), "has no length; did you mean “10.0.1.0/24”?"),
        ("inside = [\"0.0.0.0/0\"]\n".to_owned(), "is everything"),
        ("inside = [\"here\"]\n".to_owned(), "is not a segment"),
        ("inside = []\n".to_owned(), "names no segment"),
        (
            "inside = [\"10.0.0.0/24\"]\nwhole_network = \"x\"\n".to_owned(),
            "line 2, `whole_network`: stands beside `inside`",
        ),
        ("whole_network = \"\"\n".to_owned(), "needs its reason"),
        (
            "[contacts.it_suplier]\nname = \"A\"\n".to_owned(),
            "line 1, `contacts.it_suplier`: there is no such contact; did you mean `it_supplier`?",
        ),
        (
            "[contacts.owner]\nname = \"A\"\nphon = \"1\"\n".to_owned(),
            "line 3, `contacts.owner.phon`: unknown field",
        ),
        (
            "[contacts.owner]\nname = \"A\"\nhours = \"all day\"\n".to_owned(),
            "line 3, `contacts.owner.hours`",
        ),
        (format!("[[device]]\n{device}"), "line 2, `device`: has neither mac nor ip"),
        (
            format!("[[device]]\n{device}mac = \"02:00\"\n"),
            "line 4, `device.mac`: “02:00”: not an Ethernet address",
        ),
        (format!("[[device]]\n{device}ip = \"10.0.0\"\n"), "line 4, `device.ip`: “10.0.0”: "),
        (
            "[[device]]\nname = \"A\"\ntype = \"printr\"\nip = \"10.0.0.1\"\n".to_owned(),
            "line 3, `device.type`: “printr” is not a type of device; did you mean `printer`?",
        ),
        (
            "[[device]]\nname = \"A\"\ntype = \"unknown\"\nconfirmed = true\nip = \"10.0.0.1\"\n".to_owned(),
            "cannot be confirmed",
        ),
        (
            format!("[[device]]\n{device}ip = \"10.0.0.1\"\n[[device]]\n{device}ip = \"10.0.0.2\"\n"),
            "line 6, `device.name`: “A” stands at another device too",
        ),
        (
            format!(
                "[[device]]\n{device}mac = \"02:00:00:00:00:01\"\n[[device]]\nname = \"B\"\ntype = \"pc\"\nmac = \"02-00-00-00-00-01\"\n"
            ),
            "line 8, `device.mac`",
        ),
        ("[[known]]\nkind = \"port-scan\"\n".to_owned(), "line 2, `known`: needs exactly one of"),
        (
            "[[known]]\nkind = \"port-scan\"\ndevice = \"A\"\n".to_owned(),
            "line 3, `known.device`: “A” is the name of no device",
        ),
        (
            "[[known]]\nkind = \"port-scan\"\nip = \"10.0.0.1\"\nuntil = 10:00:00\n".to_owned(),
            "line 4, `known.until`: must be a day",
        ),
        ("trusted_domains = [\"*.Vendor.example\"]\n".to_owned(), "did you mean “vendor.example”?"),
        ("trusted_domains = [\"com\"]\n".to_owned(), "is not the name of a domain"),
        ("clinic = 5\n".to_owned(), "line 1, `clinic`: must be a text, in quotes, and is a number"),
        (
            "\ninside = \"10.0.0.0/24\"\n".to_owned(),
            "line 2, `inside`: must be a list, in square brackets, and is a text",
        ),
        ("inside = [5]\n".to_owned(), "line 1, `inside`: must be a text"),
        ("clinic = [\n\"A\"]\n".to_owned(), "line 1, `clinic`: must be a text, in quotes, and is a list"),
        ("share_device_names = \"yes\"\n".to_owned(), "line 1, `share_device_names`: must be true or false"),
        ("opening_hours = 5\n".to_owned(), "line 1, `opening_hours`: must be a table, and is a number"),
        ("detectors = 5\n".to_owned(), "line 1, `detectors`: must be a table, and is a number"),
        ("[[device]]\nname = 5\n".to_owned(), "line 2, `device.name`: must be a text"),
        ("[contacts.owner]\nname = 5\n".to_owned(), "line 2, `contacts.owner.name`: must be a text"),
        ("[contacts.owner]\nphone = \"1\"\n".to_owned(), "line 1, `contacts.owner.name`: is missing"),
        ("\n[[device]]\nname = \"A\"\n".to_owned(), "line 2, `device.type`: is missing"),
        ("zz = 1\n".to_owned(), "line 1, `zz`: unknown field; there are: clinic, timezone, "),
        ("[contacts.bogus]\nname = \"A\"\n".to_owned(), "no such contact; there are: it_supplier, owner, "),
        (
            "[[device]]\nname = \"A\"\ntype = \"spaceship\"\nip = \"10.0.0.1\"\n".to_owned(),
            "“spaceship” is not a type of device; there are: unknown, pc, laptop, ",
        ),
    ];
    for (text, wanted) in cases {
        let error = Site::parse(&text).unwrap_err();
        assert!(error.to_string().contains(wanted), "{text}\n{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn a_contact_that_nobody_can_reach_is_read_and_not_saved() {
    for (says, field) in [
        ("name = \"Bo\"\nphone = \"12\"", "phone"),
        ("name = \"Bo\"\nphone = \"Bo\"", "phone"),
        ("name = \"Bo\"\nafter_hours_phone = \"112\"", "after_hours_phone"),
        ("name = \"Bo\"\nemail = \"Bo\"", "email"),
        ("name = \"12\"", "name"),
        ("name = \"\"\nphone = \"70 00 00 01\"", "name"),
    ] {
        let text = format!("[contacts.it_supplier]\n{says}\n");
        let site = Site::parse(&text).unwrap();
        let contact = &site.contacts[&ContactRole::ItSupplier];
        let error = site.check_contacts().unwrap_err().placed(&text);
        assert_eq!(error.field, Some(format!("contacts.it_supplier.{field}")), "{error}");
        assert!(error.line.is_some_and(|line| line > 1), "{error}");
        // What is kept is as it was, and is no number and no address.
        assert_eq!(Site::parse(&site.to_toml()).as_ref(), Ok(&site));
        assert_eq!((contact.after_hours_number(), contact.address()), (None, None));
    }
    for right in ["name = \"Bo\"", "name = \"\"", "name = \"Bo\"\nphone = \"\"\nemail = \"bo@example.com\""] {
        let site = Site::parse(&format!("[contacts.owner]\n{right}\n")).unwrap();
        assert_eq!(site.check_contacts(), Ok(()), "{right}");
        assert_eq!(site.contacts[&ContactRole::Owner].number(), None);
    }
    assert_eq!(Site::parse(FULL).unwrap().check_contacts(), Ok(()));
}

#[test]
fn every_error_names_its_field() {
    let SiteError { line, field, .. } = Site::parse("[[device]]\nnam = \"A\"\n").unwrap_err();
    assert_eq!((line, field.as_deref()), (Some(2), Some("device.nam")));
}

#[test]
fn who_finds_an_error_later_finds_its_line() {
    let text = "[[known]]\nkind = \"a\"\n[[known]]\nkind = \"b\"\n[detectors.x]\n# y\ny = 1\n";
    let line = |error: SiteError| error.placed(text).line;
    assert_eq!(line(SiteError::no_such("known.kind", 0, "a", ["c"].into_iter())), Some(2));
    assert_eq!(line(SiteError::no_such("known.kind", 1, "b", ["c"].into_iter())), Some(4));
    assert_eq!(line(SiteError::about("detectors.x.y", "is wrong")), Some(7));
    assert_eq!(line(SiteError::about("detectors.x", "is wrong")), Some(5));
    assert_eq!(line(SiteError::about("nowhere", "is wrong")), None);
}
