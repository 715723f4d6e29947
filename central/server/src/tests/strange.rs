//! Strange paths and headers at both doors, as bytes on the connection: refused, and nothing falls.

use core::net::SocketAddr;
use core::time::Duration;

use rustls::pki_types::ServerName;
use testing_fleet::connector;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Running;

/// Requests at each door. Fewer than a door takes at once.
const REQUESTS: u64 = 300;

/// So long a door may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What strange requests are made from, besides any byte.
const PIECES: [&[u8]; 24] = [
    b"/api/v1/",
    b"/v1/",
    b"boxes/",
    b"incidents",
    b"batch",
    b"inbox?after=",
    b"..%2f",
    b"/../",
    b"//",
    b"%00",
    b"%",
    b"?limit=",
    b"&after=",
    b"-1",
    b"18446744073709551616",
    b"\xff\xfe",
    b"\\",
    b";",
    b"#",
    b"*",
    b"http://evil.example/",
    b" ",
    b"\t",
    b"{id}",
];

/// The same in every run (SplitMix64; Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..self.throw(most) {
            match self.throw(10) {
                0 => bytes.push(self.throw(256) as u8),
                _ => bytes.extend_from_slice(PIECES[self.throw(PIECES.len())]),
            }
        }
        bytes.retain(|byte| !matches!(byte, b'\r' | b'\n'));
        bytes
    }

    fn request(&mut self, host: &str) -> Vec<u8> {
        let method = ["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "BREW", "get", ""][self.throw(9)];
        let begins = ["/api/v1/", "/v1/", "/"][self.throw(3)];
        let mut request = format!("{method} {begins}").into_bytes();
        request.extend(self.bytes(5));
        request.extend_from_slice(
            [&b" HTTP/1.1\r\n"[..], b" HTTP/1.0\r\n", b" HTTP/9.9\r\n", b"\r\n"]
                [self.throw(4).min(self.throw(4))],
        );
        if self.throw(4) > 0 {
            request.extend_from_slice(format!("Host: {host}\r\n").as_bytes());
        }
        let names = [
            "Host",
            "Cookie",
            "X-Cyberalarm",
            "Content-Length",
            "Transfer-Encoding",
            "Content-Type",
            "Sec-Fetch-Site",
            "Expect",
        ];
        for _ in 0..self.throw(3) {
            request.extend_from_slice(names[self.throw(names.len())].as_bytes());
            request.extend_from_slice(b": ");
            let most = if self.throw(20) == 0 { 4_000 } else { 5 };
            request.extend(self.bytes(most));
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"Connection: close\r\n\r\n");
        request.extend(self.bytes(8));
        request
    }
}

/// Sends bytes and reads what comes. Returns the number of the answer; 0 when there was none.
async fn answer(mut connection: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> u16 {
    let mut said = Vec::new();
    // Whoever refuses need not read to the end, and may hang up.
    let _hung_up = connection.write_all(request).await;
    // A door that waits for more is told, after some time, that no more comes; told at once it would not answer whoever has hung up.
    if tokio::time::timeout(PATIENCE, connection.read_to_end(&mut said)).await.is_err() {
        let _hung_up = connection.shutdown().await;
        let _hung_up = connection.read_to_end(&mut said).await;
    }
    let status = said.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
    status.and_then(|status| core::str::from_utf8(status).ok()?.parse().ok()).unwrap_or(0)
}

async fn tcp(to: SocketAddr) -> TcpStream {
    TcpStream::connect(to).await.expect("the door is open")
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_paths_and_headers_are_refused_at_both_doors() {
    let centre = Running::new().await;
    let played = centre.claimed("Klinik Nord", "").await;
    let with = connector(&played.ca, Some((&played.chain, &played.key))).unwrap();
    let mut dice = Dice(1);
    let (mut refused, mut unheard, mut by_guard) = (0, 0, 0);
    for number in 0..REQUESTS {
        let request = dice.request(&format!("localhost:{}", centre.desk.port()));
        let at_desk = answer(tcp(centre.desk).await, &request).await;
        let name = ServerName::IpAddress(centre.boxes.ip().into());
        let line = with.connect(name, tcp(centre.boxes).await).await.unwrap();
        let at_line = answer(line, &request).await;
        by_guard += u64::from(matches!(at_desk, 401 | 403 | 421));
        for status in [at_desk, at_line] {
            assert!(status < 500, "request {number}: {status}: {}", request.escape_ascii());
            refused += u64::from((400..500).contains(&status));
            unheard += u64::from(status == 0);
        }
    }
    assert!(refused > REQUESTS && unheard < REQUESTS, "{refused} refused, {unheard} without an answer");
    // What is no HTTP nobody counts; whoever is turned away is counted.
    let counted: u64 = ["no_session", "forged", "host"].iter().map(|why| centre.refused(why)).sum();
    assert_eq!(counted, by_guard);
    assert!(counted > REQUESTS / 10, "{counted} counted");
    // Both doors are still open.
    assert_eq!(played.connect().await.unwrap().inbox(0).await.unwrap().status, 200);
    let asks = format!(
        "GET /api/v1/session HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        centre.desk.port()
    );
    assert_eq!(answer(tcp(centre.desk).await, asks.as_bytes()).await, 204);
    assert_eq!(centre.app.store.cells().len(), 1);
}
