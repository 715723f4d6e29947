//! The first screen again each time when it changes, a beat while it does not, and how a self-test goes.

use core::convert::Infallible;
use core::time::Duration;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Sse;
use axum::response::sse::Event;
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use utoipa::ToSchema;

use super::error::Refusal;
use super::{Asked, Problem, off_the_loop};
use crate::shared::{Heard, Shared, machine_time};
use crate::view::{Test, View};

/// A page hears something at least so often. The page turns grey after 90 s.
const BEAT_EVERY: Duration = Duration::from_secs(15);

/// A screen is made at most so often. Guess: as fast as a person can follow.
const SCREEN_EVERY: Duration = Duration::from_millis(100);

/// A screen that cannot be made (the disk does not answer) is tried again after this. Guess.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The screen is made anew at least so often: minutes pass, and a sensor falls silent, without anybody ringing.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Events: `home` (a Home: at once, and on each change), `beat` (a Beat: every 15 s), `test` (a Test: on each change).
#[utoipa::path(get, path = "/api/v1/events", params(Asked), responses((status = 200, content_type = "text/event-stream", body = String), (status = 429, body = Refusal)))]
pub(crate) async fn stream(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let Ok(place) = Arc::clone(&shared.streams).try_acquire_owned() else {
        let site = common_site::Site::default();
        let words = shared.catalogue.tablet(asked.lang(), &site, machine_time());
        return Err(Problem::say(&words, StatusCode::TOO_MANY_REQUESTS, "error_too_many"));
    };
    let heard = shared.heard.subscribe();
    let page =
        Page { shared, asked, heard, shown: String::new(), test: None, waiting: Vec::new(), _place: place };
    Ok(Sse::new(futures_util::stream::unfold(page, async |mut page| {
        let event = page.next().await;
        Some((Ok(event), page))
    })))
}

/// The box is there, and nothing is new.
#[derive(Serialize, ToSchema)]
pub(crate) struct Beat {
    /// The box's own time, RFC 3339.
    now: String,
}

/// A page that listens.
struct Page {
    shared: Arc<Shared>,
    asked: Asked,
    heard: watch::Receiver<Heard>,
    /// What it shows, without the time.
    shown: String,
    test: Option<Test>,
    waiting: Vec<Event>,
    /// Its place among those that may listen.
    _place: OwnedSemaphorePermit,
}

/// What a page is told at one look.
struct Look {
    home: String,
    shown: String,
    test: Option<Test>,
    now: String,
}

impl Page {
    /// The next event.
    async fn next(&mut self) -> Event {
        let began = tokio::time::Instant::now();
        loop {
            if let Some(event) = self.waiting.pop() {
                return event;
            }
            let Ok(look) = self.look().await else {
                // No beat: a page that hears nothing for 90 s turns grey by itself.
                tokio::time::sleep(AGAIN_AFTER).await;
                continue;
            };
            if look.test != self.test {
                self.waiting.extend(
                    look.test.as_ref().and_then(|test| Event::default().event("test").json_data(test).ok()),
                );
                self.test = look.test;
            }
            if look.shown != self.shown {
                self.shown = look.shown;
                self.waiting.push(Event::default().event("home").data(look.home));
            } else if began.elapsed() >= BEAT_EVERY {
                self.waiting.extend(Event::default().event("beat").json_data(Beat { now: look.now }).ok());
            }
            if self.waiting.is_empty() {
                tokio::time::sleep(SCREEN_EVERY).await;
                let until_beat = BEAT_EVERY.saturating_sub(began.elapsed());
                // Either somebody rings, or it is time to look.
                let _rang = tokio::time::timeout(until_beat.min(LOOK_EVERY), self.heard.changed()).await;
            }
        }
    }

    async fn look(&mut self) -> Result<Look, Problem> {
        self.heard.mark_unchanged();
        let (shared, asked) = (Arc::clone(&self.shared), self.asked);
        off_the_loop(move || {
            let view = View::new(&shared, asked.lang())?;
            let mut home = serde_json::to_value(view.home()?).map_err(anyhow::Error::from)?;
            let text = home.to_string();
            // The time alone is no news.
            let now = home.as_object_mut().and_then(|home| home.remove("now"));
            let test = view.status.as_ref().and_then(|status| status.test.as_ref()).map(|test| test.id);
            Ok(Look {
                home: text,
                shown: home.to_string(),
                test: test.map(|id| view.test(id)).transpose()?,
                now: now.and_then(|now| now.as_str().map(str::to_owned)).unwrap_or_default(),
            })
        })
        .await
    }
}
