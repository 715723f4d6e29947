//! What devices of one net say to each other: who has which address, who gets one, who offers what.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use common_model::Mac;
use common_model::hash::StableHash;

use super::build::{Icmp, Station, ether_type};
use super::cast::multicast_mac;
use super::dhcp::{self, Kind, Terms};
use super::dns::{self, Announced};
use super::stage::Stage;
use super::statement::Lease;
use super::words::Said;

/// Where multicast DNS is spoken (RFC 6762 §3).
const MDNS_GROUP: Station =
    Station::near(Mac([0x01, 0x00, 0x5e, 0, 0, 251]), IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)));
const MDNS_PORT: u16 = 5_353;

/// What has passed no router says so (RFC 6762 §11, RFC 4861 §4.3).
const HOPS_OF_NEIGHBOURS: u8 = 255;

/// ARP operations (RFC 826).
const ARP_REQUEST: u8 = 1;
const ARP_REPLY: u8 = 2;

/// ICMPv6 types, and the options with the Ethernet address of who asks and of who has it (RFC 4861 §4.3, §4.4, §4.6.1).
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
const SOURCE_ADDRESS: u8 = 1;
const TARGET_ADDRESS: u8 = 2;

/// An Ethernet address and an IP address that belong together.
type At<I> = (Mac, I);

impl Stage<'_> {
    /// Who has this address? By ARP, or as a neighbour solicitation.
    pub(super) fn ask(&mut self, who: &str, address: IpAddr) -> Said<()> {
        let device = self.cast.device(who)?;
        match address {
            IpAddr::V4(address) => {
                // Who has no address yet is nobody (RFC 5227 §2.1.1).
                let own = device.v4.unwrap_or(Ipv4Addr::UNSPECIFIED);
                self.arp(
                    ARP_REQUEST,
                    [device.mac, Mac::BROADCAST],
                    (device.mac, own),
                    (Mac::default(), address),
                )?;
            }
            IpAddr::V6(address) => {
                let own = device.v6.ok_or_else(|| format!("`{who}` has no IPv6 address"))?;
                // The group of those whose addresses end alike (RFC 4291 §2.7.1).
                let group = 0xff02_0000_0000_0000_0000_0001_ff00_0000 | address.to_bits() & 0xff_ffff;
                let group = Ipv6Addr::from_bits(group);
                let asks = Icmp { kind: SOLICITATION, code: 0, rest: [0; 4] };
                let ends = [(device.mac, own), (multicast_mac(group), group)];
                self.neighbour(asks, ends, address, (SOURCE_ADDRESS, device.mac))?;
            }
        }
        self.breathe();
        Ok(())
    }

    /// This address is there: to somebody who asked, or to all unasked. By ARP, or as a neighbour advertisement.
    pub(super) fn tell(&mut self, who: &str, address: IpAddr, holder: &str, to: Option<&str>) -> Said<()> {
        let from = self.cast.device(who)?.mac;
        let holder = self.cast.mac(holder)?;
        let asker = to.map(|to| self.cast.device(to)).transpose()?;
        match address {
            IpAddr::V4(address) => {
                let to_asker = asker.map(|asker| (asker.mac, asker.v4.unwrap_or(Ipv4Addr::UNSPECIFIED)));
                let target = to_asker.unwrap_or((Mac::BROADCAST, address));
                self.arp(ARP_REPLY, [from, target.0], (holder, address), target)?;
            }
            IpAddr::V6(address) => {
                let everybody = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
                let to_asker = asker.and_then(|asker| Some((asker.mac, asker.v6?)));
                // Takes the place of what was known; was asked for.
                let flags = if to_asker.is_some() { 0x60 } else { 0x20 };
                let target = to_asker.unwrap_or((multicast_mac(everybody), everybody));
                let tells = Icmp { kind: ADVERTISEMENT, code: 0, rest: [flags, 0, 0, 0] };
                self.neighbour(tells, [(from, address), target], address, (TARGET_ADDRESS, holder))?;
            }
        }
        self.breathe();
        Ok(())
    }

    /// The four messages of a lease, or the first two.
    pub(super) fn lease(&mut self, lease: &Lease<'_>) -> Said<()> {
        let (device, server) = self.cast.device_v4(lease.server)?;
        let client = self.cast.device(lease.client)?.mac;
        let usual = self.cast.gateway().and_then(|gateway| gateway.v4).unwrap_or(server);
        let v4 = |who: Option<&str>| who.map_or(Ok(usual), |who| self.cast.v4(who));
        let (gateway, name_server) = (v4(lease.gateway)?, v4(lease.names)?);
        self.conversations += 1;
        let terms = Terms {
            transaction: StableHash::new("dhcp").u64(self.conversations).finish() as u32,
            client,
            server,
            address: lease.address,
            gateway,
            name_server,
            host_name: lease.host_name,
            vendor: lease.vendor,
        };
        let near = |mac, ip: Ipv4Addr| Station::near(mac, ip.into());
        let asks = [near(client, Ipv4Addr::UNSPECIFIED), near(Mac::BROADCAST, Ipv4Addr::BROADCAST)];
        let answers = [near(device.mac, server), near(client, lease.address)];
        let kinds = [Kind::Discover, Kind::Offer, Kind::Request, Kind::Ack];
        for kind in kinds.into_iter().take(if lease.is_only_offered { 2 } else { 4 }) {
            let (ends, ports) = if matches!(kind, Kind::Offer | Kind::Ack) {
                (&answers, [dhcp::SERVER_PORT, dhcp::CLIENT_PORT])
            } else {
                (&asks, [dhcp::CLIENT_PORT, dhcp::SERVER_PORT])
            };
            self.tape.udp(self.now, ends.each_ref(), ports, &dhcp::message(kind, &terms), 0)?;
            self.breathe();
        }
        if !lease.is_only_offered {
            self.cast.lease(lease.client, lease.address);
        }
        Ok(())
    }

    /// By multicast DNS.
    pub(super) fn announce(&mut self, who: &str, what: &Announced<'_>) -> Said<()> {
        let (device, v4) = self.cast.device_v4(who)?;
        let addresses: Vec<IpAddr> = [v4.into()].into_iter().chain(device.v6.map(IpAddr::from)).collect();
        let message = dns::announcement(who, &addresses, what)?;
        let from = Station { hop_limit: HOPS_OF_NEIGHBOURS, ..Station::near(device.mac, v4.into()) };
        self.tape.udp(self.now, [&from, &MDNS_GROUP], [MDNS_PORT; 2], &message, 0)?;
        self.breathe();
        Ok(())
    }

    fn arp(&mut self, operation: u8, macs: [Mac; 2], sender: At<Ipv4Addr>, target: At<Ipv4Addr>) -> Said<()> {
        // Ethernet and IPv4, with addresses of six and four bytes.
        let mut body = vec![0, 1, 8, 0, 6, 4, 0, operation];
        for (mac, ip) in [sender, target] {
            body.extend(mac.0);
            body.extend(ip.octets());
        }
        self.tape.ethernet(self.now, macs, ether_type::ARP, &body, 0)
    }

    fn neighbour(
        &mut self,
        icmp: Icmp,
        ends: [At<Ipv6Addr>; 2],
        address: Ipv6Addr,
        (option, mac): (u8, Mac),
    ) -> Said<()> {
        let [from, to] =
            ends.map(|(mac, ip)| Station { hop_limit: HOPS_OF_NEIGHBOURS, ..Station::near(mac, ip.into()) });
        // The option's length in units of eight bytes.
        let payload = [&address.octets()[..], &[option, 1], &mac.0].concat();
        self.tape.icmp(self.now, [&from, &to], icmp, &payload)
    }
}
