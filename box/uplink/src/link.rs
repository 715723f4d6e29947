//! The link: HTTP over TLS 1.3 with certificates on both sides, out of one interface.

use core::net::SocketAddr;
use core::time::Duration;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

/// How long a connection may take to be made. Guess: a modem that wakes takes ten seconds.
const CONNECT_TIME: Duration = Duration::from_secs(20);

/// Longest answer that is taken: a full inbox.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Which way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Where the centre is.
    pub centre: SocketAddr,
    /// The interface of the modem; nothing leaves by another. None: whichever leads there (a machine of one's own).
    pub interface: Option<String>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The interface is not there, or the centre cannot be reached by it.
    #[error("could not reach {centre}{by}: {err}")]
    Connect {
        /// Where.
        centre: SocketAddr,
        /// By which interface.
        by: String,
        /// Why.
        err: std::io::Error,
    },
    /// Who answered is not the centre, or does not know us.
    #[error("{centre} is not our centre, or does not take our certificate: {err}")]
    Tls {
        /// Where.
        centre: SocketAddr,
        /// Why.
        err: std::io::Error,
    },
    /// It was cut.
    #[error("the link was cut: {0}")]
    Cut(String),
    /// Nothing came in time.
    #[error("no answer within {0} s")]
    Late(u64),
}

/// A link that is made when it is needed and kept while it holds.
pub(crate) struct Link {
    way: Way,
    tls: Arc<ClientConfig>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Link {
    pub(crate) fn new(way: Way, tls: Arc<ClientConfig>) -> Self {
        Link { way, tls, sender: None }
    }

    /// Makes the connection, unless there is one.
    pub(crate) async fn reach(&mut self, patience: Duration) -> Result<(), LinkError> {
        match tokio::time::timeout(patience, self.sender()).await {
            Ok(reached) => reached.map(drop),
            Err(_elapsed) => Err(LinkError::Late(patience.as_secs())),
        }
    }

    /// Asks, and waits for the whole answer.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
        patience: Duration,
    ) -> Result<(StatusCode, Bytes), LinkError> {
        let done = tokio::time::timeout(patience, self.ask_patiently(method, path, content_type, body)).await;
        match done {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(err)) => {
                self.sender = None;
                Err(err)
            }
            Err(_elapsed) => {
                // What still comes is the answer to another question.
                self.sender = None;
                Err(LinkError::Late(patience.as_secs()))
            }
        }
    }

    async fn ask_patiently(
        &mut self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Bytes), LinkError> {
        let cut = |err: hyper::Error| LinkError::Cut(err.to_string());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.way.centre.to_string())
            .header(CONTENT_TYPE, content_type)
            .body(Full::new(Bytes::from(body)))
            .map_err(|err| LinkError::Cut(err.to_string()))?;
        let sender = self.sender().await?;
        let answer = sender.send_request(request).await.map_err(cut)?;
        let status = answer.status();
        let bytes = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        Ok((status, bytes.map_err(|err| LinkError::Cut(err.to_string()))?.to_bytes()))
    }

    /// The connection that holds, or a new one.
    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, LinkError> {
        let mut kept = self.sender.take();
        if let Some(sender) = &mut kept
            && sender.ready().await.is_err()
        {
            kept = None;
        }
        let sender = match kept {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        Ok(self.sender.insert(sender))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, LinkError> {
        let centre = self.way.centre;
        let stream = tokio::time::timeout(CONNECT_TIME, self.way.connect())
            .await
            .map_err(|_elapsed| LinkError::Late(CONNECT_TIME.as_secs()))??;
        let name = ServerName::IpAddress(centre.ip().into());
        let tls = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream);
        let tls = tls.await.map_err(|err| LinkError::Tls { centre, err })?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(tls)).await.map_err(|err| LinkError::Cut(err.to_string()))?;
        // It ends with the sender, or when the link is cut, which the next question finds out.
        tokio::spawn(async move {
            let _cut = connection.await;
        });
        Ok(sender)
    }
}

impl Way {
    async fn connect(&self) -> Result<TcpStream, LinkError> {
        let connect = async {
            let socket = if self.centre.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            if let Some(interface) = &self.interface {
                socket.bind_device(Some(interface.as_bytes()))?;
            }
            let stream = socket.connect(self.centre).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        connect.await.map_err(|err| LinkError::Connect {
            centre: self.centre,
            by: self.interface.as_ref().map_or_else(String::new, |name| format!(" by {name}")),
            err,
        })
    }
}
