//! Plays the statements of a script, line by line: knows who and when, and has the frames written.

use core::time::Duration;
use std::path::Path;

use common_model::Timestamp;
use sensor_decode::LinkType;

use super::ScriptError;
use super::bulk::Side;
use super::cast::Cast;
use super::conversation::Conversation;
use super::holes::Holes;
use super::lines::Line;
use super::statement::{self, Ends, Repeat, Statement};
use super::tape::Tape;
use super::words::{self, Said};
use crate::{Frames, Recording};

/// Midnight of Wednesday 2026-03-18 (UTC): an everyday day.
const DATE: Timestamp = Timestamp::from_secs(1_773_792_000);

const DAY: Duration = Duration::from_secs(86_400);

/// Last second of a capture file (pcap has 32 bits for it): in 2106.
const LAST: Timestamp = Timestamp::from_secs(u32::MAX as u64);

/// Between what two lines say. Guess: programs of one device that have nothing to do with each other.
const BREATH: Duration = Duration::from_millis(1);

/// Most lines that are played, repeats counted as often as they are. Guess: as many as there may be frames.
const LINES_PLAYED_MAX: u64 = 2_000_000;

/// Ports of clients (RFC 6335 §6: 49152 to 65535).
const CLIENT_PORT_MIN: u16 = 49_152;
const CLIENT_PORTS: u64 = 16_384;

/// Plays lines.
#[derive(Debug)]
pub(super) struct Stage<'s> {
    name: &'s str,
    folder: &'s Path,
    pub(super) tape: Tape,
    pub(super) cast: Cast,
    holes: Holes,
    pub(super) now: Timestamp,
    /// The conversation whose lines are played.
    talk: Option<Conversation>,
    pub(super) conversations: u64,
    lines_played: u64,
}

impl<'s> Stage<'s> {
    /// At midnight, without anybody.
    pub(super) fn new(name: &'s str, folder: &'s Path) -> Self {
        Stage {
            name,
            folder,
            tape: Tape::new(),
            cast: Cast::default(),
            holes: Holes::new(),
            now: DATE,
            talk: None,
            conversations: 0,
            lines_played: 0,
        }
    }

    /// What was played.
    pub(super) fn into_tape(self) -> Tape {
        self.tape
    }

    /// Plays lines and their blocks.
    pub(super) fn play(&mut self, lines: &[Line<'_>]) -> Result<(), ScriptError> {
        lines.iter().try_for_each(|line| self.line(line))
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), ScriptError> {
        let wrong = ScriptError::at(self.name, line.number);
        self.lines_played += 1;
        if self.lines_played > LINES_PLAYED_MAX {
            return Err(wrong(format!("the script plays more than {LINES_PLAYED_MAX} lines")));
        }
        let mut words = words::split(line.text).map_err(wrong)?;
        words.iter_mut().try_for_each(|word| self.holes.fill(word)).map_err(wrong)?;
        let statement = statement::read(&words).map_err(wrong)?;
        match (&statement, line.block.first()) {
            (Statement::Repeat(repeat), Some(_)) => self.repeat(*repeat, &line.block)?,
            (Statement::Talk(ends), Some(_)) => {
                let conversation = self.open(ends).map_err(wrong)?;
                let outer = self.talk.replace(conversation);
                self.play(&line.block)?;
                self.close(outer).map_err(wrong)?;
            }
            (Statement::Repeat(_) | Statement::Talk(_), None) => {
                return Err(wrong("there is no block below it, indented".to_owned()));
            }
            (_, Some(first)) => {
                let problem = format!("line {} opens no block", line.number);
                return Err(ScriptError::at(self.name, first.number)(problem));
            }
            (statement, None) => self.perform(statement).map_err(wrong)?,
        }
        if self.now > LAST {
            return Err(wrong("this goes on after 2106, where capture files end".to_owned()));
        }
        Ok(())
    }

    fn repeat(&mut self, repeat: Repeat<'_>, block: &[Line<'_>]) -> Result<(), ScriptError> {
        if let Some(clock) = repeat.at {
            self.now = midnight(self.now) + clock;
        }
        let mut beat = self.now;
        self.holes.enter(repeat.counter);
        for _ in 0..repeat.count.get() {
            self.holes.count();
            if let Some(every) = repeat.every {
                self.now = beat;
                beat = beat + every;
            }
            self.play(block)?;
        }
        self.holes.leave();
        Ok(())
    }

    /// Plays a line without block; those with one were told apart before.
    fn perform(&mut self, statement: &Statement<'_>) -> Said<()> {
        match statement {
            Statement::Date(midnight) => self.now = *midnight,
            Statement::Seed(seed) => self.holes.reseed(*seed),
            Statement::Member(name, member) => self.cast.add(name, *member)?,
            Statement::At { days, clock } => self.now = midnight(self.now) + DAY * *days + *clock,
            Statement::After(rest) => self.now = self.now + *rest,
            Statement::Line(side, text) => self.say(*side, text)?,
            Statement::Repeat(_) | Statement::Talk(_) => {}
            Statement::Play(path) => self.recording(path)?,
            Statement::Raw { from, to, ether_type, body } => {
                let macs = [self.cast.mac(from)?, self.cast.mac(to)?];
                self.tape.ethernet(self.now, macs, *ether_type, body, 0)?;
                self.breathe();
            }
            Statement::Exchange(ends, exchange) => self.exchange(ends, exchange)?,
            Statement::Asks { who, address } => self.ask(who, *address)?,
            Statement::Says { who, address, holder, to } => self.tell(who, *address, holder, *to)?,
            Statement::Leases(lease) => self.lease(lease)?,
            Statement::Announces(who, what) => self.announce(who, what)?,
        }
        Ok(())
    }

    /// A moment passes.
    pub(super) fn breathe(&mut self) {
        self.now = self.now + BREATH;
    }

    /// Another conversation begins: its number, and its ports.
    pub(super) fn number(&mut self, ends: &Ends<'_>) -> (u64, [u16; 2]) {
        self.conversations += 1;
        let own = CLIENT_PORT_MIN + (self.conversations % CLIENT_PORTS) as u16;
        (self.conversations, [ends.from_port.unwrap_or(own), ends.to_port])
    }

    /// A conversation that has not begun.
    pub(super) fn conversation(&mut self, ends: &Ends<'_>) -> Said<Conversation> {
        let stations = self.cast.answering_ends(ends.from, ends.to)?;
        let (number, ports) = self.number(ends);
        Ok(Conversation::new(stations, ports, number, self.now))
    }

    /// A conversation that has.
    pub(super) fn open(&mut self, ends: &Ends<'_>) -> Said<Conversation> {
        let mut conversation = self.conversation(ends)?;
        conversation.open(&mut self.tape)?;
        self.now = conversation.at();
        Ok(conversation)
    }

    /// Ends the conversation whose lines were played; `outer` is the one around it.
    fn close(&mut self, outer: Option<Conversation>) -> Said<()> {
        if let Some(conversation) = core::mem::replace(&mut self.talk, outer) {
            self.finish(conversation)?;
        }
        Ok(())
    }

    /// Says goodbye.
    pub(super) fn finish(&mut self, mut conversation: Conversation) -> Said<()> {
        conversation.wait_until(self.now);
        conversation.close(&mut self.tape)?;
        self.now = conversation.at();
        self.breathe();
        Ok(())
    }

    fn say(&mut self, side: Side, text: &str) -> Said<()> {
        let conversation = self.talk.as_mut().ok_or("lines with `<` and `>` stand below `talk`")?;
        conversation.wait_until(self.now);
        conversation.say(&mut self.tape, side, format!("{text}\r\n").as_bytes())?;
        self.now = conversation.at();
        Ok(())
    }

    fn recording(&mut self, path: &str) -> Said<()> {
        let mut recording = Recording::open(&self.folder.join(path)).map_err(|err| err.to_string())?;
        let start = self.now;
        let mut first = None;
        while let Some(frame) = recording.next_frame() {
            if frame.link != LinkType::Ethernet {
                return Err(format!("{path} holds frames that are not Ethernet"));
            }
            let at = start + frame.at.since(*first.get_or_insert(frame.at));
            self.tape.record(at, frame.bytes, frame.wire_len)?;
            self.now = self.now.max(at);
        }
        self.breathe();
        recording.warning().map_or(Ok(()), |warning| Err(format!("{path} {warning}")))
    }
}

fn midnight(at: Timestamp) -> Timestamp {
    Timestamp::from_secs(at.as_secs() / DAY.as_secs() * DAY.as_secs())
}
