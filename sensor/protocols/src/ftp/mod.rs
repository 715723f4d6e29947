//! FTP's control conversation (RFC 959): which program serves, who logs in, and whether it is let in.
//!
//! Does not follow files and data conversations, and keeps no password.

mod parse;

use arrayvec::ArrayString;

use crate::event::{Event, Login, LoginOutcome, Software};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};
use crate::text::{self, TEXT_BYTES_MAX, USER_BYTES_MAX};
use parse::{Command, Reply};

/// Longest line, in bytes. RFC 959 sets none; RFC 1123 and the common servers keep below 512.
const LINE_BYTES_MAX: usize = 1_024;

/// State of one conversation.
#[derive(Debug, Default)]
pub struct Parser {
    user: ArrayString<USER_BYTES_MAX>,
    expects: Expects,
    /// Inside a reply of several lines, which ends with this code.
    inside: Option<u16>,
}

/// What the server's next reply answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expects {
    /// Nothing was asked yet: it greets.
    #[default]
    Greeting,
    /// A name or a password.
    Login,
    /// Something that is not ours.
    Other,
}

impl Protocol for Parser {
    const SPEC: Spec = Spec {
        id: "ftp",
        carriers: &[Carrier::Tcp],
        ports_hint: &[21, 2_121],
        readme: include_str!("README.md"),
    };

    fn probe(first: &[u8], side: Side, _carrier: Carrier, hinted: bool) -> Probe {
        let begins = |word: &[u8]| first.len() >= word.len() && first.starts_with(word);
        let may_begin =
            |word: &[u8]| word.starts_with(first.get(..first.len().min(word.len())).unwrap_or(&[]));
        let is_greeting = begins(b"220 ") || begins(b"220-");
        if is_greeting && !hinted {
            // A mail server greets with 220, too.
            return match parse::line(first.get(..LINE_BYTES_MAX).unwrap_or(first)) {
                Some((line, _)) if line.windows(3).any(|part| part.eq_ignore_ascii_case(b"ftp")) => {
                    Probe::Certain(Some(Side::Server))
                }
                None if first.len() < LINE_BYTES_MAX => Probe::Unsure,
                _ => Probe::NotOurs,
            };
        }
        if is_greeting {
            return Probe::Certain(Some(Side::Server));
        }
        let verbs: [&[u8]; 3] = [b"USER ", b"AUTH ", b"FEAT"];
        if hinted && side == Side::Client && verbs.into_iter().any(begins) {
            return Probe::Certain(Some(Side::Client));
        }
        if may_begin(b"220 ") || may_begin(b"220-") || hinted && verbs.into_iter().any(may_begin) {
            return Probe::Unsure;
        }
        Probe::NotOurs
    }

    fn parse(
        &mut self,
        side: Side,
        _carrier: Carrier,
        input: Input<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Progress {
        let Input::Data(bytes) = input else {
            // Whose password was answered cannot be told any more; the next one can.
            *self = Parser { expects: Expects::Other, ..Parser::default() };
            return Progress::Used(1);
        };
        // No line is looked for beyond the longest, or what is said would hang on how it is cut.
        let Some((line, used)) = parse::line(bytes.get(..LINE_BYTES_MAX).unwrap_or(bytes)) else {
            return if bytes.len() < LINE_BYTES_MAX { Progress::NeedMore } else { Progress::GiveUp };
        };
        let is_over = match side {
            Side::Client => {
                self.command(line);
                false
            }
            Side::Server => self.reply(line, out),
        };
        if is_over { Progress::Done } else { Progress::Used(used as u64) }
    }
}

impl Parser {
    fn command(&mut self, line: &[u8]) {
        self.expects = match parse::command(line) {
            Command::User(user) => {
                self.user = text::printable(user);
                Expects::Login
            }
            Command::Password => Expects::Login,
            Command::Other => Expects::Other,
        };
    }

    /// Reads a line of a reply; true when there is nothing more to learn.
    fn reply(&mut self, line: &[u8], out: &mut dyn FnMut(Event<'_>)) -> bool {
        let reply = parse::reply(line);
        let (code, text) = match (self.inside, reply) {
            (None, Reply::First(code, text)) => {
                self.inside = Some(code);
                // A greeting says most in its first line.
                if code == 220 {
                    self.greet(text, out);
                }
                return false;
            }
            (None, Reply::Last(code, text)) => (code, text),
            (Some(inside), Reply::Last(code, text)) if inside == code => (code, text),
            _ => return false,
        };
        self.inside = None;
        let expects = self.expects;
        match (code, expects) {
            (220, Expects::Greeting) => self.greet(text, out),
            // In; or it goes dark (RFC 4217).
            (230, Expects::Login) => {
                self.login(LoginOutcome::Succeeded, out);
                return true;
            }
            (234, Expects::Other) => return true,
            (430 | 530 | 421, Expects::Login) => {
                self.login(LoginOutcome::Failed, out);
                self.expects = Expects::Other;
            }
            _ => {}
        }
        false
    }

    fn greet(&mut self, line: &[u8], out: &mut dyn FnMut(Event<'_>)) {
        if self.expects != Expects::Greeting {
            return;
        }
        self.expects = Expects::Other;
        let text: ArrayString<TEXT_BYTES_MAX> = text::printable(line);
        if !text.is_empty() {
            out(Event::Software(Software { side: Side::Server, evidence: "ftp-banner", text: &text }));
        }
    }

    fn login(&self, outcome: LoginOutcome, out: &mut dyn FnMut(Event<'_>)) {
        let user = Some(self.user.as_str()).filter(|user| !user.is_empty());
        out(Event::Login(Login { service: "ftp", outcome, user, in_clear: true }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::{breaks_off_anywhere, says_the_same_in_pieces, talk_tcp};

    const GUESSING: &[(Side, &[u8])] = &[
        (Side::Server, b"220-Welcome to (vsFTPd 3.0.5)\r\n be good\r\n220 ready\r\n"),
        (Side::Client, b"USER anna\r\n"),
        (Side::Server, b"331 Please specify the password.\r\n"),
        (Side::Client, b"PASS sommer\r\n"),
        (Side::Server, b"530 Login incorrect.\r\n"),
        (Side::Client, b"LIST\r\n"),
        (Side::Server, b"530 Please login with USER and PASS.\r\n"),
        (Side::Client, b"USER anna\r\n"),
        (Side::Server, b"331 Please specify the password.\r\n"),
        (Side::Client, b"PASS vinter\r\n"),
        (Side::Server, b"230-Hello\r\n530 inside\r\n230 Login successful.\r\n"),
        (Side::Client, b"LIST\r\n"),
    ];

    #[test]
    fn logins_fail_and_succeed() {
        let (said, last) = talk_tcp::<Parser>(GUESSING, usize::MAX);
        assert_eq!(
            said,
            [
                r#"Software(Software { side: Server, evidence: "ftp-banner", text: "Welcome to (vsFTPd 3.0.5)" })"#,
                r#"Login(Login { service: "ftp", outcome: Failed, user: Some("anna"), in_clear: true })"#,
                r#"Login(Login { service: "ftp", outcome: Succeeded, user: Some("anna"), in_clear: true })"#,
            ]
        );
        assert_eq!(last, Progress::Done);
    }

    #[test]
    fn says_the_same_however_it_is_cut() {
        says_the_same_in_pieces::<Parser>(GUESSING);
        breaks_off_anywhere::<Parser>(GUESSING);
    }

    #[test]
    fn is_done_when_it_goes_dark() {
        let turns: &[(Side, &[u8])] = &[
            (Side::Server, b"220 FTP\r\n"),
            (Side::Client, b"AUTH TLS\r\n"),
            (Side::Server, b"234 Go ahead\r\n"),
        ];
        assert_eq!(talk_tcp::<Parser>(turns, usize::MAX).1, Progress::Done);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let turns: &[(Side, &[u8])] = &[(Side::Client, &[b'x'; 2_000])];
        assert_eq!(talk_tcp::<Parser>(turns, usize::MAX).1, Progress::GiveUp);
    }

    #[test]
    fn a_line_too_long_is_given_up_however_it_is_cut() {
        let line = [b"220 ".as_slice(), &[b'x'; LINE_BYTES_MAX], b"\r\n"].concat();
        says_the_same_in_pieces::<Parser>(&[(Side::Server, &line)]);
        assert_eq!(talk_tcp::<Parser>(&[(Side::Server, &line)], usize::MAX).1, Progress::GiveUp);
    }

    #[test]
    fn a_refusal_after_a_gap_is_nobodys() {
        let mut parser = Parser::default();
        let mut said = 0;
        let mut parse = |side, input| parser.parse(side, Carrier::Tcp, input, &mut |_| said += 1);
        parse(Side::Client, Input::Data(b"PASS x\r\n"));
        parse(Side::Client, Input::Gap(40));
        parse(Side::Server, Input::Data(b"530 no\r\n"));
        assert_eq!(said, 0);
    }

    #[test]
    fn is_known_by_its_greeting() {
        let probe = |first: &[u8], hinted| Parser::probe(first, Side::Server, Carrier::Tcp, hinted);
        assert_eq!(probe(b"220 (vsFTPd 3.0.5)\r\n", false), Probe::Certain(Some(Side::Server)));
        assert_eq!(probe(b"220 mail.example ESMTP\r\n", false), Probe::NotOurs);
        assert_eq!(probe(b"220 hello\r\n", true), Probe::Certain(Some(Side::Server)));
        assert_eq!(probe(b"22", false), Probe::Unsure);
        assert_eq!(probe(b"+OK", false), Probe::NotOurs);
    }
}
