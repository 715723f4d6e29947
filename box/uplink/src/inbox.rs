//! Letters of the centre: opened, kept, and only then acknowledged by asking for the next.

use core::time::Duration;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use box_store::UplinkDb;
use box_store::uplink::{EpochRow, Keys, Letter as Change, WarningRow};
use common_model::Timestamp;
use common_wire::limits::LETTERS_MAX;
use common_wire::v1::Down;
use common_wire::{BoxId, CentreKey, Letter, LetterError, Letters};
use hyper::{Method, StatusCode};

use crate::link::Link;

/// The centre holds a question for a minute at most.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits for letters after the last one.
pub(crate) async fn ask(link: &mut Link, after: u64) -> anyhow::Result<Letters> {
    let path = format!("/v1/inbox?after={after}");
    let (status, answer) = link.ask(Method::GET, &path, "application/json", Vec::new(), PATIENCE).await?;
    if status != StatusCode::OK {
        bail!("the centre refuses to tell: {status}");
    }
    serde_json::from_slice(&answer).context("the inbox cannot be read")
}

/// Takes letters in order; the first that is wrong ends it, and those before it stay. One that only a later version can read is put aside, and
/// those behind it are taken. Returns what was put aside, and why.
///
/// # Errors
/// When a letter is forged, for another box, out of order, or cannot be kept.
pub fn take(
    folder: &Path,
    db: &mut UplinkDb,
    keys: &Keys,
    letters: &Letters,
    now: Timestamp,
) -> anyhow::Result<Option<LetterError>> {
    let identity = keys.identity.as_ref().context("the box is not claimed")?;
    let centre = CentreKey::from_hex(&identity.letter_key).context("the centre's key is not one")?;
    let to: BoxId = identity.box_id.parse()?;
    ensure!(letters.letters.len() <= LETTERS_MAX, "more letters at once than there may be");
    let mut aside = None;
    for signed in &letters.letters {
        let wanted = db.reader().last_letter()? + 1;
        let Letter { seq, body, .. } = match centre.open(signed, to, wanted) {
            Err(why @ LetterError::Unknown { seq, .. }) => {
                db.take_letter(seq, now.as_nanos(), &Change::Other)?;
                aside = Some(why);
                continue;
            }
            opened => opened.context("a letter was refused")?,
        };
        // The key is on the disk before the letter counts as taken.
        if let Down::EpochKey(new) = &body {
            let row = EpochRow {
                epoch: new.epoch.clone(),
                key: new.key.clone(),
                from_ns: new.from.as_nanos(),
                until_ns: new.until.as_nanos(),
            };
            let (is_ours, _) = Keys::change(folder, &keys.box_key, |now| {
                let is_ours = now.identity.as_ref().is_some_and(|now| now.box_id == identity.box_id);
                if is_ours {
                    now.add_epoch(row);
                }
                is_ours
            })?;
            ensure!(is_ours, "the box was claimed anew while this letter was on the way");
        }
        db.take_letter(seq, now.as_nanos(), &change(&body)?)?;
    }
    Ok(aside)
}

fn change(body: &Down) -> anyhow::Result<Change> {
    Ok(match body {
        Down::Warning(warning) => Change::Warning(WarningRow {
            id: warning.id.clone(),
            at_ns: warning.issued_at.as_nanos(),
            until_ns: warning.until.as_nanos(),
            is_recalled: false,
            body: serde_json::to_string(warning)?,
        }),
        Down::Recall(recall) => Change::Recall(recall.warning.clone()),
        Down::EpochKey(_) => Change::Other,
    })
}
