//! Rogue DHCP: a second server offers addresses, and another way out.
//!
//! Remembers who offers addresses in which net; the first one heard there is the clinic's own. What it sees and what fools it: `README.md`
//! beside this file.

use core::net::Ipv4Addr;

use common_model::DeviceType;
use sensor_protocols::AddressServer;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "rogue-dhcp",
    kinds: &[&ROGUE_DHCP],
    wants: &[Topic::AddressServer],
    memory_bytes_max: SERVERS_MAX * size_of::<Server>()
        + Recent::<(Option<u16>, u32), Answer>::memory_bytes(EXCHANGES_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| Ok(Box::new(RogueDhcp::new(settings.read()?, settings.seed))),
};

static ROGUE_DHCP: Kind = Kind {
    id: "rogue-dhcp",
    category: Category::RogueDhcp,
    techniques: &["T1557.003"],
    message: "rogue_address_server",
    facts: &[],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(12 * 3_600),
};

/// Most servers remembered; a clinic has one for each of its nets.
const SERVERS_MAX: usize = 64;

/// Most exchanges remembered, of which the first answer was heard.
const EXCHANGES_MAX: usize = 1_024;

/// What is kept over a restart: the clinic's own servers.
const SAVED_VERSION: u32 = 2;

/// Overridden in `[detectors.rogue-dhcp]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    exchange_secs: u64,
    prefix_bits_unsaid: u8,
}

/// What a server tells its clients, in one net.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Server {
    address: Ipv4Addr,
    vlan: Option<u16>,
    /// An address that it offered, and how many of its bits name the net.
    offered: Ipv4Addr,
    prefix_bits: u8,
    gateway: Option<Ipv4Addr>,
    name_server: Option<Ipv4Addr>,
    /// Whom to name; after a restart, its address.
    #[serde(skip)]
    subject: Option<Subject>,
    #[serde(skip)]
    is_confirmed: bool,
}

impl Server {
    /// Whether it offers addresses of the net of this one.
    fn serves(&self, vlan: Option<u16>, offered: Ipv4Addr) -> bool {
        let differing = self.offered.to_bits() ^ offered.to_bits();
        self.vlan == vlan && differing.leading_zeros() >= u32::from(self.prefix_bits)
    }

    fn subject(&self) -> Subject {
        self.subject.unwrap_or(Subject::Address(self.address.into()))
    }

    /// Whether it says something else than `own`; what it does not say leads nowhere.
    fn leads_elsewhere(&self, own: &Server) -> bool {
        let differs = |said: Option<Ipv4Addr>, own| said.is_some() && said != own;
        differs(self.gateway, own.gateway) || differs(self.name_server, own.name_server)
    }
}

/// The first answer in an exchange.
#[derive(Clone, Copy, Debug)]
struct Answer {
    server: Ipv4Addr,
    offered: Ipv4Addr,
    at: Timestamp,
}

struct RogueDhcp {
    limits: Limits,
    /// Whoever stands before another is rather the clinic's own: confirmed, or heard before.
    servers: Vec<Server>,
    answers: Recent<(Option<u16>, u32), Answer>,
    forgotten: u64,
}

impl Detector for RogueDhcp {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let What::Said(Event::AddressServer(said)) = seen.what else { return };
        // Two that answer one question stand in one net, whatever addresses they offer.
        let rival = self.rival(said, seen.vlan, context.now);
        let Some(this) = self.remember(said, seen, context) else { return };
        let first = self.servers.iter().position(|known| known.serves(seen.vlan, said.offered));
        let rival = rival.and_then(|rival| self.place(rival.server, seen.vlan, rival.offered));
        let Some(own) = [first, rival].into_iter().flatten().min() else { return };
        let stranger = if own == this { rival.unwrap_or(own) } else { this };
        let (Some(own), Some(stranger)) = (self.servers.get(own), self.servers.get(stranger)) else { return };
        if own.address == stranger.address || stranger.is_confirmed {
            return;
        }
        // A second server that says the same is a spare; one that leads elsewhere is not.
        let confidence = if stranger.leads_elsewhere(own) { 90 } else { 50 };
        out.report(Finding {
            device: stranger.subject(),
            role: FindingRole::Source,
            peer: Some(Subject::Address(own.address.into())),
            identity: StableHash::new("server").ip(stranger.address.into()).finish(),
            ..seen.finding(&ROGUE_DHCP, Confidence::percent(confidence))
        });
    }

    fn save(&self) -> Option<Saved> {
        let mut own: Vec<&Server> = Vec::new();
        for server in &self.servers {
            if !own.iter().any(|known| known.serves(server.vlan, server.offered)) {
                own.push(server);
            }
        }
        if own.is_empty() { None } else { Saved::of(SAVED_VERSION, &own) }
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), SavedError> {
        self.servers = saved.read(SPEC.id, SAVED_VERSION)?;
        self.servers.truncate(SERVERS_MAX);
        Ok(())
    }

    fn forgotten(&self) -> u64 {
        self.forgotten.saturating_add(self.answers.forgotten())
    }
}

impl RogueDhcp {
    fn new(limits: Limits, seed: u64) -> Self {
        RogueDhcp {
            limits,
            servers: Vec::with_capacity(SERVERS_MAX),
            answers: Recent::new(EXCHANGES_MAX, seed),
            forgotten: 0,
        }
    }

    /// Who else answered in this exchange, before.
    fn rival(&mut self, said: &AddressServer, vlan: Option<u16>, now: Timestamp) -> Option<Answer> {
        let this = Answer { server: said.server, offered: said.offered, at: now };
        let first = self.answers.entry((vlan, said.transaction), || this);
        if now.since(first.at) > Duration::from_secs(self.limits.exchange_secs) {
            *first = this;
        }
        Some(*first).filter(|first| first.server != said.server)
    }

    /// Where this server stands.
    fn place(&self, server: Ipv4Addr, vlan: Option<u16>, offered: Ipv4Addr) -> Option<usize> {
        self.servers.iter().position(|known| known.address == server && known.serves(vlan, offered))
    }

    /// Takes in what a server says; returns where it stands.
    fn remember(
        &mut self,
        said: &AddressServer,
        seen: &Observation<'_>,
        context: &Context<'_>,
    ) -> Option<usize> {
        let at = match self.place(said.server, seen.vlan, said.offered) {
            Some(at) => at,
            None if self.servers.len() >= SERVERS_MAX => {
                self.forgotten = self.forgotten.saturating_add(1);
                return None;
            }
            None => {
                self.servers.push(Server {
                    address: said.server,
                    vlan: seen.vlan,
                    offered: said.offered,
                    prefix_bits: said.prefix_bits.unwrap_or(self.limits.prefix_bits_unsaid),
                    gateway: None,
                    name_server: None,
                    subject: None,
                    is_confirmed: false,
                });
                self.servers.len() - 1
            }
        };
        let server = self.servers.get_mut(at)?;
        server.gateway = said.gateway.or(server.gateway);
        server.name_server = said.name_server.or(server.name_server);
        // Who hands on what a server says is not the server.
        if !said.is_relayed {
            server.subject = Some(seen.source.subject());
            server.is_confirmed = is_confirmed(seen, context);
        }
        if !server.is_confirmed {
            return Some(at);
        }
        // The clinic said what this is: it was its own all the time, whoever was heard first.
        self.servers.get_mut(..=at)?.rotate_right(1);
        Some(0)
    }
}

/// Whether the clinic confirmed that this device is a router or a server.
fn is_confirmed(seen: &Observation<'_>, context: &Context<'_>) -> bool {
    let device = seen.source.device.and_then(|id| context.inventory.get(id));
    device.is_some_and(|device| {
        device.is_type_confirmed() && matches!(device.device_type(), DeviceType::Router | DeviceType::Server)
    })
}
