//! Tells an open page that something is new, so that it asks again for what it shows; a beat while nothing is.

use core::convert::Infallible;
use core::time::Duration;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::Event;
use central_store::{Session, ShardState as _};
use futures_util::Stream;
use tokio::sync::watch;

use super::{Asker, Shared};
use crate::app::machine_time;

/// A page hears something at least so often.
const BEAT_EVERY: Duration = Duration::from_secs(15);

/// It is told of news at most so often. Guess: as fast as a person can follow.
const NEWS_EVERY: Duration = Duration::from_millis(300);

/// Events: `changed` (something is new) and `beat` (`{"now": …}`), each with the time.
#[utoipa::path(get, path = "/api/v1/events", responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(super) async fn stream(
    State(desk): Shared,
    Asker(session): Asker,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let page = Page { news: desk.app.store.news(), session };
    Sse::new(futures_util::stream::unfold(page, async |mut page| {
        let event = page.next().await?;
        Some((Ok(event), page))
    }))
}

struct Page {
    news: watch::Receiver<u64>,
    session: Arc<Session>,
}

impl Page {
    /// The next event; none when the session is over.
    async fn next(&mut self) -> Option<Event> {
        let waited = tokio::time::timeout(BEAT_EVERY, self.news.changed()).await;
        let now = machine_time();
        if now > self.session.until {
            return None;
        }
        let kind = match waited {
            Ok(Ok(())) => {
                // What comes in the meantime is told with it.
                tokio::time::sleep(NEWS_EVERY).await;
                self.news.mark_unchanged();
                "changed"
            }
            Ok(Err(_)) => return None,
            Err(_) => "beat",
        };
        Some(Event::default().event(kind).data(format!("{{\"now\":\"{now}\"}}")))
    }
}
