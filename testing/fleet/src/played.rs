//! A box that is played: its key, its certificate, its spool and how far each lane is.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context as _, anyhow};
use common_model::Timestamp;
use common_wire::v1::{self, Body};
use common_wire::{BoxId, CentreKey, Draft, Lane, Record, SpoolId};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::json;
use tokio_rustls::TlsConnector;

use crate::line::{Line, connector};

/// A box.
#[derive(Clone, Debug)]
pub struct PlayedBox {
    /// Its name.
    pub id: BoxId,
    /// Whose it is.
    pub member: String,
    /// Where its centre is.
    pub centre: SocketAddr,
    /// Its certificate and the authority's.
    pub chain: String,
    /// Its key.
    pub key: String,
    /// The authority.
    pub ca: String,
    /// The key under letters.
    pub letter_key: CentreKey,
    /// Its spool.
    pub spool: SpoolId,
    next: BTreeMap<Lane, u64>,
}

/// A request for a certificate, and its key.
///
/// # Errors
/// When no key can be made.
pub fn request_for_certificate() -> anyhow::Result<(String, KeyPair)> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let request = CertificateParams::default().serialize_request(&key)?.pem()?;
    Ok((request, key))
}

/// Claims a box with a code.
///
/// # Errors
/// When the centre refuses.
pub async fn claim(centre: SocketAddr, ca_pem: &str, code: &str) -> anyhow::Result<PlayedBox> {
    let (csr, key) = request_for_certificate()?;
    let mut line = Line::connect(centre, &connector(ca_pem, None)?).await?;
    let asked = v1::Claim { code: code.to_owned(), csr };
    let claimed: v1::Claimed = line.post("/v1/claim", &json!(asked)).await?.well()?;
    let mut spool = [0; 16];
    getrandom::fill(&mut spool).map_err(|err| anyhow!("{err}"))?;
    Ok(PlayedBox {
        id: claimed.box_id,
        member: claimed.member,
        centre,
        chain: claimed.certificate,
        key: key.serialize_pem(),
        ca: claimed.ca,
        letter_key: CentreKey::from_hex(&claimed.letter_key).context("no key for letters")?,
        spool: SpoolId::from_bytes(spool),
        next: BTreeMap::new(),
    })
}

impl PlayedBox {
    /// What makes its connections.
    ///
    /// # Errors
    /// When its certificate is none.
    pub fn connector(&self) -> anyhow::Result<TlsConnector> {
        connector(&self.ca, Some((&self.chain, &self.key)))
    }

    /// Connects with its certificate.
    ///
    /// # Errors
    /// When the centre refuses.
    pub async fn connect(&self) -> anyhow::Result<Line> {
        Line::connect(self.centre, &self.connector()?).await
    }

    /// The next record that tells this.
    ///
    /// # Errors
    /// When it is too long.
    pub fn record(&mut self, body: &Body, now: Timestamp) -> anyhow::Result<Record> {
        let lane = body.lane().context("a gap has no lane of its own")?;
        let next = self.next.entry(lane).or_insert(1);
        let record = Record::new((self.id, self.spool), (lane, *next), now, body)?;
        *next += 1;
        Ok(record)
    }

    /// A batch that tells this.
    ///
    /// # Errors
    /// When it is too long.
    pub fn batch<'b>(
        &mut self,
        bodies: impl IntoIterator<Item = &'b Body>,
        now: Timestamp,
    ) -> anyhow::Result<Vec<u8>> {
        let mut draft = Draft::default();
        for body in bodies {
            draft.push(&self.record(body, now)?)?.context("a batch that is too long")?;
        }
        Ok(draft.pack()?)
    }
}
