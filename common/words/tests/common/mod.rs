//! What the tests of words share: example devices and facts, and every combination that can be rendered.

use common_model::{DeviceId, DeviceType, Due, Fact, Facts, FindingRole, Mac, Party, Timestamp};
use common_site::Site;
use common_words::{Audience, Catalogue, Lang, Request};

/// 2026-03-18, 14:05 in Copenhagen.
pub(crate) const OPENED: Timestamp = Timestamp::from_secs(1_773_839_100);

pub(crate) const DUES: [Due; 4] = [Due::Now, Due::Today, Due::Week, Due::None];
pub(crate) const ROLES: [FindingRole; 2] = [FindingRole::Source, FindingRole::Target];

pub(crate) fn catalogue() -> &'static Catalogue {
    Catalogue::load().unwrap()
}

pub(crate) fn site() -> Site {
    Site::parse(include_str!("../site.toml")).unwrap()
}

pub(crate) fn device(device_type: DeviceType, type_confirmed: bool, name: Option<&str>) -> Party {
    Party {
        id: Some(DeviceId(1)),
        name: name.map(str::to_owned),
        ip: Some("10.20.30.21".parse().unwrap()),
        mac: Some(Mac([2, 0, 0, 0, 0, 0x21])),
        device_type,
        type_confirmed,
        vendor: None,
    }
}

/// A request with examples of all facts the message asks for.
pub(crate) fn request<'a>(
    message: &'a str,
    device: &'a Party,
    facts: &'a Facts,
    site: &'a Site,
) -> Request<'a> {
    Request {
        message,
        about: (message == "resolved").then_some("unusual_upload"),
        lang: Lang::Da,
        audience: Audience::Clinic,
        due: Due::Now,
        role: FindingRole::Source,
        device,
        peer: None,
        others: &[],
        facts,
        site,
        opened_at: OPENED,
        seen_at: OPENED,
        now: OPENED,
    }
}

/// An example of every fact this message asks for.
pub(crate) fn facts(message: &str) -> Facts {
    let examples: toml::Table = include_str!("../examples.toml").parse().unwrap();
    let mut facts = Facts::new();
    // `resolved` tells the title of another message, with that one's facts.
    let about = if message == "resolved" { "unusual_upload" } else { message };
    for name in catalogue().placeholders(message).unwrap().union(&catalogue().placeholders(about).unwrap()) {
        let (name, value) = examples.get_key_value(*name).unwrap_or_else(|| {
            panic!("tests/examples.toml has no example of {{{name}}}, which {message} asks for")
        });
        facts.set(leaked(name), fact(value));
    }
    facts
}

fn fact(value: &toml::Value) -> Fact {
    let (kind, value) = value.as_table().unwrap().iter().next().unwrap();
    let number = || u64::try_from(value.as_integer().unwrap()).unwrap();
    match kind.as_str() {
        "bytes" => Fact::Bytes(number()),
        "count" => Fact::Count(number()),
        "secs" => Fact::Duration(core::time::Duration::from_secs(number())),
        "choice" => Fact::Choice(value.as_str().unwrap().to_owned().into()),
        "indicator" => Fact::indicator(value.as_str().unwrap(), false),
        "person" => Fact::person(value.as_str().unwrap()),
        other => panic!("tests/examples.toml: {other} is not a type of fact"),
    }
}

/// Names of facts live as long as the program.
fn leaked(name: &str) -> &'static str {
    name.to_owned().leak()
}
