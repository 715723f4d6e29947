//! DHCP messages (RFC 2131, RFC 2132): the four of a lease.

use core::net::Ipv4Addr;

use common_model::Mac;

/// Ports of client and server (RFC 2131 §4.1).
pub(super) const CLIENT_PORT: u16 = 68;
pub(super) const SERVER_PORT: u16 = 67;

/// Shortest message, in bytes (RFC 1542 §2.1).
const MESSAGE_BYTES_MIN: usize = 300;

/// How long an address is leased, in seconds. Guess: a day is what small routers say.
const LEASE_SECS: u32 = 86_400;

/// The mask of a net of 254 devices, as the rest of a script takes it to be.
const MASK: [u8; 4] = [255, 255, 255, 0];

/// What a client wants to know (RFC 2132): mask, way out, name servers, domain.
const PARAMETERS: [u8; 4] = [option::MASK, option::GATEWAY, option::NAME_SERVER, option::DOMAIN];

/// Options (RFC 2132).
mod option {
    pub(super) const MASK: u8 = 1;
    pub(super) const GATEWAY: u8 = 3;
    pub(super) const NAME_SERVER: u8 = 6;
    pub(super) const HOST_NAME: u8 = 12;
    pub(super) const DOMAIN: u8 = 15;
    pub(super) const WANTED_ADDRESS: u8 = 50;
    pub(super) const LEASE_TIME: u8 = 51;
    pub(super) const KIND: u8 = 53;
    pub(super) const SERVER: u8 = 54;
    pub(super) const PARAMETERS: u8 = 55;
    pub(super) const VENDOR_CLASS: u8 = 60;
    pub(super) const CLIENT: u8 = 61;
    pub(super) const END: u8 = 255;
}

/// What kind of message it is (RFC 2132 §9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Ack = 5,
}

/// What is leased to whom, and what both say with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'w> {
    pub(super) transaction: u32,
    pub(super) client: Mac,
    pub(super) server: Ipv4Addr,
    pub(super) address: Ipv4Addr,
    pub(super) gateway: Ipv4Addr,
    pub(super) name_server: Ipv4Addr,
    pub(super) host_name: Option<&'w str>,
    pub(super) vendor: Option<&'w str>,
}

/// One of the four messages.
pub(super) fn message(kind: Kind, terms: &Terms<'_>) -> Vec<u8> {
    let is_reply = matches!(kind, Kind::Offer | Kind::Ack);
    let yours = if is_reply { terms.address } else { Ipv4Addr::UNSPECIFIED };
    // Ethernet addresses of six bytes; no hops.
    let mut bytes = vec![if is_reply { 2 } else { 1 }, 1, 6, 0];
    bytes.extend(terms.transaction.to_be_bytes());
    // Seconds, flags, the client's present address.
    bytes.extend([0; 8]);
    bytes.extend(yours.octets());
    // The next server and the relay, the rest of the client's hardware address, the server's name, the boot file.
    bytes.extend([0; 8]);
    bytes.extend(terms.client.0);
    bytes.extend([0; 10 + 64 + 128]);
    bytes.extend([99, 130, 83, 99]);
    let mut put = |number: u8, data: &[u8]| {
        // Names and classes are cut to what an option can hold.
        let data = data.get(..255).unwrap_or(data);
        bytes.extend([number, data.len() as u8]);
        bytes.extend(data);
    };
    put(option::KIND, &[kind as u8]);
    if kind != Kind::Discover {
        put(option::SERVER, &terms.server.octets());
    }
    if is_reply {
        put(option::LEASE_TIME, &LEASE_SECS.to_be_bytes());
        put(option::MASK, &MASK);
        put(option::GATEWAY, &terms.gateway.octets());
        put(option::NAME_SERVER, &terms.name_server.octets());
    } else {
        put(option::CLIENT, &[&[1], &terms.client.0[..]].concat());
        if kind == Kind::Request {
            put(option::WANTED_ADDRESS, &terms.address.octets());
        }
        if let Some(name) = terms.host_name {
            put(option::HOST_NAME, name.as_bytes());
        }
        if let Some(vendor) = terms.vendor {
            put(option::VENDOR_CLASS, vendor.as_bytes());
        }
        put(option::PARAMETERS, &PARAMETERS);
    }
    bytes.push(option::END);
    bytes.resize(bytes.len().max(MESSAGE_BYTES_MIN), 0);
    bytes
}
