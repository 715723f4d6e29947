//! What can be said, across all protocols: a small closed set, so that a new protocol feeds the detectors that are there and a
//! new detector hears the protocols that are there. Everything is borrowed; nothing outlives the call.

use core::net::{IpAddr, Ipv4Addr};

use common_model::Mac;

use crate::certificate::Certificate;

/// One thing that was said. The conversation's ends are known to whoever asked for the event.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A name was asked for, or an answer came.
    NameLookup(NameLookup<'a>),
    /// Somebody tried to log in.
    Login(Login<'a>),
    /// A resource was asked for by address (HTTP).
    Request(Request<'a>),
    /// The client said which name it means by this server (TLS SNI, HTTP Host).
    ServerName(&'a str),
    /// The server showed a certificate.
    Certificate(Certificate<'a>),
    /// How one end does things tells which program it is.
    Fingerprint(Fingerprint<'a>),
    /// One end said which program it runs.
    Software(Software<'a>),
    /// A device said what it is called or what it offers.
    Announce(Announce<'a>),
    /// An address was leased (DHCP ACK).
    Lease(Lease<'a>),
    /// Somebody offers addresses (DHCP OFFER or ACK).
    AddressServer(AddressServer),
    /// A rule of the protocol was broken.
    Anomaly(Anomaly),
}

/// A name lookup, as question or as answer (DNS, mDNS, LLMNR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameLookup<'a> {
    /// Question, or answer with its result.
    pub phase: LookupPhase<'a>,
    /// Lower case, no trailing dot, at most 255 bytes on the wire; bytes that are not printable ASCII stand as `\ddd` (RFC 4343
    /// §2.1), so that the text may be up to four times as long.
    pub name: &'a str,
    /// The record type that was asked for (IANA "DNS parameters").
    pub record: u16,
    /// Size of the whole message, in bytes.
    pub message_bytes: u16,
    /// Asked of the neighbours instead of a server (mDNS, LLMNR).
    pub is_local: bool,
}

/// The two halves of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupPhase<'a> {
    /// It was asked.
    Asked,
    /// It was answered.
    Answered {
        /// 0 is "no error", 3 is "no such name" (RFC 1035 §4.1.1).
        code: u8,
        /// The addresses in the answer, at most [`crate::dns::ADDRESSES_MAX`].
        addresses: &'a [IpAddr],
    },
}

/// A login attempt or its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login<'a> {
    /// To what: a protocol's id ("ssh", "ftp").
    pub service: &'static str,
    /// How it went.
    pub outcome: LoginOutcome,
    /// Who, where it was said in clear.
    pub user: Option<&'a str>,
    /// Whether the secret went over the net in clear.
    pub in_clear: bool,
}

/// How a login went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoginOutcome {
    /// Refused.
    Failed,
    /// Let in.
    Succeeded,
}

/// A request for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// GET, POST …
    pub method: &'a str,
    /// The name of the server, without port; empty when it was not said.
    pub host: &'a str,
    /// Path and query as sent, up to the first byte that is not printable ASCII.
    pub target: &'a str,
}

/// A fingerprint of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint<'a> {
    /// Which method.
    pub method: FingerprintMethod,
    /// Its text form.
    pub value: &'a str,
}

/// The fingerprints we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FingerprintMethod {
    /// TLS client hello (JA4, BSD-3-Clause).
    Ja4,
    /// SSH client key exchange (HASSH, BSD-3-Clause).
    Hassh,
    /// SSH server key exchange (HASSH, BSD-3-Clause).
    HasshServer,
}

/// A program, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Software<'a> {
    /// Which end runs it.
    pub side: crate::Side,
    /// Where it was said: "ssh-banner", "http-user-agent", "http-server", "ftp-banner".
    pub evidence: &'static str,
    /// As it was said, cut to 255 bytes.
    pub text: &'a str,
}

/// What a device says of itself to its neighbours. It is the end that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce<'a> {
    /// It is called so (DHCP option 12, mDNS, LLMNR). No domain, no trailing dot.
    HostName(&'a str),
    /// It holds this name and address (mDNS address record).
    Address {
        /// The name, with its domain.
        name: &'a str,
        /// The address.
        ip: IpAddr,
    },
    /// It offers this service: "_ipp._tcp" (DNS-SD).
    Service(&'a str),
    /// It asks for an address in this way: vendor class (DHCP option 60).
    VendorClass(&'a str),
    /// It asks for these parameters, in this order (DHCP option 55): a fingerprint of its system.
    ParameterList(&'a [u8]),
    /// It called itself this kind of hardware ("device model" of mDNS `_device-info`).
    Model(&'a str),
}

/// An address was leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease<'a> {
    /// To whom.
    pub mac: Mac,
    /// Which address.
    pub ip: Ipv4Addr,
    /// How many of its leading bits name the network (from the subnet mask), if said.
    pub prefix_bits: Option<u8>,
    /// What the client called itself, if said in the same exchange.
    pub host_name: Option<&'a str>,
}

/// Somebody offers an address. It is the end that sent it, unless it was relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressServer {
    /// Which server it says it is (DHCP option 54).
    pub server: Ipv4Addr,
    /// The number of the exchange, which the client chose: whoever answers it heard the same question.
    pub transaction: u32,
    /// Which address it offers.
    pub offered: Ipv4Addr,
    /// How many of its leading bits name the network (from the subnet mask), if said.
    pub prefix_bits: Option<u8>,
    /// The way out that it tells its clients to take (option 3), if said.
    pub gateway: Option<Ipv4Addr>,
    /// The name server that it tells its clients to ask (option 6), the first one, if said.
    pub name_server: Option<Ipv4Addr>,
    /// It came through a relay (giaddr is set), so the sender is not the server.
    pub is_relayed: bool,
}

/// A rule of a protocol was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Which protocol.
    pub protocol: &'static str,
    /// Which rule: a noun phrase in kebab-case, as "pointer-loop".
    pub what: &'static str,
}
