//! What goes from one to another: look-ups, conversations, datagrams, pings.

use common_model::hash::StableHash;

use super::build::{Icmp, Station, ZEROES};
use super::bulk::{Bulk, Side};
use super::dns::{self, Answer, Question};
use super::stage::Stage;
use super::statement::{Ends, Exchange, Outcome};
use super::tls;
use super::words::Said;

/// Payload of a ping, and of a datagram of which no size was said. Source: `ping` of Windows sends 32 bytes.
const SMALL_PAYLOAD: &[u8; 32] = &[0; 32];

/// UDP header, in bytes.
const UDP_HEADER_BYTES: usize = 8;

impl Stage<'_> {
    /// Plays one exchange.
    pub(super) fn exchange(&mut self, ends: &Ends<'_>, exchange: &Exchange<'_>) -> Said<()> {
        match exchange {
            Exchange::Dns { question, answer, is_over_tcp: false } => self.look_up(ends, question, answer),
            Exchange::Dns { question, answer, is_over_tcp: true } => {
                self.look_up_by_tcp(ends, question, answer)
            }
            Exchange::Tcp(outcome) => self.tcp(ends, *outcome),
            Exchange::Udp(outcome) => self.udp(ends, *outcome),
            Exchange::Tls { server_name, bulk } => self.tls(ends, server_name, *bulk),
            Exchange::Ping { is_answered } => self.ping(ends, *is_answered),
        }
    }

    fn look_up(&mut self, ends: &Ends<'_>, question: &Question, answer: &Answer) -> Said<()> {
        let [client, server] = self.stations(ends, *answer != Answer::Silence)?;
        let (number, ports) = self.number(ends);
        let id = number as u16;
        self.tape.udp(self.now, [&client, &server], ports, &dns::query(id, question), 0)?;
        if let Some(message) = dns::reply(id, question, answer) {
            self.now = self.now + server.answers_after;
            let written = self.tape.udp(self.now, [&server, &client], [ports[1], ports[0]], &message, 0);
            written.map_err(|problem| format!("{problem}; a long answer goes `over tcp`"))?;
        }
        self.breathe();
        Ok(())
    }

    fn look_up_by_tcp(&mut self, ends: &Ends<'_>, question: &Question, answer: &Answer) -> Said<()> {
        let mut conversation = self.open(ends)?;
        let id = self.conversations as u16;
        let mut say = |side, message: Vec<u8>| {
            // Its length first (RFC 7766 §8).
            let len = u16::try_from(message.len()).map_err(|_err| "the answer has more than 65535 bytes")?;
            conversation.say(&mut self.tape, side, &[&len.to_be_bytes(), &message[..]].concat())
        };
        say(Side::Client, dns::query(id, question))?;
        if let Some(message) = dns::reply(id, question, answer) {
            say(Side::Server, message)?;
        }
        self.finish(conversation)
    }

    fn tcp(&mut self, ends: &Ends<'_>, outcome: Outcome) -> Said<()> {
        if let Outcome::Talks(bulk) = outcome {
            let mut conversation = self.open(ends)?;
            conversation.pour(&mut self.tape, bulk, ZEROES)?;
            return self.finish(conversation);
        }
        let mut conversation = self.conversation(ends)?;
        match outcome {
            Outcome::Refused => conversation.refused(&mut self.tape)?,
            Outcome::Opened => conversation.dropped(&mut self.tape)?,
            Outcome::Unanswered | Outcome::Talks(_) => conversation.unanswered(&mut self.tape)?,
        }
        self.now = conversation.at();
        self.breathe();
        Ok(())
    }

    fn udp(&mut self, ends: &Ends<'_>, outcome: Outcome) -> Said<()> {
        let is_answered = matches!(outcome, Outcome::Refused | Outcome::Talks(Bulk { gets: 1.., .. }));
        let stations = self.stations(ends, is_answered)?;
        let (_, ports) = self.number(ends);
        let there = stations.each_ref();
        match outcome {
            Outcome::Refused => self.now = self.tape.udp_refused(self.now, there, ports, SMALL_PAYLOAD)?,
            Outcome::Unanswered | Outcome::Opened => {
                self.tape.udp(self.now, there, ports, SMALL_PAYLOAD, 0)?
            }
            Outcome::Talks(bulk) => {
                let (turns, end) = bulk.turns(self.now, stations[0].payload_max(UDP_HEADER_BYTES));
                let [_, server] = stations;
                for (turn, number) in turns.zip(0_u64..) {
                    // Datagrams are told apart by what they say where their headers have no number (IPv6).
                    let count = number.to_be_bytes();
                    let kept = if turn.kept == 0 { &count[..turn.cut.min(8)] } else { &ZEROES[..turn.kept] };
                    let cut = turn.kept + turn.cut - kept.len();
                    // What the server says was asked for.
                    let at = if turn.side == Side::Server { turn.at + server.answers_after } else { turn.at };
                    let (ends, ports) = (turn.side.first(there), turn.side.first(ports));
                    self.tape.udp(at, ends, ports, kept, cut)?;
                }
                self.now = end + server.answers_after;
            }
        }
        self.breathe();
        Ok(())
    }

    fn tls(&mut self, ends: &Ends<'_>, server_name: &str, bulk: Bulk) -> Said<()> {
        let mut conversation = self.open(ends)?;
        let random = |side| random(side, self.conversations);
        let hello = tls::client_hello(server_name, random("client"));
        conversation.say(&mut self.tape, Side::Client, &hello)?;
        conversation.say(&mut self.tape, Side::Server, &tls::server_flight(random("server")))?;
        conversation.say(&mut self.tape, Side::Client, &tls::client_flight())?;
        conversation.pour(&mut self.tape, bulk, &tls::LONG_RECORD)?;
        self.finish(conversation)
    }

    fn ping(&mut self, ends: &Ends<'_>, is_answered: bool) -> Said<()> {
        let [client, server] = self.stations(ends, is_answered)?;
        let [high, low] = (self.number(ends).0 as u16).to_be_bytes();
        // Echo (RFC 792, RFC 4443 §4): an identifier, and the first with it.
        let [ask, reply] = if client.ip.is_ipv4() { [8, 0] } else { [128, 129] };
        let echo = |kind| Icmp { kind, code: 0, rest: [high, low, 0, 1] };
        self.tape.icmp(self.now, [&client, &server], echo(ask), SMALL_PAYLOAD)?;
        if is_answered {
            self.now = self.now + server.answers_after;
            self.tape.icmp(self.now, [&server, &client], echo(reply), SMALL_PAYLOAD)?;
        }
        self.breathe();
        Ok(())
    }

    fn stations(&self, ends: &Ends<'_>, is_answered: bool) -> Said<[Station; 2]> {
        if is_answered {
            self.cast.answering_ends(ends.from, ends.to)
        } else {
            self.cast.ends(ends.from, ends.to)
        }
    }
}

/// What looks random, and is the same for the same side of the same conversation.
fn random(side: &str, conversation: u64) -> [u8; 32] {
    let hash = StableHash::new(side).u64(conversation);
    let mut bytes = [0; 32];
    for (word, number) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(0..) {
        *word = hash.u64(number).finish().to_be_bytes();
    }
    bytes
}
