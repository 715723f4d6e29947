//! Every message, in both languages, for every device, role and urgency: short, plain, and never unsafe.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{DUES, ROLES, catalogue, device, facts, request, site};
use common_model::{DeviceType, Due, FindingRole, Party};
use common_words::readability::Readability;
use common_words::{Lang, Rendered, Request};

/// Design rule, texts §0: LIX at most 35, at most 55 words on a card, sentences of at most 15 words; two words of grace
/// for a name that the clinic chose.
const LIX_MAX: usize = 35;
const WORDS_MAX: usize = 55;
const SENTENCE_WORDS_MAX: usize = 17;

#[test]
fn every_message_is_short_and_plain() {
    // The worst of each sort of fault in each message.
    let mut faults: BTreeMap<(String, &str), (usize, String)> = BTreeMap::new();
    every_card(|request, card| {
        let texts = texts(card);
        let counted = Readability::of(texts.iter().copied());
        let key = format!("{} {}", request.message, request.lang.as_str());
        let mut check = |rule: &'static str, found: usize, max: usize, text: &str| {
            let worst = faults.get(&(key.clone(), rule)).map_or(max, |(worst, _)| *worst);
            if found > worst {
                let told = format!("{key}: {found} {rule}, {max} at most ({})\n  {text}", label(request));
                faults.insert((key.clone(), rule), (found, told));
            }
        };
        let whole = texts.join("\n  ");
        check("LIX", counted.lix(), LIX_MAX, &whole);
        check("words", counted.words, WORDS_MAX, &whole);
        check("words in a sentence", counted.longest_sentence, SENTENCE_WORDS_MAX, &whole);
        check("steps", card.steps.len(), 3, &whole);
        for (place, text) in texts.iter().enumerate() {
            let mut refuse = |rule, is_bad: bool| check(rule, usize::from(is_bad), 0, text);
            refuse("empty texts", text.is_empty());
            refuse("unfilled holes", text.contains(['{', '}', '#', '|']));
            refuse("stray spaces", text.contains("  ") || text.trim() != *text);
            refuse("straight quotes", text.contains(['"', '\'']));
            refuse("quotes of another language", text.contains(foreign_quotes(request.lang)));
            refuse("small first letters", !starts_well(text));
            refuse("missing full stops", place > 0 && !ends_well(text));
            refuse("addresses", text.contains("10.20.30.21"));
        }
    });
    let told: Vec<&str> = faults.values().map(|(_, told)| told.as_str()).collect();
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}

#[test]
fn no_message_uses_jargon_blames_or_promises() {
    let lists = Lang::ALL.map(Words::of);
    let mut faults = BTreeSet::new();
    every_card(|request, card| {
        let list = &lists[request.lang as usize];
        for text in texts(card) {
            let lower = text.to_lowercase();
            for word in lower.split(|letter: char| !letter.is_alphanumeric() && letter != '-') {
                if list.words.iter().any(|bad| is_word(word, bad)) {
                    faults.insert(format!("{} {}: {word}", request.message, request.lang.as_str()));
                }
            }
            for phrase in list.phrases.iter().filter(|phrase| lower.contains(phrase.as_str())) {
                faults.insert(format!("{} {}: {phrase}", request.message, request.lang.as_str()));
            }
        }
    });
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_a_confirmed_pc_laptop_or_printer_that_did_it_is_taken_off_the_network() {
    let lists = Lang::ALL.map(Words::of);
    let mut allowed = 0;
    every_card(|request, card| {
        let Party { device_type, type_confirmed, .. } = request.device;
        let may = matches!(device_type, DeviceType::Pc | DeviceType::Laptop | DeviceType::Printer)
            && *type_confirmed
            && request.role == FindingRole::Source;
        let told = |text: &&str| {
            let lower = text.to_lowercase();
            lists[request.lang as usize].unplug.iter().any(|word| lower.contains(word.as_str()))
        };
        // The message about the box itself may speak of the box's own cable.
        let texts = texts(card);
        let told = texts.iter().find(|text| told(text) && !request.message.starts_with("box_"));
        assert!(may || told.is_none(), "{}: {told:?}", label(request));
        allowed += usize::from(told.is_some());
    });
    assert!(allowed > 100, "the words for unplugging are found at all");
}

#[test]
fn equipment_for_patients_is_only_ever_left_alone() {
    every_card(|request, card| {
        let Party { device_type, .. } = request.device;
        if *device_type != DeviceType::Medical {
            return;
        }
        let bad = if request.lang == Lang::Da { "rør ikke" } else { "do not touch" };
        assert!(!texts(card).iter().any(|text| text.to_lowercase().contains(bad)), "{}", label(request));
    });
}

#[test]
fn languages_agree() {
    let site = site();
    for message in catalogue().messages() {
        let facts = facts(message);
        let device = device(DeviceType::Pc, true, Some("Reception"));
        for role in ROLES {
            let [da, en] = Lang::ALL.map(|lang| {
                catalogue()
                    .render(&Request { lang, role, ..request(message, &device, &facts, &site) })
                    .unwrap()
            });
            assert_eq!(da.steps.len(), en.steps.len(), "{message}: number of steps");
            assert_eq!(
                da.call.as_ref().map(|it| it.role),
                en.call.as_ref().map(|it| it.role),
                "{message}: call"
            );
            assert_ne!(da.title, en.title, "{message}: one language twice?");
            let unplugs = |lang: Lang, steps: &[String]| {
                let list = Words::of(lang).unplug;
                let told =
                    |step: &String| list.iter().any(|word| step.to_lowercase().contains(word.as_str()));
                steps.iter().map(told).collect::<Vec<_>>()
            };
            if !message.starts_with("box_") {
                assert_eq!(
                    unplugs(Lang::Da, &da.steps),
                    unplugs(Lang::En, &en.steps),
                    "{message}: unplug steps"
                );
            }
        }
    }
}

#[test]
fn every_due_has_its_words() {
    let (site, device) = (site(), device(DeviceType::Pc, true, Some("Reception")));
    let facts = facts("unusual_upload");
    let last = |due: Due| {
        let request = Request { due, ..request("unusual_upload", &device, &facts, &site) };
        catalogue().render(&request).unwrap().steps.pop().unwrap()
    };
    assert_eq!(
        DUES.map(last),
        ["nu", "i dag", "i denne uge", "ved tvivl"].map(|due| format!("Ring til it-leverandøren {due}."))
    );
}

/// Renders every combination there is.
fn every_card(mut look: impl FnMut(&Request<'_>, &Rendered)) {
    let site = site();
    for message in catalogue().messages() {
        let facts = facts(message);
        for device_type in DeviceType::ALL {
            for (confirmed, name) in
                [(true, Some("Undersøgelse 1")), (false, Some("DESKTOP-4F2A")), (false, None)]
            {
                let device = device(device_type, confirmed && device_type != DeviceType::Unknown, name);
                for lang in Lang::ALL {
                    for role in ROLES {
                        for due in DUES {
                            let request =
                                Request { lang, role, due, ..request(message, &device, &facts, &site) };
                            let card = catalogue().render(&request).unwrap();
                            look(&request, &card);
                        }
                    }
                }
            }
        }
    }
}

fn texts(card: &Rendered) -> Vec<&str> {
    let lines = [&card.title, &card.what, &card.meaning].into_iter().chain(&card.steps);
    lines.map(String::as_str).collect()
}

fn label(request: &Request<'_>) -> String {
    let Party { device_type, type_confirmed, name, .. } = request.device;
    format!(
        "{} {} {device_type:?} confirmed={type_confirmed} {name:?} {:?} {:?}",
        request.message,
        request.lang.as_str(),
        request.role,
        request.due
    )
}

fn starts_well(text: &str) -> bool {
    text.starts_with(|first: char| {
        first.is_uppercase() || first.is_ascii_digit() || matches!(first, '”' | '“')
    })
}

fn ends_well(text: &str) -> bool {
    text.trim_end_matches('”').ends_with(['.', '?', '!'])
}

fn foreign_quotes(lang: Lang) -> &'static [char] {
    match lang {
        Lang::Da => &['“', '„', '«', '»'],
        Lang::En => &['„', '«', '»'],
    }
}

#[derive(serde::Deserialize)]
struct Words {
    words: Vec<String>,
    phrases: Vec<String>,
    unplug: Vec<String>,
}

impl Words {
    fn of(lang: Lang) -> Words {
        let text = match lang {
            Lang::Da => include_str!("jargon.da.toml"),
            Lang::En => include_str!("jargon.en.toml"),
        };
        toml::from_str(text).unwrap()
    }
}

fn is_word(word: &str, bad: &str) -> bool {
    bad.strip_suffix('*').map_or(word == bad, |start| word.starts_with(start))
}
