//! What time asks for. Each job looks at what is stored, does what is missing, and may be done again at any moment.

use core::time::Duration;
use std::sync::Arc;

use central_core::epoch;
use central_core::pass::DAY;
use central_store::{EpochKeyRow, ShardState as _, StoreError};
use common_model::Timestamp;

use crate::app::{App, machine_time, random_hex};

/// What was seen is kept so often.
const KEEP_EVERY: Duration = Duration::from_secs(3);

/// Findings are looked for at most so often.
const FIND_EVERY: Duration = Duration::from_millis(500);

/// Keys, certificates and what is old are looked at so often.
const HOURLY: Duration = Duration::from_secs(3_600);

/// Records as they came, what was met, and keys that are over are forgotten after this. Source: research on what centres keep, raw sightings 90 days.
const KEPT: Duration = Duration::from_secs(90 * 86_400);

/// Keeps when boxes were seen, and how many sign-ins were refused that nobody wrote down.
pub(crate) async fn keep_seen(app: Arc<App>) {
    loop {
        tokio::time::sleep(KEEP_EVERY).await;
        let now = machine_time();
        if let Some(more) = app.sign_ins.left(now)
            && let Err(err) =
                app.store.audit(now, "centre", "session.refuse", "", &format!("{more} more")).await
        {
            (app.say)(&format!("could not write down who was refused: {err}"));
        }
        if let Err(err) = app.store.keep_seen().await {
            (app.say)(&format!("could not keep when boxes were seen: {err}"));
        }
    }
}

/// Looks for what members share, whenever something came.
pub(crate) async fn find(app: Arc<App>) {
    let mut news = app.store.news();
    loop {
        match app.store.look_for_findings(app.policy, machine_time()).await {
            Ok((_, true)) => continue,
            Ok((_, false)) => {}
            Err(err) => (app.say)(&format!("could not look for findings: {err}")),
        }
        tokio::time::sleep(FIND_EVERY).await;
        if news.changed().await.is_err() {
            return;
        }
    }
}

/// Makes keys of epochs, forgets what is old. `renew` exchanges the server's certificate.
pub(crate) async fn hourly(app: Arc<App>, renew: impl Fn(Timestamp)) {
    loop {
        tokio::time::sleep(HOURLY).await;
        let now = machine_time();
        renew(now);
        let done = async {
            make_epoch_keys(&app, now).await?;
            app.store.forget(now - KEPT).await?;
            app.store.forget_epoch_keys(now - KEPT, now).await
        };
        let done: Result<(), StoreError> = done.await;
        if let Err(err) = done {
            (app.say)(&format!("could not do what is done each hour: {err}"));
        }
    }
}

/// Makes the keys that boxes must have now, and sends them to those that have not.
pub(crate) async fn make_epoch_keys(app: &Arc<App>, now: Timestamp) -> Result<(), StoreError> {
    let known = app.store.epoch_keys(now).await?;
    for epoch in epoch::needed(now) {
        if known.iter().any(|key| key.epoch == epoch.name) {
            continue;
        }
        let secret = random_hex::<32>().map_err(|err| StoreError::Unreadable(err.to_string()))?;
        let key = EpochKeyRow { epoch: epoch.name, secret, from: epoch.from, until: epoch.until };
        let mut tx = app.store.begin().await?;
        tx.add_epoch_key(&key).await?;
        tx.audit(now, "centre", "epoch_key.make", &key.epoch, "").await?;
        tx.commit().await?;
    }
    send_epoch_keys(app).await
}

/// Sends each key in force to the boxes that were never sent it.
async fn send_epoch_keys(app: &Arc<App>) -> Result<(), StoreError> {
    let now = machine_time();
    let keys = app.store.epoch_keys(now).await?;
    let mut tx = app.store.begin().await?;
    for key in keys.iter().filter(|key| key.from <= now + epoch::AHEAD + DAY) {
        let without = tx.boxes_without("epoch_key", &key.epoch).await?;
        let cells: Vec<_> = without.into_iter().filter_map(|id| app.store.find(id)).collect();
        if !cells.is_empty() {
            tx.send(&cells, &key.body(), &key.epoch, now, &|letter| app.identity.sign(letter)).await?;
        }
    }
    tx.commit().await?;
    app.store.tell_news();
    Ok(())
}
