//! Links that let somebody in once.

use core::net::SocketAddr;
use core::time::Duration;

use central_core::Role;
use central_core::digest::sha256;
use central_store::{Account, Store};
use common_model::Timestamp;

use crate::app::{App, random_hex};

/// A sign-in link can be used so long.
const LINK_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// The name of whoever starts the centre.
const FIRST_ACCOUNT: &str = "administrator";

/// A link for the first administrator; `None` when somebody has an account.
pub(crate) async fn first_link(
    app: &App,
    address: SocketAddr,
    now: Timestamp,
) -> anyhow::Result<Option<String>> {
    if app.store.has_accounts().await? {
        return Ok(None);
    }
    let account = Account { name: FIRST_ACCOUNT.to_owned(), role: Role::Administrator };
    let token = new_link(&app.store, &account, now).await?;
    Ok(Some(link_text(address, &token)))
}

/// Makes a token that lets an account in once.
///
/// # Errors
/// When it cannot be kept.
pub async fn new_link(store: &Store, account: &Account, now: Timestamp) -> anyhow::Result<String> {
    let token = random_hex::<16>()?;
    let mut tx = store.begin().await?;
    tx.put_account(account, now).await?;
    tx.add_link(&sha256(token.as_bytes()), &account.name, now + LINK_LIFE).await?;
    tx.audit(now, "centre", "link.make", &account.name, account.role.as_str()).await?;
    tx.commit().await?;
    Ok(token)
}

/// The link as it is printed. What stands after `#` is in no server's log and is never sent by itself, so that nothing that looks at links for a
/// person uses it up.
#[must_use]
pub fn link_text(address: SocketAddr, token: &str) -> String {
    format!("http://localhost:{}/#/sign-in/{token}", address.port())
}
