//! A connection to a centre: TLS 1.3, and HTTP/1 on it.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use axum::body::{Body, Bytes};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Longest answer, in bytes: 64 letters of 32 kB.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// What it says.
    pub body: Bytes,
}

impl Answer {
    /// What it says, as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> anyhow::Result<T> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// What it says when it must be well.
    ///
    /// # Errors
    /// When it is not 200.
    pub fn well<T: serde::de::DeserializeOwned>(&self) -> anyhow::Result<T> {
        if self.status != StatusCode::OK {
            return Err(anyhow!("{}: {}", self.status, String::from_utf8_lossy(&self.body)));
        }
        self.json()
    }
}

/// All certificates of a PEM text.
///
/// # Errors
/// When it is none.
pub fn certificates(pem: &str) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().map_err(|err| anyhow!("{err}"))
}

/// What makes TLS connections to a centre with this authority; `own` is a chain and its key.
///
/// # Errors
/// When certificates or keys are none.
pub fn connector(ca_pem: &str, own: Option<(&str, &str)>) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca_pem)? {
        roots.add(certificate)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|err| anyhow!("{err}"))?;
            builder.with_client_auth_cert(certificates(chain)?, key)?
        }
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A connection.
#[derive(Debug)]
pub struct Line {
    http: SendRequest<Body>,
}

impl Line {
    /// Connects.
    ///
    /// # Errors
    /// When the centre does not answer, or is not the one.
    pub async fn connect(to: SocketAddr, with: &TlsConnector) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await.with_context(|| format!("could not connect to {to}"))?;
        stream.set_nodelay(true)?;
        let stream = with.connect(ServerName::IpAddress(to.ip().into()), stream).await?;
        let (http, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Line { http })
    }

    /// Asks.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        self.http.ready().await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "centre")
            .header("content-type", kind)
            .body(Body::from(body))?;
        let response = self.http.send_request(request).await?;
        let status = response.status();
        let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX).await?;
        Ok(Answer { status, body })
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn post(&mut self, path: &str, json: &serde_json::Value) -> anyhow::Result<Answer> {
        self.ask("POST", path, "application/json", json.to_string().into_bytes()).await
    }

    /// Sends a batch as it is.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn batch(&mut self, packed: Vec<u8>) -> anyhow::Result<Answer> {
        self.ask("POST", "/v1/batch", "application/zstd", packed).await
    }

    /// Waits for letters.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn inbox(&mut self, after: u64) -> anyhow::Result<Answer> {
        self.ask("GET", &format!("/v1/inbox?after={after}"), "application/json", Vec::new()).await
    }
}
