//! Letters that are not the centre's next one change nothing, and those before them stay.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

use box_store::UplinkDb;
use box_store::uplink::{Identity, Keys};
use box_uplink::take_letters;
use common_model::Timestamp;
use common_wire::docs::GOLDEN;
use common_wire::v1::{Down, Recall, Warning};
use common_wire::{BoxId, CentreKey, Letter, Letters, Signed, sign, sign_text};
use ed25519_dalek::SigningKey;

const BOX: BoxId = BoxId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp::from_secs(1_773_000_000);

fn warning(seq: u64, to: BoxId, key: u8) -> Signed {
    let golden = GOLDEN.iter().find(|(name, _)| *name == "warning").unwrap().1;
    let warning: Warning = serde_json::from_str(golden).unwrap();
    let body = Down::Warning(Warning { id: format!("{seq:016x}"), ..warning });
    sign(&Letter { v: 1, to, seq, at: NOW, body }, &SigningKey::from_bytes(&[key; 32])).unwrap()
}

fn ours(seq: u64) -> Signed {
    warning(seq, BOX, 7)
}

#[test]
fn forged_and_reordered_letters_are_refused_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = UplinkDb::open(folder.path(), &"02".repeat(16)).unwrap();
    let identity = Identity {
        box_id: BOX.to_string(),
        member: "Klinik 1".into(),
        centre: "192.0.2.1:8443".into(),
        ca: String::new(),
        certificate: String::new(),
        private_key: String::new(),
        letter_key: CentreKey::of(&SigningKey::from_bytes(&[7; 32])).to_hex(),
        way_out: None,
    };
    let claimed_as = |keys: &mut Keys| keys.identity = Some(identity);
    let ((), keys) = Keys::change(folder.path(), &"01".repeat(32), claimed_as).unwrap();
    let recall = Down::Recall(Recall { warning: format!("{:016x}", 1), at: NOW });
    let recall = Letter { v: 1, to: BOX, seq: 2, at: NOW, body: recall };
    let strangers = sign(&recall, &SigningKey::from_bytes(&[8; 32])).unwrap();
    let changed = Signed { letter: ours(2).letter.replace("\"seq\":2", "\"seq\":2 "), ..ours(2) };
    let mut take = |letters: Vec<Signed>| {
        let taken = take_letters(folder.path(), &mut db, &keys, &Letters { letters }, NOW);
        let warnings = db.reader().warnings().unwrap();
        assert!(warnings.iter().all(|warning| !warning.is_recalled), "a stranger took a warning back");
        let taken = taken.map(|aside| aside.map(|why| why.to_string())).map_err(|err| format!("{err:#}"));
        (taken, db.reader().last_letter().unwrap(), warnings.len())
    };
    for (letters, why) in [
        (vec![strangers], "the centre has not signed this"),
        (vec![warning(1, BOX, 8)], "the centre has not signed this"),
        (vec![warning(1, BoxId::from_bytes([9; 16]), 7)], "for another box"),
        (vec![ours(2), ours(1)], "number 2 where 1 is next"),
        (vec![ours(0)], "number 0 where 1 is next"),
    ] {
        let (taken, last, warnings) = take(letters);
        let said = taken.unwrap_err();
        assert!(said.contains(why), "{said}");
        assert_eq!((last, warnings), (0, 0), "{why}");
    }
    // The good one before a bad one stays, and is not taken again.
    let (taken, last, warnings) = take(vec![ours(1), changed, ours(3)]);
    assert!(taken.unwrap_err().contains("the centre has not signed this"));
    assert_eq!((last, warnings), (1, 1));
    let (taken, last, warnings) = take(vec![ours(1)]);
    assert!(taken.unwrap_err().contains("number 1 where 2 is next"));
    assert_eq!((last, warnings), (1, 1));
    assert_eq!(take(vec![ours(2), ours(3)]), (Ok(None), 3, 3));
    // What only a later version can read is put aside, and those behind it are taken.
    let later = ours(4).letter.replace("\"type\":\"warning\"", "\"type\":\"poem\"");
    let later = sign_text(later, &SigningKey::from_bytes(&[7; 32])).unwrap();
    let (taken, last, warnings) = take(vec![later, ours(5)]);
    assert!(taken.unwrap().unwrap().contains("letter 4 is of a kind"));
    assert_eq!((last, warnings), (5, 4));
}
