//! The desk's API, as a program asks it.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use axum::body::Body;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// Longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Somebody who signed in.
#[derive(Debug)]
pub struct Desk {
    http: SendRequest<Body>,
    host: String,
    cookie: String,
}

impl Desk {
    /// Signs in with a link's token.
    ///
    /// # Errors
    /// When the desk lets nobody in.
    pub async fn sign_in(at: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(at).await.with_context(|| format!("could not connect to {at}"))?;
        stream.set_nodelay(true)?;
        let (http, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut desk = Desk { http, host: format!("localhost:{}", at.port()), cookie: String::new() };
        let body = json!({ "token": token }).to_string();
        let response = desk.send("POST", "/api/v1/sign-in", body).await?;
        ensure!(response.status() == StatusCode::OK, "the desk lets nobody in: {}", response.status());
        let cookie = response.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).context("no cookie")?.to_owned();
        axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX).await?;
        Ok(Desk { cookie, ..desk })
    }

    /// The id of the incident that stands first in a list.
    ///
    /// # Errors
    /// When the desk does not answer.
    pub async fn newest_incident(&mut self, path: &str) -> anyhow::Result<Option<String>> {
        let response = self.send("GET", path, String::new()).await?;
        let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX).await?;
        let list: Value = serde_json::from_slice(&body)?;
        Ok(list.pointer("/incidents/0/incident/id").and_then(Value::as_str).map(str::to_owned))
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: String,
    ) -> anyhow::Result<Response<hyper::body::Incoming>> {
        self.http.ready().await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("content-type", "application/json")
            .header("cookie", &self.cookie)
            .body(Body::from(body))?;
        Ok(self.http.send_request(request).await?)
    }
}
