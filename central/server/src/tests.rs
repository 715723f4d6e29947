//! A centre on ports of its own, and boxes that speak the true protocol with it.

mod desk;
mod limits;
mod line;
mod strange;

use core::net::SocketAddr;
use std::sync::Arc;

use central_core::{Member, MemberKind};
use common_model::Timestamp;
use common_wire::ClaimCode;
use testing_fleet::{PlayedBox, claim};
use tokio::task::JoinHandle;

use crate::app::{App, machine_time, random};
use crate::serve::{Centre, Options};

/// A centre that runs until the test ends.
pub(crate) struct Running {
    pub(crate) app: Arc<App>,
    pub(crate) boxes: SocketAddr,
    pub(crate) desk: SocketAddr,
    pub(crate) sign_in: Option<String>,
    pub(crate) folder: tempfile::TempDir,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn options(folder: &std::path::Path, database: Option<String>) -> Options {
    Options {
        folder: folder.to_owned(),
        database,
        boxes: ([127, 0, 0, 1], 0).into(),
        desk: ([127, 0, 0, 1], 0).into(),
        names: vec!["127.0.0.1".to_owned()],
        counts_exercises: false,
        say: Box::new(|_| ()),
    }
}

impl Running {
    pub(crate) async fn new() -> Running {
        let folder = tempfile::tempdir().expect("a folder");
        Running::in_folder(folder).await
    }

    pub(crate) async fn in_folder(folder: tempfile::TempDir) -> Running {
        let centre = Centre::open(options(folder.path(), None)).await.expect("a centre");
        let (app, addresses) = (Arc::clone(&centre.app), centre.addresses.clone());
        let task = tokio::spawn(async move {
            centre.run().await.expect("it serves");
        });
        Running {
            app,
            boxes: addresses.boxes,
            desk: addresses.desk,
            sign_in: addresses.sign_in,
            folder,
            task,
        }
    }

    /// A member of this supplier, and its number.
    pub(crate) async fn member(&self, name: &str, supplier: &str) -> i64 {
        let member = Member {
            name: name.into(),
            kind: MemberKind::Gp,
            region: "Nord".into(),
            municipality: "Thisted".into(),
            supplier: supplier.into(),
        };
        let mut tx = self.app.store.begin().await.expect("a transaction");
        let no = tx.add_member(&member, machine_time()).await.expect("a new name");
        tx.commit().await.expect("kept");
        no
    }

    pub(crate) async fn code(&self, member: i64, now: Timestamp) -> String {
        let code = ClaimCode::from_bytes(random().expect("random bytes"));
        let mut tx = self.app.store.begin().await.expect("a transaction");
        tx.add_claim(&code, member, now).await.expect("a new code");
        tx.commit().await.expect("kept");
        code.to_string()
    }

    pub(crate) async fn claimed(&self, name: &str, supplier: &str) -> PlayedBox {
        let member = self.member(name, supplier).await;
        let code = self.code(member, machine_time()).await;
        claim(self.boxes, self.app.identity.ca_pem(), &code).await.expect("a claim")
    }

    /// How often something was refused for this reason.
    pub(crate) fn refused(&self, why: &str) -> u64 {
        self.app.refusals.list().find(|(name, _)| *name == why).map_or(0, |(_, count)| count)
    }
}
