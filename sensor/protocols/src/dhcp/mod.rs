//! DHCP for IPv4 (RFC 2131, 2132): who gets which address, from whom, and what it calls itself.
//!
//! Does not follow leases over time: an ACK is a lease, and whoever keeps devices knows the rest.

mod parse;

use arrayvec::ArrayString;

use crate::event::{AddressServer, Announce, Anomaly, Event, Lease};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};
use crate::text;
use parse::{Message, kind};

/// Longest host name, in bytes: a label (RFC 1035 §2.3.4).
const HOST_NAME_BYTES_MAX: usize = 63;

/// State of one conversation: what the client called itself in its last request, for the lease that answers it.
#[derive(Debug, Default)]
pub struct Parser {
    transaction: u32,
    host_name: ArrayString<HOST_NAME_BYTES_MAX>,
}

impl Protocol for Parser {
    const SPEC: Spec = Spec {
        id: "dhcp",
        carriers: &[Carrier::Udp],
        ports_hint: &[67, 68],
        readme: include_str!("README.md"),
    };

    fn probe(first: &[u8], _side: Side, _carrier: Carrier, _hinted: bool) -> Probe {
        match parse::message(first) {
            Some(message) => Probe::Certain(Some(if message.is_reply { Side::Server } else { Side::Client })),
            None => Probe::NotOurs,
        }
    }

    fn parse(
        &mut self,
        _side: Side,
        _carrier: Carrier,
        input: Input<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Progress {
        let Input::Data(bytes) = input else { return Progress::Used(1) };
        match parse::message(bytes) {
            Some(message) if message.is_reply => self.reply(&message, out),
            Some(message) => self.request(&message, out),
            None => return Progress::GiveUp,
        }
        Progress::Used(bytes.len() as u64)
    }
}

impl Parser {
    fn request(&mut self, message: &Message<'_>, out: &mut dyn FnMut(Event<'_>)) {
        let options = &message.options;
        if options.is_cut_off {
            cut_off(out);
        }
        if !matches!(options.kind, kind::DISCOVER | kind::REQUEST | kind::INFORM) {
            return;
        }
        self.transaction = message.transaction;
        self.host_name.clear();
        if let Some(name) = host_name(options.host_name) {
            out(Event::Announce(Announce::HostName(name)));
            self.host_name = ArrayString::from(name).unwrap_or_default();
        }
        if let Some(class) = text::ascii(options.vendor_class) {
            out(Event::Announce(Announce::VendorClass(class)));
        }
        if !options.parameters.is_empty() {
            out(Event::Announce(Announce::ParameterList(options.parameters)));
        }
    }

    fn reply(&self, message: &Message<'_>, out: &mut dyn FnMut(Event<'_>)) {
        let options = &message.options;
        if options.is_cut_off {
            cut_off(out);
        }
        // Without an address it is the answer to an INFORM, or says where to boot from (PXE): nothing is leased.
        if !matches!(options.kind, kind::OFFER | kind::ACK) || message.yours.is_unspecified() {
            return;
        }
        let prefix_bits = options.mask.and_then(parse::prefix_bits);
        let next_server = Some(message.next_server).filter(|ip| !ip.is_unspecified());
        if let Some(server) = options.server.or(next_server) {
            out(Event::AddressServer(AddressServer {
                server,
                transaction: message.transaction,
                offered: message.yours,
                prefix_bits,
                gateway: options.gateway,
                name_server: options.name_server,
                is_relayed: !message.relay.is_unspecified(),
            }));
        }
        if options.kind == kind::ACK
            && let Some(mac) = message.mac
        {
            let is_ours = self.transaction == message.transaction;
            out(Event::Lease(Lease {
                mac,
                ip: message.yours,
                prefix_bits,
                host_name: Some(self.host_name.as_str()).filter(|name| is_ours && !name.is_empty()),
            }));
        }
    }
}

fn cut_off(out: &mut dyn FnMut(Event<'_>)) {
    out(Event::Anomaly(Anomaly { protocol: "dhcp", what: "cut-off" }));
}

/// The first label; some clients end it with a zero byte.
fn host_name(data: &[u8]) -> Option<&str> {
    let label = data.split(|byte| matches!(byte, b'.' | 0)).next()?;
    text::ascii(label).filter(|name| name.len() <= HOST_NAME_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(op: u8, transaction: u8, yours: [u8; 4], options: &[u8]) -> Vec<u8> {
        let mut bytes = vec![op, 1, 6, 0, 0, 0, 0, transaction];
        bytes.extend([0; 8]);
        bytes.extend(yours);
        bytes.extend([0; 8]);
        bytes.extend([2, 0, 0, 0, 0, 0x21]);
        bytes.extend([0; 10 + 64 + 128]);
        bytes.extend([99, 130, 83, 99]);
        bytes.extend(options);
        bytes
    }

    fn request(transaction: u8) -> Vec<u8> {
        message(
            1,
            transaction,
            [0; 4],
            b"\x35\x01\x03\x0c\x0epc-1.clinic.dk\x3c\x08MSFT 5.0\x37\x04\x01\x03\x06\x0f\xff",
        )
    }

    fn ack() -> Vec<u8> {
        let options = b"\x35\x01\x05\x36\x04\x0a\x00\x00\x01\x01\x04\xff\xff\xff\x00\x03\x04\x0a\x00\x00\x01\
            \x06\x08\x0a\x00\x00\x02\x0a\x00\x00\x03\xff";
        message(2, 7, [10, 0, 0, 21], options)
    }

    fn said(messages: &[Vec<u8>]) -> Vec<String> {
        let (mut parser, mut said) = (Parser::default(), Vec::new());
        for bytes in messages {
            parser.parse(Side::Client, Carrier::Udp, Input::Data(bytes), &mut |event| {
                said.push(format!("{event:?}"));
            });
        }
        said
    }

    #[test]
    fn a_client_says_who_it_is() {
        assert_eq!(
            said(&[request(7)]),
            [
                r#"Announce(HostName("pc-1"))"#,
                r#"Announce(VendorClass("MSFT 5.0"))"#,
                "Announce(ParameterList([1, 3, 6, 15]))",
            ]
        );
    }

    #[test]
    fn an_ack_is_a_lease_from_a_server() {
        assert_eq!(
            said(&[ack()]),
            [
                "AddressServer(AddressServer { server: 10.0.0.1, transaction: 7, offered: 10.0.0.21, \
                 prefix_bits: Some(24), gateway: Some(10.0.0.1), name_server: Some(10.0.0.2), is_relayed: false })",
                "Lease(Lease { mac: 02:00:00:00:00:21, ip: 10.0.0.21, prefix_bits: Some(24), host_name: None })",
            ]
        );
    }

    #[test]
    fn a_lease_has_the_name_of_its_own_request_only() {
        assert!(said(&[request(7), ack()])[4].contains(r#"host_name: Some("pc-1")"#));
        assert!(said(&[request(8), ack()])[4].contains("host_name: None"));
    }

    #[test]
    fn an_offer_leases_nothing_yet_and_an_answer_without_address_nothing_at_all() {
        let offer = message(2, 7, [10, 0, 0, 21], b"\x35\x01\x02\x36\x04\x0a\x00\x00\x01\xff");
        assert_eq!(said(&[offer]).len(), 1);
        let inform = message(2, 7, [0; 4], b"\x35\x01\x05\x36\x04\x0a\x00\x00\x01\xff");
        assert_eq!(said(&[inform]).len(), 0);
        let boot = message(2, 7, [0; 4], b"\x35\x01\x02\x36\x04\x0a\x00\x00\x05\x3c\x09PXEClient\xff");
        assert_eq!(said(&[boot]).len(), 0);
    }

    #[test]
    fn what_was_cut_short_is_read_as_far_as_it_goes() {
        let whole = request(7);
        for len in 0..whole.len() {
            let said = said(&[whole[..len].to_vec()]);
            assert_eq!(said.first().is_some_and(|first| first.contains("cut-off")), len >= 240, "{len}");
        }
    }

    #[test]
    fn is_known_by_its_cookie() {
        let probe = |first: &[u8]| Parser::probe(first, Side::Client, Carrier::Udp, false);
        assert_eq!(probe(&request(7)), Probe::Certain(Some(Side::Client)));
        assert_eq!(probe(&ack()), Probe::Certain(Some(Side::Server)));
        assert_eq!(probe(&[0; 300]), Probe::NotOurs);
    }

    proptest! {
        #[test]
        fn no_options_make_it_panic(kind in 0_u8..9, op in 1_u8..3, options in prop::collection::vec(any::<u8>(), 0..300)) {
            said(&[message(op, 7, [10, 0, 0, 9], &[&[53, 1, kind], options.as_slice()].concat())]);
        }
    }
}
