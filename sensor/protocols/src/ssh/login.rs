//! Judges logins by the sizes of messages that cannot be read. How, and what fools it: `README.md` beside this file.

use super::sizes::Sizes;
use crate::event::LoginOutcome;
use crate::protocol::Side;

/// Answers that we cannot name, after which we stop: somebody is in, and we did not see it. OpenSSH allows six tries, of which each
/// may take two answers and a banner.
const UNKNOWN_MAX: u8 = 16;

/// Lengths of messages, in bytes (RFC 4252 §5, RFC 4253 §10), with the name and secret left out.
mod bytes {
    /// The server lets the client in.
    pub(super) const SUCCESS: u16 = 1;
    /// The server refuses, and lists "password" only.
    pub(super) const REFUSAL_MIN: u16 = 14;
    /// The server refuses, and lists all that OpenSSH has ("publickey,gssapi-keyex,gssapi-with-mic,password,keyboard-interactive").
    pub(super) const REFUSAL_MAX: u16 = 80;
    /// The client asks for nothing, with a name of 12 bytes.
    pub(super) const NOTHING: u16 = 31 + 12;
    /// The client sends a password; name and password have 60 bytes at most. A guess: an Ed25519 key begins at 107.
    pub(super) const PASSWORD_MAX: u16 = 40 + 60;
    /// The server's extensions are longer than this, its answer to the service request (17) is not.
    pub(super) const ACCEPT_MAX: u16 = 60;
}

/// OpenSSH fills passwords up to a multiple of this many bytes (`sshpkt_add_padding`).
const OPENSSH_PADDING: u16 = 64;

/// Longest password that OpenSSH sends, filled up; a guess, 120 bytes for name and password.
const OPENSSH_PASSWORD_MAX: u16 = 3 * OPENSSH_PADDING;

/// How the client's program goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Manner {
    /// Not known, or tries passwords at once.
    #[default]
    Direct,
    /// Asks for nothing first, always.
    AsksFirst,
    /// The same, and fills passwords up.
    OpenSsh,
}

impl Manner {
    /// By the client's own word. Sources: the programs' published code.
    pub(super) fn of(banner: &[u8]) -> Manner {
        const ASK_FIRST: [&[u8]; 8] =
            [b"PuTTY", b"WinSCP", b"FileZilla", b"Go", b"dropbear", b"JSCH", b"AsyncSSH", b"TeraTerm"];
        let program = banner.splitn(3, |byte| *byte == b'-').nth(2).unwrap_or_default();
        if program.starts_with(b"OpenSSH") {
            Manner::OpenSsh
        } else if ASK_FIRST.iter().any(|name| program.starts_with(name)) {
            Manner::AsksFirst
        } else {
            Manner::Direct
        }
    }
}

/// What the client asked, by its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    /// It did not speak yet, or was answered.
    #[default]
    Nothing,
    /// The service, in the first turn.
    Service,
    /// What may be tried.
    What,
    /// To be let in with a password.
    Password,
    /// To be let in otherwise.
    Other,
}

/// Where the logins of one conversation stand.
#[derive(Debug, Default)]
pub(super) struct Logins {
    pub(super) manner: Manner,
    asked: Asked,
    is_accepted: bool,
    /// It was refused, or asked what may be tried: what comes next is a real try.
    has_asked: bool,
    /// Size of a refusal, in bytes of blocks; 0 when none was seen.
    refusal: u16,
    unknown: u8,
}

impl Logins {
    /// A message went by with so many bytes in blocks, or several at once (`None`).
    pub(super) fn weigh(&mut self, sizes: Sizes, side: Side, blocks: Option<u16>) -> Option<LoginOutcome> {
        match side {
            Side::Client => {
                self.asked = self.question(sizes, blocks.unwrap_or(u16::MAX));
                None
            }
            Side::Server => self.answer(sizes, blocks.unwrap_or(u16::MAX)),
        }
    }

    /// No login will be seen any more.
    pub(super) const fn is_lost(&self) -> bool {
        self.unknown > UNKNOWN_MAX
    }

    fn question(&self, sizes: Sizes, blocks: u16) -> Asked {
        if !self.is_accepted {
            return Asked::Service;
        }
        if !self.has_asked && (self.manner != Manner::Direct || blocks <= sizes.blocks(bytes::NOTHING)) {
            return Asked::What;
        }
        let is_password = match self.manner {
            Manner::OpenSsh => blocks <= OPENSSH_PASSWORD_MAX && blocks.is_multiple_of(OPENSSH_PADDING),
            Manner::AsksFirst | Manner::Direct => blocks <= sizes.blocks(bytes::PASSWORD_MAX),
        };
        if is_password { Asked::Password } else { Asked::Other }
    }

    fn answer(&mut self, sizes: Sizes, blocks: u16) -> Option<LoginOutcome> {
        let could_refuse =
            (sizes.blocks(bytes::REFUSAL_MIN)..=sizes.blocks(bytes::REFUSAL_MAX)).contains(&blocks);
        match self.asked {
            Asked::Nothing => return None,
            Asked::Service => {
                self.is_accepted = blocks <= sizes.blocks(bytes::ACCEPT_MAX);
                if self.is_accepted {
                    self.asked = Asked::Nothing;
                }
                return None;
            }
            Asked::What | Asked::Password | Asked::Other => {}
        }
        self.has_asked = true;
        if blocks <= sizes.blocks(bytes::SUCCESS) {
            return Some(LoginOutcome::Succeeded);
        }
        let is_refusal = could_refuse && (self.refusal == 0 || self.refusal == blocks);
        match self.asked {
            // A banner may stand before the refusal: the last one counts.
            Asked::What if could_refuse => self.refusal = blocks,
            Asked::Other if is_refusal => {}
            Asked::Password if is_refusal => {
                self.refusal = blocks;
                self.asked = Asked::Nothing;
                return Some(LoginOutcome::Failed);
            }
            _ => self.unknown = self.unknown.saturating_add(1),
        }
        None
    }
}
